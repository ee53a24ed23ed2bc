#include "pad/pad.h"

struct pf_pad_report pf_pad_at_rest(void)
{
	return (struct pf_pad_report){
		.accel = {0, PF_PAD_ACCEL_UNITS, 0}, .power = PF_PAD_FULL, .battery_percent = 100};
}
