/* native-control 3.5, 8.7; native-media 1.5, 3.1, 8.1. */
#include "session/negotiate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { H264 = PF_CODEC_H264, HEVC = PF_CODEC_HEVC, AV1 = PF_CODEC_AV1, WAVE = PF_CODEC_PYROWAVE };

static void the_codec_rule(void **state)
{
	assert_int_equal(pf_negotiate_codec(0, 0, H264 | HEVC | AV1, 0), HEVC);
	assert_int_equal(pf_negotiate_codec(0, 0, H264, 0), PF_CODEC_NONE);
	assert_int_equal(pf_negotiate_codec(H264 | HEVC | AV1, 0, H264 | HEVC | AV1, 0), HEVC);
	assert_int_equal(pf_negotiate_codec(H264 | AV1, 0, H264 | HEVC | AV1, 0), AV1);
	assert_int_equal(pf_negotiate_codec(H264 | HEVC, 0, H264 | AV1, 0), H264);
	assert_int_equal(pf_negotiate_codec(H264 | HEVC, H264, H264 | HEVC, 0), H264);
	assert_int_equal(pf_negotiate_codec(H264 | HEVC, AV1, H264 | HEVC | AV1, 0), HEVC);
	assert_int_equal(pf_negotiate_codec(H264 | HEVC | AV1, H264 | AV1, H264 | HEVC | AV1, 0), H264);
	assert_int_equal(pf_negotiate_codec(AV1, 0, H264, 0), PF_CODEC_NONE);
	assert_int_equal(pf_negotiate_codec(0xF0, 0x10, 0xF0, 0), PF_CODEC_NONE);
}

static void wavelets_only_when_preferred(void **state)
{
	assert_int_equal(pf_negotiate_codec(WAVE, 0, WAVE, 0), PF_CODEC_NONE);
	assert_int_equal(pf_negotiate_codec(WAVE | H264, 0, WAVE | H264, 0), H264);
	assert_int_equal(pf_negotiate_codec(WAVE | H264, WAVE, WAVE | H264, 0), WAVE);
	assert_int_equal(pf_negotiate_codec(WAVE | H264, WAVE, H264, 0), H264);
}

static void the_bit_rate(void **state)
{
	assert_int_equal(pf_negotiate_bitrate(0), 20000);
	assert_int_equal(pf_negotiate_bitrate(1), 500);
	assert_int_equal(pf_negotiate_bitrate(500), 500);
	assert_int_equal(pf_negotiate_bitrate(80000), 80000);
	assert_int_equal(pf_negotiate_bitrate(8000000), 8000000);
	assert_int_equal(pf_negotiate_bitrate(UINT32_MAX), 8000000);
}

static void the_wire_budget(void **state)
{
	assert_int_equal(pf_encoder_kbps(20000, 512, 1408, 10), 16946);
	assert_int_equal(pf_encoder_kbps(20000, 300, 1408, 10), 17130);
	assert_int_equal(pf_encoder_kbps(500, 96, 1408, 50), 500);
	assert_int_equal(pf_encoder_kbps(100, 512, 1408, 10), 500);
	assert_in_range(pf_encoder_kbps(8000000, 0, 9152, 0), 7900000, 8000000);
	/* Never more on the wire than granted, and hardly less. */
	for (unsigned percent = 0; percent <= 90; percent++) {
		uint64_t encoder = pf_encoder_kbps(20000, 300, 1408, percent);
		uint64_t wire = encoder * (1408 + 64) * (100 + percent) / (1408 * 100) + 300;
		assert_in_range(wire, 19995, 20000);
	}
	uint64_t back = (uint64_t)17130 * 1472 * 110 / (1408 * 100) + 300;
	assert_int_equal(back, 19999);
}

static void pinned_rate_of_wavelets(void **state)
{
	struct pf_mode mode = {1920, 1080, 60};
	assert_int_equal(pf_pyrowave_kbps(mode, PF_CHROMA_420, 8), 199065);
	assert_int_equal(pf_pyrowave_kbps(mode, PF_CHROMA_444, 8), 323481);
	assert_int_equal(pf_pyrowave_kbps(mode, PF_CHROMA_420, 10), 228925);
}

static unsigned shard(bool ipv6, unsigned mtu, unsigned budget, bool jumbo, unsigned client_max)
{
	const struct pf_shard_path path = {
		.ipv6 = ipv6, .ip_mtu = mtu, .udp_budget = budget, .jumbo = jumbo, .client_max = client_max};
	return pf_negotiate_shard_payload(&path);
}

static void the_shard_size(void **state)
{
	assert_int_equal(shard(false, 0, 0, false, 9152), 1408);
	assert_int_equal(shard(true, 0, 0, false, 9152), 1388);
	assert_int_equal(shard(false, 1500, 0, false, 9152), 1408);
	assert_int_equal(shard(true, 1500, 0, false, 9152), 1388);
	assert_int_equal(shard(false, 1280, 0, false, 9152), 1188);
	assert_int_equal(shard(true, 1280, 0, false, 9152), 1168);
	assert_int_equal(shard(false, 1281, 0, false, 9152), 1188);
	assert_int_equal(shard(false, 0, 1280, false, 9152), 1216);
	assert_int_equal(shard(false, 1500, 1280, false, 9152), 1216);
	assert_int_equal(shard(false, 300, 0, false, 9152), 512);
	assert_int_equal(shard(false, 20, 0, false, 9152), 512);
	assert_int_equal(shard(false, 9000, 0, false, 9152), 1408);
	assert_int_equal(shard(false, 9000, 0, true, 9152), 8908);
	assert_int_equal(shard(true, 9000, 0, true, 9152), 8888);
	assert_int_equal(shard(false, 9000, 0, true, 8001), 8000);
	assert_int_equal(shard(false, 65535, 0, true, 65535), 9152);
	assert_int_equal(shard(false, 0, 0, false, 1201), 1200);
	assert_int_equal(shard(false, 0, 0, false, 512), 512);
	assert_int_equal(shard(false, 0, 0, false, 511), 0);
}

static void a_client_without_a_limit_keeps_the_default(void **state)
{
	assert_int_equal(shard(false, 1280, 0, false, 0), 1408);
	assert_int_equal(shard(false, 0, 1280, false, 0), 1408);
	assert_int_equal(shard(true, 9000, 0, true, 0), 1388);
}

static void the_largest_unit(void **state)
{
	assert_int_equal(pf_max_unit_bytes(20000, 60), 8u << 20);
	assert_int_equal(pf_max_unit_bytes(8000000, 50), 64u << 20);
	assert_int_equal(pf_max_unit_bytes(2000000, 60), 4 * (2000000ull * 125 / 60));
	assert_int_equal(pf_max_unit_bytes(0, 60), 64u << 20);
	assert_int_equal(pf_max_unit_bytes(20000, 0), 64u << 20);
	assert_int_equal(pf_max_unit_bytes(UINT32_MAX, 1), 64u << 20);
}

static void depth_and_colour(void **state)
{
	const struct pf_picture_abilities all = {true, true, true, false}, sdr = {true, true, false, false};
	struct pf_picture_grant g = pf_negotiate_picture(PF_VIDEO_10BIT | PF_VIDEO_HDR, PF_CODEC_HEVC, &all);
	assert_int_equal(g.bit_depth, 10);
	assert_true(g.hdr);
	assert_int_equal(g.colour.primaries, 9);
	assert_int_equal(g.colour.transfer, 16);
	assert_int_equal(g.colour.matrix, 9);
	assert_false(g.colour.full_range);
	g = pf_negotiate_picture(PF_VIDEO_HDR, PF_CODEC_HEVC, &all);
	assert_int_equal(g.bit_depth, 8);
	assert_false(g.hdr);
	assert_int_equal(g.colour.matrix, 1);
	g = pf_negotiate_picture(PF_VIDEO_10BIT | PF_VIDEO_HDR, PF_CODEC_HEVC, &sdr);
	assert_int_equal(g.bit_depth, 10);
	assert_false(g.hdr);
}

static void full_chroma(void **state)
{
	const struct pf_picture_abilities sdr = {true, true, false, false}, hdr = {true, true, true, false},
					  both = {true, true, true, true}, none = {false, false, true, false};
	const unsigned caps = PF_VIDEO_10BIT | PF_VIDEO_HDR | PF_VIDEO_444;
	assert_int_equal(pf_negotiate_picture(caps, PF_CODEC_HEVC, &sdr).chroma, PF_CHROMA_444);
	assert_int_equal(pf_negotiate_picture(caps, PF_CODEC_PYROWAVE, &sdr).chroma, PF_CHROMA_444);
	assert_int_equal(pf_negotiate_picture(caps, PF_CODEC_H264, &sdr).chroma, PF_CHROMA_420);
	assert_int_equal(pf_negotiate_picture(caps, PF_CODEC_AV1, &sdr).chroma, PF_CHROMA_420);
	assert_int_equal(pf_negotiate_picture(0, PF_CODEC_HEVC, &sdr).chroma, PF_CHROMA_420);
	/* HDR wins where only one of them is possible. */
	assert_int_equal(pf_negotiate_picture(caps, PF_CODEC_HEVC, &hdr).chroma, PF_CHROMA_420);
	assert_true(pf_negotiate_picture(caps, PF_CODEC_HEVC, &hdr).hdr);
	assert_int_equal(pf_negotiate_picture(caps, PF_CODEC_HEVC, &both).chroma, PF_CHROMA_444);
	assert_int_equal(pf_negotiate_picture(caps, PF_CODEC_HEVC, &none).bit_depth, 8);
}

static void slow_codecs_are_made_only_when_wished_for(void **state)
{
	const unsigned all = H264 | HEVC | AV1, slow = HEVC | AV1;
	assert_int_equal(pf_negotiate_codec(all, 0, all, slow), H264);
	assert_int_equal(pf_negotiate_codec(all, AV1, all, slow), AV1);
	assert_int_equal(pf_negotiate_codec(HEVC | AV1, 0, all, slow), HEVC);
	assert_int_equal(pf_negotiate_codec(0, 0, all, slow), HEVC);
	assert_int_equal(pf_negotiate_codec(H264, HEVC, all, slow), H264);
	assert_int_equal(pf_negotiate_codec(AV1, 0, H264, slow), PF_CODEC_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_codec_rule),
		cmocka_unit_test(wavelets_only_when_preferred),
		cmocka_unit_test(the_bit_rate),
		cmocka_unit_test(the_wire_budget),
		cmocka_unit_test(pinned_rate_of_wavelets),
		cmocka_unit_test(the_shard_size),
		cmocka_unit_test(a_client_without_a_limit_keeps_the_default),
		cmocka_unit_test(the_largest_unit),
		cmocka_unit_test(depth_and_colour),
		cmocka_unit_test(full_chroma),
		cmocka_unit_test(slow_codecs_are_made_only_when_wished_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
