#include "client/loss_report.h"

uint32_t pf_loss_ppm(uint64_t received, uint64_t recovered, uint64_t late)
{
	uint64_t lost = recovered > late ? recovered - late : 0;
	uint64_t all = received + lost;
	return all ? (uint32_t)((double)lost * 1e6 / (double)all) : 0;
}

void pf_loss_report_restart(struct pf_loss_report *r, const struct pf_loss_counters *now, int64_t now_ns)
{
	r->window_start_ns = now_ns;
	r->at_start = *now;
}

bool pf_loss_report_due(
	struct pf_loss_report *r, const struct pf_loss_counters *now, int64_t now_ns, uint32_t *ppm)
{
	if (now_ns - r->window_start_ns < PF_LOSS_WINDOW_NS)
		return false;
	*ppm = pf_loss_ppm(now->received - r->at_start.received, now->recovered - r->at_start.recovered,
		now->late - r->at_start.late);
	pf_loss_report_restart(r, now, now_ns);
	return true;
}
