#include "proto/gamestream/sdp.h"

#include <string.h>

#include "proto/gamestream/number.h"

#define BITRATE_MAX_KBPS 10000000u

static void put(struct pf_wr *w, const char *text)
{
	pf_wr_bytes(w, text, strlen(text));
}

static void put_number(struct pf_wr *w, const char *name, unsigned value)
{
	char digits[12];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put(w, name);
	pf_wr_bytes(w, digits + at, sizeof(digits) - at);
	put(w, "\r\n");
}

static void put_layout(struct pf_wr *w, const struct pf_surround *s, bool verbatim)
{
	put(w, "a=fmtp:97 surround-params=");
	pf_surround_write(w, s, verbatim);
	put(w, "\r\n");
}

void pf_gs_describe_write(struct pf_wr *w, const struct pf_gs_describe *d)
{
	static const unsigned channels[] = {2, 6, 8};
	put_number(w, "a=x-ss-general.featureFlags:", (d->touch ? 1u : 0) | (d->pad_motion ? 2u : 0));
	put_number(w, "a=x-ss-general.encryptionSupported:", d->encryption_supported);
	put_number(w, "a=x-ss-general.encryptionRequested:", d->encryption_requested);
	if (d->invalidates_references)
		put(w, "a=x-nv-video[0].refPicInvalidation:1\r\n");
	if (d->codecs & PF_CODEC_HEVC)
		put(w, "sprop-parameter-sets=AAAAAU\r\n");
	if (d->codecs & PF_CODEC_AV1)
		put(w, "a=rtpmap:98 AV1/90000\r\n");
	/* As normal and as high quality; a client takes the first two of its channel count. */
	for (int quality = 0; d->clients_choice && quality < 2; quality++)
		put_layout(w, d->clients_choice, quality);
	for (int quality = 0; quality < 2; quality++) {
		for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
			put_layout(w, pf_surround_find(channels[i], quality), quality);
	}
}

/* --- ANNOUNCE --- */

enum attribute {
	CLIENT_FEATURES,
	ENCRYPTION,
	CHROMA,
	WIDTH,
	HEIGHT,
	FPS,
	REFRESH_X100,
	PACKET_SIZE,
	MAX_BITRATE,
	CONFIGURED_BITRATE,
	MIN_PARITY,
	VIDEO_QOS,
	AUDIO_QOS,
	GENERAL_FEATURES,
	SLICES,
	OLD_HEVC,
	FORMAT,
	DYNAMIC_RANGE,
	REFERENCES,
	CSC_MODE,
	CHANNELS,
	AUDIO_QUALITY,
	PACKET_MS,
	ATTRIBUTES,
};

static const struct {
	const char *name;
	uint32_t absent;
} attributes[ATTRIBUTES] = {
	[CLIENT_FEATURES] = {"x-ml-general.featureFlags", 0},
	[ENCRYPTION] = {"x-ss-general.encryptionEnabled", 0},
	[CHROMA] = {"x-ss-video[0].chromaSamplingType", 0},
	[WIDTH] = {"x-nv-video[0].clientViewportWd", 0},
	[HEIGHT] = {"x-nv-video[0].clientViewportHt", 0},
	[FPS] = {"x-nv-video[0].maxFPS", 0},
	[REFRESH_X100] = {"x-nv-video[0].clientRefreshRateX100", 0},
	[PACKET_SIZE] = {"x-nv-video[0].packetSize", 0},
	[MAX_BITRATE] = {"x-nv-vqos[0].bw.maximumBitrateKbps", 0},
	[CONFIGURED_BITRATE] = {"x-ml-video.configuredBitrateKbps", 0},
	[MIN_PARITY] = {"x-nv-vqos[0].fec.minRequiredFecPackets", 0},
	[VIDEO_QOS] = {"x-nv-vqos[0].qosTrafficType", 5},
	[AUDIO_QOS] = {"x-nv-aqos.qosTrafficType", 4},
	[GENERAL_FEATURES] = {"x-nv-general.featureFlags", 135},
	[SLICES] = {"x-nv-video[0].videoEncoderSlicesPerFrame", 1},
	[OLD_HEVC] = {"x-nv-clientSupportHevc", 0},
	[FORMAT] = {"x-nv-vqos[0].bitStreamFormat", 0},
	[DYNAMIC_RANGE] = {"x-nv-video[0].dynamicRangeMode", 0},
	[REFERENCES] = {"x-nv-video[0].maxNumReferenceFrames", 1},
	[CSC_MODE] = {"x-nv-video[0].encoderCscMode", 0},
	[CHANNELS] = {"x-nv-audio.surround.numChannels", 2},
	[AUDIO_QUALITY] = {"x-nv-audio.surround.AudioQuality", 0},
	[PACKET_MS] = {"x-nv-aqos.packetDuration", 5},
};

/* An unsigned decimal number with blanks behind it. */
static bool read_value(struct pf_slice s, uint32_t *out)
{
	while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\r'))
		s.len--;
	return pf_gs_number_read(s, out);
}

/* "a=name:value" into its place; everything else is somebody else's business. */
static bool take_line(struct pf_slice line, uint32_t value[ATTRIBUTES])
{
	if (line.len < 2 || line.data[0] != 'a' || line.data[1] != '=')
		return true;
	const uint8_t *name = line.data + 2;
	const uint8_t *colon = memchr(name, ':', line.len - 2);
	if (!colon)
		return true;
	size_t n = (size_t)(colon - name);
	for (unsigned i = 0; i < ATTRIBUTES; i++) {
		if (strlen(attributes[i].name) != n || memcmp(attributes[i].name, name, n) != 0)
			continue;
		struct pf_slice rest = {.data = colon + 1, .len = line.len - 3 - n};
		return read_value(rest, &value[i]);
	}
	return true;
}

static int take_lines(struct pf_slice body, uint32_t value[ATTRIBUTES], struct pf_reason *reason)
{
	while (body.len > 0) {
		const uint8_t *end = memchr(body.data, '\n', body.len);
		size_t n = end ? (size_t)(end - body.data) : body.len;
		struct pf_slice line = {.data = body.data, .len = n};
		if (!take_line(line, value))
			return pf_reason(reason, PF_ERR_INVALID, "ANNOUNCE: '%.*s' has no number that can be",
				(int)(n < 80 ? n : 80), (const char *)line.data);
		body.data += end ? n + 1 : n;
		body.len -= end ? n + 1 : n;
	}
	return PF_OK;
}

/* Rates above 1000 are thousandths; the exact rate counts when it is about the same (3.5). */
static uint32_t refresh_of(const uint32_t value[ATTRIBUTES])
{
	uint64_t milli = value[FPS] > 1000 ? value[FPS] : (uint64_t)value[FPS] * 1000;
	uint64_t exact = (uint64_t)value[REFRESH_X100] * 10;
	if (exact * 100 >= milli * 99 && exact * 100 <= milli * 101)
		milli = exact;
	return (uint32_t)((milli + 500) / 1000);
}

static enum pf_codec codec_of(const uint32_t value[ATTRIBUTES])
{
	switch (value[FORMAT]) {
	case 0:
		return value[OLD_HEVC] ? PF_CODEC_HEVC : PF_CODEC_H264;
	case 1:
		return PF_CODEC_HEVC;
	case 2:
		return PF_CODEC_AV1;
	default:
		return PF_CODEC_NONE;
	}
}

static int check(const struct pf_gs_announce *a, struct pf_reason *reason)
{
	int rc = pf_mode_check(a->mode, reason);
	if (rc < 0)
		return rc;
	if (a->packet_size < PF_GS_PACKET_MIN || a->packet_size > PF_GS_PACKET_MAX || a->packet_size % 16)
		return pf_reason(reason, PF_ERR_INVALID,
			"packets of %u bytes cannot be made: %d to %d, in steps of 16", a->packet_size,
			PF_GS_PACKET_MIN, PF_GS_PACKET_MAX);
	if (a->codec == PF_CODEC_NONE)
		return pf_reason(reason, PF_ERR_INVALID, "the client asks for an unknown codec");
	if (!pf_surround_find(a->audio_channels, false))
		return pf_reason(reason, PF_ERR_INVALID, "%u audio channels: only 2, 6 and 8 exist",
			a->audio_channels);
	if (a->audio_packet_ms != 5 && a->audio_packet_ms != 10)
		return pf_reason(reason, PF_ERR_INVALID, "audio packets of %u ms: only 5 and 10 exist",
			a->audio_packet_ms);
	if (a->bitrate_kbps == 0 && a->max_bitrate_kbps == 0)
		return pf_reason(reason, PF_ERR_INVALID, "the client names no bit rate");
	return PF_OK;
}

static uint32_t at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

int pf_gs_announce_read(struct pf_gs_announce *out, struct pf_slice body, struct pf_reason *reason)
{
	uint32_t value[ATTRIBUTES];
	for (unsigned i = 0; i < ATTRIBUTES; i++)
		value[i] = attributes[i].absent;
	int rc = take_lines(body, value, reason);
	if (rc < 0)
		return rc;
	*out = (struct pf_gs_announce){
		.mode = {value[WIDTH], value[HEIGHT], refresh_of(value)},
		.codec = codec_of(value),
		.packet_size = value[PACKET_SIZE],
		.bitrate_kbps = at_most(value[CONFIGURED_BITRATE], BITRATE_MAX_KBPS),
		.max_bitrate_kbps = at_most(value[MAX_BITRATE], BITRATE_MAX_KBPS),
		.encryption = value[ENCRYPTION] & PF_GS_ENCRYPT_ALL,
		.audio_encrypted = value[GENERAL_FEATURES] & 0x20,
		.client_features = value[CLIENT_FEATURES],
		.min_parity = at_most(value[MIN_PARITY], 255),
		.slices = at_most(value[SLICES] ? value[SLICES] : 1, 32),
		.ten_bit = value[DYNAMIC_RANGE] != 0,
		.yuv444 = value[CHROMA] == 1,
		.video_qos = value[VIDEO_QOS] != 0,
		.audio_qos = value[AUDIO_QOS] != 0,
		.csc_mode = at_most(value[CSC_MODE], 5),
		.max_references = value[REFERENCES],
		.audio_channels = value[CHANNELS],
		.audio_high_quality = value[AUDIO_QUALITY] != 0,
		.audio_packet_ms = value[PACKET_MS],
	};
	return check(out, reason);
}
