/* A client's input from its datagram to where it leaves the host, per event: the mouse and the keyboard up to a backend
 * that only counts, controllers up to the bytes for their driver. Against decoding the datagram alone. */
#include <linux/input.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "bench.h"
#include "input/router.h"
#include "pad/force_feedback.h"
#include "pad/hid_model.h"
#include "proto/native/datagram.h"

#define ROUND         256 /* datagrams of a kind: as many as controllers have sequence numbers */
#define DATAGRAM_MAX  64
#define REPORT_GAP_NS INT64_C(15000000) /* every model reports at once after that */

struct datagrams {
	uint8_t bytes[ROUND][DATAGRAM_MAX];
	size_t len[ROUND];
};

struct flow {
	struct pf_router router;
	struct pf_input_dummy display;
	uv_loop_t loop;
	struct datagrams moves, keys, states, motions;
	unsigned per_flush, next;
	struct datagrams *first, *second; /* what is fed, in turns; second may be NULL */
	uint64_t decoded;
};

/* --- datagrams --- */

static void put(struct datagrams *to, unsigned i, const struct pf_datagram *d)
{
	struct pf_wr w = pf_wr_init(to->bytes[i], DATAGRAM_MAX);
	pf_datagram_write(&w, d);
	if (w.failed)
		abort();
	to->len[i] = w.len;
}

static void put_input(struct datagrams *to, unsigned i, struct pf_input_event e)
{
	const struct pf_datagram d = {.tag = PF_DATAGRAM_INPUT, .input = e};
	put(to, i, &d);
}

static void fill(struct flow *f)
{
	for (unsigned i = 0; i < ROUND; i++) {
		const struct pf_pad_state state = {
			.seq = (uint8_t)i, .buttons = PF_PAD_A, .lx = (int16_t)(i * 256), .rt = (uint8_t)i};
		const struct pf_datagram motion = {.tag = PF_DATAGRAM_RICH_INPUT,
			.rich = {.kind = PF_RICH_MOTION,
				.motion = {{(int16_t)(i * 100), -50, 7}, {0, 10000, (int16_t)i}}}};
		put_input(&f->moves, i, (struct pf_input_event){.kind = PF_INPUT_MOVE, .x = 1, .y = -1});
		put_input(&f->keys, i,
			(struct pf_input_event){
				.kind = i % 2 ? PF_INPUT_KEY_UP : PF_INPUT_KEY_DOWN, .code = 0x41});
		put_input(&f->states, i, pf_input_of_pad_state(&state));
		put(&f->motions, i, &motion);
	}
}

/* --- a DualSense whose driver is a counter --- */

struct wired {
	struct pf_pad base;
	struct pf_hid_port port;
	void *state;
	int fd;
};
static uint64_t reports;

static void take_report(void *user, const uint8_t *report, size_t len)
{
	__asm__ volatile("" ::"r"(report) : "memory");
	reports++;
}

static void take_feedback(void *user, const struct pf_pad_feedback *f)
{
}

static const struct pf_pad_impl *wired_backend(enum pf_gamepad kind);

static int create(struct pf_pad **out, const struct pf_pad_params *params, struct pf_reason *reason)
{
	struct wired *w = calloc(1, sizeof(*w));
	if (!w)
		return PF_ERR_NOMEM;
	w->base.impl = wired_backend(params->kind);
	w->port = (struct pf_hid_port){take_report, take_feedback, w};
	w->state = pf_hid_dualsense.create(params->mac, &w->port);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!w->state || w->fd < 0)
		abort();
	*out = &w->base;
	return PF_OK;
}

static int poll_fd(const struct pf_pad *p)
{
	return ((const struct wired *)p)->fd;
}

static int take(struct pf_pad *p, int64_t now_ns)
{
	return PF_OK;
}

static void report(struct pf_pad *p, const struct pf_pad_report *r, int64_t now_ns)
{
	pf_hid_dualsense.report(((struct wired *)p)->state, r, now_ns);
}

static int64_t tick(struct pf_pad *p, int64_t now_ns)
{
	return pf_hid_dualsense.tick(((struct wired *)p)->state, now_ns);
}

static int release(struct pf_pad *p)
{
	struct wired *w = (struct wired *)p;
	int fd = w->fd;
	pf_hid_dualsense.destroy(w->state);
	free(w);
	return fd;
}

static const struct pf_pad_impl *wired_backend(enum pf_gamepad kind)
{
	static const struct pf_pad_impl impl = {.name = "wired",
		.create = create,
		.fd = poll_fd,
		.take = take,
		.report = report,
		.tick = tick,
		.release = release};
	return &impl;
}

/* --- events --- */

static void decode(const struct datagrams *from, unsigned i, struct pf_datagram *out)
{
	if (pf_datagram_read(out, from->bytes[i], from->len[i]) < 0)
		abort();
}

static void run_decode(void *user, unsigned iterations)
{
	struct flow *f = user;
	struct pf_datagram d;
	for (unsigned n = 0; n < iterations; n++) {
		decode(f->first, n % ROUND, &d);
		__asm__ volatile("" ::"r"(&d) : "memory");
	}
}

static void feed(struct flow *f, const struct datagrams *from)
{
	struct pf_datagram d;
	decode(from, f->next % ROUND, &d);
	if (d.tag == PF_DATAGRAM_INPUT)
		pf_router_event(&f->router, &d.input);
	else
		pf_router_rich(&f->router, &d.rich, 1);
}

static void run_flow(void *user, unsigned iterations)
{
	struct flow *f = user;
	for (unsigned n = 0; n < iterations; n++) {
		for (unsigned i = 0; i < f->per_flush; i++, f->next++) {
			feed(f, f->first);
			if (f->second)
				feed(f, f->second);
		}
		pf_router_flush(&f->router);
	}
}

static void open_flow(struct flow *f)
{
	struct pf_pad_pool *pool;
	const struct pf_pad_pool_params params = {.loop = &f->loop, .backend = wired_backend};
	static const struct pf_pad_client client = {.label = "bench", .preferred = PF_GAMEPAD_DUALSENSE};
	fill(f);
	pf_router_init(&f->router, PF_KEYS_NATIVE);
	pf_input_dummy_init(&f->display);
	pf_router_aim(&f->router, &f->display.base);
	if (uv_loop_init(&f->loop) < 0 || pf_pad_pool_create(&pool, &params) < 0 ||
		pf_pad_seat_open(&f->router.pads, pool, &client) < 0)
		abort();
	feed(f, &f->states); /* plugs it in */
}

/* Lives as long as the process: nothing of it is worth an orderly end. */
static struct flow *make_flow(size_t first, size_t second, unsigned per_flush)
{
	struct flow *f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	open_flow(f);
	struct datagrams *kinds[] = {NULL, &f->moves, &f->keys, &f->states, &f->motions};
	f->first = kinds[first];
	f->second = kinds[second];
	f->per_flush = per_flush;
	return f;
}

enum { NONE, MOVES, KEYS, STATES, MOTIONS };

static void bench_events(void)
{
	struct flow *move = make_flow(MOVES, NONE, 1), *merged = make_flow(MOVES, NONE, 8),
		    *key = make_flow(KEYS, NONE, 1), *state = make_flow(STATES, NONE, 1),
		    *both = make_flow(STATES, MOTIONS, 1);
	const struct pf_bench_case c[] = {
		{"decode a mouse move", run_decode, move, 0, 1},
		{"move, each flushed", run_flow, move, 0, 1},
		{"move, 8 in a flush", run_flow, merged, 0, 8},
		{"key, each flushed", run_flow, key, 0, 1},
		{"decode a controller's state", run_decode, state, 0, 1},
		{"state to a DualSense report", run_flow, state, 0, 1},
		{"state and motion to one report", run_flow, both, 0, 2},
	};
	uint64_t before = reports;
	pf_bench_group("input, datagram to backend (ns/packet: per event)", c, sizeof(c) / sizeof(*c));
	if (move->display.moves == 0 || key->display.keys == 0 || reports == before)
		abort();
}

/* --- parts alone --- */

struct encoder {
	const char *name;
	const struct pf_hid_model *model;
	struct pf_hid_port port;
	void *state;
	struct pf_pad_report report;
	int64_t now_ns;
};

static void run_encoder(void *user, unsigned iterations)
{
	struct encoder *e = user;
	for (unsigned n = 0; n < iterations; n++) {
		e->now_ns += REPORT_GAP_NS;
		e->report.lx = (int16_t)(e->report.lx + 256); /* one step of the coarsest stick */
		e->report.gyro[0]++;
		e->model->report(e->state, &e->report, e->now_ns);
	}
}

static void plug_encoder(struct encoder *e)
{
	static const uint8_t mac[PF_PAD_MAC_BYTES] = {2};
	static const uint8_t stream[] = {0x80, 0x04}; /* the Switch controller waits for it */
	e->port = (struct pf_hid_port){take_report, take_feedback, e};
	e->state = e->model->create(mac, &e->port);
	e->report = pf_pad_at_rest();
	if (!e->state)
		abort();
	e->model->output(e->state, stream, sizeof(stream), 0);
}

static void run_mixer(void *user, unsigned iterations)
{
	struct pf_ff_mix mix;
	for (unsigned n = 0; n < iterations; n++) {
		mix = pf_ff_mix(user, n);
		__asm__ volatile("" ::"r"(&mix) : "memory");
	}
}

static void load_effects(struct pf_force_feedback *f)
{
	pf_ff_init(f);
	f->gain = 0x8000;
	for (int16_t i = 0; i < PF_FF_EFFECTS; i++) {
		const struct ff_effect e = {
			.type = FF_RUMBLE, .id = i, .replay = {1000, 0}, .u.rumble = {2000, 1000}};
		if (pf_ff_upload(f, &e, 0) < 0)
			abort();
		pf_ff_play(f, (uint32_t)i, 1000, 0);
	}
}

static void bench_parts(void)
{
	static struct encoder e[] = {{"DualSense", &pf_hid_dualsense},
		{"DualSense Edge", &pf_hid_dualsense_edge}, {"DualShock 4", &pf_hid_dualshock4},
		{"Switch Pro", &pf_hid_switch_pro}};
	enum { MODELS = sizeof(e) / sizeof(*e) };
	static struct pf_force_feedback effects;
	struct flow *states = make_flow(STATES, NONE, 1);
	struct pf_bench_case c[MODELS + 2];
	load_effects(&effects);
	c[0] = (struct pf_bench_case){"decode a controller's state", run_decode, states, 0, 0};
	for (size_t i = 0; i < MODELS; i++) {
		plug_encoder(&e[i]);
		c[i + 1] = (struct pf_bench_case){e[i].name, run_encoder, &e[i], 0, 0};
	}
	c[MODELS + 1] = (struct pf_bench_case){"Xbox motors of 16 effects", run_mixer, &effects, 0, 0};
	pf_bench_group("controllers, state to report (per report)", c, MODELS + 2);
	for (size_t i = 0; i < MODELS; i++)
		e[i].model->destroy(e[i].state);
}

void bench_input(void)
{
	bench_events();
	bench_parts();
}
