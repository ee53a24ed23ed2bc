/* Hello and Welcome of every length, Start and its block (native-control 3, 8.3, 8.7). */
#include "proto/native/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/native/ext.h"
#include "proto/native/start.h"
#include "proto/native/welcome.h"
#include "support/vectors.h"

static struct pf_hello full_hello(void)
{
	struct pf_hello h;
	pf_hello_init(&h);
	h.mode = (struct pf_mode){2560, 1440, 120};
	h.compositor = PF_COMPOSITOR_MUTTER;
	h.gamepad = PF_GAMEPAD_DUALSENSE;
	h.bitrate_kbps = 80000;
	strcpy(h.name, "Deck");
	strcpy(h.launch, "steam:570");
	h.video_caps = 0xB8;
	h.audio_channels = 6;
	h.video_codecs = 7;
	h.preferred_codec = 2;
	h.client_caps = 0x45;
	h.max_shard_payload = 9152;
	h.audio_rate_hz = 96000;
	h.audio_bits = 24;
	h.audio_layout = PF_AUDIO_UNCOUPLED;
	h.video_fit = PF_FIT_CROP;
	return h;
}

/* Offsets of a Hello with a name of 4 and a launch id of 9 bytes. */
enum { T = 28 + 4 + 9, P = T + 4 };

static struct pf_hello cut_hello(size_t len)
{
	uint8_t bytes[PF_HELLO_BYTES_MAX];
	struct pf_hello full = full_hello(), h;
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_hello_write(&w, &full);
	assert_int_equal(w.len, P + 10);
	assert_int_equal(pf_hello_read(&h, bytes, len), PF_OK);
	return h;
}

static void a_cut_hello_has_defaults_behind_the_cut(void **state)
{
	for (size_t len = PF_HELLO_BYTES_MIN; len <= P + 10; len++) {
		struct pf_hello h = cut_hello(len);
		assert_int_equal(h.mode.refresh_hz, 120);
		assert_int_equal(h.compositor, len >= 21 ? PF_COMPOSITOR_MUTTER : 0);
		assert_int_equal(h.gamepad, len >= 22 ? PF_GAMEPAD_DUALSENSE : 0);
		assert_int_equal(h.bitrate_kbps, len >= 26 ? 80000 : 0);
		assert_string_equal(h.name, len >= 31 ? "Deck" : "");
		assert_string_equal(h.launch, len >= T ? "steam:570" : "");
		assert_int_equal(h.video_caps, len >= T + 1 ? 0xB8 : 0);
		assert_int_equal(h.audio_channels, len >= T + 2 ? 6 : 2);
		assert_int_equal(h.video_codecs, len >= T + 3 ? 7 : 0);
		assert_int_equal(h.preferred_codec, len >= T + 4 ? 2 : 0);
		assert_false(h.has_hdr);
		assert_int_equal(h.client_caps, len >= P + 1 ? 0x45 : 0);
		assert_int_equal(h.max_shard_payload, len >= P + 3 ? 9152 : 0);
		assert_int_equal(h.audio_rate_hz, len >= P + 7 ? 96000 : 48000);
		assert_int_equal(h.audio_bits, len >= P + 8 ? 24 : 16);
		assert_int_equal(h.audio_layout, len >= P + 9 ? PF_AUDIO_UNCOUPLED : 0);
		assert_int_equal(h.video_fit, len >= P + 10 ? PF_FIT_CROP : 0);
	}
}

/* Builds a Hello by hand with texts of any length, then video_caps 0x38. */
static struct pf_hello hello_with_texts(
	const char *name, size_t name_len, const char *launch, size_t launch_len)
{
	uint8_t bytes[600];
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_wr_bytes(&w, "PKF1", 4);
	pf_wr_u32(&w, 2);
	for (int i = 0; i < 3; i++)
		pf_wr_u32(&w, 1000);
	pf_wr_bytes(&w, "\0\0\0\0\0\0", 6);
	pf_wr_u8(&w, (uint8_t)name_len);
	pf_wr_bytes(&w, name, name_len);
	pf_wr_u8(&w, (uint8_t)launch_len);
	pf_wr_bytes(&w, launch, launch_len);
	pf_wr_u8(&w, 0x38);
	struct pf_hello h;
	assert_false(w.failed);
	assert_int_equal(pf_hello_read(&h, bytes, w.len), PF_OK);
	assert_int_equal(h.video_caps, 0x38);
	return h;
}

static void bad_texts_are_absent_but_stepped_over(void **state)
{
	char text[256];
	memset(text, 'a', sizeof(text));
	assert_int_equal(strlen(hello_with_texts(text, 64, text, 128).name), 64);
	assert_int_equal(strlen(hello_with_texts(text, 64, text, 128).launch), 128);
	assert_string_equal(hello_with_texts(text, 65, "x", 1).name, "");
	assert_string_equal(hello_with_texts(text, 255, "x", 1).launch, "x");
	assert_string_equal(hello_with_texts("x", 1, text, 129).launch, "");
	assert_string_equal(hello_with_texts("x", 1, text, 129).name, "x");
	assert_string_equal(hello_with_texts("\xc3\x28", 2, "x", 1).name, "");
	assert_string_equal(hello_with_texts("a\0b", 3, "x", 1).name, "");
	assert_string_equal(hello_with_texts("x", 1, "\xff", 1).launch, "");
}

static void display_colours_need_28_bytes(void **state)
{
	uint8_t bytes[PF_HELLO_BYTES_MAX] = {0};
	struct pf_hello h;
	pf_hello_init(&h);
	h.has_hdr = true;
	h.hdr.max_fall = 400;
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_hello_write(&w, &h);
	assert_int_equal(w.len, 60);
	assert_int_equal(pf_hello_read(&h, bytes, 60), PF_OK);
	assert_true(h.has_hdr);
	assert_int_equal(h.hdr.max_fall, 400);
	assert_int_equal(pf_hello_read(&h, bytes, 59), PF_OK);
	assert_false(h.has_hdr);
}

static void values_out_of_range_become_defaults(void **state)
{
	uint8_t bytes[PF_HELLO_BYTES_MAX];
	struct pf_hello h = full_hello();
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_hello_write(&w, &h);
	bytes[20] = 7;
	bytes[21] = 19;
	bytes[T + 1] = 4;
	memset(bytes + P + 3, 0, 4);
	bytes[P + 7] = 20;
	bytes[P + 8] = 3;
	bytes[P + 9] = 3;
	assert_int_equal(pf_hello_read(&h, bytes, w.len), PF_OK);
	assert_int_equal(h.compositor, PF_COMPOSITOR_AUTO);
	assert_int_equal(h.gamepad, PF_GAMEPAD_AUTO);
	assert_int_equal(h.audio_channels, 2);
	assert_int_equal(h.audio_rate_hz, 48000);
	assert_int_equal(h.audio_bits, 16);
	assert_int_equal(h.audio_layout, PF_AUDIO_LEGACY);
	assert_int_equal(h.video_fit, PF_FIT_BARS);
}

static void what_is_no_hello_is_refused(void **state)
{
	uint8_t bytes[PF_HELLO_BYTES_MIN] = "PKF1";
	struct pf_hello h;
	assert_int_equal(pf_hello_read(&h, bytes, sizeof(bytes) - 1), PF_ERR_TRUNCATED);
	bytes[3] = 'c';
	assert_int_equal(pf_hello_read(&h, bytes, sizeof(bytes)), PF_ERR_INVALID);
	assert_int_equal(pf_hello_read(&h, NULL, 0), PF_ERR_TRUNCATED);
}

static struct pf_welcome base_welcome(void)
{
	struct pf_welcome w;
	pf_welcome_init(&w);
	w.udp_port = 7000;
	w.mode = (struct pf_mode){1920, 1080, 60};
	w.shard_payload = 1408;
	memset(w.key, 7, sizeof(w.key));
	return w;
}

static size_t written(const struct pf_welcome *w, uint8_t *out)
{
	struct pf_wr wr = pf_wr_init(out, PF_WELCOME_BYTES_MAX);
	pf_welcome_write(&wr, w);
	assert_false(wr.failed);
	return wr.len;
}

static void welcome_has_the_published_lengths(void **state)
{
	static uint8_t out[PF_WELCOME_BYTES_MAX];
	const uint8_t two_bytes_of_padding[] = {1, 0, 0, 0};
	struct pf_welcome w = base_welcome();
	assert_int_equal(written(&w, out), 68);
	w.host_caps2 = PF_HOST2_EXT;
	assert_int_equal(written(&w, out), 88);
	w.cipher = 1;
	assert_int_equal(written(&w, out), 120);
	w.host_caps2 = 0;
	assert_int_equal(written(&w, out), 101);
	w.mgmt_port = 47991;
	assert_int_equal(written(&w, out), 103);
	w.expires_in_secs = 14400;
	assert_int_equal(written(&w, out), 111);
	w.has_ext = true;
	w.ext = (struct pf_slice){two_bytes_of_padding, sizeof(two_bytes_of_padding)};
	assert_int_equal(written(&w, out), 127);
}

static void a_cut_welcome_has_defaults_behind_the_cut(void **state)
{
	static uint8_t out[PF_WELCOME_BYTES_MAX];
	struct pf_welcome w = base_welcome(), r;
	w.compositor = PF_COMPOSITOR_KWIN;
	w.bitrate_kbps = 50000;
	w.bit_depth = 10;
	w.chroma = PF_CHROMA_444;
	w.codec = PF_CODEC_AV1;
	w.host_caps = 0x21;
	w.mgmt_port = 47991;
	w.grants = 1;
	w.audio_codec = PF_AUDIO_PCM;
	w.audio_rate_hz = 44100;
	w.audio_frame_us = 2500;
	w.host_caps2 = 0x44;
	w.audio_layout = PF_AUDIO_STANDARD;
	assert_int_equal(written(&w, out), 89);
	for (size_t len = PF_WELCOME_BYTES_MIN; len <= 89; len++) {
		assert_int_equal(pf_welcome_read(&r, out, len), PF_OK);
		assert_int_equal(r.udp_port, 7000);
		assert_int_equal(r.compositor, len >= 54 ? PF_COMPOSITOR_KWIN : 0);
		assert_int_equal(r.bitrate_kbps, len >= 59 ? 50000 : 0);
		assert_int_equal(r.bit_depth, len >= 60 ? 10 : 8);
		assert_int_equal(r.chroma, len >= 65 ? PF_CHROMA_444 : PF_CHROMA_420);
		assert_int_equal(r.codec, len >= 67 ? PF_CODEC_AV1 : PF_CODEC_HEVC);
		assert_int_equal(r.host_caps, len >= 68 ? 0x21 : 0);
		assert_int_equal(r.mgmt_port, len >= 71 ? 47991 : 0);
		assert_int_equal(r.grants, len >= 75 ? 1 : PF_GRANT_ALL);
		assert_int_equal(r.audio_codec, len >= 80 ? PF_AUDIO_PCM : PF_AUDIO_OPUS);
		assert_int_equal(r.audio_rate_hz, len >= 84 ? 44100 : 48000);
		assert_int_equal(r.audio_frame_us, len >= 87 ? 2500 : 0);
		assert_int_equal(r.host_caps2, len >= 88 ? 0x44 : 0);
		assert_int_equal(r.audio_layout, len >= 89 ? PF_AUDIO_STANDARD : 0);
	}
	assert_int_equal(pf_welcome_read(&r, out, PF_WELCOME_BYTES_MIN - 1), PF_ERR_TRUNCATED);
}

static void a_chacha_key_must_be_whole(void **state)
{
	static uint8_t out[PF_WELCOME_BYTES_MAX];
	struct pf_welcome w = base_welcome(), r;
	w.cipher = 1;
	memset(w.chacha_key, 9, sizeof(w.chacha_key));
	assert_int_equal(written(&w, out), 101);
	for (size_t len = 69; len < 101; len++)
		assert_int_equal(pf_welcome_read(&r, out, len), PF_ERR_TRUNCATED);
	assert_int_equal(pf_welcome_read(&r, out, 101), PF_OK);
	for (unsigned cipher = 2; cipher < 256; cipher++) {
		out[68] = (uint8_t)cipher;
		assert_int_equal(pf_welcome_read(&r, out, 101), PF_ERR_INVALID);
	}
}

static void what_a_client_refuses(void **state)
{
	struct pf_reason reason;
	struct pf_welcome w = base_welcome();
	assert_int_equal(pf_welcome_check(&w, &reason), PF_OK);
	w.abi_version = 3;
	assert_int_equal(pf_welcome_check(&w, &reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "update"));
	static const uint16_t bad[] = {0, 510, 511, 1407, 9153, 9154};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		w = base_welcome();
		w.shard_payload = bad[i];
		assert_int_equal(pf_welcome_check(&w, &reason), PF_ERR_INVALID);
	}
	w = base_welcome();
	memset(w.key, 0, sizeof(w.key));
	assert_int_equal(pf_welcome_check(&w, NULL), PF_ERR_INVALID);
	w.encrypt = false;
	assert_int_equal(pf_welcome_check(&w, NULL), PF_OK);
}

static void start_ignores_a_block_nobody_announced(void **state)
{
	size_t len;
	uint8_t *data = hex_bytes("504b4631 d204 ffff", &len);
	struct pf_start s;
	assert_int_equal(pf_start_read(&s, data, len, false), PF_OK);
	assert_int_equal(s.client_udp_port, 1234);
	assert_int_equal(pf_start_read(&s, data, len, true), PF_ERR_LIMIT);
	assert_int_equal(pf_start_read(&s, data, 6, true), PF_OK);
	assert_int_equal(pf_start_read(&s, data, 5, false), PF_ERR_TRUNCATED);
	free(data);
}

static struct pf_start start_with(uint16_t tag, const void *value, size_t value_len)
{
	uint8_t bytes[512];
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_wr_bytes(&w, "PKF1\1\2", 6);
	size_t at = pf_ext_begin(&w);
	pf_ext_record(&w, 999, "later", 5);
	pf_ext_record(&w, tag, value, value_len);
	pf_ext_end(&w, at);
	struct pf_start s;
	assert_int_equal(pf_start_read(&s, bytes, w.len, true), PF_OK);
	return s;
}

static void records_are_sanitised_or_ignored(void **state)
{
	assert_string_equal(start_with(PF_EXT_LABEL, " a\tb\n ", 6).label, "ab");
	assert_string_equal(start_with(PF_EXT_LABEL, "\xff", 1).label, "");
	assert_int_equal(start_with(PF_EXT_RATE_FEATURES, "\1", 1).rate_features, PF_RATE_READS_REASON);
	assert_int_equal(start_with(PF_EXT_RATE_FEATURES, "", 0).rate_features, 0);
	assert_string_equal(start_with(PF_EXT_PRESET, "\2id\4name", 8).preset_id, "id");
	assert_string_equal(start_with(PF_EXT_PRESET, "\2id\4name", 8).preset_name, "name");
	assert_string_equal(start_with(PF_EXT_PRESET, "\2id\5name", 8).preset_id, "");
	assert_string_equal(start_with(PF_EXT_PRESET, "\2i\1\0", 4).preset_id, "");
	assert_true(start_with(PF_EXT_DELIVERY, "\2\1", 2).has_delivery);
	assert_false(start_with(PF_EXT_DELIVERY, "\3\1", 2).has_delivery);
	assert_false(start_with(PF_EXT_DELIVERY, "\2", 1).has_delivery);
}

static int read_block(unsigned records, size_t value_len)
{
	static uint8_t bytes[8192];
	static const uint8_t value[8192];
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_wr_u16(&w, (uint16_t)(records * (4 + value_len)));
	for (unsigned i = 0; i < records; i++)
		pf_ext_record(&w, (uint16_t)(1000 + i), value, value_len);
	struct pf_rd r = pf_rd_init(bytes, w.len);
	struct pf_slice all;
	return pf_ext_read(&all, &r);
}

static void blocks_are_bounded(void **state)
{
	assert_int_equal(read_block(64, 0), PF_OK);
	assert_int_equal(read_block(65, 0), PF_ERR_LIMIT);
	assert_int_equal(read_block(1, 4096 - 2 - 4), PF_OK);
	assert_int_equal(read_block(1, 4096 - 2 - 4 + 1), PF_ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_hello_has_defaults_behind_the_cut),
		cmocka_unit_test(bad_texts_are_absent_but_stepped_over),
		cmocka_unit_test(display_colours_need_28_bytes),
		cmocka_unit_test(values_out_of_range_become_defaults),
		cmocka_unit_test(what_is_no_hello_is_refused),
		cmocka_unit_test(welcome_has_the_published_lengths),
		cmocka_unit_test(a_cut_welcome_has_defaults_behind_the_cut),
		cmocka_unit_test(a_chacha_key_must_be_whole),
		cmocka_unit_test(what_a_client_refuses),
		cmocka_unit_test(start_ignores_a_block_nobody_announced),
		cmocka_unit_test(records_are_sanitised_or_ignored),
		cmocka_unit_test(blocks_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
