#include "pad/force_feedback.h"

#define MS_NS     UINT64_C(1000000)
#define FULL      0xFFFFu
#define TIMES_MAX 65535 /* of the longest effect: 24 days */

void pf_ff_init(struct pf_force_feedback *f)
{
	*f = (struct pf_force_feedback){.gain = FULL};
}

/* Signed, and full at 0x7fff. */
static uint16_t of_magnitude(int16_t magnitude)
{
	unsigned level = (unsigned)(magnitude < 0 ? -magnitude : magnitude) * FULL / 0x7fff;
	return (uint16_t)(level > FULL ? FULL : level);
}

int pf_ff_upload(struct pf_force_feedback *f, const struct ff_effect *e, int64_t now_ns)
{
	if (e->id < 0 || e->id >= PF_FF_EFFECTS || (e->type != FF_RUMBLE && e->type != FF_PERIODIC))
		return PF_ERR_INVALID;
	struct pf_ff_effect *slot = &f->effect[e->id];
	bool rumble = e->type == FF_RUMBLE;
	*slot = (struct pf_ff_effect){
		.low = rumble ? e->u.rumble.strong_magnitude : of_magnitude(e->u.periodic.magnitude),
		.high = rumble ? e->u.rumble.weak_magnitude : of_magnitude(e->u.periodic.magnitude),
		.delay_ns = (int64_t)(e->replay.delay * MS_NS),
		.length_ns = (int64_t)(e->replay.length * MS_NS),
		.count = slot->count,
		.start_ns = now_ns,
	};
	return PF_OK;
}

void pf_ff_erase(struct pf_force_feedback *f, uint32_t id)
{
	if (id < PF_FF_EFFECTS)
		f->effect[id] = (struct pf_ff_effect){0};
}

void pf_ff_play(struct pf_force_feedback *f, uint32_t id, int32_t times, int64_t now_ns)
{
	if (id >= PF_FF_EFFECTS)
		return;
	f->effect[id].count = times < 0 ? 0 : times > TIMES_MAX ? TIMES_MAX : times;
	f->effect[id].start_ns = now_ns;
}

static uint16_t add(uint16_t sum, uint16_t level, uint16_t gain)
{
	uint32_t total = sum + (uint32_t)level * gain / FULL;
	return (uint16_t)(total > FULL ? FULL : total);
}

struct pf_ff_mix pf_ff_mix(const struct pf_force_feedback *f, int64_t now_ns)
{
	struct pf_ff_mix mix = {.until_ns = INT64_MAX};
	for (unsigned i = 0; i < PF_FF_EFFECTS; i++) {
		const struct pf_ff_effect *e = &f->effect[i];
		if (e->count == 0)
			continue;
		int64_t begin_ns = e->start_ns + e->delay_ns;
		int64_t end_ns = e->length_ns ? begin_ns + e->length_ns * e->count : INT64_MAX;
		int64_t next_ns = now_ns < begin_ns ? begin_ns : end_ns;
		if (now_ns >= end_ns)
			continue;
		if (now_ns >= begin_ns) {
			mix.low = add(mix.low, e->low, f->gain);
			mix.high = add(mix.high, e->high, f->gain);
		}
		if (next_ns < mix.until_ns)
			mix.until_ns = next_ns;
	}
	return mix;
}
