#include "display/tick_law.h"

#include <stdlib.h>

#define MS_NS              INT64_C(1000000)
#define GOOD_ERROR_PERCENT 2
#define MISSES_PER_RUN     8 /* a run with more than one miss in so many pictures is no motion */

static int64_t period_ns(const struct pf_tick_law *law)
{
	return 1000 * MS_NS / law->refresh_hz;
}

static unsigned nominal_wait_ms(const struct pf_tick_law *law)
{
	return 1000 / law->refresh_hz;
}

static unsigned shortest_run(const struct pf_tick_law *law)
{
	return law->refresh_hz > PF_TICK_RUN_MIN ? law->refresh_hz : PF_TICK_RUN_MIN;
}

/* The first change comes soon, later ones on better evidence. */
static unsigned run_length(const struct pf_tick_law *law)
{
	return shortest_run(law) << (law->changes < 2 ? law->changes : 2);
}

/* In the middle of those with that wait, so that rounding on the way cannot give another. */
static uint32_t refresh_mhz(const struct pf_tick_law *law)
{
	if (law->wait_ms == nominal_wait_ms(law))
		return law->refresh_hz * 1000;
	return 2000000 / (2 * law->wait_ms + 1);
}

static void begin_run(struct pf_tick_law *law)
{
	law->sum_ns = 0;
	law->ticks = law->misses = 0;
}

/* Each change makes the next try wait twice as long, so a load or a program that comes and goes costs few. */
static uint32_t change(struct pf_tick_law *law, unsigned wait_ms)
{
	law->wait_ms = wait_ms;
	law->changes++;
	law->rest = shortest_run(law) << law->changes;
	law->last_ns = 0; /* the wait under way is still the old one */
	return refresh_mhz(law);
}

/* The wait with which the mean interval comes nearest to the period. */
static unsigned nearest_wait_ms(const struct pf_tick_law *law, int64_t late_ns)
{
	int64_t steps = (late_ns + (late_ns < 0 ? -MS_NS : MS_NS) / 2) / MS_NS;
	int64_t wait_ms = law->wait_ms - steps;
	if (wait_ms > nominal_wait_ms(law))
		return nominal_wait_ms(law);
	return wait_ms < 1 ? 1 : (unsigned)wait_ms;
}

static uint32_t try_nearer(struct pf_tick_law *law, int64_t late_ns)
{
	unsigned wait_ms = nearest_wait_ms(law, late_ns);
	int64_t error_ns = llabs(late_ns);
	int64_t expected_ns = llabs(late_ns + ((int64_t)wait_ms - law->wait_ms) * MS_NS);
	if (law->rest > 0 || wait_ms == law->wait_ms || error_ns * 100 <= period_ns(law) * GOOD_ERROR_PERCENT)
		return 0;
	if (late_ns < 0 && expected_ns * 4 > error_ns * 3)
		return 0; /* slightly too fast beats going back and forth */
	/* A try and its taking back must fit. */
	if (law->changes + 2 >= PF_TICK_CHANGES_MAX)
		return law->wait_ms != nominal_wait_ms(law) ? change(law, nominal_wait_ms(law)) : 0;
	law->trying = true;
	law->wait_before_ms = law->wait_ms;
	law->error_before_ns = error_ns;
	law->error_expected_ns = expected_ns;
	return change(law, wait_ms);
}

/* A program with a pace of its own, a busy machine and a compositor that does not count like that are not
 * moved by a change: at least half of what it promised must have come. */
static bool helped(const struct pf_tick_law *law, int64_t late_ns)
{
	int64_t promised_ns = law->error_before_ns - law->error_expected_ns;
	return (law->error_before_ns - llabs(late_ns)) * 2 >= promised_ns;
}

static uint32_t judge_run(struct pf_tick_law *law)
{
	int64_t late_ns = law->sum_ns / law->ticks - period_ns(law);
	begin_run(law);
	bool judging = law->trying;
	law->trying = false;
	if (judging && !helped(law, late_ns))
		return change(law, law->wait_before_ms);
	return try_nearer(law, late_ns);
}

void pf_tick_law_start(struct pf_tick_law *law, uint32_t refresh_hz)
{
	*law = (struct pf_tick_law){.refresh_hz = refresh_hz};
	law->wait_ms = nominal_wait_ms(law);
}

uint32_t pf_tick_law_picture(struct pf_tick_law *law, int64_t ready_ns)
{
	int64_t interval_ns = ready_ns - law->last_ns, period = period_ns(law);
	bool first = law->last_ns == 0;
	law->last_ns = ready_ns;
	law->rest -= law->rest > 0;
	if (first)
		return 0;
	/* Half-rate content, a pause and a stall are no ticks; below half is a second look at the same. */
	if (interval_ns * 2 < period || interval_ns * 4 > period * 7) {
		if (++law->misses * MISSES_PER_RUN > run_length(law))
			begin_run(law);
		return 0;
	}
	law->sum_ns += interval_ns;
	return ++law->ticks >= run_length(law) ? judge_run(law) : 0;
}
