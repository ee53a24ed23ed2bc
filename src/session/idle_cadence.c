#include "session/idle_cadence.h"

/* A source slower than the display (25 fps video on 60 Hz) must not trigger repeats between its pictures:
 * each one would delay the next real picture by an encode. */
#define QUICK_MIN_NS 45000000
#define SLOW_NS      400000000

int64_t pf_idle_interval_ns(unsigned repeats, uint32_t refresh_hz)
{
	int64_t two_frames = 2 * INT64_C(1000000000) / (refresh_hz ? refresh_hz : 1);
	int64_t quick = two_frames > QUICK_MIN_NS ? two_frames : QUICK_MIN_NS;
	if (repeats < PF_IDLE_SHARPEN_REPEATS || quick > SLOW_NS)
		return quick;
	return SLOW_NS;
}
