/* Which events are dropped, and the rules of pads, scrolling and the pen (native-control 5, 8.7). */
#include "proto/native/input.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "proto/native/datagram.h"

static int pass(struct pf_input_event *e)
{
	uint8_t bytes[PF_INPUT_BYTES];
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_input_write(&w, e);
	assert_false(w.failed);
	return pf_input_read(e, bytes, w.len);
}

static int event(unsigned kind, uint32_t code, int32_t x, int32_t y, uint32_t flags)
{
	struct pf_input_event e = {(enum pf_input_kind)kind, code, x, y, flags};
	return pass(&e);
}

static int scroll(uint32_t code, int32_t x, int32_t y, unsigned source, unsigned phase, uint32_t more)
{
	return event(PF_INPUT_SCROLL, code, x, y, source | phase << 8 | more);
}

static void scrolling_obeys_its_rules(void **state)
{
	assert_int_equal(scroll(0, 30720, 0, 1, 0, 0), PF_OK);
	assert_int_equal(scroll(2, 0, 0, 1, 0, 0), PF_ERR_INVALID);
	assert_int_equal(scroll(0, 0, 1, 1, 0, 0), PF_ERR_INVALID);
	assert_int_equal(scroll(0, 0, 0, 1, 0, 0x10000), PF_ERR_INVALID);
	assert_int_equal(scroll(0, 0, 0, 6, 0, 0), PF_ERR_INVALID);
	assert_int_equal(scroll(0, 0, 0, 2, 8, 0), PF_ERR_INVALID);
	static const unsigned stops[] = {3, 4, 7};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(scroll(0, 1, 0, 2, stops[i], 0), PF_ERR_INVALID);
		assert_int_equal(scroll(0, 0, 0, 2, stops[i], 0), PF_OK);
	}
	for (unsigned phase = 1; phase < 8; phase++)
		assert_int_equal(scroll(0, 0, 0, 1, phase, 0), PF_ERR_INVALID);
	for (unsigned phase = 5; phase < 8; phase++) {
		for (unsigned source = 0; source < 6; source++) {
			bool may = source >= 2 && source <= 4;
			assert_int_equal(scroll(0, 0, 0, source, phase, 0) == PF_OK, may);
		}
	}
}

static void events_out_of_range_are_dropped(void **state)
{
	assert_int_equal(event(17, 0, 0, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_MOVE_ABS, 0, 1, 1, 1280u << 16), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_MOVE_ABS, 0, 1, 1, 720), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_TOUCH_MOVE, 0, 1, 1, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_TOUCH_UP, 9, 0, 0, 0), PF_OK);
	assert_int_equal(event(PF_INPUT_BUTTON_DOWN, 0, 0, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_BUTTON_UP, 6, 0, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_WHEEL, 2, 120, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_PAD_BUTTON, 3, 1, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_PAD_BUTTON, 0x800, 1, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_PAD_BUTTON, 0, 1, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_PAD_BUTTON, 0x1000, 1, 0, 16), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_PAD_AXIS, 6, 0, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_PAD_STATE, 0, 0, 0, 16), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_PAD_REMOVED, 0, 0, 0, 0x01000010), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_PAD_ARRIVED, 2, 0, 0, 255), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_TEXT, 0xD800, 0, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_TEXT, 0xDFFF, 0, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_TEXT, 0x110000, 0, 0, 0), PF_ERR_INVALID);
	assert_int_equal(event(PF_INPUT_TEXT, 0x10FFFF, 0, 0, 0), PF_OK);
}

static void values_are_settled(void **state)
{
	struct pf_input_event e = {PF_INPUT_KEY_DOWN, 0x41, 0, 0, 0x80000001};
	assert_int_equal(pass(&e), PF_OK);
	assert_int_equal(e.flags, 1);
	e = (struct pf_input_event){PF_INPUT_PAD_AXIS, PF_AXIS_LX, 70000, 0, 1};
	assert_int_equal(pass(&e), PF_OK);
	assert_int_equal(e.x, INT16_MAX);
	e = (struct pf_input_event){PF_INPUT_PAD_AXIS, PF_AXIS_RT, -1, 0, 1};
	assert_int_equal(pass(&e), PF_OK);
	assert_int_equal(e.x, 0);
	e = (struct pf_input_event){PF_INPUT_PAD_ARRIVED, 77, 0, 0, 0x102};
	assert_int_equal(pass(&e), PF_OK);
	assert_int_equal(e.code, PF_GAMEPAD_AUTO);
	assert_int_equal(pf_input_pad(&e), 2);
	assert_true(pf_input_pad_has_haptics(&e));
	assert_false(pf_input_pad_has_speaker(&e));
	e = (struct pf_input_event){PF_INPUT_PAD_STATE, 0xFFFFFFFF, 0, 0, 0};
	assert_int_equal(pass(&e), PF_OK);
	assert_int_equal(e.code, PF_PAD_BUTTONS);
	e = (struct pf_input_event){PF_INPUT_TOUCH_DOWN, 2, 640, 360, 1280u << 16 | 720};
	assert_int_equal(pf_input_surface(&e).width_px, 1280);
	assert_int_equal(pf_input_surface(&e).height_px, 720);
}

static void longer_datagrams_are_fine(void **state)
{
	uint8_t bytes[PF_INPUT_BYTES + 3] = {0xC8, PF_INPUT_MOVE};
	struct pf_input_event e;
	assert_int_equal(pf_input_read(&e, bytes, sizeof(bytes)), PF_OK);
	assert_int_equal(pf_input_read(&e, bytes, PF_INPUT_BYTES - 1), PF_ERR_TRUNCATED);
}

static void pad_states_survive_packing(void **state)
{
	const struct pf_pad_state s = {.pad = 3,
		.seq = 200,
		.buttons = PF_PAD_A | PF_PAD_MISC,
		.lx = INT16_MIN,
		.ly = INT16_MAX,
		.rx = -1,
		.ry = 12345,
		.lt = 255,
		.rt = 1};
	struct pf_input_event e = pf_input_of_pad_state(&s);
	assert_int_equal(pass(&e), PF_OK);
	struct pf_pad_state back = pf_input_pad_state(&e);
	assert_int_equal(back.pad, 3);
	assert_int_equal(back.seq, 200);
	assert_int_equal(back.buttons, s.buttons);
	assert_int_equal(back.lx, INT16_MIN);
	assert_int_equal(back.ly, INT16_MAX);
	assert_int_equal(back.rx, -1);
	assert_int_equal(back.ry, 12345);
	assert_int_equal(back.lt, 255);
	assert_int_equal(back.rt, 1);
}

static void pad_sequences_wrap(void **state)
{
	assert_true(pf_pad_seq_newer(1, 0));
	assert_true(pf_pad_seq_newer(0, 255));
	assert_true(pf_pad_seq_newer(127, 0));
	assert_false(pf_pad_seq_newer(7, 7));
	assert_false(pf_pad_seq_newer(128, 0));
	assert_false(pf_pad_seq_newer(0, 1));
}

static void each_kind_needs_its_grant(void **state)
{
	static const unsigned grants[] = {4, 4, 2, 2, 2, 2, 2, 1, 1, 2, 2, 2, 1, 1, 1, 4, 2};
	for (unsigned kind = 0; kind <= PF_INPUT_SCROLL; kind++)
		assert_int_equal(pf_input_grant((enum pf_input_kind)kind), grants[kind]);
	struct pf_datagram d = {.tag = PF_DATAGRAM_INPUT, .input = {.kind = PF_INPUT_TEXT}};
	assert_int_equal(pf_datagram_grant(&d), PF_GRANT_KEYBOARD);
	d = (struct pf_datagram){.tag = PF_DATAGRAM_MIC};
	assert_int_equal(pf_datagram_grant(&d), PF_GRANT_MIC);
	d = (struct pf_datagram){.tag = PF_DATAGRAM_CURSOR};
	assert_int_equal(pf_datagram_grant(&d), 0);
	for (unsigned kind = PF_RICH_TOUCHPAD; kind <= PF_RICH_PEN; kind++) {
		d = (struct pf_datagram){
			.tag = PF_DATAGRAM_RICH_INPUT, .rich = {.kind = (enum pf_rich_kind)kind}};
		assert_int_equal(
			pf_datagram_grant(&d), kind == PF_RICH_PEN ? PF_GRANT_POINTER : PF_GRANT_GAMEPAD);
	}
}

static void everything_of_earlier_versions_is_everything(void **state)
{
	assert_int_equal(pf_grants_of_stored(0x3F), PF_GRANT_ALL);
	assert_int_equal(pf_grants_of_stored(0x7F), PF_GRANT_ALL);
	assert_int_equal(pf_grants_of_stored(0xFF), PF_GRANT_ALL);
	assert_int_equal(pf_grants_of_stored(0x01), PF_GRANT_GAMEPAD);
	assert_int_equal(pf_grants_of_stored(0), 0);
}

static int pen(struct pf_rich_input *m)
{
	uint8_t bytes[256];
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_rich_write(&w, m);
	assert_false(w.failed);
	return pf_rich_read(m, bytes, w.len);
}

static struct pf_rich_input batch(uint16_t seq, unsigned count)
{
	struct pf_rich_input m = {.kind = PF_RICH_PEN, .pen = {.seq = seq, .count = count}};
	for (unsigned i = 0; i < count; i++)
		m.pen.sample[i] = (struct pf_pen_sample){.state = PF_PEN_IN_RANGE, .delta_us = 100};
	return m;
}

static void a_number_that_is_not_finite_kills_the_batch(void **state)
{
	static const float bad[] = {NAN, INFINITY, -INFINITY};
	for (size_t i = 0; i < 3; i++) {
		struct pf_rich_input m = batch(1, 3);
		m.pen.sample[2].x = bad[i];
		assert_int_equal(pen(&m), PF_ERR_INVALID);
		m = batch(1, 3);
		m.pen.sample[0].y = bad[i];
		assert_int_equal(pen(&m), PF_ERR_INVALID);
	}
	struct pf_rich_input m = batch(1, 1);
	m.pen.sample[0].x = -3;
	m.pen.sample[0].y = 1e30f;
	assert_int_equal(pen(&m), PF_OK);
	assert_true(m.pen.sample[0].x == 0 && m.pen.sample[0].y == 1);
}

static void a_batch_holds_one_to_eight_samples(void **state)
{
	uint8_t bytes[6 + 21 * 9] = {0xCC, PF_RICH_PEN, 0, 8};
	struct pf_rich_input m;
	assert_int_equal(pf_rich_read(&m, bytes, 6 + 21 * 8), PF_OK);
	assert_int_equal(pf_rich_read(&m, bytes, 6 + 21 * 8 - 1), PF_ERR_TRUNCATED);
	bytes[3] = 9;
	assert_int_equal(pf_rich_read(&m, bytes, sizeof(bytes)), PF_ERR_INVALID);
	bytes[3] = 0;
	assert_int_equal(pf_rich_read(&m, bytes, sizeof(bytes)), PF_ERR_INVALID);
}

static void stale_batches_are_dropped(void **state)
{
	struct pf_pen_filter f = {0};
	struct pf_rich_input m = batch(65535, 1);
	assert_true(pf_pen_filter(&f, &m.pen));
	assert_false(pf_pen_filter(&f, &m.pen));
	m.pen.seq = 65534;
	assert_false(pf_pen_filter(&f, &m.pen));
	m.pen.seq = 0;
	assert_true(pf_pen_filter(&f, &m.pen));
	m.pen.seq = 0x8000;
	assert_false(pf_pen_filter(&f, &m.pen));
}

static void predicted_samples_are_skipped(void **state)
{
	struct pf_pen_filter f = {0};
	struct pf_rich_input m = batch(1, 4);
	m.pen.sample[1].state |= PF_PEN_PREDICTED;
	m.pen.sample[2].pressure = 7;
	m.pen.sample[3].state |= PF_PEN_PREDICTED;
	assert_true(pf_pen_filter(&f, &m.pen));
	assert_int_equal(m.pen.count, 2);
	assert_int_equal(m.pen.sample[1].pressure, 7);
	assert_int_equal(m.pen.sample[1].delta_us, 200);
	m = batch(2, 1);
	m.pen.sample[0].state |= PF_PEN_PREDICTED;
	assert_false(pf_pen_filter(&f, &m.pen));
}

static int datagram(const char *bytes, size_t len)
{
	struct pf_datagram d;
	return pf_datagram_read(&d, (const uint8_t *)bytes, len);
}

#define DATAGRAM(bytes) datagram(bytes, sizeof(bytes) - 1)

static void datagrams_out_of_range_are_dropped(void **state)
{
	assert_int_equal(DATAGRAM(""), PF_ERR_TRUNCATED);
	assert_int_equal(DATAGRAM("\x00"), PF_ERR_UNSUPPORTED);
	assert_int_equal(DATAGRAM("\xd4\0\0\0\0\0\0\0\0\0\0\0\0\0"), PF_ERR_UNSUPPORTED);
	assert_int_equal(DATAGRAM("\xcc\1\x10\0\0\0\0\0\0"), PF_ERR_INVALID);
	assert_int_equal(DATAGRAM("\xcc\3\0\3\0\0\0\0\0\0\0\0"), PF_ERR_INVALID);
	assert_int_equal(DATAGRAM("\xcc\6\0\3"), PF_ERR_UNSUPPORTED);
	assert_int_equal(DATAGRAM("\xcc\4\0\2\0"), PF_ERR_TRUNCATED);
	assert_int_equal(DATAGRAM("\xca\x10\0\0\0\0\0"), PF_ERR_INVALID);
	assert_int_equal(DATAGRAM("\xcd\1\x10\0\0\0"), PF_ERR_INVALID);
	assert_int_equal(DATAGRAM("\xcd\3\0\2\1"), PF_ERR_INVALID);
	assert_int_equal(DATAGRAM("\xcd\3\0\1"), PF_ERR_TRUNCATED);
	assert_int_equal(DATAGRAM("\xcd\3\0\1\1\2\3\4\5\6\7\10\11\12\13\14"), PF_ERR_INVALID);
	assert_int_equal(DATAGRAM("\xcd\6\0\1\0\0\0\0\0\0\0"), PF_ERR_INVALID);
	assert_int_equal(DATAGRAM("\xcd\7\0\3"), PF_ERR_INVALID);
	assert_int_equal(DATAGRAM("\xcd\10\0\3"), PF_ERR_UNSUPPORTED);
	assert_int_equal(DATAGRAM("\xd1\0\2\0\0\0\0\0\0\0\0\0\0\0\0"), PF_ERR_INVALID);
	assert_int_equal(DATAGRAM("\xd2\0\0\0\0\0\0\0\0\0\0\0\0\2\0\1"), PF_ERR_TRUNCATED);
	assert_int_equal(DATAGRAM("\xcf\0\0\0\0\0\0\0\0\0\0\0\0\0"), PF_ERR_INVALID);
}

static void rumble_stops_in_legal_time(void **state)
{
	struct pf_datagram d;
	assert_int_equal(pf_datagram_read(&d, (const uint8_t *)"\xca\0\0\0\0\0\0\1\0\0", 10), PF_OK);
	assert_int_equal(d.rumble.ttl_ms, PF_RUMBLE_TTL_MIN_MS);
	assert_int_equal(pf_datagram_read(&d, (const uint8_t *)"\xca\0\0\0\0\0\0\1\xff\xff", 10), PF_OK);
	assert_int_equal(d.rumble.ttl_ms, PF_RUMBLE_TTL_MAX_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scrolling_obeys_its_rules),
		cmocka_unit_test(events_out_of_range_are_dropped),
		cmocka_unit_test(values_are_settled),
		cmocka_unit_test(longer_datagrams_are_fine),
		cmocka_unit_test(pad_states_survive_packing),
		cmocka_unit_test(pad_sequences_wrap),
		cmocka_unit_test(each_kind_needs_its_grant),
		cmocka_unit_test(everything_of_earlier_versions_is_everything),
		cmocka_unit_test(a_number_that_is_not_finite_kills_the_batch),
		cmocka_unit_test(a_batch_holds_one_to_eight_samples),
		cmocka_unit_test(stale_batches_are_dropped),
		cmocka_unit_test(predicted_samples_are_skipped),
		cmocka_unit_test(datagrams_out_of_range_are_dropped),
		cmocka_unit_test(rumble_stops_in_legal_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
