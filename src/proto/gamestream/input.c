#include "proto/gamestream/input.h"

#include <math.h>
#include <string.h>

#include "base/reader.h"
#include "proto/native/input.h"

#define PADS       16
#define MOVE_EVENT 7 /* the last of enum pf_gs_contact */

static float read_float(struct pf_rd *r)
{
	uint32_t bits = pf_rd_u32(r);
	float f;
	memcpy(&f, &bits, sizeof(f));
	return f;
}

/* Finite, 0..1. */
static float read_share(struct pf_rd *r, bool *bad)
{
	float f = read_float(r);
	if (!isfinite(f))
		*bad = true;
	return f < 0 ? 0 : f > 1 ? 1 : f;
}

static int16_t read_i16be(struct pf_rd *r)
{
	return (int16_t)pf_rd_u16be(r);
}

static int16_t read_i16(struct pf_rd *r)
{
	return (int16_t)pf_rd_u16(r);
}

static bool read_key(struct pf_gs_input *out, struct pf_rd *r, bool down)
{
	out->kind = PF_GS_KEY;
	out->key.down = down;
	out->key.not_normalised = pf_rd_u8(r) & 1;
	out->key.vk = (uint8_t)pf_rd_u16(r);
	out->key.modifiers = pf_rd_u8(r);
	return true;
}

static bool read_move(struct pf_gs_input *out, struct pf_rd *r)
{
	out->kind = PF_GS_MOVE;
	out->move.dx = read_i16be(r);
	out->move.dy = read_i16be(r);
	return true;
}

static bool read_place(struct pf_gs_input *out, struct pf_rd *r)
{
	out->kind = PF_GS_MOVE_ABS;
	out->place.x = read_i16be(r);
	out->place.y = read_i16be(r);
	pf_rd_skip(r, 2);
	int16_t width = read_i16be(r), height = read_i16be(r);
	out->place.width = (uint16_t)width;
	out->place.height = (uint16_t)height;
	return width > 0 && height > 0;
}

static bool read_button(struct pf_gs_input *out, struct pf_rd *r, bool down)
{
	out->kind = PF_GS_BUTTON;
	out->button.down = down;
	out->button.button = pf_rd_u8(r);
	return out->button.button >= PF_BUTTON_LEFT && out->button.button <= PF_BUTTON_FORWARD;
}

static bool read_scroll(struct pf_gs_input *out, struct pf_rd *r, bool horizontal)
{
	out->kind = PF_GS_SCROLL;
	out->scroll.horizontal = horizontal;
	out->scroll.amount = read_i16be(r);
	return true;
}

static bool read_text(struct pf_gs_input *out, struct pf_rd *r)
{
	out->kind = PF_GS_TEXT;
	out->text.len = r->left;
	if (r->left == 0 || r->left > PF_GS_TEXT_MAX)
		return false;
	pf_rd_copy(r, out->text.bytes, out->text.len);
	return true;
}

static bool read_pad(struct pf_gs_input *out, struct pf_rd *r)
{
	out->kind = PF_GS_PAD;
	pf_rd_skip(r, 2);
	out->pad.pad = pf_rd_u16(r);
	out->pad.mask = pf_rd_u16(r);
	pf_rd_skip(r, 2);
	out->pad.buttons = pf_rd_u16(r);
	out->pad.lt = pf_rd_u8(r);
	out->pad.rt = pf_rd_u8(r);
	out->pad.lx = read_i16(r);
	out->pad.ly = read_i16(r);
	out->pad.rx = read_i16(r);
	out->pad.ry = read_i16(r);
	pf_rd_skip(r, 2);
	out->pad.buttons |= (uint32_t)pf_rd_u16(r) << 16;
	out->pad.buttons &= PF_PAD_BUTTONS;
	return out->pad.pad < PADS;
}

static bool read_arrival(struct pf_gs_input *out, struct pf_rd *r)
{
	out->kind = PF_GS_PAD_ARRIVAL;
	out->arrival.pad = pf_rd_u8(r);
	out->arrival.type = pf_rd_u8(r);
	out->arrival.capabilities = pf_rd_u16(r);
	out->arrival.buttons = pf_rd_u32(r);
	return out->arrival.pad < PADS;
}

static bool read_event(struct pf_gs_point *p, struct pf_rd *r)
{
	uint8_t event = pf_rd_u8(r);
	p->event = (enum pf_gs_contact)event;
	return event <= MOVE_EVENT;
}

static bool read_place_and_pressure(struct pf_gs_point *p, struct pf_rd *r)
{
	bool bad = false;
	p->x = read_share(r, &bad);
	p->y = read_share(r, &bad);
	p->pressure = read_share(r, &bad);
	return !bad;
}

static bool read_pad_touch(struct pf_gs_input *out, struct pf_rd *r)
{
	struct pf_gs_point *p = &out->pad_touch.point;
	out->kind = PF_GS_PAD_TOUCH;
	out->pad_touch.pad = pf_rd_u8(r);
	bool known = read_event(p, r);
	pf_rd_skip(r, 1);
	out->pad_touch.surface = pf_rd_u8(r);
	p->id = pf_rd_u32(r);
	return read_place_and_pressure(p, r) && known && out->pad_touch.pad < PADS &&
	       out->pad_touch.surface < 2;
}

static bool read_motion(struct pf_gs_input *out, struct pf_rd *r)
{
	bool finite = true;
	out->kind = PF_GS_PAD_MOTION;
	out->motion.pad = pf_rd_u8(r);
	uint8_t kind = pf_rd_u8(r);
	out->motion.gyro = kind == 2;
	pf_rd_skip(r, 2);
	for (unsigned i = 0; i < 3; i++) {
		out->motion.axis[i] = read_float(r);
		finite = finite && isfinite(out->motion.axis[i]);
	}
	return finite && out->motion.pad < PADS && (kind == 1 || kind == 2);
}

static bool read_battery(struct pf_gs_input *out, struct pf_rd *r)
{
	out->kind = PF_GS_PAD_BATTERY;
	out->battery.pad = pf_rd_u8(r);
	out->battery.state = pf_rd_u8(r);
	out->battery.percent = pf_rd_u8(r);
	return out->battery.pad < PADS;
}

static bool read_touch(struct pf_gs_input *out, struct pf_rd *r)
{
	out->kind = PF_GS_TOUCH;
	bool known = read_event(&out->touch, r);
	pf_rd_skip(r, 1);
	out->touch.rotation_deg = pf_rd_u16(r);
	out->touch.id = pf_rd_u32(r);
	return read_place_and_pressure(&out->touch, r) && known;
}

static bool read_pen(struct pf_gs_input *out, struct pf_rd *r)
{
	out->kind = PF_GS_PEN;
	bool known = read_event(&out->pen.point, r);
	out->pen.tool = pf_rd_u8(r);
	out->pen.buttons = pf_rd_u8(r);
	pf_rd_skip(r, 1);
	known = read_place_and_pressure(&out->pen.point, r) && known;
	out->pen.point.rotation_deg = pf_rd_u16(r);
	out->pen.tilt_deg = pf_rd_u8(r);
	return known;
}

/* Sizes of the size field by magic; 0 = by content. */
static bool read_body(struct pf_gs_input *out, struct pf_rd *r, uint32_t magic, uint32_t size, int *rc)
{
	static const struct {
		uint32_t magic, size;
	} known[] = {
		{0x03, 10},
		{0x04, 10},
		{0x05, 14},
		{0x07, 8},
		{0x08, 5},
		{0x09, 5},
		{0x0A, 10},
		{0x0C, 30},
		{0x0D, 6},
		{0x17, 0},
		{0x55000001, 6},
		{0x55000002, 32},
		{0x55000003, 32},
		{0x55000004, 12},
		{0x55000005, 24},
		{0x55000006, 20},
		{0x55000007, 8},
	};
	*rc = PF_ERR_UNSUPPORTED;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].magic == magic)
			*rc = known[i].size == 0 || known[i].size == size ? PF_OK : PF_ERR_INVALID;
	}
	if (*rc < 0)
		return false;
	switch (magic) {
	case 0x03:
	case 0x04:
		return read_key(out, r, magic == 0x03);
	case 0x05:
		return read_place(out, r);
	case 0x07:
		return read_move(out, r);
	case 0x08:
	case 0x09:
		return read_button(out, r, magic == 0x08);
	case 0x0A:
		return read_scroll(out, r, false);
	case 0x0C:
		return read_pad(out, r);
	case 0x0D:
		out->kind = PF_GS_HAPTICS;
		return true;
	case 0x17:
		return read_text(out, r);
	case 0x55000001:
		return read_scroll(out, r, true);
	case 0x55000002:
		return read_touch(out, r);
	case 0x55000003:
		return read_pen(out, r);
	case 0x55000004:
		return read_arrival(out, r);
	case 0x55000005:
		return read_pad_touch(out, r);
	case 0x55000006:
		return read_motion(out, r);
	default:
		return read_battery(out, r);
	}
}

int pf_gs_input_read(struct pf_gs_input *out, const uint8_t *data, size_t len)
{
	struct pf_rd r = pf_rd_init(data, len);
	int rc;
	*out = (struct pf_gs_input){0};
	uint32_t size = pf_rd_u32be(&r), magic = pf_rd_u32(&r);
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if ((size_t)size + 4 != len)
		return PF_ERR_INVALID;
	bool fine = read_body(out, &r, magic, size, &rc);
	if (rc < 0)
		return rc;
	return r.failed ? PF_ERR_TRUNCATED : fine ? PF_OK : PF_ERR_INVALID;
}
