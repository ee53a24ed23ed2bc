/*
 * How much really got lost on the way, from the client's running count of packets (DeliveryReport) and our
 * own. A client's LossReport counts only what its parity repaired (native-control 4.3): when most pictures
 * are beyond repair it says next to nothing, and the parity it drives stays too small for ever. Pure; one
 * thread.
 */
#pragma once

#include <stdint.h>

#define PF_LOSS_GAUGE_SPAN        2   /* windows looked at, one at the start: evens out what is on its way */
#define PF_LOSS_GAUGE_PACKETS_MIN 100 /* sent in that span; fewer tell nothing */

/* Zeroed = nothing is known. */
struct pf_loss_gauge {
	struct {
		uint64_t sent, delivered;
	} at[PF_LOSS_GAUGE_SPAN + 1]; /* cumulative, newest last */
	unsigned count;
};

/* A report arrived: the client's count, and ours at that moment. Returns the loss in parts per million over
 * the last windows, 0 while that cannot be told. A count that runs backwards begins anew. */
uint32_t pf_loss_gauge_report(struct pf_loss_gauge *g, uint64_t delivered, uint64_t sent);

/*
 * The parity share, in percent of the data shards, with which 99 of 100 access units of that many shards come
 * through when each packet is lost with that chance: chance loss spreads, and small units feel it most. 0 for
 * no loss; at most 100.
 */
unsigned pf_loss_parity_percent(uint32_t loss_ppm, unsigned shards_per_unit);
