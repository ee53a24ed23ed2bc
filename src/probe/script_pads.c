#include "probe/script_pads.h"

#include <stdlib.h>
#include <string.h>

#define FLAG_HAPTICS 0x100
#define FLAG_SPEAKER 0x200

static const struct pf_word_value buttons[] = {
	{"up", PF_PAD_UP},
	{"down", PF_PAD_DOWN},
	{"left", PF_PAD_LEFT},
	{"right", PF_PAD_RIGHT},
	{"start", PF_PAD_START},
	{"back", PF_PAD_BACK},
	{"ls", PF_PAD_LEFT_STICK},
	{"rs", PF_PAD_RIGHT_STICK},
	{"lb", PF_PAD_LEFT_SHOULDER},
	{"rb", PF_PAD_RIGHT_SHOULDER},
	{"guide", PF_PAD_GUIDE},
	{"a", PF_PAD_A},
	{"b", PF_PAD_B},
	{"x", PF_PAD_X},
	{"y", PF_PAD_Y},
	{"p1", PF_PAD_PADDLE_1},
	{"p2", PF_PAD_PADDLE_2},
	{"p3", PF_PAD_PADDLE_3},
	{"p4", PF_PAD_PADDLE_4},
	{"touchpad", PF_PAD_TOUCHPAD},
	{"misc", PF_PAD_MISC},
	{NULL, 0},
};

static const struct pf_word_value sides[] = {{"lx", PF_AXIS_LX}, {"ly", PF_AXIS_LY}, {"rx", PF_AXIS_RX},
	{"ry", PF_AXIS_RY}, {"lt", PF_AXIS_LT}, {"rt", PF_AXIS_RT}, {NULL, 0}};

/* --- life --- */

static void read_arrive(struct pf_script *s, struct pf_line *l, unsigned pad)
{
	static const struct pf_word_value kinds[] = {{"auto", PF_GAMEPAD_AUTO},
		{"xbox360", PF_GAMEPAD_XBOX_360}, {"dualsense", PF_GAMEPAD_DUALSENSE},
		{"xboxone", PF_GAMEPAD_XBOX_ONE}, {"dualshock4", PF_GAMEPAD_DUALSHOCK_4},
		{"steamcontroller", PF_GAMEPAD_STEAM_CONTROLLER}, {"steamdeck", PF_GAMEPAD_STEAM_DECK},
		{"dualsenseedge", PF_GAMEPAD_DUALSENSE_EDGE}, {"switchpro", PF_GAMEPAD_SWITCH_PRO},
		{"xboxelite", PF_GAMEPAD_XBOX_ELITE}, {NULL, 0}};
	static const struct pf_word_value gifts[] = {
		{"haptics", FLAG_HAPTICS}, {"speaker", FLAG_SPEAKER}, {NULL, 0}};
	uint32_t kind = pf_line_choice(l, "kind of pad", kinds), flags = pad;
	while (!l->failed && !pf_line_at_end(l))
		flags |= pf_line_choice(l, "thing that a pad has", gifts);
	pf_script_add_event(s, l, PF_INPUT_PAD_ARRIVED, kind, 0, 0, flags);
}

static void read_remove(struct pf_script *s, struct pf_line *l, unsigned pad)
{
	pf_script_add_event(s, l, PF_INPUT_PAD_REMOVED, 0, 0, 0, (uint32_t)++s->pad_seq[pad] << 24 | pad);
}

/* --- state --- */

static void set_axis(struct pf_pad_state *state, struct pf_line *l, const char *name, const char *value)
{
	enum pf_pad_axis axis = (enum pf_pad_axis)pf_line_to_choice(l, name, "axis", sides);
	int16_t *sticks[] = {&state->lx, &state->ly, &state->rx, &state->ry};
	if (axis == PF_AXIS_LT)
		state->lt = (uint8_t)pf_line_to_number(l, value, name, 0, UINT8_MAX);
	else if (axis == PF_AXIS_RT)
		state->rt = (uint8_t)pf_line_to_number(l, value, name, 0, UINT8_MAX);
	else
		*sticks[axis] = (int16_t)pf_line_to_number(l, value, name, INT16_MIN, INT16_MAX);
}

static void read_state(struct pf_script *s, struct pf_line *l, unsigned pad)
{
	struct pf_pad_state state = {.pad = (uint8_t)pad};
	while (!l->failed && !pf_line_at_end(l)) {
		char *name = pf_line_next(l), *value = pf_line_value(l, name);
		if (!value)
			return;
		if (strcmp(name, "buttons") == 0)
			state.buttons = pf_line_to_set(l, value, "button of a pad", buttons);
		else
			set_axis(&state, l, name, value);
	}
	state.seq = ++s->pad_seq[pad];
	const struct pf_datagram d = {.tag = PF_DATAGRAM_INPUT, .input = pf_input_of_pad_state(&state)};
	pf_script_add(s, l, &d);
}

/* As old clients send them. */
static void read_button(struct pf_script *s, struct pf_line *l, unsigned pad)
{
	static const struct pf_word_value presses[] = {{"down", 1}, {"up", 0}, {NULL, 0}};
	uint32_t button = pf_line_choice(l, "button of a pad", buttons);
	pf_script_add_event(s, l, PF_INPUT_PAD_BUTTON, button,
		(int32_t)pf_line_choice(l, "way to press a button", presses), 0, pad);
}

static void read_axis(struct pf_script *s, struct pf_line *l, unsigned pad)
{
	uint32_t axis = pf_line_choice(l, "axis", sides);
	pf_script_add_event(s, l, PF_INPUT_PAD_AXIS, axis,
		(int32_t)pf_line_number(l, "the axis", INT16_MIN, INT16_MAX), 0, pad);
}

/* --- touch pads, sensors, raw reports --- */

static void add_rich(struct pf_script *s, struct pf_line *l, const struct pf_rich_input *rich)
{
	const struct pf_datagram d = {.tag = PF_DATAGRAM_RICH_INPUT, .rich = *rich};
	pf_script_add(s, l, &d);
}

static void read_motion(struct pf_script *s, struct pf_line *l, unsigned pad)
{
	struct pf_rich_input r = {.kind = PF_RICH_MOTION, .pad = (uint8_t)pad};
	for (unsigned i = 0; i < 3; i++)
		r.motion.gyro[i] = (int16_t)pf_line_number(l, "the gyro", INT16_MIN, INT16_MAX);
	for (unsigned i = 0; i < 3; i++)
		r.motion.accel[i] = (int16_t)pf_line_number(l, "the accelerometer", INT16_MIN, INT16_MAX);
	add_rich(s, l, &r);
}

static void read_touch(struct pf_script *s, struct pf_line *l, unsigned pad)
{
	struct pf_rich_input r = {.kind = PF_RICH_TOUCHPAD, .pad = (uint8_t)pad};
	r.touchpad.finger = (uint8_t)pf_line_number(l, "a finger", 0, UINT8_MAX);
	r.touchpad.touching = pf_line_number(l, "touching", 0, 1);
	r.touchpad.x = (uint16_t)pf_line_number(l, "x", 0, UINT16_MAX);
	r.touchpad.y = (uint16_t)pf_line_number(l, "y", 0, UINT16_MAX);
	add_rich(s, l, &r);
}

static void read_surface(struct pf_script *s, struct pf_line *l, unsigned pad)
{
	static const struct pf_word_value surfaces[] = {{"single", 0}, {"left", 1}, {"right", 2}, {NULL, 0}};
	static const struct pf_word_value states[] = {{"away", 0}, {"touched", 1}, {"clicked", 2}, {NULL, 0}};
	struct pf_rich_input r = {.kind = PF_RICH_TOUCHPAD_EXT, .pad = (uint8_t)pad};
	r.touchpad_ext.surface = (uint8_t)pf_line_choice(l, "surface", surfaces);
	r.touchpad_ext.finger = (uint8_t)pf_line_number(l, "a finger", 0, UINT8_MAX);
	uint32_t state = pf_line_to_set(l, pf_line_next(l), "state of a surface", states);
	r.touchpad_ext.touched = state & 1;
	r.touchpad_ext.clicked = state & 2;
	r.touchpad_ext.x = (int16_t)pf_line_number(l, "x", INT16_MIN, INT16_MAX);
	r.touchpad_ext.y = (int16_t)pf_line_number(l, "y", INT16_MIN, INT16_MAX);
	r.touchpad_ext.pressure = (uint16_t)pf_line_number(l, "the pressure", 0, UINT16_MAX);
	add_rich(s, l, &r);
}

static void read_report(struct pf_script *s, struct pf_line *l, unsigned pad)
{
	uint8_t bytes[PF_RAW_REPORT_MAX];
	struct pf_rich_input r = {.kind = PF_RICH_RAW, .pad = (uint8_t)pad};
	r.raw = (struct pf_slice){bytes, pf_line_hex(l, "a report", bytes, sizeof(bytes))};
	add_rich(s, l, &r);
}

void pf_script_read_pad(struct pf_script *s, struct pf_line *l)
{
	static const struct {
		const char *word;
		void (*read)(struct pf_script *s, struct pf_line *l, unsigned pad);
	} verbs[] = {{"arrive", read_arrive}, {"remove", read_remove}, {"state", read_state},
		{"button", read_button}, {"axis", read_axis}, {"motion", read_motion}, {"touch", read_touch},
		{"surface", read_surface}, {"report", read_report}};
	unsigned pad = (unsigned)pf_line_number(l, "a pad", 0, PF_PADS_MAX - 1);
	const char *word = pf_line_next(l);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].word, word) == 0) {
			verbs[i].read(s, l, pad);
			return;
		}
	}
	pf_line_fail(l, "there is no event \"%.40s\" of a pad", word);
}

/* --- pen --- */

static void set_pen(struct pf_pen_sample *p, struct pf_line *l, char *name, char *value)
{
	static const struct pf_word_value tools[] = {{"pen", 0}, {"eraser", 1}, {"same", 2}, {NULL, 0}};
	static const struct {
		const char *word;
		size_t at;
	} shorts[] = {{"pressure", offsetof(struct pf_pen_sample, pressure)},
		{"hover", offsetof(struct pf_pen_sample, hover)},
		{"azimuth", offsetof(struct pf_pen_sample, azimuth_deg)},
		{"roll", offsetof(struct pf_pen_sample, roll_deg)},
		{"after", offsetof(struct pf_pen_sample, delta_us)}};
	for (size_t i = 0; i < sizeof(shorts) / sizeof(shorts[0]); i++) {
		if (strcmp(shorts[i].word, name) == 0) {
			uint16_t v = (uint16_t)pf_line_to_number(l, value, name, 0, UINT16_MAX);
			memcpy((char *)p + shorts[i].at, &v, sizeof(v));
			return;
		}
	}
	if (strcmp(name, "tilt") == 0)
		p->tilt_deg = (uint8_t)pf_line_to_number(l, value, name, 0, UINT8_MAX);
	else if (strcmp(name, "tool") == 0)
		p->tool = (uint8_t)pf_line_to_choice(l, value, "tool", tools);
	else
		pf_line_fail(l, "a pen has no \"%.40s\"", name);
}

/* STATE X Y [name=value ...], until the end or a slash. */
static void read_sample(struct pf_pen_sample *p, struct pf_line *l)
{
	static const struct pf_word_value states[] = {{"away", 0}, {"near", PF_PEN_IN_RANGE},
		{"touch", PF_PEN_TOUCHING}, {"barrel1", PF_PEN_BARREL_1}, {"barrel2", PF_PEN_BARREL_2},
		{"predicted", PF_PEN_PREDICTED}, {NULL, 0}};
	*p = (struct pf_pen_sample){.hover = PF_PEN_UNKNOWN,
		.tilt_deg = PF_PEN_UNKNOWN_TILT,
		.azimuth_deg = PF_PEN_UNKNOWN,
		.roll_deg = PF_PEN_UNKNOWN};
	p->state = (uint8_t)pf_line_to_set(l, pf_line_next(l), "state of a pen", states);
	p->x = (float)pf_line_real(l, "x", -10, 10);
	p->y = (float)pf_line_real(l, "y", -10, 10);
	while (!l->failed && !pf_line_at_end(l)) {
		char *name = pf_line_next(l);
		if (strcmp(name, "/") == 0)
			return;
		char *value = pf_line_value(l, name);
		if (value)
			set_pen(p, l, name, value);
	}
}

void pf_script_read_pen(struct pf_script *s, struct pf_line *l)
{
	struct pf_rich_input r = {.kind = PF_RICH_PEN};
	do {
		if (r.pen.count == PF_PEN_SAMPLES_MAX)
			pf_line_fail(l, "a batch holds up to %d samples", PF_PEN_SAMPLES_MAX);
		else
			read_sample(&r.pen.sample[r.pen.count++], l);
	} while (!l->failed && !pf_line_at_end(l));
	r.pen.seq = ++s->pen_seq;
	add_rich(s, l, &r);
}
