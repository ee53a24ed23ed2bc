#include "input.h"

#include "bytes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { KEYBOARD = 2, MOUSE = 3, PEN = 4, TOUCH = 5, TEXT = 6, PAD = 0x10, MOTION = 0x20 };
enum { BODY_MAX = 36 };
enum { SHIFT_KEY = 0xa0, SHIFT_BIT = 1, TEXT_MS = 20 };

/* Adds a packet of body_len zero bytes after the magic and gives the body. Channel 0x80 on top = unreliable. */
static uint8_t *add(struct gsc_input *in, double ms, unsigned channel, uint32_t magic, size_t body_len)
{
	in->events = realloc(in->events, (in->count + 1) * sizeof(*in->events));
	struct gsc_event *e = &in->events[in->count++];
	*e = (struct gsc_event){.ms = ms,
		.channel = channel & 0x7f,
		.reliable = !(channel & 0x80),
		.len = (uint8_t)(8 + body_len)};
	gsc_put_be32(e->bytes, (uint32_t)(4 + body_len));
	gsc_put_le32(e->bytes + 4, magic);
	return e->bytes + 8;
}

static void put_float(uint8_t *p, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, 4);
	gsc_put_le32(p, bits);
}

static void key(struct gsc_input *in, double ms, bool down, unsigned vk, unsigned modifiers)
{
	uint8_t *p = add(in, ms, KEYBOARD, down ? 3 : 4, 6);
	gsc_put_le16(p + 1, 0x8000 + vk);
	p[3] = (uint8_t)modifiers;
}

static void mouse_relative(struct gsc_input *in, double ms, int dx, int dy)
{
	uint8_t *p = add(in, ms, MOUSE, 7, 4);
	gsc_put_be16(p, (uint16_t)dx);
	gsc_put_be16(p + 2, (uint16_t)dy);
}

static void mouse_absolute(struct gsc_input *in, double ms, int x, int y, int width, int height)
{
	uint8_t *p = add(in, ms, MOUSE, 5, 10);
	gsc_put_be16(p, (uint16_t)x);
	gsc_put_be16(p + 2, (uint16_t)y);
	gsc_put_be16(p + 6, (uint16_t)(width - 1));
	gsc_put_be16(p + 8, (uint16_t)(height - 1));
}

static void button(struct gsc_input *in, double ms, bool down, unsigned which)
{
	add(in, ms, MOUSE, down ? 8 : 9, 1)[0] = (uint8_t)which;
}

static void scroll(struct gsc_input *in, double ms, int vertical, int horizontal)
{
	if (vertical) {
		uint8_t *p = add(in, ms, MOUSE, 0x0a, 6);
		gsc_put_be16(p, (uint16_t)vertical);
		gsc_put_be16(p + 2, (uint16_t)vertical);
	}
	if (horizontal)
		gsc_put_be16(add(in, ms, MOUSE, 0x55000001, 2), (uint16_t)horizontal);
}

static void pad_state(
	struct gsc_input *in, double ms, unsigned mask, uint32_t buttons, unsigned trigger, int stick)
{
	uint8_t *p = add(in, ms, PAD, 0x0c, 26);
	gsc_put_le16(p, 0x1a);
	gsc_put_le16(p + 4, mask);
	gsc_put_le16(p + 6, 0x14);
	gsc_put_le16(p + 8, buttons & 0xffff);
	p[10] = p[11] = (uint8_t)trigger;
	for (int i = 0; i < 4; i++)
		gsc_put_le16(p + 12 + 2 * i, (uint16_t)(i % 2 ? -stick : stick));
	gsc_put_le16(p + 20, 0x9c);
	gsc_put_le16(p + 22, buttons >> 16);
	gsc_put_le16(p + 24, 0x55);
}

static void pad_arrival(struct gsc_input *in, double ms)
{
	uint8_t *p = add(in, ms, PAD, 0x55000004, 8);
	p[1] = 2;
	gsc_put_le16(p + 2, 0xff);
	gsc_put_le32(p + 4, 0x30f7ff);
}

static void pad_touch(struct gsc_input *in, double ms, unsigned event, float x, float y)
{
	uint8_t *p = add(in, ms, event == 3 ? PAD | 0x80 : PAD, 0x55000005, 20);
	p[1] = (uint8_t)event;
	put_float(p + 8, x);
	put_float(p + 12, y);
	put_float(p + 16, 1);
}

static void pad_motion(struct gsc_input *in, double ms, unsigned kind, float x, float y, float z)
{
	uint8_t *p = add(in, ms, MOTION | 0x80, 0x55000006, 16);
	p[1] = (uint8_t)kind;
	put_float(p + 4, x);
	put_float(p + 8, y);
	put_float(p + 12, z);
}

static void pad_battery(struct gsc_input *in, double ms)
{
	uint8_t *p = add(in, ms, PAD, 0x55000007, 4);
	p[1] = 2;
	p[2] = 80;
}

static void touch(struct gsc_input *in, double ms, unsigned event, float x, float y)
{
	uint8_t *p = add(in, ms, event == 3 ? TOUCH | 0x80 : TOUCH, 0x55000002, 28);
	p[0] = (uint8_t)event;
	gsc_put_le16(p + 2, 0xffff);
	gsc_put_le32(p + 4, 7);
	put_float(p + 8, x);
	put_float(p + 12, y);
	put_float(p + 16, event == 2 ? 0 : 1);
}

static void pen(struct gsc_input *in, double ms, unsigned event, unsigned buttons, float x, float y)
{
	uint8_t *p = add(in, ms, event == 3 || event == 0 ? PEN | 0x80 : PEN, 0x55000003, 28);
	p[0] = (uint8_t)event;
	p[1] = 1;
	p[2] = (uint8_t)buttons;
	put_float(p + 4, x);
	put_float(p + 8, y);
	put_float(p + 12, 0.5f);
	gsc_put_le16(p + 16, 90);
	p[18] = 30;
}

static size_t code_point_len(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
	size_t left = strlen(s);
	return len < left ? len : left;
}

static double plan_text(struct gsc_input *in, double ms, double apart_ms, const char *text)
{
	for (; *text; ms += apart_ms) {
		size_t len = code_point_len(text);
		memcpy(add(in, ms, TEXT, 0x17, len), text, len);
		text += len;
	}
	return ms;
}

static unsigned vk_of(char c)
{
	if (isalnum((unsigned char)c))
		return (unsigned)toupper((unsigned char)c);
	return c == '\n' ? 0x0d : c == ' ' ? 0x20 : c == '\b' ? 0x08 : c == '.' ? 0xbe : c == '-' ? 0xbd : 0;
}

static double plan_keys(struct gsc_input *in, double ms, const char *text)
{
	for (; *text; text++, ms += 50) {
		bool shift = isupper((unsigned char)*text);
		unsigned vk = vk_of(*text), modifiers = shift ? SHIFT_BIT : 0;
		if (!vk)
			continue;
		if (shift)
			key(in, ms, true, SHIFT_KEY, SHIFT_BIT);
		key(in, ms + 5, true, vk, modifiers);
		key(in, ms + 30, false, vk, modifiers);
		if (shift)
			key(in, ms + 40, false, SHIFT_KEY, 0);
	}
	return ms;
}

static double plan_pad(struct gsc_input *in, double ms)
{
	pad_arrival(in, ms);
	pad_state(in, ms, 1, 0, 0, 0);
	pad_state(in, ms += 20, 1, 0x1000 | 0x0001 | 0x100000, 255, 32767);
	pad_state(in, ms += 20, 1, 0, 0, 0);
	pad_touch(in, ms += 20, 1, 0.5f, 0.5f);
	pad_touch(in, ms += 20, 3, 0.6f, 0.5f);
	pad_touch(in, ms += 20, 2, 0.6f, 0.5f);
	pad_motion(in, ms += 20, 1, 0, 9.81f, 0);
	pad_motion(in, ms += 20, 2, 1.5f, 0, -2.25f);
	pad_battery(in, ms += 20);
	return ms + 20;
}

static double plan_pointers(struct gsc_input *in, double ms)
{
	touch(in, ms, 1, 0.5f, 0.25f);
	touch(in, ms += 20, 3, 0.55f, 0.25f);
	touch(in, ms += 20, 2, 0.55f, 0.25f);
	pen(in, ms += 20, 0, 0, 0.125f, 0.5f);
	pen(in, ms += 20, 1, 0, 0.125f, 0.75f);
	pen(in, ms += 20, 3, 1, 0.25f, 0.75f);
	pen(in, ms += 20, 2, 0, 0.25f, 0.75f);
	pen(in, ms += 20, 6, 0, 0.25f, 0.75f);
	return ms + 20;
}

static double plan_all(struct gsc_input *in, double ms, const struct gsc_options *o)
{
	gsc_put_le16(add(in, ms, 0, 0x0d, 2), 1);
	key(in, ms += 20, true, 'A', 0);
	key(in, ms += 20, false, 'A', 0);
	mouse_relative(in, ms += 20, 5, -3);
	mouse_absolute(in, ms += 20, o->width / 2, o->height / 2, o->width, o->height);
	for (unsigned i = 1; i <= 5; i++) {
		button(in, ms += 20, true, i);
		button(in, ms += 20, false, i);
	}
	scroll(in, ms += 20, 120, 0);
	scroll(in, ms += 20, 0, 120);
	ms = plan_text(in, ms + 20, TEXT_MS, "\xe2\x82\xac");
	ms = plan_pad(in, ms);
	ms = plan_pointers(in, ms);
	/* The pad goes when its bit does. */
	pad_state(in, ms + 200, 0, 0, 0, 0);
	return ms + 220;
}

void gsc_input_plan(struct gsc_input *in, const struct gsc_options *o)
{
	double ms = 1000;
	*in = (struct gsc_input){0};
	/* Every client begins so, to wake the display. */
	mouse_relative(in, 0, 1, 1);
	mouse_relative(in, 0, -1, -1);
	if (o->inputs)
		ms = plan_all(in, ms, o);
	if (o->has_move) {
		mouse_absolute(in, ms, o->move_x, o->move_y, o->width, o->height);
		ms += o->click ? 50 : 0;
	}
	if (o->click) {
		button(in, ms, true, 1);
		button(in, ms += 50, false, 1);
		ms += 100;
	}
	if (o->type)
		ms = plan_keys(in, ms, o->type);
	if (o->text)
		plan_text(in, ms, TEXT_MS, o->text);
}

/* down, up, or both. */
static bool pressed(const char *how, bool down)
{
	return strcmp(how, down ? "up" : "down") != 0;
}

/* "packet MAGIC BODY", both in hexadecimal digits. */
static bool packet(struct gsc_input *in, const char *line)
{
	char hex[2 * BODY_MAX + 1];
	uint8_t body[BODY_MAX];
	unsigned magic;
	if (sscanf(line, "packet %x %72s", &magic, hex) != 2)
		return false;
	long len = gsc_unhex(body, sizeof(body), hex);
	if (len < 0)
		return false;
	memcpy(add(in, 0, PAD, magic, (size_t)len), body, (size_t)len);
	return true;
}

bool gsc_input_line(struct gsc_input *in, const char *line)
{
	static const char *const buttons[] = {"left", "middle", "right", "back", "forward"};
	char how[16], name[16];
	int a, b, c, d;
	unsigned vk, modifiers = 0;
	if (strncmp(line, "text ", 5) == 0) {
		plan_text(in, 0, 0, line + 5);
	} else if (sscanf(line, "key %15s %i %i", how, &vk, &modifiers) >= 2) {
		for (int up = 0; up < 2; up++)
			if (pressed(how, !up))
				key(in, 0, !up, vk, modifiers);
	} else if (sscanf(line, "move %d %d", &a, &b) == 2) {
		mouse_relative(in, 0, a, b);
	} else if (sscanf(line, "place %d %d %d %d", &a, &b, &c, &d) == 4) {
		mouse_absolute(in, 0, a, b, c, d);
	} else if (sscanf(line, "wheel %15s %d", name, &a) == 2) {
		scroll(in, 0, name[0] == 'v' ? a : 0, name[0] == 'v' ? 0 : a);
	} else if (sscanf(line, "button %15s %15s", name, how) == 2) {
		for (unsigned i = 0; i < 10; i++)
			if (strcmp(buttons[i / 2], name) == 0 && pressed(how, i % 2 == 0))
				button(in, 0, i % 2 == 0, i / 2 + 1);
	} else {
		return packet(in, line);
	}
	return true;
}

void gsc_input_free(struct gsc_input *in)
{
	free(in->events);
}

double gsc_input_run(struct gsc_input *in, struct gsc_control *c, double ms)
{
	for (; in->next < in->count && in->events[in->next].ms <= ms; in->next++) {
		const struct gsc_event *e = &in->events[in->next];
		gsc_control_send(c, e->channel, e->reliable ? GSC_RELIABLE : 0, 0x0206, e->bytes, e->len);
	}
	return in->next < in->count ? in->events[in->next].ms : -1;
}
