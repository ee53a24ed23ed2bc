#include "pad/pool.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "os/clock.h"
#include "pad/kind.h"

#define MS_NS   INT64_C(1000000)
#define TELL_NS (8 * MS_NS) /* between two words to an owner */

/* What the game has said last, of each kind. */
struct said {
	bool known, untold;
	struct pf_pad_feedback last;
};

struct pf_pad_slot {
	struct pf_pad_pool *pool;
	unsigned number;
	enum pf_gamepad kind;
	struct pf_pad *pad; /* NULL once it is going */
	struct pf_pad_owner owner;
	bool owned;
	int64_t leaves_ns; /* when a device without an owner goes */
	struct said said[PF_PAD_FEEDBACKS];
	int64_t driven_ns;        /* when it last spoke to the motors */
	int64_t told_ns;          /* when the owner last heard of anything */
	int fd;                   /* for the removal */
	struct pf_pad_slot *next; /* of those that are being removed */
	uv_poll_t poll;
	uv_work_t removal;
};

struct pf_pad_pool {
	struct pf_pad_pool_params p;
	struct pf_pad_slot *slot[PF_PAD_SLOTS];
	uv_timer_t timer;
	int64_t due_ns; /* for which the timer is set */
	unsigned removals;
	struct pf_pad_slot *removing;
	bool closing, timer_closed;
	void (*on_gone)(void *user);
	void *user;
};

static void look_again(struct pf_pad_pool *pool, int64_t due_ns);

/* --- feedback --- */

static struct said *said_of(struct pf_pad_slot *s, const struct pf_pad_feedback *f)
{
	return &s->said[pf_pad_feedback_place(f)];
}

static bool same(const struct pf_pad_feedback *a, const struct pf_pad_feedback *b)
{
	switch (a->kind) {
	case PF_PAD_RUMBLE:
		return a->rumble.low == b->rumble.low && a->rumble.high == b->rumble.high &&
		       a->rumble.left_trigger == b->rumble.left_trigger &&
		       a->rumble.right_trigger == b->rumble.right_trigger;
	case PF_PAD_LED:
		return a->led.red == b->led.red && a->led.green == b->led.green && a->led.blue == b->led.blue;
	case PF_PAD_PLAYER_LEDS:
		return a->player_leds == b->player_leds;
	case PF_PAD_MIC_LED:
		return a->mic_led == b->mic_led;
	case PF_PAD_TRIGGER:
		return memcmp(a->trigger.effect, b->trigger.effect, sizeof(a->trigger.effect)) == 0;
	}
	return false;
}

static bool any_motor(const struct pf_pad_slot *s)
{
	const struct pf_pad_feedback none = {.kind = PF_PAD_RUMBLE};
	return !same(&s->said[PF_PAD_RUMBLE].last, &none);
}

static void tell(struct pf_pad_slot *s, const struct pf_pad_feedback *f)
{
	if (s->owned)
		s->owner.on_feedback(s->owner.user, s->owner.pad, f);
}

/* Games repeat themselves while they mean it; one that died in the middle does not. */
static int64_t watch_motors(struct pf_pad_slot *s, int64_t now_ns)
{
	const struct pf_pad_feedback stop = {.kind = PF_PAD_RUMBLE};
	int64_t due_ns = s->driven_ns + s->pool->p.rumble_idle_ms * MS_NS;
	if (s->pool->p.rumble_idle_ms == 0 || s->pad->impl->times_rumble || !any_motor(s))
		return PF_PAD_NEVER;
	if (now_ns < due_ns)
		return due_ns;
	s->said[PF_PAD_RUMBLE] = (struct said){true, false, stop};
	tell(s, &stop);
	return PF_PAD_NEVER;
}

/* The latest of each kind, now and then: a game may change its mind with every report, and the way to the client is not
 * for every thought in between. Returns when there is more to tell. */
static int64_t tell_news(struct pf_pad_slot *s, int64_t now_ns)
{
	int64_t before_ns = s->told_ns;
	for (unsigned i = 0; i < PF_PAD_FEEDBACKS; i++) {
		if (!s->said[i].untold)
			continue;
		if (now_ns < before_ns + TELL_NS)
			return before_ns + TELL_NS;
		s->said[i].untold = false;
		s->told_ns = now_ns;
		tell(s, &s->said[i].last);
	}
	return PF_PAD_NEVER;
}

static void handle_feedback(void *user, const struct pf_pad_feedback *f)
{
	struct pf_pad_slot *s = user;
	struct said *said = said_of(s, f);
	if (f->kind == PF_PAD_RUMBLE)
		s->driven_ns = pf_now_ns();
	if (said->known && same(&said->last, f))
		return;
	*said = (struct said){true, true, *f};
	look_again(s->pool, tell_news(s, pf_now_ns()));
	look_again(s->pool, watch_motors(s, pf_now_ns()));
}

/* A new owner hears what is on. */
static void tell_all(struct pf_pad_slot *s)
{
	for (unsigned i = 0; i < PF_PAD_FEEDBACKS; i++) {
		if (s->said[i].known && (i != PF_PAD_RUMBLE || any_motor(s)))
			tell(s, &s->said[i].last);
		s->said[i].untold = false;
	}
}

static void let_trigger_go(struct pf_pad_slot *s, bool right)
{
	const struct pf_pad_feedback off = {.kind = PF_PAD_TRIGGER, .trigger.right = right};
	const struct said *said = said_of(s, &off);
	if (said->known && !same(&said->last, &off))
		tell(s, &off);
}

/* Nobody changes for it what the motors and triggers do from here on. */
static void disown(struct pf_pad_slot *s)
{
	const struct pf_pad_feedback stop = {.kind = PF_PAD_RUMBLE};
	if (any_motor(s) || s->said[PF_PAD_RUMBLE].untold)
		tell(s, &stop);
	let_trigger_go(s, false);
	let_trigger_go(s, true);
	s->owned = false;
}

/* --- removal: poll handle, then descriptor, then memory --- */

static void free_when_done(struct pf_pad_pool *pool)
{
	if (!pool->closing || pool->removals > 0 || !pool->timer_closed)
		return;
	void (*on_gone)(void *user) = pool->on_gone;
	void *user = pool->user;
	free(pool);
	if (on_gone)
		on_gone(user);
}

static void close_device(uv_work_t *work)
{
	struct pf_pad_slot *s = work->data;
	close(s->fd);
}

static void handle_removed(uv_work_t *work, int status)
{
	struct pf_pad_slot *s = work->data;
	struct pf_pad_pool *pool = s->pool;
	struct pf_pad_slot **at = &pool->removing;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s);
	pool->removals--;
	free_when_done(pool);
}

static void handle_poll_closed(uv_handle_t *handle)
{
	struct pf_pad_slot *s = handle->data;
	s->removal.data = s;
	uv_queue_work(s->pool->p.loop, &s->removal, close_device, handle_removed);
}

static void remove_device(struct pf_pad_slot *s)
{
	s->pool->slot[s->number] = NULL;
	s->pool->removals++;
	s->next = s->pool->removing;
	s->pool->removing = s;
	disown(s);
	s->fd = s->pad->impl->release(s->pad);
	s->pad = NULL;
	uv_close((uv_handle_t *)&s->poll, handle_poll_closed);
}

/* --- devices --- */

static void handle_readable(uv_poll_t *poll, int status, int events)
{
	struct pf_pad_slot *s = poll->data;
	int64_t now_ns = pf_now_ns();
	if (status == 0 && s->pad->impl->take(s->pad, now_ns) == PF_OK) {
		look_again(s->pool, s->pad->impl->tick(s->pad, now_ns));
		return;
	}
	pf_warn("pad", "controller %u has vanished from the kernel", s->number + 1);
	struct pf_pad_owner owner = s->owner;
	bool owned = s->owned;
	remove_device(s);
	if (owned)
		owner.on_lost(owner.user, owner.pad);
}

static bool belongs(const struct pf_pad_slot *s, const struct pf_pad_owner *owner)
{
	return s->owner.pad == owner->pad && memcmp(s->owner.key, owner->key, PF_PAD_KEY_BYTES) == 0;
}

/* Of the client and its number, locally administered. Drivers refuse an address that is there already: the kind keeps one
 * apart from the one that it replaces, and the count from that of a second session and from what is still going. */
static void make_mac(uint8_t mac[PF_PAD_MAC_BYTES], const struct pf_pad_slot *s, enum pf_gamepad kind)
{
	uint8_t text[PF_PAD_KEY_BYTES + 3], hash[crypto_generichash_BYTES_MIN], others = 0;
	for (unsigned i = 0; i < PF_PAD_SLOTS; i++)
		others += s->pool->slot[i] && belongs(s->pool->slot[i], &s->owner);
	for (const struct pf_pad_slot *going = s->pool->removing; going; going = going->next)
		others += going->kind == kind && belongs(going, &s->owner);
	memcpy(text, s->owner.key, PF_PAD_KEY_BYTES);
	text[PF_PAD_KEY_BYTES] = (uint8_t)s->owner.pad;
	text[PF_PAD_KEY_BYTES + 1] = (uint8_t)kind;
	text[PF_PAD_KEY_BYTES + 2] = others;
	crypto_generichash(hash, sizeof(hash), text, sizeof(text), NULL, 0);
	memcpy(mac, hash, PF_PAD_MAC_BYTES);
	mac[0] = (mac[0] & 0xFC) | 0x02;
}

static int create_device(struct pf_pad_slot *s, enum pf_gamepad kind, struct pf_reason *reason)
{
	const struct pf_pad_impl *impl = s->pool->p.backend(kind);
	struct pf_pad_params params = {
		.kind = kind, .slot = s->number, .on_feedback = handle_feedback, .user = s};
	if (!impl)
		return pf_reason(reason, PF_ERR_UNSUPPORTED, "this build makes no controllers of that kind");
	make_mac(params.mac, s, kind);
	int rc = impl->create(&s->pad, &params, reason);
	if (rc < 0)
		return rc;
	s->kind = kind;
	pf_debug("pad", "controller %u by %s", s->number + 1, impl->name);
	return PF_OK;
}

static int create_slot(struct pf_pad_pool *pool, unsigned number, const struct pf_pad_owner *owner,
	enum pf_gamepad kind, struct pf_reason *reason)
{
	struct pf_pad_slot *s = calloc(1, sizeof(*s));
	struct pf_reason first = {0};
	if (!s)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	s->pool = pool;
	s->number = number;
	s->owner = *owner;
	s->said[PF_PAD_RUMBLE] =
		(struct said){true, false, {.kind = PF_PAD_RUMBLE}}; /* motors begin at rest */
	int rc = create_device(s, kind, &first);
	if (rc < 0 && kind != PF_GAMEPAD_XBOX_360) {
		pf_warn("pad", "an Xbox 360 pad instead: %s", first.text);
		rc = create_device(s, PF_GAMEPAD_XBOX_360, reason);
	} else if (rc < 0 && reason) {
		*reason = first;
	}
	if (rc == PF_OK && s->pad && uv_poll_init(pool->p.loop, &s->poll, s->pad->impl->fd(s->pad)) < 0) {
		close(s->pad->impl->release(s->pad));
		rc = pf_reason(reason, PF_ERR_IO, "the controller's device cannot be polled");
	}
	if (rc < 0 || !s->pad) {
		free(s);
		return rc;
	}
	s->poll.data = s;
	uv_poll_start(&s->poll, UV_READABLE, handle_readable);
	pool->slot[number] = s;
	return PF_OK;
}

/* --- slots --- */

/* Where a new one goes: a free slot, else that of the device which waits longest for nobody; -1: none. */
static int find_room(const struct pf_pad_pool *pool)
{
	int oldest = -1;
	for (int i = 0; i < PF_PAD_SLOTS; i++) {
		const struct pf_pad_slot *s = pool->slot[i];
		if (!s)
			return i;
		if (!s->owned && (oldest < 0 || s->leaves_ns < pool->slot[oldest]->leaves_ns))
			oldest = i;
	}
	return oldest;
}

static enum pf_gamepad wanted_kind(const struct pf_pad_pool *pool, enum pf_gamepad asked)
{
	return pf_pad_kind_nearest(pool->p.kind ? pool->p.kind : asked);
}

enum pf_gamepad pf_pad_pool_kind(const struct pf_pad_pool *pool, enum pf_gamepad asked)
{
	enum pf_gamepad kind = wanted_kind(pool, asked);
	const struct pf_pad_impl *backend = pool->p.backend(kind);
	return backend && backend->probe(NULL) == PF_OK ? kind : PF_GAMEPAD_XBOX_360;
}

int pf_pad_pool_take(struct pf_pad_pool *pool, const struct pf_pad_owner *owner, enum pf_gamepad asked,
	struct pf_pad_slot **out, struct pf_reason *reason)
{
	enum pf_gamepad kind = wanted_kind(pool, asked);
	int number = -1;
	for (int i = 0; i < PF_PAD_SLOTS; i++) {
		if (pool->slot[i] && !pool->slot[i]->owned && belongs(pool->slot[i], owner))
			number = i;
	}
	struct pf_pad_slot *s = number >= 0 ? pool->slot[number] : NULL;
	if (s && s->kind != kind) {
		remove_device(s);
		s = NULL;
	}
	if (!s) {
		number = number >= 0 ? number : find_room(pool);
		if (number < 0 || pool->removals >= PF_PAD_SLOTS)
			return pf_reason(reason, PF_ERR_LIMIT, "all %d controllers are %s", PF_PAD_SLOTS,
				number < 0 ? "in use" : "still going");
		if (pool->slot[number])
			remove_device(pool->slot[number]);
		int rc = create_slot(pool, (unsigned)number, owner, kind, reason);
		if (rc < 0)
			return rc;
		s = pool->slot[number];
	}
	s->owner = *owner;
	s->owned = true;
	*out = s;
	tell_all(s);
	look_again(pool, s->pad->impl->tick(s->pad, pf_now_ns()));
	return PF_OK;
}

enum pf_gamepad pf_pad_slot_kind(const struct pf_pad_slot *s)
{
	return s->kind;
}

void pf_pad_slot_report(struct pf_pad_slot *s, const struct pf_pad_report *r)
{
	int64_t now_ns = pf_now_ns();
	s->pad->impl->report(s->pad, r, now_ns);
	look_again(s->pool, s->pad->impl->tick(s->pad, now_ns));
}

void pf_pad_slot_leave(struct pf_pad_slot *s, unsigned keep_ms)
{
	const struct pf_pad_report rest = pf_pad_at_rest();
	if (keep_ms == 0) {
		remove_device(s);
		return;
	}
	disown(s);
	s->leaves_ns = pf_now_ns() + keep_ms * MS_NS;
	pf_pad_slot_report(s, &rest);
	look_again(s->pool, s->leaves_ns);
}

uint16_t pf_pad_pool_slots(const struct pf_pad_pool *pool)
{
	unsigned mask = 0;
	for (unsigned i = 0; i < PF_PAD_SLOTS; i++)
		mask |= pool->slot[i] ? 1u << i : 0;
	return (uint16_t)mask;
}

/* --- time --- */

static int64_t look_at(struct pf_pad_slot *s, int64_t now_ns)
{
	if (!s->owned && now_ns >= s->leaves_ns) {
		remove_device(s);
		return PF_PAD_NEVER;
	}
	int64_t due_ns = s->pad->impl->tick(s->pad, now_ns), motors_ns = watch_motors(s, now_ns),
		news_ns = tell_news(s, now_ns);
	due_ns = motors_ns < due_ns ? motors_ns : due_ns;
	due_ns = news_ns < due_ns ? news_ns : due_ns;
	return !s->owned && s->leaves_ns < due_ns ? s->leaves_ns : due_ns;
}

static void handle_timer(uv_timer_t *timer)
{
	struct pf_pad_pool *pool = timer->data;
	int64_t now_ns = pf_now_ns(), due_ns = PF_PAD_NEVER;
	pool->due_ns = PF_PAD_NEVER;
	for (unsigned i = 0; i < PF_PAD_SLOTS; i++) {
		int64_t its_ns = pool->slot[i] ? look_at(pool->slot[i], now_ns) : PF_PAD_NEVER;
		due_ns = its_ns < due_ns ? its_ns : due_ns;
	}
	look_again(pool, due_ns);
}

/* Sooner than planned, if that is sooner. */
static void look_again(struct pf_pad_pool *pool, int64_t due_ns)
{
	if (due_ns >= pool->due_ns || pool->closing)
		return;
	int64_t wait_ns = due_ns - pf_now_ns();
	pool->due_ns = due_ns;
	uv_update_time(pool->p.loop);
	uv_timer_start(
		&pool->timer, handle_timer, wait_ns > 0 ? (uint64_t)((wait_ns + MS_NS - 1) / MS_NS) : 0, 0);
}

/* --- life --- */

int pf_pad_pool_create(struct pf_pad_pool **out, const struct pf_pad_pool_params *params)
{
	struct pf_pad_pool *pool = calloc(1, sizeof(*pool));
	if (!pool)
		return PF_ERR_NOMEM;
	pool->p = *params;
	if (!pool->p.backend)
		pool->p.backend = pf_pad_backend;
	pool->due_ns = PF_PAD_NEVER;
	uv_timer_init(params->loop, &pool->timer);
	pool->timer.data = pool;
	*out = pool;
	return PF_OK;
}

static void handle_timer_closed(uv_handle_t *handle)
{
	struct pf_pad_pool *pool = handle->data;
	pool->timer_closed = true;
	free_when_done(pool);
}

void pf_pad_pool_destroy(struct pf_pad_pool *pool, void (*on_gone)(void *user), void *user)
{
	pool->closing = true;
	pool->on_gone = on_gone;
	pool->user = user;
	for (unsigned i = 0; i < PF_PAD_SLOTS; i++) {
		if (pool->slot[i])
			remove_device(pool->slot[i]);
	}
	uv_close((uv_handle_t *)&pool->timer, handle_timer_closed);
}
