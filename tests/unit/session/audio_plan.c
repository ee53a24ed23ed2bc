/* native-control 3.5.5, native-media 6.1, 6.3. */
#include "session/audio_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_rung(unsigned channels, enum pf_audio_tier limit, bool redundant, uint32_t video_kbps,
	uint32_t want_kbps, bool want_redundant)
{
	struct pf_audio_rung r =
		pf_audio_choose(pf_audio_arrange(channels, PF_AUDIO_LEGACY), limit, redundant, video_kbps);
	assert_int_equal(r.kbps, want_kbps);
	assert_int_equal(r.redundant, want_redundant);
	assert_int_equal(r.wire_kbps, want_kbps * (want_redundant ? 2 : 1));
}

static void the_best_rung_that_fits(void **state)
{
	assert_rung(2, PF_AUDIO_HIGH, true, 20000, 256, true);
	assert_rung(2, PF_AUDIO_HIGH, false, 20000, 256, false);
	assert_rung(2, PF_AUDIO_HIGH, true, 10239, 256, false);
	assert_rung(2, PF_AUDIO_HIGH, true, 5120, 256, false);
	assert_rung(2, PF_AUDIO_HIGH, true, 5119, 128, false);
	assert_rung(2, PF_AUDIO_MEDIUM, true, 5120, 128, true);
	assert_rung(2, PF_AUDIO_LOW, true, 80000, 96, false);
	assert_rung(2, PF_AUDIO_HIGH, true, 500, 96, false);
	assert_rung(8, PF_AUDIO_HIGH, true, 20000, 768, false);
	assert_rung(8, PF_AUDIO_HIGH, true, 500, 320, false);
	struct pf_audio_rung r =
		pf_audio_choose(pf_audio_arrange(8, PF_AUDIO_UNCOUPLED), PF_AUDIO_HIGH, true, 20000);
	assert_int_equal(r.kbps, 2048);
	assert_false(r.redundant);
}

static struct pf_pcm_request good_request(void)
{
	return (struct pf_pcm_request){.rate_hz = 48000,
		.bits = 16,
		.channels = 2,
		.capture_rate_hz = 48000,
		.video_kbps = 20000,
		.datagram_max = 1400};
}

static void pcm_is_granted_whole_or_not_at_all(void **state)
{
	struct pf_pcm_request q = good_request();
	assert_int_equal(pf_pcm_grant(&q), 5000);
	q.video_kbps = 6144; /* 48000 x 16 x 2 = 1536 kbit/s, exactly a quarter */
	assert_int_equal(pf_pcm_grant(&q), 5000);
	q.video_kbps = 6143;
	assert_int_equal(pf_pcm_grant(&q), 0);
	q = good_request();
	q.capture_rate_hz = 44100;
	assert_int_equal(pf_pcm_grant(&q), 0);
	q = good_request();
	q.rate_hz = q.capture_rate_hz = 32000;
	assert_int_equal(pf_pcm_grant(&q), 0);
	q = good_request();
	q.bits = 32;
	assert_int_equal(pf_pcm_grant(&q), 0);
	q = good_request();
	q.channels = 4;
	assert_int_equal(pf_pcm_grant(&q), 0);
	q = good_request();
	q.channels = 8;
	q.rate_hz = q.capture_rate_hz = 96000;
	q.video_kbps = 8000000;
	assert_int_equal(pf_pcm_grant(&q), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_rung_that_fits),
		cmocka_unit_test(pcm_is_granted_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
