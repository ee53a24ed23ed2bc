/* native-control 3.5.5. */
#include "session/sound_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct pf_sound_settings usual = {.quality = PF_AUDIO_HIGH, .hires = true};

static struct pf_hello hello(unsigned channels, unsigned caps, uint32_t rate_hz, unsigned bits)
{
	return (struct pf_hello){.audio_channels = (uint8_t)channels,
		.client_caps = (uint8_t)caps,
		.audio_rate_hz = rate_hz,
		.audio_bits = (uint8_t)bits};
}

static void opus_is_what_everybody_gets(void **state)
{
	struct pf_hello h = hello(6, PF_CLIENT_AUDIO_RED, 48000, 16);
	h.audio_layout = PF_AUDIO_STANDARD;
	struct pf_sound_plan p = pf_sound_plan(&h, &usual, 20000, 1400, 0);
	assert_int_equal(p.codec, PF_AUDIO_OPUS);
	assert_true(p.channels == 6 && p.layout == PF_AUDIO_STANDARD && p.rate_hz == 48000);
	assert_true(p.kbps == 448 && p.may_redundant && p.wire_kbps == 896 && p.frame_us == 0);
	assert_int_equal(pf_sound_frame_frames(&p), 240);
	assert_false(pf_sound_may_be_pcm(&h, &usual, 20000, 1400));
}

static void redundancy_needs_client_and_operator(void **state)
{
	struct pf_hello h = hello(2, 0, 48000, 16);
	assert_false(pf_sound_plan(&h, &usual, 20000, 1400, 0).may_redundant);
	h.client_caps = PF_CLIENT_AUDIO_RED;
	struct pf_sound_settings off = usual;
	off.redundancy = PF_CHOICE_OFF;
	struct pf_sound_plan p = pf_sound_plan(&h, &off, 20000, 1400, 0);
	assert_true(!p.may_redundant && p.wire_kbps == 256);
	off.quality = PF_AUDIO_LOW;
	assert_int_equal(pf_sound_plan(&h, &off, 20000, 1400, 0).kbps, 96);
}

static void lossless_only_at_the_rate_of_the_device(void **state)
{
	struct pf_hello h = hello(2, PF_CLIENT_AUDIO_HIRES | PF_CLIENT_AUDIO_RED, 96000, 24);
	assert_true(pf_sound_may_be_pcm(&h, &usual, 20000, 1400));
	struct pf_sound_plan p = pf_sound_plan(&h, &usual, 20000, 1400, 96000);
	assert_int_equal(p.codec, PF_AUDIO_PCM);
	assert_true(p.rate_hz == 96000 && p.bits == 24 && p.frame_us == 2000 && !p.may_redundant);
	assert_int_equal(p.wire_kbps, 4608);
	assert_int_equal(pf_sound_frame_frames(&p), 192);
	assert_int_equal(pf_sound_plan(&h, &usual, 20000, 1400, 48000).codec, PF_AUDIO_OPUS);
	assert_int_equal(pf_sound_plan(&h, &usual, 20000, 1400, 0).codec, PF_AUDIO_OPUS);
	assert_false(pf_sound_may_be_pcm(&h, &usual, 18000, 1400)); /* more than a quarter */
	assert_false(pf_sound_may_be_pcm(&h, &usual, 20000, 500));  /* no frame fits */
	struct pf_sound_settings off = usual;
	off.hires = false;
	assert_false(pf_sound_may_be_pcm(&h, &off, 20000, 1400));
	h.client_caps = 0;
	assert_false(pf_sound_may_be_pcm(&h, &usual, 20000, 1400));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opus_is_what_everybody_gets),
		cmocka_unit_test(redundancy_needs_client_and_operator),
		cmocka_unit_test(lossless_only_at_the_rate_of_the_device),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
