#include "pad/seat.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "os/clock.h"

#define MOTION_SILENCE_NS INT64_C(100000000)
#define RETRY_NS          INT64_C(5000000000) /* after a device that could not be made */
#define CREDIT_MAX        (2 * PF_PADS_MAX)   /* devices that may be made at once, */
#define CREDIT_NS         INT64_C(500000000)  /* and one more in this time */

struct seat_pad {
	struct pf_pad_slot *slot; /* NULL: none, or none yet */
	enum pf_gamepad kind;     /* as the client says */
	bool heard;               /* a sequence was */
	uint8_t seq;
	struct pf_pad_report now;
	bool dirty;            /* not reported yet */
	unsigned clicked;      /* by its touch pads, not by a button: bits 1 << surface */
	int64_t moved_ns;      /* last word of its motion; 0: at rest */
	int64_t not_before_ns; /* when to try again to make it */
};

struct pf_pad_seat {
	struct pf_pad_pool *pool;
	struct pf_pad_client client;
	bool told; /* why there are no controllers */
	unsigned credit;
	int64_t credited_ns;
	struct seat_pad pad[PF_PADS_MAX];
};

/* --- devices --- */

static void handle_feedback(void *user, unsigned pad, const struct pf_pad_feedback *f)
{
	struct pf_pad_seat *s = user;
	s->client.on_feedback(s->client.user, pad, f);
}

static void handle_lost(void *user, unsigned pad)
{
	struct pf_pad_seat *s = user;
	s->pad[pad].slot = NULL;
	s->pad[pad].not_before_ns = pf_now_ns() + RETRY_NS;
}

/* Making devices costs the kernel more than asking for them costs a client. */
static bool afford(struct pf_pad_seat *s, int64_t now_ns)
{
	int64_t more = (now_ns - s->credited_ns) / CREDIT_NS;
	if (more > 0) {
		s->credit = more < CREDIT_MAX - s->credit ? s->credit + (unsigned)more : CREDIT_MAX;
		s->credited_ns = now_ns;
	}
	if (s->credit == 0)
		return false;
	s->credit--;
	return true;
}

/* Makes the device if there is none. False: there is none. */
static bool ensure(struct pf_pad_seat *s, unsigned pad)
{
	struct seat_pad *p = &s->pad[pad];
	struct pf_reason reason = {0};
	struct pf_pad_owner owner = {
		.pad = pad, .on_feedback = handle_feedback, .on_lost = handle_lost, .user = s};
	if (p->slot)
		return true;
	int64_t now_ns = pf_now_ns();
	if ((p->not_before_ns && now_ns < p->not_before_ns) || !afford(s, now_ns))
		return false;
	memcpy(owner.key, s->client.key, sizeof(owner.key));
	enum pf_gamepad asked = p->kind ? p->kind : s->client.preferred;
	if (pf_pad_pool_take(s->pool, &owner, asked, &p->slot, &reason) < 0) {
		p->slot = NULL;
		p->not_before_ns = now_ns + RETRY_NS;
		if (!s->told)
			pf_warn("pad", "%s: no controller %u: %s", s->client.label, pad + 1, reason.text);
		s->told = true;
		return false;
	}
	p->not_before_ns = 0;
	p->dirty = true;
	s->told = false;
	if (s->client.on_made)
		s->client.on_made(s->client.user, pad, pf_pad_slot_kind(p->slot));
	return true;
}

static void report(struct seat_pad *p)
{
	if (p->dirty && p->slot) {
		struct pf_pad_report r = p->now;
		r.buttons |= p->clicked ? PF_PAD_TOUCHPAD : 0;
		pf_pad_slot_report(p->slot, &r);
	}
	p->dirty = false;
}

static void let_go(struct seat_pad *p, unsigned keep_ms)
{
	if (p->slot)
		pf_pad_slot_leave(p->slot, keep_ms);
	p->slot = NULL;
	p->now = pf_pad_at_rest();
	p->dirty = false;
	p->clicked = 0;
	p->moved_ns = 0;
}

/* --- events --- */

static void set_buttons(struct seat_pad *p, uint32_t buttons)
{
	if (p->now.buttons != buttons)
		report(p);
	p->now.buttons = buttons;
	p->dirty = true;
}

static bool is_news(struct seat_pad *p, uint8_t seq)
{
	if (p->heard && !pf_pad_seq_newer(seq, p->seq))
		return false;
	p->heard = true;
	p->seq = seq;
	return true;
}

static void take_state(struct pf_pad_seat *s, const struct pf_input_event *e)
{
	const struct pf_pad_state state = pf_input_pad_state(e);
	struct seat_pad *p = &s->pad[state.pad];
	if (!is_news(p, state.seq) || !ensure(s, state.pad))
		return;
	set_buttons(p, state.buttons);
	p->now.lx = state.lx;
	p->now.ly = state.ly;
	p->now.rx = state.rx;
	p->now.ry = state.ry;
	p->now.lt = state.lt;
	p->now.rt = state.rt;
}

static void take_arrival(struct pf_pad_seat *s, const struct pf_input_event *e)
{
	unsigned pad = pf_input_pad(e);
	struct seat_pad *p = &s->pad[pad];
	if (p->slot && p->kind != (enum pf_gamepad)e->code)
		let_go(p, PF_PAD_UNPLUG_GRACE_MS); /* the pool replaces it if it becomes another device */
	p->kind = (enum pf_gamepad)e->code;
	p->not_before_ns = 0;
	ensure(s, pad);
}

/* Old clients send one button or axis at a time. */
static void take_button(struct pf_pad_seat *s, const struct pf_input_event *e)
{
	struct seat_pad *p = &s->pad[pf_input_pad(e)];
	if (ensure(s, pf_input_pad(e)))
		set_buttons(p, e->x ? p->now.buttons | e->code : p->now.buttons & ~e->code);
}

static void take_axis(struct pf_pad_seat *s, const struct pf_input_event *e)
{
	struct seat_pad *p = &s->pad[pf_input_pad(e)];
	if (!ensure(s, pf_input_pad(e)))
		return;
	switch ((enum pf_pad_axis)e->code) {
	case PF_AXIS_LX:
		p->now.lx = (int16_t)e->x;
		break;
	case PF_AXIS_LY:
		p->now.ly = (int16_t)e->x;
		break;
	case PF_AXIS_RX:
		p->now.rx = (int16_t)e->x;
		break;
	case PF_AXIS_RY:
		p->now.ry = (int16_t)e->x;
		break;
	case PF_AXIS_LT:
		p->now.lt = (uint8_t)e->x;
		break;
	case PF_AXIS_RT:
		p->now.rt = (uint8_t)e->x;
		break;
	}
	p->dirty = true;
}

void pf_pad_seat_event(struct pf_pad_seat *s, const struct pf_input_event *e)
{
	switch (e->kind) {
	case PF_INPUT_PAD_STATE:
		take_state(s, e);
		break;
	case PF_INPUT_PAD_ARRIVED:
		take_arrival(s, e);
		break;
	case PF_INPUT_PAD_REMOVED:
		if (is_news(&s->pad[pf_input_pad(e)], pf_input_pad_seq(e)))
			let_go(&s->pad[pf_input_pad(e)], PF_PAD_UNPLUG_GRACE_MS);
		break;
	case PF_INPUT_PAD_BUTTON:
		take_button(s, e);
		break;
	case PF_INPUT_PAD_AXIS:
		take_axis(s, e);
		break;
	default:
		break;
	}
}

/* --- touch pad, motion, battery: only of controllers that are there --- */

static void touch(struct seat_pad *p, unsigned finger, bool down, uint16_t x, uint16_t y)
{
	if (finger >= PF_PAD_CONTACTS)
		return;
	if (p->now.touch[finger].down != down)
		report(p);
	p->now.touch[finger].down = down;
	if (down) {
		p->now.touch[finger].x = x;
		p->now.touch[finger].y = y;
	}
	p->dirty = true;
}

/* Two pads side by side, as Steam's controllers have them, are the halves of one; there up is positive. */
static void touch_extended(struct seat_pad *p, const struct pf_rich_input *e)
{
	unsigned surface = e->touchpad_ext.surface;
	uint16_t x = (uint16_t)(e->touchpad_ext.x + 32768), y = (uint16_t)(32767 - e->touchpad_ext.y);
	if (surface == 1)
		x /= 2;
	else if (surface == 2)
		x = (uint16_t)(32768 + x / 2);
	unsigned bit = 1u << surface,
		 clicked = e->touchpad_ext.clicked ? p->clicked | bit : p->clicked & ~bit;
	if ((p->clicked != 0) != (clicked != 0))
		report(p);
	p->clicked = clicked;
	touch(p, surface == 0 ? e->touchpad_ext.finger : surface - 1, e->touchpad_ext.touched, x, y);
	p->dirty = true;
}

static void move(struct seat_pad *p, const struct pf_rich_input *e, int64_t now_ns)
{
	memcpy(p->now.gyro, e->motion.gyro, sizeof(p->now.gyro));
	memcpy(p->now.accel, e->motion.accel, sizeof(p->now.accel));
	p->moved_ns = now_ns;
	p->dirty = true;
}

void pf_pad_seat_rich(struct pf_pad_seat *s, const struct pf_rich_input *e, int64_t now_ns)
{
	struct seat_pad *p = &s->pad[e->pad];
	if (!p->slot)
		return;
	switch (e->kind) {
	case PF_RICH_TOUCHPAD:
		touch(p, e->touchpad.finger, e->touchpad.touching, e->touchpad.x, e->touchpad.y);
		break;
	case PF_RICH_TOUCHPAD_EXT:
		touch_extended(p, e);
		break;
	case PF_RICH_MOTION:
		move(p, e, now_ns);
		break;
	case PF_RICH_RAW: /* of kinds that are passed through; none is */
	case PF_RICH_PEN:
		break;
	}
}

void pf_pad_seat_battery(struct pf_pad_seat *s, unsigned pad, enum pf_pad_power power, uint8_t percent)
{
	s->pad[pad].now.power = power;
	s->pad[pad].now.battery_percent = percent;
	s->pad[pad].dirty = true;
}

void pf_pad_seat_flush(struct pf_pad_seat *s)
{
	for (unsigned pad = 0; pad < PF_PADS_MAX; pad++)
		report(&s->pad[pad]);
}

int64_t pf_pad_seat_tick(struct pf_pad_seat *s, int64_t now_ns)
{
	int64_t due_ns = PF_PAD_NEVER;
	for (unsigned pad = 0; pad < PF_PADS_MAX; pad++) {
		struct seat_pad *p = &s->pad[pad];
		if (!p->moved_ns)
			continue;
		int64_t its_ns = p->moved_ns + MOTION_SILENCE_NS;
		if (now_ns < its_ns) {
			due_ns = its_ns < due_ns ? its_ns : due_ns;
			continue;
		}
		p->moved_ns = 0;
		memset(p->now.gyro, 0, sizeof(p->now.gyro));
		p->dirty = true;
		report(p);
	}
	return due_ns;
}

/* --- life --- */

int pf_pad_seat_open(struct pf_pad_seat **out, struct pf_pad_pool *pool, const struct pf_pad_client *client)
{
	struct pf_pad_seat *s = calloc(1, sizeof(*s));
	if (!s)
		return PF_ERR_NOMEM;
	s->pool = pool;
	s->client = *client;
	s->credit = CREDIT_MAX;
	s->credited_ns = pf_now_ns();
	for (unsigned pad = 0; pad < PF_PADS_MAX; pad++)
		s->pad[pad].now = pf_pad_at_rest();
	*out = s;
	return PF_OK;
}

void pf_pad_seat_unplug(struct pf_pad_seat *s, unsigned keep_ms)
{
	for (unsigned pad = 0; pad < PF_PADS_MAX; pad++)
		let_go(&s->pad[pad], keep_ms);
}

void pf_pad_seat_close(struct pf_pad_seat *s, unsigned keep_ms)
{
	if (s)
		pf_pad_seat_unplug(s, keep_ms);
	free(s);
}
