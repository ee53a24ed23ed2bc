#include "probe/script.h"

#include <stdlib.h>
#include <string.h>

#include "probe/script_line.h"
#include "probe/script_pads.h"
#include "proto/native/datagram.h"
#include "proto/native/name.h"

#define MS_NS       1000000
#define WAIT_MAX_MS 3600000
#define GROWTH      256
#define Q24_8       256

static const struct pf_word_value axes[] = {
	{"vertical", PF_SCROLL_VERTICAL}, {"horizontal", PF_SCROLL_HORIZONTAL}, {NULL, 0}};

static struct pf_script_step *add(struct pf_script *s, struct pf_line *l)
{
	if (s->count == s->room) {
		struct pf_script_step *grown = reallocarray(s->step, s->room + GROWTH, sizeof(*grown));
		if (!grown) {
			pf_line_fail(l, "out of memory");
			return NULL;
		}
		s->step = grown;
		s->room += GROWTH;
	}
	struct pf_script_step *step = &s->step[s->count++];
	*step = (struct pf_script_step){.at_ns = s->end_ns};
	s->end_ns += s->every_ns;
	return step;
}

void pf_script_add(struct pf_script *s, struct pf_line *l, const struct pf_datagram *d)
{
	struct pf_script_step *step = l->failed ? NULL : add(s, l);
	if (!step)
		return;
	struct pf_wr w = pf_wr_init(step->bytes, sizeof(step->bytes));
	pf_datagram_write(&w, d);
	step->len = (uint8_t)w.len;
}

void pf_script_add_event(struct pf_script *s, struct pf_line *l, enum pf_input_kind kind, uint32_t code,
	int32_t x, int32_t y, uint32_t flags)
{
	const struct pf_datagram d = {.tag = PF_DATAGRAM_INPUT,
		.input = {.kind = kind, .code = code, .x = x, .y = y, .flags = flags}};
	pf_script_add(s, l, &d);
}

/* --- time --- */

static int64_t take_ms(struct pf_line *l)
{
	return (int64_t)(pf_line_real(l, "a time in milliseconds", 0, WAIT_MAX_MS) * MS_NS);
}

static void read_wait(struct pf_script *s, struct pf_line *l)
{
	s->end_ns += take_ms(l);
}

static void read_every(struct pf_script *s, struct pf_line *l)
{
	s->every_ns = take_ms(l);
}

/* --- keyboard and pointer --- */

enum press { DOWN = 1, UP = 2 };

static void add_press(struct pf_script *s, struct pf_line *l, enum pf_input_kind down, enum pf_input_kind up,
	unsigned press, uint32_t code)
{
	if (press & DOWN)
		pf_script_add_event(s, l, down, code, 0, 0, 0);
	if (press & UP)
		pf_script_add_event(s, l, up, code, 0, 0, 0);
}

static void read_key(struct pf_script *s, struct pf_line *l)
{
	static const struct pf_word_value presses[] = {
		{"down", DOWN}, {"up", UP}, {"tap", DOWN | UP}, {NULL, 0}};
	unsigned press = pf_line_choice(l, "way to press a key", presses);
	add_press(s, l, PF_INPUT_KEY_DOWN, PF_INPUT_KEY_UP, press,
		(uint32_t)pf_line_number(l, "a virtual key", 0, UINT32_MAX));
}

static void read_edge(struct pf_script *s, struct pf_line *l)
{
	size_t first = s->count;
	read_key(s, l);
	for (size_t i = first; i < s->count; i++)
		s->step[i].edge = true;
}

static void read_text(struct pf_script *s, struct pf_line *l)
{
	const char *text = pf_line_rest(l);
	size_t len = strlen(text), at = 0;
	uint32_t scalar;
	if (!pf_utf8_valid(text, len))
		pf_line_fail(l, "the text is not UTF-8");
	while (at < len && !l->failed && pf_utf8_next(text, len, &at, &scalar))
		pf_script_add_event(s, l, PF_INPUT_TEXT, scalar, 0, 0, 0);
}

static void read_move(struct pf_script *s, struct pf_line *l)
{
	int32_t dx = (int32_t)pf_line_number(l, "a distance", INT32_MIN, INT32_MAX);
	pf_script_add_event(s, l, PF_INPUT_MOVE, 0, dx,
		(int32_t)pf_line_number(l, "a distance", INT32_MIN, INT32_MAX), 0);
}

/* X Y WIDTH HEIGHT */
static void read_position(struct pf_script *s, struct pf_line *l, enum pf_input_kind kind, uint32_t code)
{
	int32_t x = (int32_t)pf_line_number(l, "x", INT32_MIN, INT32_MAX);
	int32_t y = (int32_t)pf_line_number(l, "y", INT32_MIN, INT32_MAX);
	uint32_t width = (uint32_t)pf_line_number(l, "the width of the surface", 0, UINT16_MAX);
	uint32_t height = (uint32_t)pf_line_number(l, "the height of the surface", 0, UINT16_MAX);
	pf_script_add_event(s, l, kind, code, x, y, width << 16 | height);
}

static void read_place(struct pf_script *s, struct pf_line *l)
{
	read_position(s, l, PF_INPUT_MOVE_ABS, 0);
}

static void read_button(struct pf_script *s, struct pf_line *l)
{
	static const struct pf_word_value buttons[] = {{"left", PF_BUTTON_LEFT}, {"middle", PF_BUTTON_MIDDLE},
		{"right", PF_BUTTON_RIGHT}, {"back", PF_BUTTON_BACK}, {"forward", PF_BUTTON_FORWARD},
		{NULL, 0}};
	static const struct pf_word_value presses[] = {
		{"down", DOWN}, {"up", UP}, {"click", DOWN | UP}, {NULL, 0}};
	uint32_t button = pf_line_choice(l, "button", buttons);
	add_press(s, l, PF_INPUT_BUTTON_DOWN, PF_INPUT_BUTTON_UP,
		pf_line_choice(l, "way to press a button", presses), button);
}

static void read_wheel(struct pf_script *s, struct pf_line *l)
{
	static const struct pf_word_value sources[] = {{"precise", 1}, {NULL, 0}};
	uint32_t axis = pf_line_choice(l, "axis", axes);
	int32_t amount = (int32_t)pf_line_number(l, "the amount", INT32_MIN, INT32_MAX);
	uint32_t flags = pf_line_at_end(l) ? 0 : pf_line_choice(l, "kind of wheel", sources);
	pf_script_add_event(s, l, PF_INPUT_WHEEL, axis, amount, 0, flags);
}

static void read_scroll(struct pf_script *s, struct pf_line *l)
{
	static const struct pf_word_value sources[] = {{"unknown", PF_SCROLL_UNKNOWN},
		{"wheel", PF_SCROLL_WHEEL}, {"finger", PF_SCROLL_FINGER},
		{"continuous", PF_SCROLL_CONTINUOUS}, {"touch", PF_SCROLL_TOUCH},
		{"controller", PF_SCROLL_CONTROLLER}, {NULL, 0}};
	static const struct pf_word_value phases[] = {{"none", PF_SCROLL_NONE}, {"begin", PF_SCROLL_BEGIN},
		{"update", PF_SCROLL_UPDATE}, {"end", PF_SCROLL_END}, {"cancel", PF_SCROLL_CANCEL},
		{"momentum-begin", PF_SCROLL_MOMENTUM_BEGIN}, {"momentum", PF_SCROLL_MOMENTUM},
		{"momentum-end", PF_SCROLL_MOMENTUM_END}, {NULL, 0}};
	uint32_t axis = pf_line_choice(l, "axis", axes);
	uint32_t source = pf_line_choice(l, "source of scrolling", sources);
	uint32_t phase = pf_line_choice(l, "phase", phases);
	double amount = pf_line_real(l, "the amount", INT32_MIN / Q24_8, INT32_MAX / Q24_8);
	pf_script_add_event(s, l, PF_INPUT_SCROLL, axis, (int32_t)(amount * Q24_8), 0, source | phase << 8);
}

static void read_touch(struct pf_script *s, struct pf_line *l)
{
	static const struct pf_word_value phases[] = {{"down", PF_INPUT_TOUCH_DOWN},
		{"move", PF_INPUT_TOUCH_MOVE}, {"up", PF_INPUT_TOUCH_UP}, {NULL, 0}};
	uint32_t id = (uint32_t)pf_line_number(l, "a finger", 0, UINT32_MAX);
	enum pf_input_kind kind = (enum pf_input_kind)pf_line_choice(l, "phase of a touch", phases);
	if (kind == PF_INPUT_TOUCH_UP)
		pf_script_add_event(s, l, kind, id, 0, 0, 0);
	else
		read_position(s, l, kind, id);
}

/* Whatever it is. */
static void read_datagram(struct pf_script *s, struct pf_line *l)
{
	uint8_t bytes[PF_SCRIPT_BYTES_MAX];
	size_t len = pf_line_hex(l, "a datagram", bytes, sizeof(bytes));
	struct pf_script_step *step = l->failed ? NULL : add(s, l);
	if (!step)
		return;
	step->len = (uint8_t)len;
	memcpy(step->bytes, bytes, len);
}

static const struct {
	const char *word;
	void (*read)(struct pf_script *s, struct pf_line *l);
} verbs[] = {
	{"wait", read_wait},
	{"every", read_every},
	{"key", read_key},
	{"edge", read_edge},
	{"text", read_text},
	{"move", read_move},
	{"place", read_place},
	{"button", read_button},
	{"wheel", read_wheel},
	{"scroll", read_scroll},
	{"touch", read_touch},
	{"pad", pf_script_read_pad},
	{"pen", pf_script_read_pen},
	{"datagram", read_datagram},
};

static void read_verb(struct pf_script *s, struct pf_line *l)
{
	const char *word = pf_line_next(l);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].word, word) == 0) {
			verbs[i].read(s, l);
			if (!l->failed && !pf_line_at_end(l))
				pf_line_fail(l, "\"%.40s\" is too much", pf_line_next(l));
			return;
		}
	}
	pf_line_fail(l, "there is no event \"%.40s\"", word);
}

int pf_script_line(struct pf_script *s, const char *line, size_t len, struct pf_reason *reason)
{
	struct pf_line l;
	size_t count = s->count;
	s->line++;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (!pf_line_init(&l, line, len))
		pf_line_fail(&l, "a line has up to %d bytes", PF_SCRIPT_LINE_MAX - 1);
	else if (!pf_line_at_end(&l) && l.text[strspn(l.text, " \t")] != '#')
		read_verb(s, &l);
	if (!l.failed)
		return PF_OK;
	s->count = count; /* half a line is none */
	return pf_reason(reason, PF_ERR_INVALID, "line %u: %s", s->line, l.why);
}

int pf_script_text(struct pf_script *s, const char *text, size_t len, struct pf_reason *reason)
{
	int err = PF_OK;
	for (const char *end = text + len; text < end && !err;) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((stop ? stop : end) - text);
		err = pf_script_line(s, text, n, reason);
		text = stop ? stop + 1 : end;
	}
	return err;
}

void pf_script_free(struct pf_script *s)
{
	free(s->step);
	*s = (struct pf_script){0};
}
