/*
 * Xbox controllers, as the kernel's xpad driver shows the real ones. What they have and this does not: motors in the
 * triggers, because the kernel's force feedback has no code for them (xpad leaves them off too), and the serial number,
 * which uinput cannot set; phys tells two of them apart instead. PF_PAD_MISC goes nowhere: none of these three has that
 * button (xpad gives KEY_RECORD only to those that do).
 */
#include <errno.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "os/uinput.h"
#include "pad/force_feedback.h"
#include "pad/pad.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define VENDOR_MICROSOFT 0x045E
#define READ_EVENTS      16
/* A program that writes without end must not keep the loop: what is left makes it readable again. */
#define READS_PER_TAKE 8
#define PADDLES        4

struct model {
	enum pf_gamepad kind;
	const char *name;
	uint16_t product, version;
	bool paddles;
};

static const struct model models[] = {
	{PF_GAMEPAD_XBOX_360, "Microsoft X-Box 360 pad", 0x028E, 0x0110, false},
	{PF_GAMEPAD_XBOX_ONE, "Microsoft X-Box One S pad", 0x02EA, 0x0408, false},
	{PF_GAMEPAD_XBOX_ELITE, "Microsoft X-Box One Elite 2 pad", 0x0B00, 0x0408, true},
};

struct xbox {
	struct pf_pad base;
	int fd;
	const struct model *model;
	void (*on_feedback)(void *user, const struct pf_pad_feedback *f);
	void *user;
	struct pf_force_feedback effects;
	uint16_t low, high; /* what the client was told last */
};

/* Paddles last. The kernel's X is BTN_NORTH and its Y is BTN_WEST, wherever they lie. */
static const uint16_t button_codes[] = {BTN_SOUTH, BTN_EAST, BTN_NORTH, BTN_WEST, BTN_TL, BTN_TR, BTN_SELECT,
	BTN_START, BTN_MODE, BTN_THUMBL, BTN_THUMBR, BTN_TRIGGER_HAPPY5, BTN_TRIGGER_HAPPY6,
	BTN_TRIGGER_HAPPY7, BTN_TRIGGER_HAPPY8};
static const uint32_t button_bits[] = {PF_PAD_A, PF_PAD_B, PF_PAD_X, PF_PAD_Y, PF_PAD_LEFT_SHOULDER,
	PF_PAD_RIGHT_SHOULDER, PF_PAD_BACK, PF_PAD_START, PF_PAD_GUIDE, PF_PAD_LEFT_STICK, PF_PAD_RIGHT_STICK,
	PF_PAD_PADDLE_1, PF_PAD_PADDLE_2, PF_PAD_PADDLE_3, PF_PAD_PADDLE_4};

static const struct pf_uinput_axis axes[] = {
	{.code = ABS_X, .min = -32768, .max = 32767, .fuzz = 16, .flat = 128},
	{.code = ABS_Y, .min = -32768, .max = 32767, .fuzz = 16, .flat = 128},
	{.code = ABS_RX, .min = -32768, .max = 32767, .fuzz = 16, .flat = 128},
	{.code = ABS_RY, .min = -32768, .max = 32767, .fuzz = 16, .flat = 128},
	{.code = ABS_Z, .min = 0, .max = 255},
	{.code = ABS_RZ, .min = 0, .max = 255},
	{.code = ABS_HAT0X, .min = -1, .max = 1},
	{.code = ABS_HAT0Y, .min = -1, .max = 1},
};

/* The ones that xpad offers. */
static const uint16_t effect_codes[] = {FF_RUMBLE, FF_PERIODIC, FF_SQUARE, FF_TRIANGLE, FF_SINE, FF_GAIN};

static struct xbox *from_base(const struct pf_pad *p)
{
	return (struct xbox *)p;
}

static size_t buttons_count(const struct model *m)
{
	return COUNT(button_codes) - (m->paddles ? 0 : PADDLES);
}

/* --- to the game --- */

/* The kernel counts down as positive. */
static int32_t turned(int16_t y)
{
	return y == INT16_MIN ? INT16_MAX : -y;
}

static int32_t hat(uint32_t buttons, uint32_t less, uint32_t more)
{
	return ((buttons & more) != 0) - ((buttons & less) != 0);
}

/* Everything each time, so that nothing sticks; the kernel passes on what has changed. */
static void report(struct pf_pad *p, const struct pf_pad_report *r, int64_t now_ns)
{
	struct xbox *x = from_base(p);
	struct pf_uinput_batch b = {.count = 0};
	for (size_t i = 0; i < buttons_count(x->model); i++)
		pf_uinput_put(&b, EV_KEY, button_codes[i], (r->buttons & button_bits[i]) != 0);
	pf_uinput_put(&b, EV_ABS, ABS_X, r->lx);
	pf_uinput_put(&b, EV_ABS, ABS_Y, turned(r->ly));
	pf_uinput_put(&b, EV_ABS, ABS_RX, r->rx);
	pf_uinput_put(&b, EV_ABS, ABS_RY, turned(r->ry));
	pf_uinput_put(&b, EV_ABS, ABS_Z, r->lt);
	pf_uinput_put(&b, EV_ABS, ABS_RZ, r->rt);
	pf_uinput_put(&b, EV_ABS, ABS_HAT0X, hat(r->buttons, PF_PAD_LEFT, PF_PAD_RIGHT));
	pf_uinput_put(&b, EV_ABS, ABS_HAT0Y, hat(r->buttons, PF_PAD_UP, PF_PAD_DOWN));
	/* That the device is gone is told by take. */
	pf_uinput_send(&b, x->fd);
}

/* --- from the game --- */

static int64_t tick(struct pf_pad *p, int64_t now_ns)
{
	struct xbox *x = from_base(p);
	struct pf_ff_mix mix = pf_ff_mix(&x->effects, now_ns);
	if (mix.low != x->low || mix.high != x->high) {
		x->low = mix.low;
		x->high = mix.high;
		const struct pf_pad_feedback f = {
			.kind = PF_PAD_RUMBLE, .rumble = {.low = mix.low, .high = mix.high}};
		x->on_feedback(x->user, &f);
	}
	return mix.until_ns;
}

/* The game waits until the answer; that it has lost its patience meanwhile is no error of ours. */
static void answer_upload(struct xbox *x, uint32_t request, int64_t now_ns)
{
	struct uinput_ff_upload u = {.request_id = request};
	if (ioctl(x->fd, UI_BEGIN_FF_UPLOAD, &u) < 0)
		return;
	u.retval = pf_ff_upload(&x->effects, &u.effect, now_ns) < 0 ? -EINVAL : 0;
	ioctl(x->fd, UI_END_FF_UPLOAD, &u);
}

static void answer_erase(struct xbox *x, uint32_t request)
{
	struct uinput_ff_erase e = {.request_id = request};
	if (ioctl(x->fd, UI_BEGIN_FF_ERASE, &e) < 0)
		return;
	pf_ff_erase(&x->effects, e.effect_id);
	e.retval = 0;
	ioctl(x->fd, UI_END_FF_ERASE, &e);
}

static void handle(struct xbox *x, const struct input_event *e, int64_t now_ns)
{
	if (e->type == EV_UINPUT && e->code == UI_FF_UPLOAD)
		answer_upload(x, (uint32_t)e->value, now_ns);
	else if (e->type == EV_UINPUT && e->code == UI_FF_ERASE)
		answer_erase(x, (uint32_t)e->value);
	else if (e->type == EV_FF && e->code == FF_GAIN)
		x->effects.gain = (uint16_t)e->value;
	else if (e->type == EV_FF)
		pf_ff_play(&x->effects, e->code, e->value, now_ns);
}

static int take(struct pf_pad *p, int64_t now_ns)
{
	struct xbox *x = from_base(p);
	struct input_event events[READ_EVENTS];
	ssize_t n = 1;
	for (int r = 0; r < READS_PER_TAKE && (n = read(x->fd, events, sizeof(events))) > 0; r++) {
		for (size_t i = 0; i < (size_t)n / sizeof(events[0]); i++)
			handle(x, &events[i], now_ns);
	}
	bool gone = n < 0 && errno != EAGAIN && errno != EINTR;
	tick(p, now_ns);
	return gone ? PF_ERR_CLOSED : PF_OK;
}

/* --- life --- */

static int get_fd(const struct pf_pad *p)
{
	return from_base(p)->fd;
}

static int release(struct pf_pad *p)
{
	int fd = from_base(p)->fd;
	free(p);
	return fd;
}

static const struct model *find_model(enum pf_gamepad kind)
{
	for (size_t i = 0; i < COUNT(models); i++) {
		if (models[i].kind == kind)
			return &models[i];
	}
	return NULL;
}

static int make_device(const struct model *m, const struct pf_pad_params *params, struct pf_reason *reason)
{
	char phys[64];
	const uint8_t *a = params->mac;
	snprintf(phys, sizeof(phys), "punktfunk/pad%u/%02x%02x%02x%02x%02x%02x", params->slot, a[0], a[1],
		a[2], a[3], a[4], a[5]);
	const struct pf_uinput_spec spec = {
		.name = m->name,
		.phys = phys,
		.bus = BUS_USB,
		.vendor = VENDOR_MICROSOFT,
		.product = m->product,
		.version = m->version,
		.keys = button_codes,
		.keys_count = buttons_count(m),
		.axes = axes,
		.axes_count = COUNT(axes),
		.effects = effect_codes,
		.effects_count = COUNT(effect_codes),
		.effects_max = PF_FF_EFFECTS,
	};
	return pf_uinput_create(&spec, reason);
}

static int create(struct pf_pad **out, const struct pf_pad_params *params, struct pf_reason *reason)
{
	const struct model *m = find_model(params->kind);
	if (!m)
		return pf_reason(reason, PF_ERR_INVALID, "uinput makes Xbox controllers only");
	struct xbox *x = calloc(1, sizeof(*x));
	if (!x)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	x->base.impl = &pf_pad_uinput;
	x->model = m;
	x->on_feedback = params->on_feedback;
	x->user = params->user;
	pf_ff_init(&x->effects);
	x->fd = make_device(m, params, reason);
	if (x->fd < 0) {
		int rc = x->fd;
		free(x);
		return rc;
	}
	*out = &x->base;
	return PF_OK;
}

const struct pf_pad_impl pf_pad_uinput = {
	.name = "uinput",
	.times_rumble = true,
	.kinds = 1u << PF_GAMEPAD_XBOX_360 | 1u << PF_GAMEPAD_XBOX_ONE | 1u << PF_GAMEPAD_XBOX_ELITE,
	.probe = pf_uinput_probe,
	.create = create,
	.fd = get_fd,
	.take = take,
	.report = report,
	.tick = tick,
	.release = release,
};
