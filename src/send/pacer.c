#include "send/pacer.h"

#define SECOND_NS        1000000000
#define BURST_NS         10000000 /* the burst is what the rate carries in this time ... */
#define BURST_MIN        (16u << 10)
#define BURST_MAX        (256u << 10)
#define BURST_RATELESS   (128u << 10) /* ... or, without a rate, this or a quarter of the unit */
#define SPREAD_MAX_NS    100000000
#define SPREAD_FRAMES    2
#define CHUNK_MIN        16
#define CHUNK_MAX        64
#define TRAIN_NS         100000 /* longer ones overrun the queues of switches (native-media 1.4) */
#define RATELESS_PERCENT 90     /* of the time until the next frame is due */

uint64_t pf_pace_rate(uint32_t wire_kbps)
{
	return (uint64_t)wire_kbps * 125 * PF_PACE_FACTOR;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t burst_bytes(const struct pf_pace_input *in)
{
	if (in->bytes_per_s == 0)
		return larger(BURST_RATELESS, (uint64_t)in->packets * in->packet_bytes / 4);
	uint64_t bytes = in->bytes_per_s * (BURST_NS / 1000) / (SECOND_NS / 1000);
	return larger(BURST_MIN, smaller(bytes, BURST_MAX));
}

static int64_t spread_ns(const struct pf_pace_input *in, uint64_t beyond_bytes)
{
	if (in->bytes_per_s == 0) {
		int64_t left = in->until_next_ns > 0 ? in->until_next_ns : 0;
		return (int64_t)smaller((uint64_t)left * RATELESS_PERCENT / 100, SPREAD_MAX_NS);
	}
	uint64_t frames = (uint64_t)SPREAD_FRAMES * SECOND_NS / in->refresh_hz / (1 + (uint64_t)in->waiting);
	uint64_t by_rate = (uint64_t)((double)beyond_bytes * SECOND_NS / (double)in->bytes_per_s);
	return (int64_t)smaller(by_rate, smaller(frames, SPREAD_MAX_NS));
}

/* Smallest chunk that is worth a sleep. */
static unsigned chunk_packets(size_t packets, int64_t spread)
{
	for (unsigned c = CHUNK_MIN; spread > 0 && c < CHUNK_MAX; c++) {
		if ((uint64_t)spread * c >= (uint64_t)PF_PACE_SKIP_NS * packets)
			return c;
	}
	return CHUNK_MAX;
}

static unsigned train_packets(const struct pf_pace_input *in)
{
	uint64_t packets = in->bytes_per_s * (TRAIN_NS / 1000) / (SECOND_NS / 1000) / in->packet_bytes;
	return (unsigned)larger(PF_PACE_TRAIN_MIN, smaller(packets, CHUNK_MAX));
}

struct pf_pace_plan pf_pace_plan(const struct pf_pace_input *in)
{
	uint64_t burst = burst_bytes(in);
	burst -= smaller(burst, in->burst_used);
	/* The packet that crosses the limit still belongs to the burst. */
	uint64_t burst_packets = (burst + in->packet_bytes - 1) / in->packet_bytes;
	struct pf_pace_plan plan = {.burst_packets = (size_t)smaller(burst_packets, in->packets)};
	size_t rest = in->packets - plan.burst_packets;
	plan.train = train_packets(in);
	plan.chunk = CHUNK_MAX;
	if (rest == 0)
		return plan;
	plan.spread_ns = spread_ns(in, (uint64_t)rest * in->packet_bytes);
	plan.chunk = in->timed ? plan.train : chunk_packets(rest, plan.spread_ns);
	plan.chunks = (rest + plan.chunk - 1) / plan.chunk;
	return plan;
}

int64_t pf_pace_put_off_ns(const struct pf_pace_plan *plan, int64_t late_ns)
{
	size_t chunks = larger(plan->burst_packets / plan->chunk, 1);
	int64_t burst_ns = plan->spread_ns * (int64_t)chunks / (int64_t)plan->chunks;
	return late_ns > burst_ns ? late_ns - burst_ns : 0;
}

int64_t pf_pace_target_ns(const struct pf_pace_plan *plan, int64_t start_ns, size_t index)
{
	return start_ns + plan->spread_ns * (int64_t)(index + 1) / (int64_t)plan->chunks;
}
