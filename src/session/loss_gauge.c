#include "session/loss_gauge.h"

#include <math.h>
#include <string.h>

#define NINETY_NINE 2.33 /* standard deviations above the mean */

static void push(struct pf_loss_gauge *g, uint64_t delivered, uint64_t sent)
{
	if (g->count == PF_LOSS_GAUGE_SPAN + 1) {
		memmove(&g->at[0], &g->at[1], PF_LOSS_GAUGE_SPAN * sizeof(g->at[0]));
		g->count--;
	}
	g->at[g->count].sent = sent;
	g->at[g->count].delivered = delivered;
	g->count++;
}

uint32_t pf_loss_gauge_report(struct pf_loss_gauge *g, uint64_t delivered, uint64_t sent)
{
	if (g->count > 0 && (delivered < g->at[g->count - 1].delivered || sent < g->at[g->count - 1].sent))
		g->count = 0;
	push(g, delivered, sent);
	uint64_t sent_in_span = sent - g->at[0].sent, arrived = delivered - g->at[0].delivered;
	if (sent_in_span < PF_LOSS_GAUGE_PACKETS_MIN || arrived >= sent_in_span)
		return 0;
	return (uint32_t)((sent_in_span - arrived) * 1000000 / sent_in_span);
}

unsigned pf_loss_parity_percent(uint32_t loss_ppm, unsigned shards_per_unit)
{
	double lost = loss_ppm < 1000000 ? loss_ppm / 1e6 : 1;
	double spread = sqrt(lost * (1 - lost) / (shards_per_unit ? shards_per_unit : 1));
	double share = lost + NINETY_NINE * spread; /* of all packets, parity among them */
	if (lost <= 0)
		return 0;
	return share < 0.5 ? (unsigned)ceil(100 * share / (1 - share)) : 100;
}
