#include "gamestream/translate.h"

#include <math.h>
#include <string.h>

#include "proto/native/name.h"

#define SURFACE 65535 /* what touch coordinates of 1 become */
#define GRAVITY 9.80665f

static void emit(const struct pf_gs_events *out, enum pf_input_kind kind, uint32_t code, int32_t x, int32_t y,
	uint32_t flags)
{
	const struct pf_input_event e = {.kind = kind, .code = code, .x = x, .y = y, .flags = flags};
	out->event(out->user, &e);
}

/* --- keys --- */

/* Which bit of `held` a modifier key is; 0 = none. Generic ones count as left. */
static uint8_t modifier_bit(uint8_t vk)
{
	switch (vk) {
	case 0x10:
	case 0xA0:
		return 0x01;
	case 0xA1:
		return 0x02;
	case 0x11:
	case 0xA2:
		return 0x04;
	case 0xA3:
		return 0x08;
	case 0x12:
	case 0xA4:
		return 0x10;
	case 0xA5:
		return 0x20;
	case 0x5B:
		return 0x40;
	case 0x5C:
		return 0x80;
	default:
		return 0;
	}
}

static const struct {
	uint8_t modifier, either, vk; /* bit of the packet, bits of `held`, the left key */
} modifiers[] = {
	{PF_GS_MOD_SHIFT, 0x03, 0xA0},
	{PF_GS_MOD_CTRL, 0x0C, 0xA2},
	{PF_GS_MOD_ALT, 0x30, 0xA4},
	{PF_GS_MOD_META, 0xC0, 0x5B},
};
#define MODIFIERS (sizeof(modifiers) / sizeof(modifiers[0]))

/* Soft keyboards tell modifiers without ever pressing them: they are pressed around the key. */
static void press_claimed(const struct pf_gs_translator *t, uint8_t claimed, enum pf_input_kind kind,
	const struct pf_gs_events *out)
{
	for (size_t i = 0; i < MODIFIERS; i++) {
		if (claimed & modifiers[i].modifier && !(t->held & modifiers[i].either))
			emit(out, kind, modifiers[i].vk, 0, 0, 0);
	}
}

static void translate_key(
	struct pf_gs_translator *t, const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	uint8_t bit = modifier_bit(in->key.vk);
	bool around = in->key.down && !bit && in->key.modifiers;
	if (around)
		press_claimed(t, in->key.modifiers, PF_INPUT_KEY_DOWN, out);
	emit(out, in->key.down ? PF_INPUT_KEY_DOWN : PF_INPUT_KEY_UP, in->key.vk, 0, 0, 0);
	if (around)
		press_claimed(t, in->key.modifiers, PF_INPUT_KEY_UP, out);
	t->held = in->key.down ? t->held | bit : t->held & (uint8_t)~bit;
}

static void translate_text(const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	size_t at = 0;
	uint32_t scalar;
	while (at < in->text.len && pf_utf8_next(in->text.bytes, in->text.len, &at, &scalar))
		emit(out, PF_INPUT_TEXT, scalar, 0, 0, 0);
}

/* --- fingers and pen --- */

static int32_t across(float share)
{
	return (int32_t)lroundf(share * SURFACE);
}

/* Of a pressure 0 is unknown. */
static uint16_t pressure_of(const struct pf_gs_point *p)
{
	return (uint16_t)across(p->pressure == 0 ? 1 : p->pressure);
}

static void translate_touch(const struct pf_gs_point *p, const struct pf_gs_events *out)
{
	struct pf_finger f = {.id = p->id, .x = p->x, .y = p->y, .pressure = pressure_of(p)};
	switch (p->event) {
	case PF_GS_DOWN:
		f.phase = PF_TOUCH_DOWN;
		break;
	case PF_GS_MOVED:
		f.phase = PF_TOUCH_MOVE;
		break;
	case PF_GS_UP:
	case PF_GS_CANCEL:
	case PF_GS_LEAVE:
		f.phase = PF_TOUCH_UP;
		break;
	case PF_GS_CANCEL_ALL:
		out->lift_all(out->user);
		return;
	case PF_GS_HOVER:
	case PF_GS_BUTTON_ONLY:
		return;
	}
	out->finger(out->user, &f);
}

static void translate_pen(
	struct pf_gs_translator *t, const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	const struct pf_gs_point *p = &in->pen.point;
	bool touching = p->event == PF_GS_DOWN || p->event == PF_GS_MOVED;
	bool near =
		touching || p->event == PF_GS_HOVER || p->event == PF_GS_UP || p->event == PF_GS_BUTTON_ONLY;
	if (!near && !t->pen_near)
		return;
	t->pen_near = near;
	struct pf_rich_input r = {.kind = PF_RICH_PEN, .pen = {.seq = ++t->pen_seq, .count = 1}};
	struct pf_pen_sample *s = &r.pen.sample[0];
	s->state = (uint8_t)((near ? PF_PEN_IN_RANGE : 0) | (touching ? PF_PEN_TOUCHING : 0) |
			     (in->pen.buttons & 1 ? PF_PEN_BARREL_1 : 0) |
			     (in->pen.buttons & 2 ? PF_PEN_BARREL_2 : 0));
	s->tool = in->pen.tool == 2 ? 1 : in->pen.tool == 1 ? 0 : 0xFF;
	s->x = p->x;
	s->y = p->y;
	/* The same field is a pressure or a distance. */
	s->pressure = touching ? pressure_of(p) : 0;
	s->hover = touching || p->pressure == 0 ? PF_PEN_UNKNOWN : (uint16_t)across(p->pressure);
	s->tilt_deg = in->pen.tilt_deg;
	/* Clients tell where the tip points to, not where the upper end leans. */
	s->azimuth_deg = p->rotation_deg == PF_PEN_UNKNOWN ? PF_PEN_UNKNOWN
							   : (uint16_t)((p->rotation_deg + 180) % 360);
	s->roll_deg = PF_PEN_UNKNOWN;
	out->rich(out->user, &r);
}

/* --- pads --- */

static void rest(struct pf_gs_translator *t, unsigned pad)
{
	memset(&t->motion[pad], 0, sizeof(t->motion[pad]));
	t->motion[pad].accel[1] = PF_PAD_ACCEL_UNITS;
}

void pf_gs_translator_init(struct pf_gs_translator *t)
{
	memset(t, 0, sizeof(*t));
	for (unsigned pad = 0; pad < PF_PADS_MAX; pad++)
		rest(t, pad);
}

static void remove_pad(struct pf_gs_translator *t, unsigned pad, const struct pf_gs_events *out)
{
	t->pads &= (uint16_t) ~(1u << pad);
	t->pad_fingers[pad].used = 0;
	rest(t, pad);
	emit(out, PF_INPUT_PAD_REMOVED, 0, 0, 0, (uint32_t)++t->pad_seq[pad] << 24 | pad);
}

static void translate_pad(
	struct pf_gs_translator *t, const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	for (unsigned pad = 0; pad < PF_PADS_MAX; pad++) {
		if (t->pads >> pad & 1 && !(in->pad.mask >> pad & 1))
			remove_pad(t, pad, out);
	}
	if (!(in->pad.mask >> in->pad.pad & 1))
		return;
	t->pads |= (uint16_t)(1u << in->pad.pad);
	const struct pf_pad_state s = {
		.pad = (uint8_t)in->pad.pad,
		.seq = ++t->pad_seq[in->pad.pad],
		.buttons = in->pad.buttons,
		.lx = in->pad.lx,
		.ly = in->pad.ly,
		.rx = in->pad.rx,
		.ry = in->pad.ry,
		.lt = in->pad.lt,
		.rt = in->pad.rt,
	};
	const struct pf_input_event e = pf_input_of_pad_state(&s);
	out->event(out->user, &e);
}

/* What the client says its pad is; with touch pad or sensors it is like a DualSense, whatever the name, and paddles
 * make the better kind of both makers. */
static uint32_t pad_type(const struct pf_gs_input *in)
{
	enum { SENSORS = 0x08 | 0x10 | 0x20, TYPE_PLAYSTATION = 2, TYPE_NINTENDO = 3 };
	enum { PADDLES = PF_PAD_PADDLE_1 | PF_PAD_PADDLE_2 | PF_PAD_PADDLE_3 | PF_PAD_PADDLE_4 };
	bool paddles = in->arrival.buttons & PADDLES;
	if (in->arrival.type == TYPE_NINTENDO)
		return PF_GAMEPAD_SWITCH_PRO;
	if (in->arrival.type == TYPE_PLAYSTATION || in->arrival.capabilities & SENSORS)
		return paddles ? PF_GAMEPAD_DUALSENSE_EDGE : PF_GAMEPAD_DUALSENSE;
	return paddles ? PF_GAMEPAD_XBOX_ELITE : PF_GAMEPAD_AUTO;
}

static void translate_arrival(
	struct pf_gs_translator *t, const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	t->pads |= (uint16_t)(1u << in->arrival.pad);
	emit(out, PF_INPUT_PAD_ARRIVED, pad_type(in), 0, 0,
		in->arrival.pad | (in->arrival.capabilities & 2 ? 0x100u : 0));
}

static void emit_pad_finger(
	unsigned pad, int slot, bool down, const struct pf_gs_point *p, const struct pf_gs_events *out)
{
	const struct pf_rich_input r = {
		.kind = PF_RICH_TOUCHPAD,
		.pad = (uint8_t)pad,
		.touchpad = {.finger = (uint8_t)slot,
			.touching = down,
			.x = (uint16_t)across(p->x),
			.y = (uint16_t)across(p->y)},
	};
	out->rich(out->user, &r);
}

static void translate_pad_touch(
	struct pf_gs_translator *t, const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	const struct pf_gs_point *p = &in->pad_touch.point;
	unsigned pad = in->pad_touch.pad;
	struct pf_contacts *fingers = &t->pad_fingers[pad];
	int slot = pf_contacts_find(fingers, p->id);
	switch (p->event) {
	case PF_GS_DOWN:
		if (slot < 0)
			slot = pf_contacts_add(fingers, p->id, PF_PAD_CONTACTS);
		if (slot >= 0)
			emit_pad_finger(pad, slot, true, p, out);
		break;
	case PF_GS_MOVED:
		if (slot >= 0)
			emit_pad_finger(pad, slot, true, p, out);
		break;
	case PF_GS_UP:
	case PF_GS_CANCEL:
	case PF_GS_LEAVE:
		if (slot < 0)
			break;
		pf_contacts_remove(fingers, slot);
		emit_pad_finger(pad, slot, false, p, out);
		break;
	case PF_GS_CANCEL_ALL:
		for (slot = 0; slot < PF_PAD_CONTACTS; slot++)
			emit_pad_finger(pad, slot, false, p, out);
		fingers->used = 0;
		break;
	case PF_GS_HOVER:
	case PF_GS_BUTTON_ONLY:
		break;
	}
}

static int16_t scaled(float value, float factor)
{
	float v = value * factor;
	return (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : lroundf(v));
}

/* One sensor a packet, but games read both at once. */
static void translate_motion(
	struct pf_gs_translator *t, const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	unsigned pad = in->motion.pad;
	struct pf_rich_input r = {.kind = PF_RICH_MOTION, .pad = (uint8_t)pad};
	for (unsigned i = 0; i < 3; i++) {
		if (in->motion.gyro)
			t->motion[pad].gyro[i] = scaled(in->motion.axis[i], PF_PAD_GYRO_UNITS);
		else
			t->motion[pad].accel[i] = scaled(in->motion.axis[i], PF_PAD_ACCEL_UNITS / GRAVITY);
	}
	memcpy(r.motion.gyro, t->motion[pad].gyro, sizeof(r.motion.gyro));
	memcpy(r.motion.accel, t->motion[pad].accel, sizeof(r.motion.accel));
	out->rich(out->user, &r);
}

static void translate_battery(const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	static const enum pf_pad_power powers[] = {PF_PAD_POWER_UNKNOWN, PF_PAD_POWER_UNKNOWN,
		PF_PAD_DISCHARGING, PF_PAD_CHARGING, PF_PAD_DISCHARGING /* plugged in, but not charging */,
		PF_PAD_FULL};
	unsigned state = in->battery.state;
	if (state < sizeof(powers) / sizeof(powers[0]))
		out->battery(out->user, in->battery.pad, powers[state], in->battery.percent);
}

/* The client says which pixel is its last one: of so many that is one less. */
static void translate_place(const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	uint32_t width = in->place.width + (in->place.width < UINT16_MAX ? 1u : 0),
		 height = in->place.height + (in->place.height < UINT16_MAX ? 1u : 0);
	int x = in->place.x < in->place.width ? in->place.x : in->place.width,
	    y = in->place.y < in->place.height ? in->place.y : in->place.height;
	emit(out, PF_INPUT_MOVE_ABS, 0, x, y, width << 16 | height);
}

/* --- all of them --- */

void pf_gs_translate(struct pf_gs_translator *t, const struct pf_gs_input *in, const struct pf_gs_events *out)
{
	switch (in->kind) {
	case PF_GS_KEY:
		translate_key(t, in, out);
		break;
	case PF_GS_MOVE:
		emit(out, PF_INPUT_MOVE, 0, in->move.dx, in->move.dy, 0);
		break;
	case PF_GS_MOVE_ABS:
		translate_place(in, out);
		break;
	case PF_GS_BUTTON:
		emit(out, in->button.down ? PF_INPUT_BUTTON_DOWN : PF_INPUT_BUTTON_UP, in->button.button, 0,
			0, 0);
		break;
	case PF_GS_SCROLL:
		emit(out, PF_INPUT_WHEEL, in->scroll.horizontal ? PF_SCROLL_HORIZONTAL : PF_SCROLL_VERTICAL,
			in->scroll.amount, 0, 0);
		break;
	case PF_GS_TEXT:
		translate_text(in, out);
		break;
	case PF_GS_PAD:
		translate_pad(t, in, out);
		break;
	case PF_GS_PAD_ARRIVAL:
		translate_arrival(t, in, out);
		break;
	case PF_GS_PAD_TOUCH:
		translate_pad_touch(t, in, out);
		break;
	case PF_GS_PAD_MOTION:
		translate_motion(t, in, out);
		break;
	case PF_GS_TOUCH:
		translate_touch(&in->touch, out);
		break;
	case PF_GS_PEN:
		translate_pen(t, in, out);
		break;
	case PF_GS_PAD_BATTERY:
		translate_battery(in, out);
		break;
	case PF_GS_HAPTICS:
		break; /* rumble is sent in any case */
	}
}
