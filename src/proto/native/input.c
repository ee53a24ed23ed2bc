#include "proto/native/input.h"

#include "base/reader.h"
#include "proto/native/datagram_tag.h"

static int32_t clamp(int32_t v, int32_t low, int32_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* One check per kind: false drops the event; values with a natural bound are brought inside it. */

static bool check_key(struct pf_input_event *e)
{
	e->flags &= 0x7FFFFFFF;
	return true;
}

static bool check_nothing(struct pf_input_event *e)
{
	return true;
}

static bool check_surface(struct pf_input_event *e)
{
	struct pf_surface s = pf_input_surface(e);
	return s.width_px > 0 && s.height_px > 0;
}

static bool check_button(struct pf_input_event *e)
{
	return e->code >= PF_BUTTON_LEFT && e->code <= PF_BUTTON_FORWARD;
}

static bool check_wheel(struct pf_input_event *e)
{
	return e->code <= PF_SCROLL_HORIZONTAL;
}

static bool check_pad_button(struct pf_input_event *e)
{
	bool one_bit = e->code != 0 && (e->code & (e->code - 1)) == 0;
	return one_bit && (e->code & PF_PAD_BUTTONS) && e->flags < PF_PADS_MAX;
}

static bool check_pad_axis(struct pf_input_event *e)
{
	if (e->code > PF_AXIS_RT || e->flags >= PF_PADS_MAX)
		return false;
	bool trigger = e->code >= PF_AXIS_LT;
	e->x = trigger ? clamp(e->x, 0, 255) : clamp(e->x, INT16_MIN, INT16_MAX);
	return true;
}

static bool check_pad(struct pf_input_event *e)
{
	return pf_input_pad(e) < PF_PADS_MAX;
}

static bool check_pad_state(struct pf_input_event *e)
{
	e->code &= PF_PAD_BUTTONS;
	return check_pad(e);
}

static bool check_pad_arrived(struct pf_input_event *e)
{
	if (e->code > PF_GAMEPAD_LAST)
		e->code = PF_GAMEPAD_AUTO;
	return check_pad(e);
}

static bool check_text(struct pf_input_event *e)
{
	return e->code <= 0x10FFFF && (e->code < 0xD800 || e->code > 0xDFFF);
}

static bool check_scroll(struct pf_input_event *e)
{
	enum pf_scroll_source source = pf_input_scroll_source(e);
	enum pf_scroll_phase phase = pf_input_scroll_phase(e);
	if (e->code > PF_SCROLL_HORIZONTAL || e->y != 0 || e->flags > 0xFFFF)
		return false;
	if (source > PF_SCROLL_CONTROLLER || phase > PF_SCROLL_MOMENTUM_END)
		return false;
	bool stops = phase == PF_SCROLL_END || phase == PF_SCROLL_CANCEL || phase == PF_SCROLL_MOMENTUM_END;
	if (stops && e->x != 0)
		return false;
	if (source == PF_SCROLL_WHEEL && phase != PF_SCROLL_NONE)
		return false;
	bool has_momentum =
		source == PF_SCROLL_FINGER || source == PF_SCROLL_CONTINUOUS || source == PF_SCROLL_TOUCH;
	return phase < PF_SCROLL_MOMENTUM_BEGIN || has_momentum;
}

static const struct {
	bool (*check)(struct pf_input_event *e);
	unsigned grant;
} kinds[] = {
	[PF_INPUT_KEY_DOWN] = {check_key, PF_GRANT_KEYBOARD},
	[PF_INPUT_KEY_UP] = {check_key, PF_GRANT_KEYBOARD},
	[PF_INPUT_MOVE] = {check_nothing, PF_GRANT_POINTER},
	[PF_INPUT_MOVE_ABS] = {check_surface, PF_GRANT_POINTER},
	[PF_INPUT_BUTTON_DOWN] = {check_button, PF_GRANT_POINTER},
	[PF_INPUT_BUTTON_UP] = {check_button, PF_GRANT_POINTER},
	[PF_INPUT_WHEEL] = {check_wheel, PF_GRANT_POINTER},
	[PF_INPUT_PAD_BUTTON] = {check_pad_button, PF_GRANT_GAMEPAD},
	[PF_INPUT_PAD_AXIS] = {check_pad_axis, PF_GRANT_GAMEPAD},
	[PF_INPUT_TOUCH_DOWN] = {check_surface, PF_GRANT_POINTER},
	[PF_INPUT_TOUCH_MOVE] = {check_surface, PF_GRANT_POINTER},
	[PF_INPUT_TOUCH_UP] = {check_nothing, PF_GRANT_POINTER},
	[PF_INPUT_PAD_STATE] = {check_pad_state, PF_GRANT_GAMEPAD},
	[PF_INPUT_PAD_REMOVED] = {check_pad, PF_GRANT_GAMEPAD},
	[PF_INPUT_PAD_ARRIVED] = {check_pad_arrived, PF_GRANT_GAMEPAD},
	[PF_INPUT_TEXT] = {check_text, PF_GRANT_KEYBOARD},
	[PF_INPUT_SCROLL] = {check_scroll, PF_GRANT_POINTER},
};

int pf_input_read(struct pf_input_event *out, const uint8_t *data, size_t len)
{
	struct pf_rd r = pf_rd_init(data, len);
	uint8_t tag = pf_rd_u8(&r);
	uint8_t kind = pf_rd_u8(&r);
	struct pf_input_event e = {.code = pf_rd_u32(&r)};
	e.x = (int32_t)pf_rd_u32(&r);
	e.y = (int32_t)pf_rd_u32(&r);
	e.flags = pf_rd_u32(&r);
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (tag != PF_DATAGRAM_INPUT || kind > PF_INPUT_SCROLL)
		return PF_ERR_INVALID;
	e.kind = (enum pf_input_kind)kind;
	if (!kinds[kind].check(&e))
		return PF_ERR_INVALID;
	*out = e;
	return PF_OK;
}

void pf_input_write(struct pf_wr *w, const struct pf_input_event *e)
{
	pf_wr_u8(w, PF_DATAGRAM_INPUT);
	pf_wr_u8(w, (uint8_t)e->kind);
	pf_wr_u32(w, e->code);
	pf_wr_u32(w, (uint32_t)e->x);
	pf_wr_u32(w, (uint32_t)e->y);
	pf_wr_u32(w, e->flags);
}

unsigned pf_input_grant(enum pf_input_kind kind)
{
	return kinds[kind].grant;
}

struct pf_surface pf_input_surface(const struct pf_input_event *e)
{
	return (struct pf_surface){.width_px = (uint16_t)(e->flags >> 16), .height_px = (uint16_t)e->flags};
}

static int16_t high_half(int32_t v)
{
	return (int16_t)(uint16_t)((uint32_t)v >> 16);
}

static int16_t low_half(int32_t v)
{
	return (int16_t)(uint16_t)v;
}

static int32_t halves(int16_t high, int16_t low)
{
	return (int32_t)((uint32_t)(uint16_t)high << 16 | (uint16_t)low);
}

struct pf_pad_state pf_input_pad_state(const struct pf_input_event *e)
{
	return (struct pf_pad_state){
		.pad = (uint8_t)e->flags,
		.seq = pf_input_pad_seq(e),
		.buttons = e->code,
		.lx = high_half(e->x),
		.ly = low_half(e->x),
		.rx = high_half(e->y),
		.ry = low_half(e->y),
		.lt = (uint8_t)(e->flags >> 16),
		.rt = (uint8_t)(e->flags >> 8),
	};
}

struct pf_input_event pf_input_of_pad_state(const struct pf_pad_state *s)
{
	return (struct pf_input_event){
		.kind = PF_INPUT_PAD_STATE,
		.code = s->buttons,
		.x = halves(s->lx, s->ly),
		.y = halves(s->rx, s->ry),
		.flags = (uint32_t)s->seq << 24 | (uint32_t)s->lt << 16 | (uint32_t)s->rt << 8 | s->pad,
	};
}

unsigned pf_input_pad(const struct pf_input_event *e)
{
	return e->flags & 0xFF;
}

uint8_t pf_input_pad_seq(const struct pf_input_event *e)
{
	return (uint8_t)(e->flags >> 24);
}

bool pf_pad_seq_newer(uint8_t seq, uint8_t last)
{
	return (int8_t)(uint8_t)(seq - last) > 0;
}

bool pf_input_pad_has_haptics(const struct pf_input_event *e)
{
	return e->flags & 0x100;
}

bool pf_input_pad_has_speaker(const struct pf_input_event *e)
{
	return e->flags & 0x200;
}

enum pf_scroll_source pf_input_scroll_source(const struct pf_input_event *e)
{
	return (enum pf_scroll_source)(e->flags & 0xFF);
}

enum pf_scroll_phase pf_input_scroll_phase(const struct pf_input_event *e)
{
	return (enum pf_scroll_phase)(e->flags >> 8 & 0xFF);
}
