/* What host and client tell each other in DESCRIBE and ANNOUNCE (gamestream 3.4, 3.5, 7.2). */
#include "proto/gamestream/sdp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- DESCRIBE --- */

static char described[2048];

static const char *describe(const struct pf_gs_describe *d)
{
	struct pf_wr w = pf_wr_init(described, sizeof(described) - 1);
	pf_gs_describe_write(&w, d);
	assert_false(w.failed);
	described[w.len] = '\0';
	return described;
}

#define OWN_LAYOUTS                                 \
	"a=fmtp:97 surround-params=21101\r\n"       \
	"a=fmtp:97 surround-params=642014235\r\n"   \
	"a=fmtp:97 surround-params=85301623457\r\n" \
	"a=fmtp:97 surround-params=21101\r\n"       \
	"a=fmtp:97 surround-params=660012345\r\n"   \
	"a=fmtp:97 surround-params=88001234567\r\n"

static void the_least_a_host_says(void **state)
{
	const struct pf_gs_describe d = {.codecs = PF_CODEC_H264};
	assert_string_equal(describe(&d), "a=x-ss-general.featureFlags:0\r\n"
					  "a=x-ss-general.encryptionSupported:0\r\n"
					  "a=x-ss-general.encryptionRequested:0\r\n" OWN_LAYOUTS);
}

static void all_that_a_host_says(void **state)
{
	const struct pf_gs_describe d = {
		.encryption_supported = 7,
		.encryption_requested = 1,
		.codecs = PF_CODEC_H264 | PF_CODEC_HEVC | PF_CODEC_AV1,
		.invalidates_references = true,
		.touch = true,
		.pad_motion = true,
	};
	assert_string_equal(describe(&d), "a=x-ss-general.featureFlags:3\r\n"
					  "a=x-ss-general.encryptionSupported:7\r\n"
					  "a=x-ss-general.encryptionRequested:1\r\n"
					  "a=x-nv-video[0].refPicInvalidation:1\r\n"
					  "sprop-parameter-sets=AAAAAU\r\n"
					  "a=rtpmap:98 AV1/90000\r\n" OWN_LAYOUTS);
}

static void each_feature_has_its_line(void **state)
{
	for (unsigned bits = 0; bits < 32; bits++) {
		const struct pf_gs_describe d = {
			.codecs = (bits & 1 ? PF_CODEC_HEVC : 0u) | (bits & 2 ? PF_CODEC_AV1 : 0u),
			.invalidates_references = bits & 4,
			.touch = bits & 8,
			.pad_motion = bits & 16,
		};
		char flags[64];
		const char *text = describe(&d);
		assert_int_equal(strstr(text, "sprop-parameter-sets=AAAAAU\r\n") != NULL, bits & 1);
		assert_int_equal(strstr(text, "AV1/90000\r\n") != NULL, bits >> 1 & 1);
		assert_int_equal(
			strstr(text, "a=x-nv-video[0].refPicInvalidation:1\r\n") != NULL, bits >> 2 & 1);
		sprintf(flags, "a=x-ss-general.featureFlags:%u\r\n", bits >> 3);
		assert_non_null(strstr(text, flags));
	}
}

/* --- surround, from the client's side (7.2) --- */

/* As the client does: the nth layout of that channel count; normal ones are rotated. */
static void play_client(const char *text, unsigned channels, bool high, struct pf_surround *out)
{
	char wanted[32];
	sprintf(wanted, "surround-params=%u", channels);
	const char *at = strstr(text, wanted);
	assert_non_null(at);
	if (high) {
		at = strstr(at + strlen(wanted), wanted);
		assert_non_null(at);
	}
	at += strlen("surround-params=");
	*out = (struct pf_surround){.channels = (uint8_t)(at[0] - '0'),
		.streams = (uint8_t)(at[1] - '0'),
		.coupled = (uint8_t)(at[2] - '0')};
	for (unsigned i = 0; i < channels; i++)
		out->mapping[i] = (uint8_t)(at[3 + i] - '0');
	if (high || channels == 2)
		return;
	uint8_t last = out->mapping[channels - 1];
	memmove(out->mapping + 4, out->mapping + 3, channels - 4);
	out->mapping[3] = last;
}

static void clients_find_the_encoders_mapping(void **state)
{
	static const unsigned channels[] = {2, 6, 8};
	const char *text = describe(&(struct pf_gs_describe){0});
	for (size_t i = 0; i < 3; i++) {
		for (int high = 0; high < 2; high++) {
			const struct pf_surround *own = pf_surround_find(channels[i], high);
			struct pf_surround got;
			play_client(text, channels[i], high, &got);
			assert_int_equal(got.channels, channels[i]);
			assert_int_equal(got.streams, own->streams);
			assert_int_equal(got.coupled, own->coupled);
			assert_memory_equal(got.mapping, own->mapping, channels[i]);
		}
	}
}

static void layouts_have_these_numbers(void **state)
{
	static const struct pf_surround wanted[3][2] = {
		{{2, 1, 1, {0, 1}, 96}, {2, 1, 1, {0, 1}, 512}},
		{{6, 4, 2, {0, 1, 4, 5, 2, 3}, 256}, {6, 6, 0, {0, 1, 2, 3, 4, 5}, 1536}},
		{{8, 5, 3, {0, 1, 6, 7, 2, 3, 4, 5}, 450}, {8, 8, 0, {0, 1, 2, 3, 4, 5, 6, 7}, 2048}},
	};
	for (size_t i = 0; i < 3; i++) {
		for (int high = 0; high < 2; high++) {
			const struct pf_surround *s = pf_surround_find(wanted[i][0].channels, high);
			assert_non_null(s);
			assert_int_equal(s->streams, wanted[i][high].streams);
			assert_int_equal(s->coupled, wanted[i][high].coupled);
			assert_int_equal(s->kbps, wanted[i][high].kbps);
			assert_memory_equal(s->mapping, wanted[i][high].mapping, s->channels);
		}
	}
	static const unsigned none[] = {0, 1, 3, 4, 5, 7, 9, 65536 + 2};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_null(pf_surround_find(none[i], false));
}

static void expect_digits(const char *given, bool verbatim, const char *wanted)
{
	struct pf_surround s;
	char out[16];
	struct pf_wr w = pf_wr_init(out, sizeof(out) - 1);
	assert_true(pf_surround_read(&s, given, verbatim));
	pf_surround_write(&w, &s, verbatim);
	out[w.len] = '\0';
	assert_string_equal(out, wanted);
}

/* The strings of 7.2's table, from the mapping that is in order. */
static void the_table_of_strings(void **state)
{
	expect_digits("21101", false, "21101");
	expect_digits("642012345", false, "642012453");
	expect_digits("85301234567", false, "85301245673");
	expect_digits("642014523", false, "642014235");
	expect_digits("85301672345", false, "85301623457");
	expect_digits("660012345", true, "660012345");
	expect_digits("88001234567", true, "88001234567");
}

static void layouts_that_no_decoder_takes(void **state)
{
	static const char *const bad[] = {"", "2", "21", "211", "2110", "211011", "21102", "21100", "20201",
		"2110a", "31201", "642012344", "642012346", "64201234", "6420123455", "633012345 ",
		"624012345", "641012345", "-42012345", "6 2012345", "85301234568", "85301234566",
		"99001234567", "840012345678"};
	struct pf_surround s;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pf_surround_read(&s, bad[i], false));
	assert_true(pf_surround_read(&s, "651012345", false));
	assert_true(pf_surround_read(&s, "22001", false));
	assert_true(s.streams == 2 && s.coupled == 0 && s.kbps == 96);
	assert_true(pf_surround_read(&s, "642543210", true));
	assert_true(s.streams == 4 && s.coupled == 2 && s.kbps == 1536);
	assert_memory_equal(s.mapping, "\5\4\3\2\1\0", 6);
}

static void the_clients_own_choice_is_first_and_twice(void **state)
{
	struct pf_surround own, got;
	assert_true(pf_surround_read(&own, "642543210", false));
	const char *text = describe(&(struct pf_gs_describe){.clients_choice = &own});
	const char *first = strstr(text, "a=fmtp:97 ");
	assert_ptr_equal(first, strstr(text, "a=fmtp:97 surround-params=642543102\r\n"
					     "a=fmtp:97 surround-params=642543210\r\n" OWN_LAYOUTS));
	for (int high = 0; high < 2; high++) {
		play_client(text, 6, high, &got);
		assert_int_equal(got.streams, 4);
		assert_int_equal(got.coupled, 2);
		assert_memory_equal(got.mapping, own.mapping, 6);
	}
}

/* --- ANNOUNCE --- */

/* As moonlight-common-c writes it; 720p60, HEVC, 5.1. */
static const char announce[] = "v=0\r\n"
			       "o=android 0 14 IN IPv4 192.0.2.10\r\n"
			       "s=NVIDIA Streaming Client\r\n"
			       "a=x-ml-general.featureFlags:3 \r\n"
			       "a=x-ss-general.encryptionEnabled:5 \r\n"
			       "a=x-ss-video[0].chromaSamplingType:1 \r\n"
			       "a=x-ss-video[0].intraRefresh:0 \r\n"
			       "a=x-nv-video[0].clientViewportWd:1280 \r\n"
			       "a=x-nv-video[0].clientViewportHt:720 \r\n"
			       "a=x-nv-video[0].maxFPS:60 \r\n"
			       "a=x-nv-video[0].clientRefreshRateX100:5994 \r\n"
			       "a=x-nv-video[0].packetSize:1392 \r\n"
			       "a=x-nv-video[0].rateControlMode:4 \r\n"
			       "a=x-nv-video[0].timeoutLengthMs:7000 \r\n"
			       "a=x-nv-video[0].framesWithInvalidRefThreshold:0 \r\n"
			       "a=x-nv-video[0].initialBitrateKbps:16000 \r\n"
			       "a=x-nv-video[0].initialPeakBitrateKbps:16000 \r\n"
			       "a=x-nv-vqos[0].bw.minimumBitrateKbps:16000 \r\n"
			       "a=x-nv-vqos[0].bw.maximumBitrateKbps:16000 \r\n"
			       "a=x-ml-video.configuredBitrateKbps:20000 \r\n"
			       "a=x-nv-vqos[0].fec.enable:1 \r\n"
			       "a=x-nv-vqos[0].fec.minRequiredFecPackets:2 \r\n"
			       "a=x-nv-vqos[0].videoQualityScoreUpdateTime:5000 \r\n"
			       "a=x-nv-vqos[0].qosTrafficType:0 \r\n"
			       "a=x-nv-aqos.qosTrafficType:0 \r\n"
			       "a=x-nv-general.featureFlags:167 \r\n"
			       "a=x-nv-general.useReliableUdp:13 \r\n"
			       "a=x-nv-vqos[0].bllFec.enable:0 \r\n"
			       "a=x-nv-vqos[0].drc.enable:0 \r\n"
			       "a=x-nv-general.enableRecoveryMode:0 \r\n"
			       "a=x-nv-video[0].videoEncoderSlicesPerFrame:4 \r\n"
			       "a=x-nv-clientSupportHevc:1 \r\n"
			       "a=x-nv-vqos[0].bitStreamFormat:1 \r\n"
			       "a=x-nv-video[0].dynamicRangeMode:1 \r\n"
			       "a=x-nv-video[0].maxNumReferenceFrames:0 \r\n"
			       "a=x-nv-video[0].encoderCscMode:3 \r\n"
			       "a=x-nv-audio.surround.numChannels:6 \r\n"
			       "a=x-nv-audio.surround.channelMask:63 \r\n"
			       "a=x-nv-audio.surround.enable:1 \r\n"
			       "a=x-nv-audio.surround.AudioQuality:1 \r\n"
			       "a=x-nv-aqos.packetDuration:10 \r\n"
			       "t=0 0\r\n"
			       "m=video 47998  \r\n";

static int read_len(struct pf_gs_announce *out, const char *text, size_t len, struct pf_reason *reason)
{
	uint8_t *copy = malloc(len ? len : 1);
	memcpy(copy, text, len);
	int rc = pf_gs_announce_read(out, (struct pf_slice){.data = copy, .len = len}, reason);
	free(copy);
	return rc;
}

static void all_that_a_client_says(void **state)
{
	struct pf_gs_announce a;
	assert_int_equal(read_len(&a, announce, strlen(announce), NULL), PF_OK);
	assert_true(a.mode.width_px == 1280 && a.mode.height_px == 720 && a.mode.refresh_hz == 60);
	assert_int_equal(a.codec, PF_CODEC_HEVC);
	assert_int_equal(a.packet_size, 1392);
	assert_int_equal(a.bitrate_kbps, 20000);
	assert_int_equal(a.max_bitrate_kbps, 16000);
	assert_int_equal(a.encryption, PF_GS_ENCRYPT_CONTROL | PF_GS_ENCRYPT_AUDIO);
	assert_true(a.audio_encrypted);
	assert_int_equal(a.client_features, PF_GS_CLIENT_FEC_STATUS | PF_GS_CLIENT_CONNECT_DATA);
	assert_int_equal(a.min_parity, 2);
	assert_int_equal(a.slices, 4);
	assert_true(a.ten_bit && a.yuv444);
	assert_false(a.video_qos || a.audio_qos);
	assert_int_equal(a.csc_mode, 3);
	assert_int_equal(a.max_references, 0);
	assert_int_equal(a.audio_channels, 6);
	assert_true(a.audio_high_quality);
	assert_int_equal(a.audio_packet_ms, 10);
}

#define REQUIRED                                     \
	"a=x-nv-video[0].clientViewportWd:1920 \r\n" \
	"a=x-nv-video[0].clientViewportHt:1080 \r\n" \
	"a=x-nv-video[0].maxFPS:60 \r\n"             \
	"a=x-nv-video[0].packetSize:1024 \r\n"       \
	"a=x-nv-vqos[0].bw.maximumBitrateKbps:8000 \r\n"

/* The required lines and more; later ones win. */
static int read_with(struct pf_gs_announce *out, const char *more, struct pf_reason *reason)
{
	char text[1024];
	snprintf(text, sizeof(text), REQUIRED "%s", more);
	return read_len(out, text, strlen(text), reason);
}

static struct pf_gs_announce must_read(const char *more)
{
	struct pf_gs_announce a;
	assert_int_equal(read_with(&a, more, NULL), PF_OK);
	return a;
}

static void what_is_not_said_has_defaults(void **state)
{
	struct pf_gs_announce a = must_read("");
	assert_true(a.mode.width_px == 1920 && a.mode.height_px == 1080 && a.mode.refresh_hz == 60);
	assert_int_equal(a.codec, PF_CODEC_H264);
	assert_int_equal(a.bitrate_kbps, 0);
	assert_int_equal(a.max_bitrate_kbps, 8000);
	assert_int_equal(a.encryption, 0);
	assert_false(a.audio_encrypted);
	assert_int_equal(a.client_features, 0);
	assert_int_equal(a.min_parity, 0);
	assert_int_equal(a.slices, 1);
	assert_false(a.ten_bit || a.yuv444 || a.audio_high_quality);
	assert_true(a.video_qos && a.audio_qos);
	assert_int_equal(a.csc_mode, 0);
	assert_int_equal(a.max_references, 1);
	assert_int_equal(a.audio_channels, 2);
	assert_int_equal(a.audio_packet_ms, 5);
}

static void codecs_are_told_in_two_ways(void **state)
{
	assert_int_equal(must_read("a=x-nv-vqos[0].bitStreamFormat:0 \r\n").codec, PF_CODEC_H264);
	assert_int_equal(must_read("a=x-nv-vqos[0].bitStreamFormat:1 \r\n").codec, PF_CODEC_HEVC);
	assert_int_equal(must_read("a=x-nv-vqos[0].bitStreamFormat:2 \r\n").codec, PF_CODEC_AV1);
	assert_int_equal(must_read("a=x-nv-clientSupportHevc:1 \r\n").codec, PF_CODEC_HEVC);
	assert_int_equal(
		must_read("a=x-nv-clientSupportHevc:1 \r\na=x-nv-vqos[0].bitStreamFormat:2 \r\n").codec,
		PF_CODEC_AV1);
}

static unsigned hz(const char *fps, unsigned x100)
{
	char text[128];
	sprintf(text, "a=x-nv-video[0].maxFPS:%s \r\na=x-nv-video[0].clientRefreshRateX100:%u \r\n", fps,
		x100);
	return must_read(text).mode.refresh_hz;
}

static void rates_with_a_fraction(void **state)
{
	assert_int_equal(hz("59940", 0), 60);
	assert_int_equal(hz("29970", 0), 30);
	assert_int_equal(hz("23400", 0), 23);
	assert_int_equal(hz("1001", 0), 1);
	assert_int_equal(hz("1", 0), 1);
	assert_int_equal(hz("240", 0), 240);
	/* The exact rate counts within one per cent. */
	assert_int_equal(hz("60", 5940), 59);
	assert_int_equal(hz("60", 5939), 60);
	assert_int_equal(hz("60", 6060), 61);
	assert_int_equal(hz("60", 6061), 60);
	assert_int_equal(hz("60", 14400), 60);
	assert_int_equal(hz("119880", 11950), 120);
	assert_int_equal(hz("119880", 11949), 119);
}

static void refusals_have_a_reason(void **state)
{
	static const struct {
		const char *line, *reason;
	} bad[] = {
		{"a=x-nv-video[0].maxFPS:0 \r\n", "1920x1080@0"},
		{"a=x-nv-video[0].maxFPS:241 \r\n", "@241"},
		{"a=x-nv-video[0].maxFPS:1000 \r\n", "@1000"},
		{"a=x-nv-video[0].maxFPS:4294967295 \r\n", "cannot be made"},
		{"a=x-nv-video[0].maxFPS:0 \r\na=x-nv-video[0].clientRefreshRateX100:6000 \r\n", "@0"},
		{"a=x-nv-video[0].clientViewportWd:1919 \r\n", "1919x1080"},
		{"a=x-nv-video[0].clientViewportHt:1081 \r\n", "1920x1081"},
		{"a=x-nv-video[0].clientViewportWd:0 \r\n", "0x1080"},
		{"a=x-nv-video[0].clientViewportWd:7682 \r\n", "7682x1080"},
		{"a=x-nv-video[0].clientViewportHt:4294967294 \r\n", "4294967294"},
		{"a=x-nv-video[0].packetSize:0 \r\n", "packets of 0"},
		{"a=x-nv-video[0].packetSize:48 \r\n", "packets of 48"},
		{"a=x-nv-video[0].packetSize:72 \r\n", "packets of 72"},
		{"a=x-nv-video[0].packetSize:2064 \r\n", "packets of 2064"},
		{"a=x-nv-vqos[0].bitStreamFormat:3 \r\n", "codec"},
		{"a=x-nv-audio.surround.numChannels:3 \r\n", "3 audio channels"},
		{"a=x-nv-audio.surround.numChannels:0 \r\n", "0 audio channels"},
		{"a=x-nv-aqos.packetDuration:7 \r\n", "7 ms"},
		{"a=x-nv-aqos.packetDuration:0 \r\n", "0 ms"},
		{"a=x-nv-vqos[0].bw.maximumBitrateKbps:0 \r\n", "no bit rate"},
		{"a=x-nv-video[0].maxFPS:abc \r\n", "maxFPS:abc"},
		{"a=x-nv-video[0].maxFPS:-60 \r\n", "maxFPS:-60"},
		{"a=x-nv-video[0].maxFPS:60.5 \r\n", "maxFPS:60.5"},
		{"a=x-nv-video[0].maxFPS: \r\n", "no number"},
		{"a=x-nv-video[0].maxFPS:\r\n", "no number"},
		{"a=x-nv-video[0].maxFPS:4294967296 \r\n", "no number"},
		{"a=x-nv-video[0].maxFPS:00000000060 \r\n", "no number"},
		{"a=x-nv-aqos.qosTrafficType:0x4 \r\n", "no number"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct pf_gs_announce a;
		struct pf_reason reason = {0};
		assert_int_equal(read_with(&a, bad[i].line, &reason), PF_ERR_INVALID);
		if (!strstr(reason.text, bad[i].reason))
			fail_msg("'%s' for %s", reason.text, bad[i].line);
	}
}

static void required_lines_are_required(void **state)
{
	const char *line = REQUIRED;
	while (*line) {
		char text[512];
		struct pf_gs_announce a;
		const char *next = strchr(line, '\n') + 1;
		size_t head = (size_t)(line - REQUIRED);
		memcpy(text, REQUIRED, head);
		strcpy(text + head, next);
		assert_int_equal(read_len(&a, text, strlen(text), NULL), PF_ERR_INVALID);
		line = next;
	}
}

static void values_at_their_limits(void **state)
{
	assert_int_equal(must_read("a=x-nv-video[0].packetSize:64 \r\n").packet_size, 64);
	assert_int_equal(must_read("a=x-nv-video[0].packetSize:2048 \r\n").packet_size, 2048);
	assert_int_equal(must_read("a=x-nv-video[0].videoEncoderSlicesPerFrame:0 \r\n").slices, 1);
	assert_int_equal(must_read("a=x-nv-video[0].videoEncoderSlicesPerFrame:4294967295 \r\n").slices, 32);
	assert_int_equal(
		must_read("a=x-nv-vqos[0].fec.minRequiredFecPackets:4294967295\r\n").min_parity, 255);
	assert_int_equal(must_read("a=x-nv-video[0].encoderCscMode:5 \r\n").csc_mode, 5);
	assert_int_equal(must_read("a=x-nv-video[0].encoderCscMode:4000000000\r\n").csc_mode, 5);
	assert_int_equal(must_read("a=x-ss-general.encryptionEnabled:255 \r\n").encryption, 7);
	assert_int_equal(
		must_read("a=x-ml-video.configuredBitrateKbps:4294967295\r\n").bitrate_kbps, 10000000);
	assert_int_equal(must_read("a=x-nv-audio.surround.numChannels:8 \r\n").audio_channels, 8);
	/* Without a maximum, but with the user's own number. */
	struct pf_gs_announce a = must_read(
		"a=x-nv-vqos[0].bw.maximumBitrateKbps:0 \r\na=x-ml-video.configuredBitrateKbps:500 \r\n");
	assert_true(a.max_bitrate_kbps == 0 && a.bitrate_kbps == 500);
}

static void strange_lines_are_left_alone(void **state)
{
	struct pf_gs_announce a = must_read("\r\n\n=\na=\na\na=x\na=:\nb=x-nv-video[0].maxFPS:1\n"
					    "a=x-nv-video[0].maxFPSx:1\na=x-nv-video[0].maxFP:1\n"
					    "a=unknown:garbage\n"
					    "a=x-nv-aqos.packetDuration:10"); /* the last line has no end */
	assert_int_equal(a.mode.refresh_hz, 60);
	assert_int_equal(a.audio_packet_ms, 10);
}

static void a_cut_body_is_survived(void **state)
{
	size_t last = (size_t)(strstr(announce, "configuredBitrateKbps") - announce);
	for (size_t len = 0; len < strlen(announce); len++) {
		struct pf_gs_announce a;
		struct pf_reason reason = {0};
		int rc = read_len(&a, announce, len, &reason);
		assert_true(rc == PF_OK || rc == PF_ERR_INVALID);
		assert_int_equal(rc == PF_OK, reason.text[0] == '\0');
		if (len < (size_t)(strstr(announce, "packetSize:") - announce))
			assert_int_equal(rc, PF_ERR_INVALID);
		if (rc == PF_OK && len > last + 40)
			assert_int_equal(a.bitrate_kbps, 20000);
	}
}

static void flipped_bits_are_survived(void **state)
{
	size_t len = strlen(announce);
	char *copy = malloc(len);
	memcpy(copy, announce, len);
	for (size_t bit = 0; bit < len * 8; bit++) {
		struct pf_gs_announce a;
		copy[bit / 8] ^= (char)(1u << bit % 8);
		int rc = read_len(&a, copy, len, NULL);
		if (rc == PF_OK) {
			assert_true(pf_mode_valid(a.mode));
			assert_true(a.packet_size >= 64 && a.packet_size <= 2048 && a.packet_size % 16 == 0);
			assert_non_null(pf_surround_find(a.audio_channels, a.audio_high_quality));
			assert_true(a.slices >= 1 && a.audio_packet_ms % 5 == 0 && a.audio_packet_ms > 0);
		} else {
			assert_int_equal(rc, PF_ERR_INVALID);
		}
		copy[bit / 8] ^= (char)(1u << bit % 8);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_a_host_says),
		cmocka_unit_test(all_that_a_host_says),
		cmocka_unit_test(each_feature_has_its_line),
		cmocka_unit_test(clients_find_the_encoders_mapping),
		cmocka_unit_test(layouts_have_these_numbers),
		cmocka_unit_test(the_table_of_strings),
		cmocka_unit_test(layouts_that_no_decoder_takes),
		cmocka_unit_test(the_clients_own_choice_is_first_and_twice),
		cmocka_unit_test(all_that_a_client_says),
		cmocka_unit_test(what_is_not_said_has_defaults),
		cmocka_unit_test(codecs_are_told_in_two_ways),
		cmocka_unit_test(rates_with_a_fraction),
		cmocka_unit_test(refusals_have_a_reason),
		cmocka_unit_test(required_lines_are_required),
		cmocka_unit_test(values_at_their_limits),
		cmocka_unit_test(strange_lines_are_left_alone),
		cmocka_unit_test(a_cut_body_is_survived),
		cmocka_unit_test(flipped_bits_are_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
