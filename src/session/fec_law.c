#include "session/fec_law.h"

#define STEP_PERCENT 3
#define STEP_WINDOWS 4
/* One and a half report windows: a longer silence means windows that the client threw away. */
#define WINDOW_LOST_NS 1125000000ll
/* Clients ask at most every 100 ms while pictures keep getting lost. */
#define HEELS_NS      500000000ll
#define HEELS_PERCENT 10

static unsigned clamp(unsigned v, unsigned low, unsigned high)
{
	return v < low ? low : v > high ? high : v;
}

void pf_fec_law_init(struct pf_fec_law *law, int pin_percent)
{
	*law = (struct pf_fec_law){.percent = PF_FEC_START_PERCENT};
	if (pin_percent < 0)
		return;
	law->pinned = true;
	law->percent = clamp((unsigned)pin_percent, 0, PF_FEC_PIN_MAX);
}

unsigned pf_fec_law_rfi(struct pf_fec_law *law, int64_t now_ns)
{
	bool again = law->rfi_seen && now_ns - law->rfi_ns < HEELS_NS;
	law->rfi_in_window = law->rfi_seen = true;
	law->rfi_ns = now_ns;
	return again ? pf_fec_law_raise(law, law->percent + HEELS_PERCENT) : law->percent;
}

unsigned pf_fec_level(uint32_t loss_ppm)
{
	uint64_t percent = ((uint64_t)loss_ppm * 14 + 99999) / 100000 + 1;
	return clamp((unsigned)percent, PF_FEC_MIN_PERCENT, PF_FEC_MAX_PERCENT);
}

static void count_window(struct pf_fec_law *law, int64_t now_ns)
{
	if (!law->rfi_in_window || (law->reported && now_ns - law->last_report_ns > WINDOW_LOST_NS))
		law->run = 0;
	if (law->rfi_in_window)
		law->run++;
	law->rfi_in_window = false;
	law->reported = true;
	law->last_report_ns = now_ns;
}

unsigned pf_fec_law_report(struct pf_fec_law *law, uint32_t loss_ppm, int64_t now_ns)
{
	if (law->pinned)
		return law->percent;
	count_window(law, now_ns);
	unsigned step = law->run >= 1 && law->run <= STEP_WINDOWS ? STEP_PERCENT : 0;
	unsigned wanted = clamp(pf_fec_level(loss_ppm) + step, 0, PF_FEC_MAX_PERCENT);
	unsigned fallen = law->percent - 1;
	law->percent = wanted > fallen ? wanted : fallen;
	return law->percent;
}

unsigned pf_fec_law_raise(struct pf_fec_law *law, unsigned percent)
{
	if (!law->pinned && percent > law->percent)
		law->percent = clamp(percent, law->percent, PF_FEC_MAX_PERCENT);
	return law->percent;
}
