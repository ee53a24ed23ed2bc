/* What becomes of a plan at the socket: a made-up format, and a stand-in for the kernel. */
#include "send/transmit.h"

#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/uio.h>

#include <cmocka.h>

#include "os/clock.h"

#define BYTES     1472
#define UNIT_MAX  2000
#define CALLS_MAX UNIT_MAX
#define TRAIN     16

/* ---- the format: datagrams in one piece of memory, told by where they lie ---- */

struct wire {
	struct pf_wire base;
	size_t left;
	unsigned next_at_most; /* datagrams of one batch; 0 = as many as wanted */
};

static uint8_t memory[PF_BATCH_MAX * BYTES];

static int next(struct pf_wire *w, unsigned max, struct pf_batch *out)
{
	struct wire *wire = (struct wire *)w;
	assert_in_range(max, 1, PF_BATCH_MAX);
	unsigned most = wire->next_at_most > 0 && wire->next_at_most < max ? wire->next_at_most : max;
	out->datagram_bytes = BYTES;
	out->count = wire->left < most ? (unsigned)wire->left : most;
	for (unsigned i = 0; i < out->count; i++)
		out->datagram[i] = memory + (size_t)i * BYTES;
	wire->left -= out->count;
	return PF_OK;
}

static size_t left(const struct pf_wire *w)
{
	return ((const struct wire *)w)->left;
}

static const struct pf_wire_impl wire_impl = {.next = next, .left = left};

/* ---- the clock, which only sleeping moves ---- */

static int64_t now_ns, oversleep_ns; /* once */

int64_t __wrap_pf_now_ns(void);
int64_t __wrap_pf_now_ns(void)
{
	return now_ns;
}

void __wrap_pf_sleep_until_ns(int64_t deadline_ns);
void __wrap_pf_sleep_until_ns(int64_t deadline_ns)
{
	assert_true(deadline_ns >= now_ns + PF_PACE_SKIP_NS);
	now_ns = deadline_ns + oversleep_ns;
	oversleep_ns = 0;
}

/* ---- the kernel ---- */

static struct {
	unsigned calls, trains;
	unsigned per_call[CALLS_MAX]; /* datagrams */
	int64_t called_ns[CALLS_MAX];
	unsigned length[UNIT_MAX];  /* datagrams of each train */
	int64_t leave_ns[UNIT_MAX]; /* 0 = has no time */
} kernel;

static int64_t time_of(struct msghdr *m)
{
	int64_t leave_ns = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TXTIME)
			memcpy(&leave_ns, CMSG_DATA(c), sizeof(leave_ns));
	}
	return leave_ns;
}

int __wrap_sendmmsg(int fd, struct mmsghdr *message, unsigned count, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *message, unsigned count, int flags)
{
	assert_in_range(kernel.calls, 0, CALLS_MAX - 1);
	for (unsigned i = 0; i < count; i++) {
		struct msghdr *m = &message[i].msg_hdr;
		size_t bytes = 0;
		for (size_t p = 0; p < m->msg_iovlen; p++)
			bytes += m->msg_iov[p].iov_len;
		kernel.length[kernel.trains] = (unsigned)(bytes / BYTES);
		kernel.leave_ns[kernel.trains++] = time_of(m);
		kernel.per_call[kernel.calls] += (unsigned)(bytes / BYTES);
	}
	kernel.called_ns[kernel.calls++] = now_ns;
	return (int)count;
}

/* ---- */

static const _Atomic bool stop;

static struct pf_transmit make(struct wire *w, size_t packets)
{
	memset(&kernel, 0, sizeof(kernel));
	now_ns = 1000000;
	oversleep_ns = 0;
	*w = (struct wire){.base.impl = &wire_impl, .left = packets};
	return (struct pf_transmit){
		.wire = &w->base,
		.socket = {.gso = true, .train = TRAIN},
		.random = 1,
		.stop = &stop,
	};
}

/* 30 Mbit/s at 60 Hz: 77 packets at once, then 16 every 2 ms. */
static struct pf_pace_plan plan_for(size_t packets, bool timed)
{
	const struct pf_pace_input in = {
		.packets = packets,
		.packet_bytes = BYTES,
		.bytes_per_s = pf_pace_rate(30000),
		.refresh_hz = 60,
		.timed = timed,
	};
	return pf_pace_plan(&in);
}

static void no_train_is_longer_than_what_the_pacer_lets_out(void **state)
{
	struct pf_transmit_times times = {0};
	for (unsigned chunk = 5; chunk <= PF_BATCH_MAX; chunk += 9) {
		const struct pf_pace_plan plan = {
			.burst_packets = 77, .chunk = chunk, .chunks = (177 - 77 + chunk - 1) / chunk};
		struct wire w;
		struct pf_transmit t = make(&w, 177);
		assert_int_equal(pf_transmit_paced(&t, &plan, &times), PF_OK);
		assert_int_equal(t.counts.datagrams, 177);
		assert_int_equal(kernel.calls, 2 + plan.chunks);
		assert_int_equal(kernel.per_call[0], 64);
		assert_int_equal(kernel.per_call[1], 13);
		for (unsigned i = 2; i < kernel.calls; i++)
			assert_in_range(kernel.per_call[i], 1, chunk);
		for (unsigned i = 0; i < kernel.trains; i++) {
			assert_in_range(kernel.length[i], 1, TRAIN);
			assert_int_equal(kernel.leave_ns[i], 0);
		}
	}
}

static void chunks_leave_when_the_plan_says(void **state)
{
	struct wire w;
	struct pf_transmit_times times = {0};
	struct pf_transmit t = make(&w, 177);
	const struct pf_pace_plan plan = plan_for(177, false);
	int64_t start = now_ns;
	assert_int_equal(pf_transmit_paced(&t, &plan, &times), PF_OK);
	assert_int_equal(kernel.calls, 2 + 7);
	assert_true(kernel.called_ns[0] == start && kernel.called_ns[1] == start);
	for (unsigned i = 0; i < 7; i++)
		assert_true(kernel.called_ns[2 + i] == start + plan.spread_ns * (i + 1) / 7);
	assert_true(times.first_ns == start && times.last_ns == start + plan.spread_ns);
}

/* Of a sleep that ends 6 chunks late 4 return at once, as many as are in a burst; the others keep their distance. */
static void a_late_wake_ends_in_no_larger_burst(void **state)
{
	struct wire w;
	struct pf_transmit_times times = {0};
	struct pf_transmit t = make(&w, 177 + 160);
	const struct pf_pace_plan plan = plan_for(177 + 160, false);
	int64_t step = plan.spread_ns / (int64_t)plan.chunks, start = now_ns;
	assert_int_equal(plan.chunks, 17);
	oversleep_ns = 6 * step;
	assert_int_equal(pf_transmit_paced(&t, &plan, &times), PF_OK);
	int64_t late = start + 7 * step;
	for (unsigned i = 0; i < 5; i++)
		assert_in_range(kernel.called_ns[2 + i], late - 20, late + 20);
	for (unsigned i = 5; i < 17; i++)
		assert_in_range(
			kernel.called_ns[2 + i], late + (i - 4) * step - 20, late + (i - 4) * step + 20);
}

static void lost_ones_do_not_lengthen_trains(void **state)
{
	struct wire w;
	struct pf_transmit_times times = {0};
	struct pf_transmit t = make(&w, 1000);
	t.drop_percent = 30;
	assert_int_equal(pf_transmit_burst(&t, SIZE_MAX, &times), PF_OK);
	assert_int_equal(t.counts.datagrams + t.counts.test_dropped, 1000);
	assert_in_range(t.counts.test_dropped, 250, 350);
	unsigned sent = 0;
	for (unsigned i = 0; i < kernel.trains; i++) {
		assert_in_range(kernel.length[i], 1, TRAIN);
		sent += kernel.length[i];
	}
	assert_int_equal(sent, t.counts.datagrams);
}

static void a_unit_with_times_is_handed_over_at_once(void **state)
{
	struct wire w;
	struct pf_transmit_times times = {0};
	struct pf_transmit t = make(&w, 177);
	const struct pf_pace_plan plan = plan_for(177, true);
	t.socket.timed = true;
	int64_t before = pf_now_ns();
	assert_int_equal(pf_transmit_paced(&t, &plan, &times), PF_OK);
	/* The burst is 64 and 13; then 64 and 36, of which the last train is short. */
	assert_int_equal(kernel.calls, 4);
	assert_int_equal(kernel.trains, 4 + 1 + 4 + 3);
	int64_t start = kernel.leave_ns[0];
	assert_in_range(start, before, times.first_ns);
	for (unsigned i = 0; i < 5; i++)
		assert_true(kernel.leave_ns[i] == start);
	int64_t step = plan.spread_ns / 7;
	for (unsigned i = 0; i < 7; i++) {
		assert_int_equal(kernel.length[5 + i], i < 6 ? 16 : 4);
		assert_in_range(kernel.leave_ns[5 + i], start + (i + 1) * step, start + (i + 1) * step + 7);
	}
	assert_true(times.last_ns == start + plan.spread_ns);
	assert_true(pf_transmit_backlog_ns(&t, start) == plan.spread_ns);
	assert_true(pf_transmit_backlog_ns(&t, start + plan.spread_ns) == 0);
}

static void no_unit_overtakes_the_one_before(void **state)
{
	struct wire w;
	struct pf_transmit_times times = {0};
	struct pf_transmit t = make(&w, 177);
	const struct pf_pace_plan plan = plan_for(177, true);
	t.socket.timed = true;
	int64_t kept_ns = pf_now_ns() + INT64_C(3600000000000);
	t.socket.leave_ns = kept_ns;
	for (unsigned unit = 0; unit < 3; unit++) {
		w.left = 177;
		assert_int_equal(pf_transmit_paced(&t, &plan, &times), PF_OK);
	}
	assert_true(kernel.leave_ns[0] == kept_ns);
	for (unsigned i = 1; i < kernel.trains; i++)
		assert_true(kernel.leave_ns[i] >= kernel.leave_ns[i - 1]);
	assert_true(kernel.leave_ns[kernel.trains - 1] >= kept_ns + 3 * plan.spread_ns - 21);
	/* Filler queues behind it too. */
	unsigned before = kernel.trains;
	w.left = 4 * TRAIN;
	assert_int_equal(pf_transmit_burst(&t, SIZE_MAX, &times), PF_OK);
	assert_int_equal(kernel.trains, before + 4);
	for (unsigned i = before; i < kernel.trains; i++)
		assert_true(kernel.leave_ns[i] == kept_ns + 3 * plan.spread_ns);
}

/* A format that ends a batch early, as at a border of blocks, does not make the unit leave early. */
static void short_batches_keep_the_times_of_the_plan(void **state)
{
	struct wire w;
	struct pf_transmit_times times = {0};
	struct pf_transmit t = make(&w, 177);
	const struct pf_pace_plan plan = plan_for(177, true);
	t.socket.timed = true;
	w.next_at_most = 24;
	assert_int_equal(pf_transmit_paced(&t, &plan, &times), PF_OK);
	size_t done = 0;
	for (unsigned i = 0; i < kernel.trains; i++) {
		size_t chunk = done < 77 ? 0 : (done - 77) / TRAIN + 1;
		int64_t due = kernel.leave_ns[0] + plan.spread_ns * (int64_t)chunk / 7;
		assert_in_range(kernel.leave_ns[i], due - 7, due + plan.spread_ns / 7);
		done += kernel.length[i];
	}
	assert_int_equal(done, 177);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_train_is_longer_than_what_the_pacer_lets_out),
		cmocka_unit_test(chunks_leave_when_the_plan_says),
		cmocka_unit_test(a_late_wake_ends_in_no_larger_burst),
		cmocka_unit_test(lost_ones_do_not_lengthen_trains),
		cmocka_unit_test(a_unit_with_times_is_handed_over_at_once),
		cmocka_unit_test(no_unit_overtakes_the_one_before),
		cmocka_unit_test(short_batches_keep_the_times_of_the_plan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
