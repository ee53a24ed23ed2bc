#include "audio/drift.h"

#include <math.h>

#define SMOOTH_S     1.0    /* the store is filled and emptied in steps */
#define PER_SECOND   0.1    /* ratio per second of excess: critically damped at 0.05 rad/s, */
#define PER_SECOND_2 0.0025 /* and per second of that */
#define NOTHING_S    0.0001

static double bounded(double x)
{
	return fmin(fmax(x, -PF_DRIFT_MAX), PF_DRIFT_MAX);
}

double pf_drift_update(struct pf_drift *d, double excess_frames, double period_frames, unsigned rate_hz)
{
	double period_s = period_frames / rate_hz;
	d->slow += (excess_frames - d->slow) * fmin(1, period_s / SMOOTH_S);
	double excess_s = d->slow / rate_hz, answer = d->held + PER_SECOND * excess_s;
	/* What the bound cuts off must not pile up. */
	if (fabs(answer) < PF_DRIFT_MAX)
		d->held = bounded(d->held + PER_SECOND_2 * excess_s * period_s);
	if (fabs(excess_s) < NOTHING_S && fabs(d->held) < NOTHING_S * PER_SECOND)
		return 1;
	return 1 + bounded(answer);
}
