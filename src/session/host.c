#include "session/host.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "display/display.h"
#include "os/clock.h"
#include "session/admin.h"
#include "session/ask.h"
#include "session/planes.h"
#include "session/session.h"

#define RESTORE_SOUND_MS 1000

struct pf_host {
	struct pf_host_params params;
	uv_loop_t *loop;
	struct pf_identity *identity;
	struct pf_quic_host *quic;
	struct pf_display_pool *pool;
	struct pf_pad_pool *pads;
	struct pf_audio_defaults *defaults; /* NULL: no graph is used */
	struct pf_path_memory paths;
	struct pf_trust trust;
	struct pf_asks asks;
	uv_timer_t left; /* for devices that may stay until they disconnect */
	uint16_t mgmt_port;
	const struct pf_stream_plane *plane; /* NULL: the native one is alone */
	void *plane_user;
	struct pf_session *sessions;
	uint64_t made;  /* sessions so far */
	uint64_t ended; /* sessions that got as far as a display */
	bool stopping;
	bool quic_gone;
	void (*on_gone)(void *user);
	void *user;
};

const struct pf_host_params *pf_host_get_params(const struct pf_host *h)
{
	return &h->params;
}

uv_loop_t *pf_host_loop(const struct pf_host *h)
{
	return h->loop;
}

struct pf_display_pool *pf_host_pool(const struct pf_host *h)
{
	return h->pool;
}

struct pf_pad_pool *pf_host_pads(const struct pf_host *h)
{
	return h->pads;
}

struct pf_audio_defaults *pf_host_audio_defaults(const struct pf_host *h)
{
	return h->defaults;
}

struct pf_path_memory *pf_host_paths(struct pf_host *h)
{
	return &h->paths;
}

struct pf_trust *pf_host_trust(struct pf_host *h)
{
	return &h->trust;
}

const struct pf_fingerprint *pf_host_fingerprint(const struct pf_host *h)
{
	return pf_identity_fingerprint(h->identity);
}

const char *pf_host_encoder(const struct pf_host *h)
{
	return h->params.encoder;
}

bool pf_host_is_open(const struct pf_host *h)
{
	return h->params.open;
}

int pf_host_export_identity(const struct pf_host *h, struct pf_identity_pem *out)
{
	return pf_identity_export(h->identity, out);
}

struct pf_session *pf_host_first(struct pf_host *h)
{
	return h->sessions;
}

uint16_t pf_host_mgmt_port(const struct pf_host *h)
{
	return h->mgmt_port;
}

void pf_host_set_mgmt_port(struct pf_host *h, uint16_t port)
{
	h->mgmt_port = port;
}

uint16_t pf_host_port(const struct pf_host *h)
{
	return pf_quic_host_port(h->quic);
}

/* A place is taken until its display is given back: clients that come and go must not pile up compositors. */
bool pf_host_has_slot(const struct pf_host *h)
{
	unsigned taken = 0;
	for (const struct pf_session *s = h->sessions; s; s = s->next)
		taken += s->media.display != NULL;
	if (h->plane)
		taken += h->plane->places(h->plane_user);
	return h->params.max_sessions == 0 || taken < h->params.max_sessions;
}

void pf_host_set_plane(struct pf_host *h, const struct pf_stream_plane *plane, void *user)
{
	h->plane = plane;
	h->plane_user = user;
}

const struct pf_stream_plane *pf_host_plane(const struct pf_host *h, void **user)
{
	*user = h->plane_user;
	return h->plane;
}

uint64_t pf_host_next_number(struct pf_host *h)
{
	return ++h->made;
}

static bool same_device(const struct pf_session *a, const struct pf_session *b)
{
	return a != b && a->has_fingerprint && b->has_fingerprint &&
	       pf_fingerprint_equal(&a->fingerprint, &b->fingerprint);
}

struct pf_session *pf_host_find_older(const struct pf_host *h, const struct pf_session *s)
{
	for (struct pf_session *o = h->sessions; o; o = o->next) {
		if (same_device(o, s) && !o->closing && pf_session_is_admitted(o))
			return o;
	}
	return NULL;
}

struct pf_session *pf_host_find_parked(struct pf_host *h, const struct pf_session *s)
{
	for (struct pf_session *o = h->sessions; o; o = o->next) {
		if (same_device(o, s) && !o->closing && o->state == PF_SESSION_PARKED)
			return o;
	}
	return NULL;
}

bool pf_host_is_winding_down(const struct pf_host *h, const struct pf_session *s)
{
	for (const struct pf_session *o = h->sessions; o; o = o->next) {
		if (same_device(o, s) && o->closing)
			return true;
	}
	return false;
}

/* A device that comes back keeps its place; then whoever waits longest, first in the list, is next. */
void pf_host_proceed_all(struct pf_host *h)
{
	for (struct pf_session *s = h->sessions; s; s = s->next) {
		if (s->state == PF_SESSION_WAIT_OLDER && !s->closing && !pf_host_is_winding_down(h, s))
			pf_session_proceed(s);
	}
	for (struct pf_session *s = h->sessions; s; s = s->next) {
		if (s->state == PF_SESSION_WAIT_SLOT && !s->closing)
			pf_session_proceed(s);
	}
}

static void free_host(struct pf_host *h)
{
	void (*on_gone)(void *user) = h->on_gone;
	void *user = h->user;
	pf_trust_finish(&h->trust);
	pf_audio_defaults_destroy(h->defaults);
	pf_display_pool_destroy(h->pool);
	pf_identity_destroy(h->identity);
	free(h);
	if (on_gone)
		on_gone(user);
}

static void handle_asks_closed(uv_handle_t *handle)
{
	struct pf_asks *asks = handle->data;
	struct pf_host *h = asks->user;
	free_host(h);
}

static void handle_pads_gone(void *user)
{
	struct pf_host *h = user;
	pf_asks_finish(&h->asks, handle_asks_closed);
}

static void handle_left_closed(uv_handle_t *handle)
{
	struct pf_host *h = handle->data;
	if (h->pads)
		pf_pad_pool_destroy(h->pads, handle_pads_gone, h);
	else
		handle_pads_gone(h);
}

/* Sessions and connections are gone; the handles are the last. */
static void release(struct pf_host *h)
{
	pf_asks_close(&h->asks);
	uv_close((uv_handle_t *)&h->left, handle_left_closed);
}

static void handle_left(uv_timer_t *timer)
{
	struct pf_host *h = timer->data;
	int64_t now_ns = pf_now_ns();
	int64_t next_ns = pf_trust_remove_left(&h->trust, now_ns);
	if (next_ns)
		uv_timer_start(&h->left, handle_left, (uint64_t)((next_ns - now_ns) / 1000000 + 1), 0);
}

/* Of a device that may stay until it disconnects, the last session has ended. */
static void note_left(struct pf_host *h, const struct pf_session *gone)
{
	if (!gone->has_fingerprint || gone->state != PF_SESSION_ENDING || h->trust.open)
		return;
	for (const struct pf_session *s = h->sessions; s; s = s->next) {
		if (same_device(s, gone))
			return;
	}
	pf_trust_left(&h->trust, &gone->fingerprint, pf_now_ns());
	handle_left(&h->left);
}

void pf_host_session_gone(struct pf_host *h, struct pf_session *s)
{
	struct pf_session **at = &h->sessions;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	bool streamed = s->streaming_since_ns != 0;
	note_left(h, s);
	free(s);
	if (h->stopping) {
		if (!h->sessions && h->quic_gone)
			release(h);
		return;
	}
	pf_host_proceed_all(h);
	if (streamed && ++h->ended == h->params.total_sessions && h->params.on_done)
		h->params.on_done(h->params.user);
}

static bool handle_accept(void *user, struct pf_quic *q)
{
	struct pf_host *h = user;
	struct pf_session *s = NULL;
	if (h->stopping || pf_session_create(&s, h, q) < 0)
		return false;
	s->number = pf_host_next_number(h);
	struct pf_session **at = &h->sessions;
	while (*at)
		at = &(*at)->next;
	*at = s;
	return true;
}

static int load_identity(struct pf_host *h, struct pf_reason *reason)
{
	int rc = pf_identity_load(&h->identity, h->params.config_dir, "native", "punktfunk", reason);
	if (rc < 0)
		return rc;
	char hex[2 * PF_FINGERPRINT_BYTES + 1];
	pf_hex_encode(hex, pf_identity_fingerprint(h->identity)->bytes, PF_FINGERPRINT_BYTES);
	pf_info("host", "identity %s in %s", hex, h->params.config_dir);
	return PF_OK;
}

int pf_host_create(
	struct pf_host **out, uv_loop_t *loop, const struct pf_host_params *params, struct pf_reason *reason)
{
	struct pf_host *h = calloc(1, sizeof(*h));
	if (!h)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	h->params = *params;
	h->loop = loop;
	if (pf_asks_init(&h->asks, loop, h) < 0) {
		free(h);
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	}
	uv_timer_init(loop, &h->left);
	h->left.data = h;

	struct pf_quic_limits limits = {.idle_timeout_ms = params->idle_timeout_ms};
	int rc = pf_display_prepare_root(h->params.runtime_root, reason);
	if (rc == PF_OK)
		rc = load_identity(h, reason);
	if (rc == PF_OK)
		rc = pf_trust_init(&h->trust, h->params.config_dir, h->params.open, reason);
	if (rc == PF_OK && params->sound.source && strcmp(params->sound.source, PF_SOUND_PIPEWIRE) == 0)
		rc = pf_audio_defaults_create(
			&h->defaults, h->params.config_dir, NULL, RESTORE_SOUND_MS, reason);
	if (rc == PF_OK && params->pairing_pin)
		pf_pairing_window_open_always(&h->trust.window, params->pairing_pin);
	const struct pf_pad_pool_params pads = {
		.loop = loop, .kind = params->gamepad, .rumble_idle_ms = params->rumble_idle_ms};
	if (rc == PF_OK && (pf_display_pool_create(&h->pool) < 0 || pf_pad_pool_create(&h->pads, &pads) < 0))
		rc = pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	if (rc == PF_OK)
		rc = pf_quic_host_create(&h->quic, loop, (const struct sockaddr *)&params->bind, h->identity,
			&limits, handle_accept, h, reason);
	if (rc < 0) {
		release(h);
		return rc;
	}
	*out = h;
	return PF_OK;
}

static void handle_quic_gone(void *user)
{
	struct pf_host *h = user;
	h->quic_gone = true;
	if (!h->sessions)
		release(h);
}

void pf_host_stop_answering(struct pf_host *h)
{
	pf_asks_close(&h->asks);
}

struct answer {
	void (*work)(void *arg, struct pf_host *h);
	void *arg;
};

static void answer(void *arg, void *user)
{
	const struct answer *a = arg;
	a->work(a->arg, user);
}

int pf_host_ask(struct pf_host *h, void (*work)(void *arg, struct pf_host *h), void *arg)
{
	struct answer a = {work, arg};
	return pf_asks_ask(&h->asks, answer, &a);
}

void pf_host_destroy(struct pf_host *h, void (*on_gone)(void *user), void *user)
{
	h->stopping = true;
	h->on_gone = on_gone;
	h->user = user;
	pf_quic_host_destroy(h->quic, PF_CLOSE_HOST_POWER, "the host is shutting down", handle_quic_gone, h);
}
