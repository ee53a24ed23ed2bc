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

int pf_transmit_paced(struct pf_transmit *t, const struct pf_pace_plan *plan, struct pf_transmit_times *times)
{
	int64_t start = pf_now_ns();
	int rc = pf_transmit_burst(t, plan->burst_packets, times);
	for (size_t i = 0; rc == PF_OK && i < plan->chunks; i++) {
		int64_t target = pf_pace_target_ns(plan, start, i);
		if (target - pf_now_ns() >= PF_PACE_SKIP_NS)
			pf_sleep_until_ns(target);
		rc = pf_transmit_burst(t, plan->chunk, times);
	}
	return rc;
}
