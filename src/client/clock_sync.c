#include "client/clock_sync.h"

#define ACCEPTABLE_RTT_NS 2000000ull
#define REFUSALS_MAX      3

void pf_clock_sync_begin(struct pf_clock_sync *s)
{
	s->waiting = false;
	s->rounds = 0;
	s->have_sample = false;
}

bool pf_clock_sync_probe(struct pf_clock_sync *s, uint64_t t1_ns)
{
	if (s->rounds == PF_CLOCK_ROUNDS)
		return false;
	s->rounds++;
	s->waiting = true;
	s->sent_t1_ns = t1_ns;
	return true;
}

/* Differences wrap, so they are right for any two times less than 292 years apart. */
static int64_t difference(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b);
}

/* The mean of two differences without overflow, rounded down. */
static int64_t middle(int64_t a, int64_t b)
{
	return (a >> 1) + (b >> 1) + (a & b & 1);
}

int pf_clock_sync_echo(
	struct pf_clock_sync *s, uint64_t t1_ns, uint64_t t2_ns, uint64_t t3_ns, uint64_t t4_ns)
{
	if (!s->waiting || t1_ns != s->sent_t1_ns)
		return PF_ERR_INVALID;
	s->waiting = false;
	int64_t away = difference(t4_ns, t1_ns), at_host = difference(t3_ns, t2_ns);
	if (away < 0 || at_host < 0 || at_host > away)
		return PF_ERR_INVALID;
	uint64_t rtt_ns = (uint64_t)(away - at_host);
	if (s->have_sample && rtt_ns >= s->sample_rtt_ns)
		return PF_OK;
	s->have_sample = true;
	s->sample_rtt_ns = rtt_ns;
	s->sample_offset_ns = middle(difference(t2_ns, t1_ns), difference(t3_ns, t4_ns));
	return PF_OK;
}

static bool acceptable(const struct pf_clock_sync *s)
{
	if (!s->valid || s->refusals >= REFUSALS_MAX || s->sample_rtt_ns <= ACCEPTABLE_RTT_NS)
		return true;
	return s->sample_rtt_ns - s->best_rtt_ns <= s->best_rtt_ns / 2;
}

bool pf_clock_sync_finish(struct pf_clock_sync *s)
{
	s->waiting = false;
	if (!s->have_sample)
		return false;
	s->have_sample = false;
	if (!s->valid || s->sample_rtt_ns < s->best_rtt_ns)
		s->best_rtt_ns = s->sample_rtt_ns;
	if (!acceptable(s)) {
		s->refusals++;
		return false;
	}
	s->valid = true;
	s->refusals = 0;
	s->offset_ns = s->sample_offset_ns;
	s->rtt_ns = s->sample_rtt_ns;
	return true;
}
