#include "session/redundancy.h"

#define LOSS_PPM 500                        /* less is not worth twice the rate */
#define HOLD_NS  (30 * INT64_C(1000000000)) /* loss comes in bursts */

void pf_redundancy_loss(struct pf_redundancy *r, uint32_t loss_ppm, int64_t now_ns)
{
	if (loss_ppm >= LOSS_PPM)
		r->until_ns = now_ns + HOLD_NS;
}

bool pf_redundancy_wanted(const struct pf_redundancy *r, int64_t now_ns)
{
	switch (r->choice) {
	case PF_CHOICE_OFF:
		return false;
	case PF_CHOICE_ON:
		return r->possible;
	case PF_CHOICE_AUTO:
		break;
	}
	return r->possible && now_ns < r->until_ns;
}
