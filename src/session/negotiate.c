#include "session/negotiate.h"

#include "packet/header.h"

#define IPV4_UDP_BYTES   28
#define IPV6_UDP_BYTES   48
#define SEALED_OVERHEAD  64 /* sequence, header and tag of a media datagram */
#define UNIT_BYTES_FLOOR (8u << 20)
#define UNIT_BYTES_CEIL  (64u << 20)

static enum pf_codec first_of(unsigned mask)
{
	static const enum pf_codec order[] = {PF_CODEC_HEVC, PF_CODEC_AV1, PF_CODEC_H264};
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (mask & order[i])
			return order[i];
	}
	return PF_CODEC_NONE;
}

enum pf_codec pf_negotiate_codec(
	unsigned client_mask, unsigned preferred, unsigned host_mask, unsigned slow_mask)
{
	const unsigned known = PF_CODEC_H264 | PF_CODEC_HEVC | PF_CODEC_AV1 | PF_CODEC_PYROWAVE;
	unsigned shared = (client_mask ? client_mask : PF_CODEC_HEVC) & host_mask & known;
	unsigned wanted = preferred & shared;
	if (wanted)
		return (enum pf_codec)(wanted & -wanted);
	enum pf_codec fast = first_of(shared & ~slow_mask);
	return fast ? fast : first_of(shared);
}

uint32_t pf_negotiate_bitrate(uint32_t asked_kbps)
{
	if (asked_kbps == 0)
		return PF_BITRATE_DEFAULT_KBPS;
	if (asked_kbps < PF_BITRATE_MIN_KBPS)
		return PF_BITRATE_MIN_KBPS;
	return asked_kbps < PF_BITRATE_MAX_KBPS ? asked_kbps : PF_BITRATE_MAX_KBPS;
}

uint32_t pf_encoder_kbps(
	uint32_t wire_kbps, uint32_t audio_kbps, unsigned shard_payload, unsigned fec_percent)
{
	uint64_t video = wire_kbps > audio_kbps ? wire_kbps - audio_kbps : 0;
	uint64_t kbps = video * shard_payload * 100 /
			((uint64_t)(shard_payload + SEALED_OVERHEAD) * (100 + fec_percent));
	return kbps > PF_BITRATE_MIN_KBPS ? (uint32_t)kbps : PF_BITRATE_MIN_KBPS;
}

uint32_t pf_pyrowave_kbps(struct pf_mode mode, enum pf_chroma chroma, unsigned bit_depth)
{
	uint64_t tenth_bits_per_px = chroma == PF_CHROMA_444 ? 26 : 16;
	uint64_t pixels_per_s = (uint64_t)mode.width_px * mode.height_px * mode.refresh_hz;
	uint64_t percent = bit_depth > 8 ? 115 : 100;
	return (uint32_t)(pixels_per_s * tenth_bits_per_px * percent / (1000 * UINT64_C(1000)));
}

static unsigned even_within(unsigned bytes, unsigned ceiling)
{
	unsigned even = bytes - bytes % 2;
	if (even > ceiling)
		even = ceiling - ceiling % 2;
	return even > PF_SHARD_MIN ? even : PF_SHARD_MIN;
}

static unsigned less(unsigned bytes, unsigned taken)
{
	return bytes > taken ? bytes - taken : 0;
}

/* What the path takes, the client's own limit aside. */
static unsigned path_payload(const struct pf_shard_path *path)
{
	unsigned usual = path->ipv6 ? PF_SHARD_DEFAULT_IPV6 : PF_SHARD_DEFAULT_IPV4;
	unsigned ip_overhead = path->ipv6 ? IPV6_UDP_BYTES : IPV4_UDP_BYTES;
	unsigned payload = usual;
	if (path->ip_mtu) {
		unsigned ceiling = path->jumbo ? PF_SHARD_MAX : usual;
		payload = even_within(less(path->ip_mtu, ip_overhead + SEALED_OVERHEAD), ceiling);
	}
	if (path->udp_budget)
		payload = even_within(less(path->udp_budget, SEALED_OVERHEAD), payload);
	return payload;
}

unsigned pf_negotiate_shard_payload(const struct pf_shard_path *path)
{
	if (path->client_max == 0)
		return path->ipv6 ? PF_SHARD_DEFAULT_IPV6 : PF_SHARD_DEFAULT_IPV4;
	if (path->client_max < PF_SHARD_MIN)
		return 0;
	return even_within(path_payload(path), path->client_max);
}

uint32_t pf_max_unit_bytes(uint32_t bitrate_kbps, uint32_t refresh_hz)
{
	if (bitrate_kbps == 0 || refresh_hz == 0)
		return UNIT_BYTES_CEIL;
	uint64_t bytes = 4 * ((uint64_t)bitrate_kbps * 125 / refresh_hz);
	if (bytes < UNIT_BYTES_FLOOR)
		return UNIT_BYTES_FLOOR;
	return bytes < UNIT_BYTES_CEIL ? (uint32_t)bytes : UNIT_BYTES_CEIL;
}

static const struct pf_colour sdr = {.primaries = 1, .transfer = 1, .matrix = 1};
static const struct pf_colour hdr10 = {.primaries = 9, .transfer = 16, .matrix = 9};

struct pf_picture_grant pf_negotiate_picture(
	unsigned video_caps, enum pf_codec codec, const struct pf_picture_abilities *host)
{
	bool ten_bit = (video_caps & PF_VIDEO_10BIT) && host->encodes_10bit;
	bool hdr = ten_bit && (video_caps & PF_VIDEO_HDR) && host->display_is_hdr;
	bool codec_has_444 = codec == PF_CODEC_HEVC || codec == PF_CODEC_PYROWAVE;
	bool full_chroma = (video_caps & PF_VIDEO_444) && host->encodes_444 && codec_has_444;
	if (hdr && !host->hdr_with_444)
		full_chroma = false;
	return (struct pf_picture_grant){
		.bit_depth = ten_bit ? 10 : 8,
		.hdr = hdr,
		.colour = hdr ? hdr10 : sdr,
		.chroma = full_chroma ? PF_CHROMA_444 : PF_CHROMA_420,
	};
}
