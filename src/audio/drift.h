/*
 * Two clocks that never quite agree: how much faster or slower one must be read so that what is stored between them
 * stays as it should be. A slow second-order loop; the answer goes to PipeWire's own resampler (SPA_IO_RateMatch),
 * so nothing is ever inserted or left out. Pure.
 */
#pragma once

#define PF_DRIFT_MAX 0.002 /* the answer is within 1 +- this: beyond it a pitch would be heard */

struct pf_drift {
	double slow, held; /* state of the loop */
};

/* Zero-initialised is ready. excess: frames stored more than wanted (negative: less); period: frames since the last
 * call; rate_hz: of both. Returns the ratio at which to read: above 1 empties the store. Exactly 1 while the
 * excess stays within one part in ten thousand of a second. */
double pf_drift_update(struct pf_drift *d, double excess_frames, double period_frames, unsigned rate_hz);
