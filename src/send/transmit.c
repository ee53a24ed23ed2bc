#include "send/transmit.h"

#include "os/clock.h"

/* xorshift64*: losses of a test run can be had again. */
static bool drops(struct pf_transmit *t)
{
	t->random ^= t->random >> 12;
	t->random ^= t->random << 25;
	t->random ^= t->random >> 27;
	return (t->random * 0x2545F4914F6CDD1DULL >> 32) % 100 < t->drop_percent;
}

static void drop_some(struct pf_transmit *t, struct pf_batch *b)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < b->count; i++) {
		if (!drops(t))
			b->datagram[kept++] = b->datagram[i];
	}
	t->counts.test_dropped += b->count - kept;
	b->count = kept;
}

int pf_transmit_batch(struct pf_transmit *t, unsigned max, struct pf_transmit_times *times)
{
	struct pf_batch b;
	int64_t start = pf_now_ns();
	int rc = t->wire->impl->next(t->wire, max, &b);
	if (rc < 0)
		return rc;
	if (t->drop_percent > 0)
		drop_some(t, &b);

	int64_t sealed = pf_now_ns();
	struct pf_udp_sent sent;
	rc = pf_udp_send_batch(&t->socket, b.datagram, b.count, b.datagram_bytes, &sent);
	int64_t end = pf_now_ns();
	t->counts.datagrams += sent.accepted;
	t->counts.refused += sent.refused;
	t->counts.calls += sent.calls;
	times->packetise_ns += sealed - start;
	times->send_ns += end - sealed;
	times->last_ns = end;
	if (times->first_ns == 0)
		times->first_ns = sealed;
	return rc;
}

int pf_transmit_burst(struct pf_transmit *t, size_t packets, struct pf_transmit_times *times)
{
	while (packets > 0 && t->wire->impl->left(t->wire) > 0) {
		if (atomic_load_explicit(t->stop, memory_order_relaxed))
			return PF_ERR_CLOSED;
		size_t left = t->wire->impl->left(t->wire);
		unsigned max = packets < PF_BATCH_MAX ? (unsigned)packets : PF_BATCH_MAX;
		int rc = pf_transmit_batch(t, max, times);
		if (rc < 0)
			return rc;
		packets -= left - t->wire->impl->left(t->wire);
	}
	return PF_OK;
}

int64_t pf_transmit_backlog_ns(const struct pf_transmit *t, int64_t now_ns)
{
	bool keeps = t->socket.timed && t->socket.leave_ns > now_ns;
	return keeps ? t->socket.leave_ns - now_ns : 0;
}

/* Times for the next batch, `done` datagrams into a unit that begins at start_ns. Its most datagrams. */
static unsigned time_batch(
	struct pf_udp_sender *s, const struct pf_pace_plan *plan, int64_t start_ns, size_t done)
{
	if (done >= plan->burst_packets) {
		s->leave_ns = pf_pace_target_ns(plan, start_ns, (done - plan->burst_packets) / plan->chunk);
		s->step_ns = plan->spread_ns / (int64_t)plan->chunks;
		return PF_BATCH_MAX;
	}
	size_t burst = plan->burst_packets - done;
	s->leave_ns = start_ns;
	s->step_ns = 0;
	return burst < PF_BATCH_MAX ? (unsigned)burst : PF_BATCH_MAX;
}

/* Never before what the kernel still keeps: the later packets would overtake. */
static int hand_over(struct pf_transmit *t, const struct pf_pace_plan *plan, struct pf_transmit_times *times)
{
	int64_t now = pf_now_ns(), start = now + pf_transmit_backlog_ns(t, now);
	size_t all = t->wire->impl->left(t->wire), left = all;
	while (left > 0) {
		if (atomic_load_explicit(t->stop, memory_order_relaxed))
			return PF_ERR_CLOSED;
		int rc = pf_transmit_batch(t, time_batch(&t->socket, plan, start, all - left), times);
		if (rc < 0)
			return rc;
		left = t->wire->impl->left(t->wire);
	}
	if (plan->chunks > 0)
		t->socket.leave_ns = start + plan->spread_ns;
	t->socket.step_ns = 0; /* filler has no plan, and leaves right behind */
	if (times->last_ns < t->socket.leave_ns)
		times->last_ns = t->socket.leave_ns;
	return PF_OK;
}

int pf_transmit_paced(struct pf_transmit *t, const struct pf_pace_plan *plan, struct pf_transmit_times *times)
{
	if (t->socket.timed)
		return hand_over(t, plan, times);
	int64_t start = pf_now_ns();
	int rc = pf_transmit_burst(t, plan->burst_packets, times);
	for (size_t i = 0; rc == PF_OK && i < plan->chunks; i++) {
		int64_t target = pf_pace_target_ns(plan, start, i);
		if (target - pf_now_ns() >= PF_PACE_SKIP_NS) {
			pf_sleep_until_ns(target);
			t->woke_ns = pf_now_ns();
		}
		start += pf_pace_put_off_ns(plan, pf_now_ns() - target);
		rc = pf_transmit_burst(t, plan->chunk, times);
	}
	return rc;
}
