/* Every byte of the DualSense's reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "hid_host.h"

#define OUTPUT_BYTES 48

static const struct pf_pad_report busy = {
	.buttons = PF_PAD_A | PF_PAD_LEFT | PF_PAD_GUIDE | PF_PAD_TOUCHPAD | PF_PAD_MISC | PF_PAD_PADDLE_1 |
		   PF_PAD_PADDLE_4 | PF_PAD_START,
	.lx = INT16_MAX,
	.ly = INT16_MAX,
	.rx = INT16_MIN,
	.ry = INT16_MIN,
	.lt = 0x12,
	.rt = 0xFE,
	.touch = {{true, 65535, 0}},
	.gyro = {20, -40, 2000},
	.accel = {0, 10000, -10000},
	.power = PF_PAD_CHARGING,
	.battery_percent = 57,
};

static void check_input(const struct pf_hid_model *model, uint8_t third_buttons)
{
	struct hid_host h;
	hid_host_plug(&h, model);
	h.model->tick(h.state, 0);
	/* 7 ms in thirds of a microsecond: 21000 = 5208 */
	h.model->report(h.state, &busy, INT64_C(7000000));
	const uint8_t want[64] = {
		[0] = 0x01,
		[1] = 0xFF,
		0x00,
		0x00,
		0xFF, /* sticks */
		[5] = 0x12,
		0xFE,    /* triggers */
		[7] = 1, /* sequence */
		[8] = 0x26,
		0x2C, /* left, cross; options and the triggers' bits */
		[10] = third_buttons,
		[12] = 1, /* packet */
		[16] = 16,
		0,
		0xE0,
		0xFF,
		0x40,
		0x06, /* 1, -2 and 100 degrees a second */
		[22] = 0,
		0,
		0x00,
		0x20,
		0x00,
		0xE0, /* 0, 1 and -1 g */
		[28] = 0x08,
		0x52,
		0,
		0,
		[33] = 0x00,
		0x7F,
		0x07,
		0x00,
		0x80,
		0,
		0,
		0,
		[53] = 0x15, /* charging, 50 to 59 % */
		[54] = 0x08,
	};
	assert_int_equal(h.report_bytes, sizeof(want));
	assert_memory_equal(h.report, want, sizeof(want));
	hid_host_unplug(&h);
}

static void every_byte_of_the_input_report(void **state)
{
	check_input(&pf_hid_dualsense, 0x07);
	check_input(&pf_hid_dualsense_edge, 0x97);
}

static void the_edge_has_four_more_buttons(void **state)
{
	static const struct {
		uint32_t button;
		uint8_t bit;
	} cases[] = {
		{PF_PAD_PADDLE_4, 0x10}, /* left function button */
		{PF_PAD_PADDLE_3, 0x20},
		{PF_PAD_PADDLE_2, 0x40}, /* left back paddle */
		{PF_PAD_PADDLE_1, 0x80},
	};
	for (size_t i = 0; i < 4; i++) {
		struct pf_pad_report r = pf_pad_at_rest();
		struct hid_host plain, edge;
		r.buttons = cases[i].button | PF_PAD_GUIDE;
		hid_host_plug(&plain, &pf_hid_dualsense);
		hid_host_plug(&edge, &pf_hid_dualsense_edge);
		plain.model->report(plain.state, &r, 0);
		edge.model->report(edge.state, &r, 0);
		assert_int_equal(plain.report[10], 0x01);
		assert_int_equal(edge.report[10], 0x01 | cases[i].bit);
		hid_host_unplug(&plain);
		hid_host_unplug(&edge);
	}
}

static void battery_is_told(void **state)
{
	static const struct {
		enum pf_pad_power power;
		uint8_t percent, status;
	} cases[] = {
		{PF_PAD_FULL, 100, 0x2A},
		{PF_PAD_FULL, 255, 0x2A},
		{PF_PAD_POWER_UNKNOWN, 3, 0x2A},
		{PF_PAD_DISCHARGING, 0, 0x00},
		{PF_PAD_DISCHARGING, 9, 0x00},
		{PF_PAD_DISCHARGING, 100, 0x0A},
		{PF_PAD_DISCHARGING, 101, 0x0A},
		{PF_PAD_CHARGING, 35, 0x13},
		{PF_PAD_CHARGING, 255, 0x1A},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct hid_host h;
		struct pf_pad_report r = busy;
		r.power = cases[i].power;
		r.battery_percent = cases[i].percent;
		hid_host_plug(&h, &pf_hid_dualsense);
		h.model->report(h.state, &r, 0);
		assert_int_equal(h.report[53], cases[i].status);
		hid_host_unplug(&h);
	}
}

static void time_goes_on(void **state)
{
	struct hid_host h;
	hid_host_plug(&h, &pf_hid_dualsense);
	/* 2^32 thirds of a microsecond are 1431.65 s. */
	int64_t start_ns = INT64_C(1431000000000);
	uint32_t last = 0;
	for (int i = 0; i < 100; i++) {
		h.model->tick(h.state, start_ns + i * INT64_C(12000000));
		uint32_t now;
		memcpy(&now, h.report + 28, 4);
		if (i > 0)
			assert_int_equal((uint32_t)(now - last), 36000);
		assert_int_equal(h.report[7], i);
		assert_int_equal(h.report[12], i);
		last = now;
	}
	hid_host_unplug(&h);
}

static void every_feature_report(void **state)
{
	struct hid_host h;
	uint8_t out[PF_HID_REPORT_BYTES_MAX];
	hid_host_plug(&h, &pf_hid_dualsense);

	assert_int_equal(h.model->get_feature(h.state, 0x05, out), 41);
	const uint8_t calibration[41] = {
		[0] = 0x05,
		[7] = 0xC0,
		0x21,
		0x40,
		0xDE,
		0xC0,
		0x21,
		0x40,
		0xDE,
		0xC0,
		0x21,
		0x40,
		0xDE, /* +-8640 */
		[19] = 0x1C,
		0x02,
		0x1C,
		0x02, /* 540 */
		[23] = 0x00,
		0x20,
		0x00,
		0xE0,
		0x00,
		0x20,
		0x00,
		0xE0,
		0x00,
		0x20,
		0x00,
		0xE0, /* +-8192 */
	};
	assert_memory_equal(out, calibration, sizeof(calibration));

	assert_int_equal(h.model->get_feature(h.state, 0x09, out), 20);
	const uint8_t pairing[20] = {0x09, 0x55, 0x44, 0x33, 0x22, 0x11, 0x02};
	assert_memory_equal(out, pairing, sizeof(pairing));

	assert_int_equal(h.model->get_feature(h.state, 0x20, out), 64);
	assert_memory_equal(out + 1, "Jul  4 202510:00:00", 19);
	assert_memory_equal(out + 24, ((uint8_t[]){0x08, 0x02, 0x00, 0x01}), 4);
	assert_memory_equal(out + 28, ((uint8_t[]){0x2A, 0x00, 0x10, 0x01}), 4);
	unsigned update = out[44] | (unsigned)out[45] << 8;
	assert_true(update >= 0x0224); /* the second way of vibration */
	assert_true(update >= 0x0800); /* newer than any there is */
	hid_host_unplug(&h);
}

/* A report whose every byte is its offset, but for the id and the flags. */
static void fill(uint8_t data[64], uint8_t flags0, uint8_t flags1, uint8_t flags2)
{
	for (unsigned i = 0; i < 64; i++)
		data[i] = (uint8_t)i;
	data[0] = 0x02;
	data[1] = flags0;
	data[2] = flags1;
	data[39] = flags2;
	data[9] = 2;
}

static void check_rumble(const struct hid_host *h, bool vibrates, bool stops)
{
	if (!vibrates && !stops)
		return;
	const struct pf_pad_feedback *f = hid_host_told(h, PF_PAD_RUMBLE);
	assert_int_equal(f->rumble.low, vibrates ? 4 * 257 : 0);
	assert_int_equal(f->rumble.high, vibrates ? 3 * 257 : 0);
	assert_int_equal(f->rumble.left_trigger | f->rumble.right_trigger, 0);
}

static void check_triggers(const struct hid_host *h, bool right, bool left)
{
	unsigned found = 0;
	for (unsigned i = 0; i < h->count; i++) {
		if (h->told[i].kind != PF_PAD_TRIGGER)
			continue;
		bool is_right = h->told[i].trigger.right;
		found |= is_right ? 1 : 2;
		for (unsigned b = 0; b < PF_TRIGGER_EFFECT_MAX; b++)
			assert_int_equal(h->told[i].trigger.effect[b], (is_right ? 11 : 22) + b);
	}
	assert_int_equal(found, (right ? 1u : 0u) | (left ? 2u : 0u));
}

static void check_lights(const struct hid_host *h, bool lightbar, bool player, bool mic)
{
	if (lightbar) {
		const struct pf_pad_feedback *f = hid_host_told(h, PF_PAD_LED);
		assert_int_equal(f->led.red, 45);
		assert_int_equal(f->led.green, 46);
		assert_int_equal(f->led.blue, 47);
	}
	if (player)
		assert_int_equal(hid_host_told(h, PF_PAD_PLAYER_LEDS)->player_leds, 44 & 0x1F);
	if (mic)
		assert_int_equal(hid_host_told(h, PF_PAD_MIC_LED)->mic_led, 2);
}

static void flags_say_what_counts(void **state)
{
	struct hid_host h;
	hid_host_plug(&h, &pf_hid_dualsense);
	for (unsigned all = 0; all < 1u << 19; all++) {
		uint8_t data[64];
		unsigned f0 = all & 0xFF, f1 = all >> 8 & 0xFF, f2 = all >> 16;
		bool vibrates = f0 & 0x01 || f2 & 0x04, stops = !(f0 & ~0x02u) && !f1 && !f2;
		fill(data, (uint8_t)f0, (uint8_t)f1, (uint8_t)f2);
		hid_host_write(&h, data, OUTPUT_BYTES);
		check_rumble(&h, vibrates, stops);
		check_triggers(&h, f0 & 0x04, f0 & 0x08);
		check_lights(&h, f1 & 0x04, f1 & 0x10, f1 & 0x01);
		assert_int_equal(h.count, (vibrates || stops) + !!(f0 & 0x04) + !!(f0 & 0x08) +
						  !!(f1 & 0x04) + !!(f1 & 0x10) + !!(f1 & 0x01));
	}
	hid_host_unplug(&h);
}

static void a_short_report_has_what_it_has(void **state)
{
	/* The length from which on each is whole; vibration by either flag. */
	static const size_t from[] = {5, 10, 22, 33, 45, 48};
	struct hid_host h;
	uint8_t data[64];
	hid_host_plug(&h, &pf_hid_dualsense);
	fill(data, 0xFF, 0xFF, 0xFF);
	for (size_t len = 0; len <= sizeof(data); len++) {
		unsigned want = 0;
		for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++)
			want += len >= from[i];
		hid_host_write(&h, data, len);
		assert_int_equal(h.count, want);
	}
	fill(data, 0, 0, 0);
	for (size_t len = 0; len <= sizeof(data); len++) {
		hid_host_write(&h, data, len);
		assert_int_equal(h.count, len >= 40);
	}
	hid_host_unplug(&h);
}

static void motors_are_widened(void **state)
{
	struct hid_host h;
	uint8_t data[64] = {0x02, 0x03, 0, 0xFF, 0x80};
	hid_host_plug(&h, &pf_hid_dualsense_edge);
	hid_host_write(&h, data, OUTPUT_BYTES);
	assert_int_equal(hid_host_told(&h, PF_PAD_RUMBLE)->rumble.high, 0xFFFF);
	assert_int_equal(hid_host_told(&h, PF_PAD_RUMBLE)->rumble.low, 0x8080);
	hid_host_unplug(&h);
}

static void other_reports_and_values_are_let_be(void **state)
{
	struct hid_host h;
	uint8_t data[64];
	hid_host_plug(&h, &pf_hid_dualsense);
	for (unsigned id = 0; id < 256; id++) {
		fill(data, 0xFF, 0xFF, 0xFF);
		data[0] = (uint8_t)id;
		hid_host_write(&h, data, sizeof(data));
		assert_int_equal(h.count > 0, id == 2);
	}
	fill(data, 0, 0x01, 0);
	data[9] = 3; /* no such light */
	hid_host_write(&h, data, sizeof(data));
	assert_int_equal(h.count, 0);
	hid_host_unplug(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_of_the_input_report),
		cmocka_unit_test(the_edge_has_four_more_buttons),
		cmocka_unit_test(battery_is_told),
		cmocka_unit_test(time_goes_on),
		cmocka_unit_test(every_feature_report),
		cmocka_unit_test(flags_say_what_counts),
		cmocka_unit_test(a_short_report_has_what_it_has),
		cmocka_unit_test(motors_are_widened),
		cmocka_unit_test(other_reports_and_values_are_let_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
