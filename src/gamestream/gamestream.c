#include "gamestream/gamestream.h"

#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"
#include "gamestream/plane.h"
#include "os/clock.h"
#include "session/planes.h"

/* --- what the host asks --- */

/* A stream that another one of its run follows has no display of its own any more. */
static unsigned places(void *user)
{
	const struct pf_gamestream *g = user;
	unsigned n = 0;
	for (const struct pf_gs_stream *s = g->streams; s; s = s->next)
		n += !s->run || s->run->stream == s;
	return n;
}

static size_t sessions(void *user, struct pf_session_status *out, size_t cap)
{
	const struct pf_gamestream *g = user;
	size_t n = 0;
	for (const struct pf_gs_stream *s = g->streams; s; s = s->next) {
		if (n < cap)
			pf_gs_stream_status(s, &out[n]);
		n++;
	}
	return n;
}

static struct pf_gs_stream *find_stream(const struct pf_gamestream *g, uint64_t id)
{
	for (struct pf_gs_stream *s = g->streams; s; s = s->next) {
		if (s->number == id && pf_gs_stream_lives(s))
			return s;
	}
	return NULL;
}

static bool stop_stream(void *user, uint64_t id)
{
	struct pf_gs_stream *s = find_stream(user, id);
	if (s)
		pf_gs_stream_end(s, PF_GS_END_NORMAL, true, "ended by the host's operator");
	return s != NULL;
}

static bool mute_stream(void *user, uint64_t id, bool muted)
{
	struct pf_gs_stream *s = find_stream(user, id);
	if (s)
		pf_gs_audio_mute(s, muted);
	return s != NULL;
}

static unsigned stop_all(void *user)
{
	struct pf_gamestream *g = user;
	unsigned n = 0;
	for (struct pf_gs_stream *s = g->streams, *next; s; s = next) {
		next = s->next;
		if (!pf_gs_stream_lives(s))
			continue;
		pf_gs_stream_end(s, PF_GS_END_NORMAL, true, "ended by the host's operator");
		n++;
	}
	return n;
}

static const struct pf_stream_plane plane = {
	.places = places,
	.sessions = sessions,
	.stop = stop_stream,
	.mute = mute_stream,
	.stop_all = stop_all,
};

/* --- devices --- */

/* A native record of the same certificate governs; without one a Moonlight client may do everything (product 3.2). */
bool pf_gs_is_paired(const struct pf_gamestream *g, const struct pf_fingerprint *fp, struct pf_access *access)
{
	const struct pf_device *native = pf_devices_find(pf_host_devices(g->p.host), fp);
	if (!pf_devices_find(g->devices, fp) || (native && pf_device_expired(native, pf_wall_s())))
		return false;
	*access = native ? native->access : pf_access_full();
	return true;
}

const struct pf_devices *pf_gamestream_devices(const struct pf_gamestream *g)
{
	return g->devices;
}

int pf_gamestream_rename(
	struct pf_gamestream *g, const struct pf_fingerprint *fp, const char *name, struct pf_reason *reason)
{
	return pf_devices_rename(g->devices, fp, name, reason);
}

int pf_gamestream_unpair(struct pf_gamestream *g, const struct pf_fingerprint *fp, struct pf_reason *reason)
{
	int rc = fp ? pf_devices_remove(g->devices, fp, reason) : pf_devices_remove_all(g->devices, reason);
	if (rc < 0)
		return rc;
	for (struct pf_gs_stream *s = g->streams, *next; s; s = next) {
		next = s->next;
		if (pf_gs_stream_lives(s) && (!fp || pf_fingerprint_equal(&s->client, fp)))
			pf_gs_stream_end(s, PF_GS_END_NORMAL, true, "unpaired");
	}
	for (size_t i = 0; i < PF_GS_RUNS_MAX; i++) {
		struct pf_gs_run *run = &g->runs[i];
		if (run->used && (!fp || pf_fingerprint_equal(&run->client, fp)))
			pf_gs_run_quit(g, run);
	}
	return PF_OK;
}

/* --- time --- */

static void handle_tick(uv_timer_t *timer)
{
	struct pf_gamestream *g = timer->data;
	int64_t now_ns = pf_now_ns();
	for (struct pf_gs_stream *s = g->streams, *next; s; s = next) {
		next = s->next;
		if (pf_gs_stream_lives(s))
			pf_gs_stream_tick(s, now_ns);
	}
	pf_gs_pairing_tick(g, now_ns);
	pf_gs_runs_tick(g, now_ns);
}

/* --- life --- */

static void free_plane(struct pf_gamestream *g)
{
	void (*on_gone)(void *user) = g->on_gone;
	void *user = g->user;
	pf_gs_apps_finish(&g->apps);
	pf_devices_destroy(g->devices);
	if (g->key)
		gnutls_privkey_deinit(g->key);
	pf_gs_certificate_finish(&g->certificate);
	pf_identity_wipe_pem(&g->pem);
	pf_identity_destroy(g->identity);
	free(g);
	enet_deinitialize();
	if (on_gone)
		on_gone(user);
}

static void free_when_done(struct pf_gamestream *g)
{
	if (g->stopping && g->open_handles == 0 && !g->streams)
		free_plane(g);
}

void pf_gs_handle_closed(struct pf_gamestream *g)
{
	g->open_handles--;
	free_when_done(g);
}

static void handle_closed(uv_handle_t *handle)
{
	pf_gs_handle_closed(handle->data);
}

static void handle_port_closed(uv_handle_t *handle)
{
	struct pf_gs_port *p = handle->data;
	close(p->fd);
	pf_gs_handle_closed(p->g);
}

/* ENet's hosts go last: the streams still say goodbye over them. */
static void close_handles(struct pf_gamestream *g)
{
	pf_gs_control_close(g);
	if (g->video.g)
		uv_close((uv_handle_t *)&g->video.poll, handle_port_closed);
	if (g->audio.g)
		uv_close((uv_handle_t *)&g->audio.poll, handle_port_closed);
	if (g->tick.data)
		uv_close((uv_handle_t *)&g->tick, handle_closed);
	free_when_done(g);
}

void pf_gs_stream_gone(struct pf_gamestream *g, struct pf_gs_stream *s)
{
	struct pf_gs_stream **at = &g->streams;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (!g->stopping)
		pf_host_proceed_all(g->p.host);
	else if (!g->streams)
		close_handles(g);
}

void pf_gamestream_stop(struct pf_gamestream *g, void (*on_gone)(void *user), void *user)
{
	g->stopping = true;
	g->on_gone = on_gone;
	g->user = user;
	pf_host_set_plane(g->p.host, NULL, NULL);
	pf_gs_pairing_end(g);
	pf_gs_http_stop(g);
	if (g->rtsp.data)
		uv_close((uv_handle_t *)&g->rtsp, handle_closed);
	for (struct pf_gs_stream *s = g->streams, *next; s; s = next) {
		next = s->next;
		pf_gs_stream_end(s, PF_GS_END_NORMAL, true, "the host is ending");
	}
	for (size_t i = 0; i < PF_GS_RUNS_MAX; i++)
		g->runs[i].used = false;
	if (!g->streams)
		close_handles(g);
}

static int load_key(struct pf_gamestream *g, struct pf_reason *reason)
{
	const gnutls_datum_t pem = {
		.data = (unsigned char *)g->pem.key, .size = (unsigned)strlen(g->pem.key)};
	if (gnutls_privkey_init(&g->key) < 0 ||
		gnutls_privkey_import_x509_raw(g->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0) < 0 ||
		pf_gs_certificate_read(&g->certificate, g->pem.certificate, strlen(g->pem.certificate)) < 0)
		return pf_reason(reason, PF_ERR_INVALID,
			"cert.pem and key.pem in %s must be an RSA certificate and its key; remove both to "
			"get new ones",
			g->p.host_params->config_dir);
	pf_hex_encode(g->unique_id, pf_identity_fingerprint(g->identity)->bytes, 8);
	return PF_OK;
}

static int load(struct pf_gamestream *g, struct pf_reason *reason)
{
	const char *dir = g->p.host_params->config_dir;
	int rc = pf_identity_load_gamestream(&g->identity, dir, reason);
	if (rc == PF_OK && pf_identity_export(g->identity, &g->pem) < 0)
		rc = pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	if (rc == PF_OK)
		rc = load_key(g, reason);
	if (rc == PF_OK)
		rc = pf_devices_open(&g->devices, dir, PF_DEVICES_FILE_GAMESTREAM, reason);
	if (rc == PF_OK && pf_gs_apps_init(&g->apps, dir) < 0)
		rc = pf_reason(reason, PF_ERR_LIMIT, "%s is too long", dir);
	return rc;
}

static int listen_everywhere(struct pf_gamestream *g, struct pf_reason *reason)
{
	const struct in_addr loopback = {htonl(INADDR_LOOPBACK)};
	uint16_t port = g->p.port;
	int rc = pf_gs_port_open(&g->video, g, port ? port + 9 : 0, reason);
	if (rc == PF_OK)
		rc = pf_gs_port_open(&g->audio, g, port ? port + 11 : 0, reason);
	/* Those of other addresses follow when a client comes to them; one now tells whether the port is free. */
	if (rc == PF_OK)
		rc = pf_gs_control_listen(g, g->p.bind.s_addr ? g->p.bind : loopback, reason);
	if (rc == PF_OK)
		rc = pf_gs_rtsp_start(g, reason);
	return rc == PF_OK ? pf_gs_http_start(g, reason) : rc;
}

int pf_gamestream_start(
	struct pf_gamestream **out, const struct pf_gamestream_params *params, struct pf_reason *reason)
{
	struct pf_gamestream *g = calloc(1, sizeof(*g));
	if (!g || enet_initialize() < 0) {
		free(g);
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	}
	g->p = *params;
	g->loop = pf_host_loop(params->host);
	uv_timer_init(g->loop, &g->tick);
	g->tick.data = g;
	g->open_handles++;
	int rc = load(g, reason);
	if (rc == PF_OK)
		rc = listen_everywhere(g, reason);
	if (rc < 0) {
		pf_gamestream_stop(g, NULL, NULL);
		return rc;
	}
	uv_timer_start(&g->tick, handle_tick, 1000, 1000);
	pf_host_set_plane(params->host, &plane, g);
	pf_info("gamestream",
		"Moonlight clients are served on TCP ports %u, %u and %u, UDP ports %u, %u and %u",
		g->http_port, g->https_port, g->rtsp_port, g->video.port, g->control_port, g->audio.port);
	*out = g;
	return PF_OK;
}

uint16_t pf_gamestream_port(const struct pf_gamestream *g)
{
	return g->http_port;
}
