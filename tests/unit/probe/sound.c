#include "probe/sound.h"

#include <math.h>
#include <opus_multistream.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/native/audio_layout.h"

#define PTS     UINT64_C(1751500000000000000)
#define OPUS_NS UINT64_C(5000000)
#define MOST    (4 * 48000 * 2)

static struct pf_probe_report report;
static struct pf_probe_sound *sound;
static char path[] = "/tmp/pf-sound-XXXXXX";
static float heard[MOST];

static void open_sound(const struct pf_welcome *w, bool to_file)
{
	struct pf_reason reason = {0};
	memset(&report, 0, sizeof(report));
	assert_int_equal(
		pf_probe_sound_open(&sound, w, to_file ? path : NULL, NULL, &report, &reason), PF_OK);
}

/* Closes it; returns the samples in the file, all channels. */
static size_t samples_heard(void)
{
	assert_int_equal(pf_probe_sound_close(sound), PF_OK);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	size_t n = fread(heard, sizeof(float), MOST, f);
	fclose(f);
	return n;
}

static void take(enum pf_datagram_tag tag, uint32_t seq, uint64_t pts_ns, struct pf_slice data)
{
	const struct pf_datagram d = {.tag = tag, .audio = {seq, pts_ns, data}};
	pf_probe_sound_take(sound, &d, pts_ns + 3000000);
}

static const struct pf_welcome pcm = {.audio_codec = PF_AUDIO_PCM,
	.audio_rate_hz = 44100,
	.audio_bits = 16,
	.audio_frame_us = 1000,
	.audio_channels = 2};

static void pcm_is_written_in_the_hosts_time(void **state)
{
	uint8_t frame[44 * 2 * 2];
	for (size_t i = 0; i < sizeof(frame); i += 4)
		memcpy(frame + i, "\xFF\x7F\x01\x80", 4); /* left 1, right -1 */
	const struct pf_slice whole = {frame, sizeof(frame)}, part = {frame, 8};
	open_sound(&pcm, true);
	assert_string_equal(report.sound.format, "pcm 44100/16 2 channels");
	take(PF_DATAGRAM_PCM, 0, PTS, whole);
	take(PF_DATAGRAM_PCM, 1, PTS + 1000000000, whole); /* the host was silent for a second */
	take(PF_DATAGRAM_PCM, 2, PTS + 1001000000, part);
	size_t n = samples_heard();
	/* 44 samples are a little less than a millisecond. */
	assert_int_equal(n, 2 * (44 + 44056 + 44 + 44));
	assert_float_equal(heard[0], 1, 0);
	assert_float_equal(heard[1], -1, 0);
	assert_float_equal(heard[2 * 44], 0, 0);
	assert_float_equal(heard[2 * (44 + 44055) + 1], 0, 0);
	assert_float_equal(heard[2 * (44 + 44056)], 1, 0);
	assert_float_equal(heard[n - 2], 0, 0); /* what is cut short is silence */
	assert_int_equal(report.sound.undecodable, 1);
	assert_int_equal(report.sound.receiver.pauses, 1);
	assert_int_equal(report.sound.bytes, 2 * sizeof(frame) + 8);
	assert_int_equal(report.sound.latency.count, 3);
	assert_int_equal(report.sound.latency.max_us, 3000);
}

static void a_host_that_claims_a_year_of_silence_writes_a_minute(void **state)
{
	uint8_t frame[44 * 2 * 2] = {0};
	const struct pf_slice whole = {frame, sizeof(frame)};
	open_sound(&pcm, true);
	take(PF_DATAGRAM_PCM, 0, PTS, whole);
	take(PF_DATAGRAM_PCM, 1, PTS + UINT64_C(31536000000000000), whole);
	assert_int_equal(pf_probe_sound_close(sound), PF_OK);
	FILE *f = fopen(path, "r");
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	assert_int_equal(ftell(f), 8 * (44 + 60 * 44100 + 44));
	fclose(f);
}

/* One second of a tone, in packets of 5 ms. */
static void play_opus(const struct pf_audio_arrangement *a, uint32_t lost)
{
	int error;
	OpusMSEncoder *e = opus_multistream_encoder_create(48000, a->channels, a->streams, a->coupled,
		a->mapping, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
	assert_int_equal(error, OPUS_OK);
	for (uint32_t seq = 0; seq < 200; seq++) {
		float samples[240 * 2];
		uint8_t packet[1400];
		for (unsigned i = 0; i < 240; i++)
			samples[2 * i] = samples[2 * i + 1] =
				0.5f * sinf(2 * (float)M_PI * 400 * (float)(seq * 240 + i) / 48000);
		int len = opus_multistream_encode_float(e, samples, 240, packet, sizeof(packet));
		assert_true(len > 0);
		if (seq != lost)
			take(PF_DATAGRAM_AUDIO, seq, PTS + seq * OPUS_NS,
				(struct pf_slice){packet, (size_t)len});
	}
	opus_multistream_encoder_destroy(e);
}

static void opus_is_decoded_and_made_up_for(void **state)
{
	const struct pf_welcome w = {
		.audio_codec = PF_AUDIO_OPUS, .audio_rate_hz = 48000, .audio_channels = 2};
	open_sound(&w, true);
	assert_string_equal(report.sound.format, "opus 48000 Hz 2 channels");
	play_opus(pf_audio_arrange(2, PF_AUDIO_LEGACY), 100);
	take(PF_DATAGRAM_AUDIO, 200, PTS + 200 * OPUS_NS, (struct pf_slice){(const uint8_t *)"\xFF\xFF", 2});
	assert_int_equal(samples_heard(), 2 * (48000 + 240));
	assert_int_equal(report.sound.receiver.concealed, 1);
	assert_int_equal(report.sound.undecodable, 1);
	for (unsigned at = 90; at < 110; at++) {
		float peak = 0;
		for (unsigned i = 0; i < 240; i++)
			peak = fmaxf(peak, fabsf(heard[2 * (at * 240 + i)]));
		assert_true(peak > 0.3f && peak < 0.7f);
	}
}

static void without_a_file_it_is_only_counted(void **state)
{
	const struct pf_welcome w = {
		.audio_codec = PF_AUDIO_OPUS, .audio_rate_hz = 48000, .audio_channels = 8};
	open_sound(&w, false);
	take(PF_DATAGRAM_AUDIO, 5, PTS, (struct pf_slice){(const uint8_t *)"abc", 3});
	assert_int_equal(pf_probe_sound_close(sound), PF_OK);
	assert_int_equal(report.sound.receiver.received, 1);
	assert_int_equal(report.sound.bytes, 3);
	assert_int_equal(report.sound.undecodable, 0);
}

static void a_frame_that_cannot_be_is_refused(void **state)
{
	struct pf_welcome w = pcm;
	struct pf_reason reason = {0};
	w.audio_frame_us = 0;
	assert_int_equal(pf_probe_sound_open(&sound, &w, NULL, NULL, &report, &reason), PF_ERR_UNSUPPORTED);
	w.audio_rate_hz = UINT32_MAX;
	w.audio_frame_us = UINT16_MAX;
	assert_int_equal(pf_probe_sound_open(&sound, &w, NULL, NULL, &report, &reason), PF_ERR_UNSUPPORTED);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcm_is_written_in_the_hosts_time),
		cmocka_unit_test(a_host_that_claims_a_year_of_silence_writes_a_minute),
		cmocka_unit_test(opus_is_decoded_and_made_up_for),
		cmocka_unit_test(without_a_file_it_is_only_counted),
		cmocka_unit_test(a_frame_that_cannot_be_is_refused),
	};
	return cmocka_run_group_tests(tests, make_file, remove_file);
}
