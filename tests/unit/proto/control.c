/* Lengths and limits of typed messages (native-control 4, 8.7). */
#include "proto/native/control.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/vectors.h"

static int read_hex(struct pf_control *m, const char *hex)
{
	size_t len;
	uint8_t *data = hex_bytes(hex, &len);
	int err = pf_control_read(m, data, len);
	free(data);
	return err;
}

static void assert_refused(const char *hex)
{
	struct pf_control m;
	assert_int_not_equal(read_hex(&m, hex), PF_OK);
}

static void assert_taken(const char *hex)
{
	struct pf_control m;
	assert_int_equal(read_hex(&m, hex), PF_OK);
}

/* The spec lets a host take longer bodies of known types; a client refuses whatever has another length. */
static void longer_bodies_only_toward_a_host(void **state)
{
	static const uint8_t to_host[] = {
		0x03, 0x04, 0x05, 0x07, 0x09, 0x0B, 0x0C, 0x0D, 0x20, 0x22, 0x30, 0x32, 0x40, 0x51, 0x5C};
	json_t *root = vectors_load("native-control.json"), *entry;
	size_t at;
	json_array_foreach(vectors_get(root, "control"), at, entry)
	{
		size_t len;
		uint8_t *data = vectors_bytes(entry, "hex", &len);
		uint8_t longer[64] = {0};
		memcpy(longer, data, len);
		bool takes = memchr(to_host, data[4], sizeof(to_host)) != NULL;
		bool short_form = json_object_get(entry, "encodes_to") || (data[4] == 0x06 && len == 9);
		struct pf_control m;
		if (!short_form)
			assert_int_equal(pf_control_read(&m, longer, len + 1) == PF_OK, takes);
		free(data);
	}
	json_decref(root);
}

static void lengths_that_tell_forms_apart(void **state)
{
	assert_refused("504b4663 01 80070000 38040000 780000");
	assert_refused("504b4663 01 80070000 38040000 78000000 00");
	assert_taken("504b4663 32 0807060504030201 15287f00 10000000 20000000");
	assert_refused("504b4663 32 0807060504030201 15287f00 10000000 20000000 84");
	assert_taken("504b4663 32 0807060504030201 15287f00 10000000 20000000 8403");
	assert_refused("504b4663 06 50c30000 02 00");
	assert_refused("504b4663 21 8877665544332211 01000000 02000000 03000000");
	assert_refused("504b4663 42 07000000 01 0a 746578742f706c61696e 0500000000000000 00");
	assert_refused("504b4663 43 07000000 ffffffff 0a 746578742f706c61696e 00");
	assert_refused("504b4663 50 09000000 0100 0100 0000 0000 01020304 05");
	assert_refused("504b4663 5a 04 04 676f6e65 00");
	assert_refused("504b4663 5a 04 05 676f6e65");
}

static void unknown_types_and_magics_are_told_apart(void **state)
{
	struct pf_control m;
	assert_int_equal(read_hex(&m, "504b4663 77 0102"), PF_ERR_UNSUPPORTED);
	assert_int_equal(read_hex(&m, "504b4663 14"), PF_ERR_UNSUPPORTED);
	assert_int_equal(read_hex(&m, "504b4663 16 01000000 0000"), PF_ERR_UNSUPPORTED);
	assert_int_equal(read_hex(&m, "504b4631 03"), PF_ERR_INVALID);
	assert_int_equal(read_hex(&m, "504b4663"), PF_ERR_TRUNCATED);
	assert_int_equal(pf_control_read(&m, NULL, 0), PF_ERR_TRUNCATED);
}

static void values_that_must_be_ignored(void **state)
{
	assert_refused("504b4663 06 00000000");
	assert_refused("504b4663 0d 03");
	assert_refused("504b4663 22 a0860100 f4010000 0000 00000100 00350c00");
	assert_refused("504b4663 32 0807060504030201 00000000 10000000 20000000");
	assert_refused("504b4663 5c c9 00 41000000 00000000 00000000 00000000");
	assert_refused("504b4663 5c c8 11 41000000 00000000 00000000 00000000");
	assert_refused("504b4663 50 09000000 0000 0100 0000 0000");
	assert_refused("504b4663 50 09000000 0100 7900 0000 0000");
	assert_refused("504b4663 5a 00 01 ff");
	assert_refused("504b4663 43 07000000 ffffffff 01 00");
}

static void values_are_brought_inside_their_range(void **state)
{
	struct pf_control m;
	assert_int_equal(read_hex(&m, "504b4663 20 ffffffff ffffffff"), PF_OK);
	assert_int_equal(m.probe_request.target_kbps, PF_PROBE_MAX_KBPS);
	assert_int_equal(m.probe_request.duration_ms, PF_PROBE_MAX_MS);
	assert_int_equal(read_hex(&m, "504b4663 44 09 0000000000000000"), PF_OK);
	assert_int_equal(m.clip_fetch_hdr.status, PF_CLIP_UNAVAILABLE);
	assert_int_equal(read_hex(&m, "504b4663 5a 09 00"), PF_OK);
	assert_int_equal(m.launch_outcome.kind, PF_LAUNCH_STARTED);
	assert_int_equal(read_hex(&m, "504b4663 0f 09 c4090000 00800000 07"), PF_OK);
	assert_int_equal(m.host_facts.link_kind, PF_INTERFACE_UNKNOWN);
	assert_int_equal(m.host_facts.forced_profile, PF_DELIVERY_NONE);
	assert_int_equal(read_hex(&m, "504b4663 51 ff"), PF_OK);
	assert_true(m.cursor_render_mode.client_draws);
}

static void the_largest_cursor_fits_a_frame(void **state)
{
	const size_t pixels = PF_CURSOR_SIDE_MAX * PF_CURSOR_SIDE_MAX;
	uint8_t *rgba = calloc(4, pixels), *out = malloc(PF_CONTROL_BYTES_MAX);
	struct pf_control m = {.type = PF_CONTROL_CURSOR_SHAPE};
	m.cursor_shape.width_px = m.cursor_shape.height_px = PF_CURSOR_SIDE_MAX;
	m.cursor_shape.rgba = (struct pf_slice){rgba, 4 * pixels};
	struct pf_wr w = pf_wr_init(out, PF_CONTROL_BYTES_MAX);
	pf_control_write(&w, &m);
	assert_false(w.failed);
	assert_int_equal(w.len, PF_CONTROL_BYTES_MAX);
	assert_in_range(w.len, 1, 65535);
	struct pf_control back;
	assert_int_equal(pf_control_read(&back, out, w.len), PF_OK);
	assert_int_equal(back.cursor_shape.rgba.len, 4 * pixels);
	free(rgba);
	free(out);
}

static void offers_have_at_most_sixteen_formats(void **state)
{
	uint8_t out[4096];
	struct pf_control m = {.type = PF_CONTROL_CLIP_OFFER};
	static const uint8_t mime[PF_CLIP_MIME_MAX + 1] = "text/plain";
	m.clip_offer.count = PF_CLIP_FORMATS_MAX;
	for (unsigned i = 0; i < PF_CLIP_FORMATS_MAX; i++)
		m.clip_offer.format[i].mime = (struct pf_slice){mime, 10};
	struct pf_wr w = pf_wr_init(out, sizeof(out));
	pf_control_write(&w, &m);
	assert_false(w.failed);
	struct pf_control back;
	assert_int_equal(pf_control_read(&back, out, w.len), PF_OK);
	assert_int_equal(back.clip_offer.count, PF_CLIP_FORMATS_MAX);
	out[9] = PF_CLIP_FORMATS_MAX + 1;
	assert_int_not_equal(pf_control_read(&back, out, sizeof(out)), PF_OK);
}

static void writers_refuse_our_own_mistakes(void **state)
{
	uint8_t out[4096];
	static const uint8_t bytes[512];
	struct pf_control wrong[] = {
		{.type = (enum pf_control_type)0x77},
		{.type = PF_CONTROL_CURSOR_SHAPE, .cursor_shape = {.width_px = 2, .height_px = 2}},
		{.type = PF_CONTROL_LAUNCH_OUTCOME, .launch_outcome = {.text = {bytes, 201}}},
		{.type = PF_CONTROL_CLIP_OFFER, .clip_offer = {.count = 17}},
		{.type = PF_CONTROL_CLIP_FETCH, .clip_fetch = {.mime = {bytes, 129}}},
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct pf_wr w = pf_wr_init(out, sizeof(out));
		pf_control_write(&w, &wrong[i]);
		assert_true(w.failed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longer_bodies_only_toward_a_host),
		cmocka_unit_test(lengths_that_tell_forms_apart),
		cmocka_unit_test(unknown_types_and_magics_are_told_apart),
		cmocka_unit_test(values_that_must_be_ignored),
		cmocka_unit_test(values_are_brought_inside_their_range),
		cmocka_unit_test(the_largest_cursor_fits_a_frame),
		cmocka_unit_test(offers_have_at_most_sixteen_formats),
		cmocka_unit_test(writers_refuse_our_own_mistakes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
