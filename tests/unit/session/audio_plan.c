/* native-control 3.5.5, native-media 6.1, 6.3. */
#include "session/audio_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void arrangements_follow_the_table(void **state)
{
	for (unsigned channels = 2; channels <= 8; channels += channels == 2 ? 4 : 2) {
		for (unsigned layout = 0; layout <= PF_AUDIO_UNCOUPLED; layout++) {
			const struct pf_audio_arrangement *a =
				pf_audio_arrange(channels, (enum pf_audio_layout)layout);
			assert_int_equal(a->channels, channels);
			assert_int_equal(a->streams + a->coupled, channels);
			unsigned used = 0;
			for (unsigned i = 0; i < channels; i++)
				used |= 1u << a->mapping[i];
			assert_int_equal(used, (1u << channels) - 1);
		}
	}
	assert_int_equal(pf_audio_arrange(6, PF_AUDIO_LEGACY)->coupled, 2);
	assert_int_equal(pf_audio_arrange(8, PF_AUDIO_LEGACY)->coupled, 3);
	assert_int_equal(pf_audio_arrange(8, PF_AUDIO_UNCOUPLED)->coupled, 0);
	const uint8_t standard51[] = {0, 1, 4, 5, 2, 3}, standard71[] = {0, 1, 6, 7, 2, 3, 4, 5};
	assert_memory_equal(pf_audio_arrange(6, PF_AUDIO_STANDARD)->mapping, standard51, 6);
	assert_memory_equal(pf_audio_arrange(8, PF_AUDIO_STANDARD)->mapping, standard71, 8);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(pf_audio_arrange(8, PF_AUDIO_LEGACY)->mapping[i], i);
	assert_int_equal(pf_audio_arrange(6, PF_AUDIO_UNCOUPLED)->base_kbps, 1536);
	assert_int_equal(pf_audio_arrange(8, PF_AUDIO_STANDARD)->base_kbps, 450);
	assert_int_equal(pf_audio_arrange(3, PF_AUDIO_LEGACY)->channels, 2);
	assert_int_equal(pf_audio_arrange(6, (enum pf_audio_layout)9)->streams, 4);
}

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

static const uint32_t rates[] = {44100, 48000, 88200, 96000, 176400};
static const unsigned channel_counts[] = {2, 6, 8};
/* by channels, then rate, then 16 and 24 bits; a datagram of 1400 bytes */
static const uint16_t rungs_us[3][10] = {
	{5000, 5000, 5000, 4000, 3000, 2500, 3000, 2000, 1500, 1000},
	{2500, 1500, 2000, 1500, 1000, 0, 1000, 0, 0, 0},
	{1500, 1000, 1500, 1000, 0, 0, 0, 0, 0, 0},
};

static void pcm_frames_follow_the_table(void **state)
{
	for (unsigned c = 0; c < 3; c++) {
		for (unsigned i = 0; i < 10; i++) {
			unsigned bits = i % 2 ? 24 : 16;
			assert_int_equal(
				pf_pcm_frame_us(rates[i / 2], bits, channel_counts[c], 1400), rungs_us[c][i]);
		}
	}
	assert_int_equal(pf_pcm_frame_samples(44100, 5000), 220);
	assert_int_equal(pf_pcm_frame_us(48000, 16, 2, 0), 0);
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
		cmocka_unit_test(arrangements_follow_the_table),
		cmocka_unit_test(the_best_rung_that_fits),
		cmocka_unit_test(pcm_frames_follow_the_table),
		cmocka_unit_test(pcm_is_granted_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
