/* A client's input from datagrams to devices, in any order, with time passing, backends that go and controllers that
 * vanish: whatever was pressed is let go at the end, positions stay on the picture, and no device is left.
 *
 * Each step: a byte that chooses, then what it needs. */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/log.h"
#include "input/router.h"
#include "proto/native/datagram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* --- a display that knows what is held --- */

struct display {
	struct pf_input base;
	uint8_t keys[PF_ROUTER_KEYS], buttons[8], fingers[PF_TOUCH_SLOTS];
	bool pen;
};

static struct display *display_of(struct pf_input *in)
{
	return (struct display *)in;
}

static void expect(bool right)
{
	if (!right)
		abort();
}

static void set(uint8_t *held, bool down)
{
	expect(*held != down);
	*held = down;
}

static void on_key(struct pf_input *in, unsigned code, bool down)
{
	expect(code > 0 && code < PF_ROUTER_KEYS);
	set(&display_of(in)->keys[code], down);
}

static void on_move(struct pf_input *in, int dx, int dy)
{
}

static void on_place(struct pf_input *in, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	expect(width > 0 && height > 0 && x <= width && y <= height);
}

static void on_button(struct pf_input *in, enum pf_button button, bool down)
{
	expect(button >= PF_BUTTON_LEFT && button <= PF_BUTTON_FORWARD);
	set(&display_of(in)->buttons[button], down);
}

static void on_wheel(struct pf_input *in, enum pf_scroll_axis axis, int amount)
{
	expect(axis <= PF_SCROLL_HORIZONTAL);
}

static void on_finger_scroll(struct pf_input *in, enum pf_scroll_axis axis, int amount, bool end)
{
	expect(axis <= PF_SCROLL_HORIZONTAL);
}

static void on_text(struct pf_input *in, uint32_t scalar)
{
	expect(scalar <= 0x10FFFF && (scalar < 0xD800 || scalar > 0xDFFF));
}

static void on_touch(struct pf_input *in, const struct pf_touch *t)
{
	expect(t->slot < PF_TOUCH_SLOTS);
	uint8_t *finger = &display_of(in)->fingers[t->slot];
	if (t->phase == PF_TOUCH_MOVE)
		expect(*finger);
	else
		set(finger, t->phase == PF_TOUCH_DOWN);
	if (t->phase != PF_TOUCH_UP)
		expect(t->x >= 0 && t->x <= 1 && t->y >= 0 && t->y <= 1);
}

static void on_pen(struct pf_input *in, const struct pf_pen *pen)
{
	expect(pen->x >= 0 && pen->x <= 1 && pen->y >= 0 && pen->y <= 1);
	expect(abs(pen->tilt_x_deg) <= 90 && abs(pen->tilt_y_deg) <= 90);
	expect(pen->near || (!pen->touching && !pen->barrel_1 && !pen->barrel_2));
	display_of(in)->pen = pen->near;
}

static int on_flush(struct pf_input *in)
{
	return PF_OK;
}

static const struct pf_input_impl display_impl = {"fuzz", on_key, on_move, on_place, on_button, on_wheel,
	on_finger_scroll, on_text, on_touch, on_pen, NULL, on_flush, NULL, NULL};

static bool holds_nothing(const struct display *d)
{
	static const struct display none;
	return memcmp(d->keys, none.keys, sizeof(d->keys)) == 0 &&
	       memcmp(d->buttons, none.buttons, sizeof(d->buttons)) == 0 &&
	       memcmp(d->fingers, none.fingers, sizeof(d->fingers)) == 0 && !d->pen;
}

/* --- controllers --- */

struct pad {
	struct pf_pad base;
	struct pf_pad_params params;
	struct pf_pad_report last;
	int fd;
	bool gone;
};

static unsigned pads_alive;
static struct pad *last_pad; /* may have gone */
static const struct pf_pad_impl pad_impl;

static int probe(struct pf_reason *reason)
{
	return PF_OK;
}

static int create(struct pf_pad **out, const struct pf_pad_params *params, struct pf_reason *reason)
{
	expect(params->slot < PF_PAD_SLOTS && params->kind != PF_GAMEPAD_AUTO && pads_alive < PF_PAD_SLOTS);
	struct pad *p = calloc(1, sizeof(*p));
	expect(p != NULL);
	p->base.impl = &pad_impl;
	p->params = *params;
	p->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pads_alive++;
	last_pad = p;
	*out = &p->base;
	return PF_OK;
}

static int poll_fd(const struct pf_pad *p)
{
	return ((const struct pad *)p)->fd;
}

static int take(struct pf_pad *p, int64_t now_ns)
{
	uint64_t n;
	return eventfd_read(((struct pad *)p)->fd, &n) == 0 ? PF_ERR_CLOSED : PF_OK;
}

static void report(struct pf_pad *p, const struct pf_pad_report *r, int64_t now_ns)
{
	expect(!(r->buttons & ~(uint32_t)PF_PAD_BUTTONS));
	((struct pad *)p)->last = *r;
}

static int64_t tick(struct pf_pad *p, int64_t now_ns)
{
	return PF_PAD_NEVER;
}

static int release(struct pf_pad *base)
{
	struct pad *p = (struct pad *)base;
	int fd = p->fd;
	if (last_pad == p)
		last_pad = NULL;
	pads_alive--;
	free(p);
	return fd;
}

static const struct pf_pad_impl pad_impl = {
	"fuzz", false, 0, probe, create, poll_fd, take, report, tick, release};

static const struct pf_pad_impl *backend(enum pf_gamepad kind)
{
	return &pad_impl;
}

static void on_feedback(void *user, unsigned pad, const struct pf_pad_feedback *f)
{
	expect(pad < PF_PADS_MAX);
}

/* --- steps --- */

struct player {
	struct pf_router router;
	struct display display[2];
	unsigned aim; /* 2: at none */
	int64_t now_ns;
};

static void play_datagram(struct player *p, const uint8_t *data, size_t size)
{
	struct pf_datagram d;
	if (pf_datagram_read(&d, data, size) < 0)
		return;
	if (d.tag == PF_DATAGRAM_INPUT)
		pf_router_event(&p->router, &d.input);
	else if (d.tag == PF_DATAGRAM_RICH_INPUT)
		pf_router_rich(&p->router, &d.rich, p->now_ns);
}

static void aim(struct player *p, uint8_t byte)
{
	unsigned before = p->aim;
	p->aim = byte % 3;
	pf_router_aim(&p->router, p->aim < 2 ? &p->display[p->aim].base : NULL);
	if (before < 2)
		expect(holds_nothing(&p->display[before]));
}

static void vanish(uv_loop_t *loop)
{
	if (last_pad)
		eventfd_write(last_pad->fd, 1);
	uv_run(loop, UV_RUN_NOWAIT);
}

static void step(struct player *p, uv_loop_t *loop, const uint8_t *data, size_t size)
{
	const struct pf_pad_feedback f = {.kind = PF_PAD_RUMBLE, .rumble.low = data[1]};
	switch (data[0] % 8) {
	case 0:
		pf_router_flush(&p->router);
		break;
	case 1:
		p->now_ns += (int64_t)data[1] * 2000000;
		pf_router_tick(&p->router, p->now_ns);
		break;
	case 2:
		aim(p, data[1]);
		break;
	case 3:
		if (last_pad)
			last_pad->params.on_feedback(last_pad->params.user, &f);
		break;
	case 4:
		vanish(loop);
		break;
	default:
		play_datagram(p, data + 1, size - 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned takes[2] = {PF_INPUT_TAKES_TEXT | PF_INPUT_TAKES_TOUCH | PF_INPUT_TAKES_PEN, 0};
	const struct pf_pad_client client = {.label = "fuzz", .on_feedback = on_feedback};
	struct player p = {.now_ns = 1};
	struct pf_pad_pool *pool;
	uv_loop_t loop;
	pf_log_set_level(PF_LOG_ERROR);
	uv_loop_init(&loop);
	const struct pf_pad_pool_params params = {.loop = &loop, .backend = backend};
	if (pf_pad_pool_create(&pool, &params) < 0)
		abort();
	pf_router_init(&p.router, PF_KEYS_NATIVE);
	if (pf_pad_seat_open(&p.router.pads, pool, &client) < 0)
		abort();
	for (unsigned i = 0; i < 2; i++)
		p.display[i].base = (struct pf_input){&display_impl, takes[i]};
	pf_router_aim(&p.router, &p.display[0].base);
	while (size >= 2) {
		size_t n = 2 + data[0] / 8 % 32;
		n = n < size ? n : size;
		step(&p, &loop, data, n);
		data += n;
		size -= n;
	}
	aim(&p, 2);
	expect(holds_nothing(&p.display[0]) && holds_nothing(&p.display[1]));
	pf_pad_seat_close(p.router.pads, 0);
	pf_pad_pool_destroy(pool, NULL, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	expect(pads_alive == 0 && uv_loop_close(&loop) == 0);
	return 0;
}
