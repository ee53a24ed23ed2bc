#include "audio/mic_jitter.h"

#define SPAN_NS      500000000
#define BASE_SPANS   4
#define UNCOUNTED_NS 60000000 /* less may be a client's idea of its clock */

static void clear_span(struct pf_mic_jitter *j, int64_t number)
{
	j->span[number % PF_MIC_SPANS].fastest_ns = INT64_MAX;
	j->span[number % PF_MIC_SPANS].slowest_ns = INT64_MIN;
}

static void forget(struct pf_mic_jitter *j, int64_t number)
{
	for (int i = 0; i < PF_MIC_SPANS; i++)
		clear_span(j, i);
	j->span_number = number;
}

static void enter_span(struct pf_mic_jitter *j, int64_t number)
{
	if (number - j->span_number >= PF_MIC_SPANS)
		forget(j, number);
	while (j->span_number < number)
		clear_span(j, ++j->span_number);
}

static int64_t min_ns(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max_ns(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A client may stop while there is silence and count on where it was; only its clock tells then. It is believed as far
 * as ours agrees. */
static int64_t uncounted(const struct pf_mic_jitter *j, const struct pf_mic_arrival *a, int64_t counted_ns)
{
	int64_t told_ns = (int64_t)(a->pts_ns - j->newest.pts_ns);
	if (told_ns <= 0 || counted_ns <= 0)
		return 0;
	int64_t extra_ns = min_ns(told_ns, a->arrived_ns - j->newest.arrived_ns) - counted_ns;
	return extra_ns > UNCOUNTED_NS ? extra_ns : 0;
}

static int64_t place(struct pf_mic_jitter *j, const struct pf_mic_arrival *a)
{
	int32_t steps = (int32_t)(a->seq - j->newest.seq);
	int64_t counted_ns = steps * a->length_ns;
	int64_t place_ns = j->newest_ns + counted_ns + uncounted(j, a, counted_ns);
	if (steps > 0) {
		j->newest = *a;
		j->newest_ns = place_ns;
	}
	return place_ns;
}

static void measure(struct pf_mic_jitter *j)
{
	int64_t fastest_ns = INT64_MAX, slowest_ns = INT64_MIN;
	for (int i = 0; i < PF_MIC_SPANS; i++) {
		int64_t number = j->span_number - i;
		if (number < 0)
			break;
		if (i < BASE_SPANS)
			fastest_ns = min_ns(fastest_ns, j->span[number % PF_MIC_SPANS].fastest_ns);
		slowest_ns = max_ns(slowest_ns, j->span[number % PF_MIC_SPANS].slowest_ns);
	}
	j->base_ns = fastest_ns;
	j->late_ns = slowest_ns < fastest_ns ? 0 : min_ns(slowest_ns - fastest_ns, PF_MIC_LATE_MAX_NS);
}

static void begin(struct pf_mic_jitter *j, const struct pf_mic_arrival *a)
{
	forget(j, a->arrived_ns / SPAN_NS);
	j->span[j->span_number % PF_MIC_SPANS].slowest_ns = a->arrived_ns + j->late_ns;
	j->base_ns = a->arrived_ns;
	j->newest = *a;
	j->newest_ns = 0;
	j->running = true;
}

int64_t pf_mic_jitter_arrived(struct pf_mic_jitter *j, const struct pf_mic_arrival *a)
{
	if (!j->running)
		begin(j, a);
	int64_t place_ns = place(j, a), transit_ns = a->arrived_ns - place_ns;
	enter_span(j, a->arrived_ns / SPAN_NS);
	int at = (int)(j->span_number % PF_MIC_SPANS);
	j->span[at].fastest_ns = min_ns(j->span[at].fastest_ns, transit_ns);
	/* Beyond the limit it says nothing about how long to wait. */
	if (transit_ns - j->base_ns <= PF_MIC_LATE_MAX_NS)
		j->span[at].slowest_ns = max_ns(j->span[at].slowest_ns, transit_ns);
	measure(j);
	return place_ns;
}

void pf_mic_jitter_restart(struct pf_mic_jitter *j)
{
	j->running = false;
}
