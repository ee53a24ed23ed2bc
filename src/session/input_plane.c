#include "session/input_plane.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/histogram.h"
#include "base/log.h"
#include "os/clock.h"

#define MS_NS INT64_C(1000000)

struct pf_input_plane {
	struct pf_router router;
	uv_check_t batch; /* runs while something waits for the end of the batch */
	uv_timer_t timer;
	int64_t first_ns; /* of the batch's first event; 0: nothing waits */
	int64_t due_ns;   /* for which the timer is set */
	uint64_t events, window_events;
	struct pf_histogram latency, window; /* nanoseconds; of all, and since the last print */
	uv_poll_t *poll;                     /* of the backend; NULL: it has nothing to be polled */
	int polled;                          /* for what */
	unsigned open_handles;
};

/* --- the backend's descriptor --- */

static void free_poll(uv_handle_t *handle)
{
	free(handle);
}

/* A display that has died is heard of from its capture. */
static void unwatch_backend(struct pf_input_plane *p)
{
	if (p->poll)
		uv_close((uv_handle_t *)p->poll, free_poll);
	p->poll = NULL;
}

static void advance(struct pf_input_plane *p);

static void handle_backend(uv_poll_t *poll, int status, int events)
{
	struct pf_input_plane *p = poll->data;
	if (status < 0)
		unwatch_backend(p);
	else
		advance(p);
}

/* False: the backend is gone, and nothing more is due there. */
static bool flush(struct pf_input_plane *p)
{
	int rc = pf_router_flush(&p->router);
	int events = UV_READABLE | (rc == PF_ERR_AGAIN ? UV_WRITABLE : 0);
	if (rc == PF_ERR_CLOSED)
		unwatch_backend(p);
	else if (p->poll && events != p->polled)
		uv_poll_start(p->poll, events, handle_backend);
	p->polled = events;
	return rc != PF_ERR_CLOSED;
}

static void watch_backend(struct pf_input_plane *p)
{
	const struct pf_input *backend = p->router.backend;
	uv_poll_t *poll = backend && backend->impl->fd ? malloc(sizeof(*poll)) : NULL;
	if (!poll)
		return;
	if (uv_poll_init(p->batch.loop, poll, backend->impl->fd(backend)) < 0) {
		free(poll);
		return;
	}
	poll->data = p;
	p->poll = poll;
	p->polled = 0;
	advance(p);
}

void pf_input_plane_aim(struct pf_input_plane *p, struct pf_input *backend)
{
	pf_router_aim(&p->router, backend);
	unwatch_backend(p);
	watch_backend(p);
}

/* --- time --- */

static void handle_timer(uv_timer_t *timer)
{
	struct pf_input_plane *p = timer->data;
	p->due_ns = INT64_MAX;
	advance(p);
}

/* A timer that is too early looks again. It never fires at once: libuv runs timers until none is due. */
static void watch(struct pf_input_plane *p, int64_t due_ns, int64_t now_ns)
{
	if (due_ns >= p->due_ns)
		return;
	p->due_ns = due_ns;
	uv_timer_start(
		&p->timer, handle_timer, due_ns > now_ns ? (uint64_t)((due_ns - now_ns) / MS_NS + 1) : 1, 0);
}

static void advance(struct pf_input_plane *p)
{
	int64_t now_ns = pf_now_ns();
	watch(p, pf_router_tick(&p->router, now_ns), now_ns);
	if (flush(p))
		watch(p, pf_router_due_ns(&p->router), now_ns);
}

/* --- events --- */

static void handle_batch(uv_check_t *batch)
{
	struct pf_input_plane *p = batch->data;
	uv_check_stop(batch);
	advance(p);
	uint64_t ns = (uint64_t)(pf_now_ns() - p->first_ns);
	pf_histogram_add(&p->latency, ns);
	pf_histogram_add(&p->window, ns);
	p->first_ns = 0;
}

/* Before each event. */
static void begin(struct pf_input_plane *p)
{
	p->events++;
	p->window_events++;
	if (p->first_ns)
		return;
	p->first_ns = pf_now_ns();
	uv_check_start(&p->batch, handle_batch);
}

void pf_input_plane_event(struct pf_input_plane *p, const struct pf_input_event *e)
{
	begin(p);
	pf_router_event(&p->router, e);
}

void pf_input_plane_rich(struct pf_input_plane *p, const struct pf_rich_input *e)
{
	begin(p);
	pf_router_rich(&p->router, e, p->first_ns);
}

void pf_input_plane_finger(struct pf_input_plane *p, const struct pf_finger *f)
{
	begin(p);
	pf_router_finger(&p->router, f);
}

void pf_input_plane_lift(struct pf_input_plane *p)
{
	begin(p);
	pf_router_lift_fingers(&p->router);
}

void pf_input_plane_battery(struct pf_input_plane *p, unsigned pad, enum pf_pad_power power, uint8_t percent)
{
	begin(p);
	if (p->router.pads)
		pf_pad_seat_battery(p->router.pads, pad, power, percent);
}

unsigned pf_input_plane_takes(const struct pf_input_plane *p)
{
	return p->router.backend ? p->router.backend->takes : 0;
}

void pf_input_plane_seat(
	struct pf_input_plane *p, struct pf_pad_pool *pool, const struct pf_pad_client *client)
{
	if (pf_pad_seat_open(&p->router.pads, pool, client) < 0)
		p->router.pads = NULL;
}

void pf_input_plane_unseat(struct pf_input_plane *p, unsigned keep_ms)
{
	pf_pad_seat_close(p->router.pads, keep_ms);
	p->router.pads = NULL;
}

void pf_input_plane_release(struct pf_input_plane *p)
{
	pf_router_release_all(&p->router);
	advance(p);
}

void pf_input_plane_unplug(struct pf_input_plane *p)
{
	if (p->router.pads)
		pf_pad_seat_unplug(p->router.pads, 0);
}

/* --- numbers --- */

static double us_at(const struct pf_histogram *h, double percent)
{
	return pf_histogram_at(h, percent) / 1000.0;
}

void pf_input_plane_describe(const struct pf_input_plane *p, char out[PF_INPUT_PLANE_TEXT])
{
	out[0] = 0;
	if (p->events > 0)
		snprintf(out, PF_INPUT_PLANE_TEXT, "; input: %llu events, p50 %.1f us, p99 %.1f us",
			(unsigned long long)p->events, us_at(&p->latency, 50), us_at(&p->latency, 99));
}

void pf_input_plane_print(struct pf_input_plane *p, const char *label)
{
	const struct pf_histogram *h = &p->window;
	if (p->window_events > 0)
		pf_info("perf", "%s: %llu input events in %llu batches; us p50/p99/max: %.1f/%.1f/%.1f",
			label, (unsigned long long)p->window_events, (unsigned long long)h->count,
			us_at(h, 50), us_at(h, 99), us_at(h, 100));
	pf_histogram_reset(&p->window);
	p->window_events = 0;
}

/* --- life --- */

int pf_input_plane_create(struct pf_input_plane **out, uv_loop_t *loop, enum pf_key_dialect dialect)
{
	struct pf_input_plane *p = calloc(1, sizeof(*p));
	if (!p)
		return PF_ERR_NOMEM;
	pf_router_init(&p->router, dialect);
	p->due_ns = INT64_MAX;
	uv_check_init(loop, &p->batch);
	uv_timer_init(loop, &p->timer);
	p->batch.data = p->timer.data = p;
	p->open_handles = 2;
	*out = p;
	return PF_OK;
}

static void handle_closed(uv_handle_t *handle)
{
	struct pf_input_plane *p = handle->data;
	if (--p->open_handles == 0)
		free(p);
}

void pf_input_plane_destroy(struct pf_input_plane *p)
{
	if (!p)
		return;
	pf_input_plane_aim(p, NULL);
	pf_input_plane_unseat(p, 0);
	uv_close((uv_handle_t *)&p->batch, handle_closed);
	uv_close((uv_handle_t *)&p->timer, handle_closed);
}
