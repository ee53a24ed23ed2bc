/* Every byte of the DualShock 4's reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "hid_host.h"

static void every_byte_of_the_input_report(void **state)
{
	static const struct pf_pad_report busy = {
		.buttons = PF_PAD_BUTTONS & ~(PF_PAD_LEFT | PF_PAD_DOWN | PF_PAD_B),
		.lx = INT16_MAX,
		.ly = INT16_MAX,
		.rx = INT16_MIN,
		.ry = INT16_MIN,
		.lt = 0x12,
		.rt = 0xFE,
		.touch = {{true, 65535, 65535}, {true, 0, 32768}},
		.gyro = {20, -40, 2000},
		.accel = {0, 10000, -10000},
		.power = PF_PAD_DISCHARGING,
		.battery_percent = 99,
	};
	const uint8_t want[64] = {
		[0] = 0x01,
		[1] = 0xFF,
		0x00,
		0x00,
		0xFF, /* sticks */
		[5] = 0xB1,
		0xFF,
		0x03, /* north east, square, cross, triangle; all; PS, touchpad */
		[8] = 0x12,
		0xFE, /* triggers */
		[10] = 0xDC,
		0x05, /* 8 ms in ticks of 16/3 us: 1500 */
		[13] = 16,
		0,
		0xE0,
		0xFF,
		0x40,
		0x06, /* 1, -2 and 100 degrees a second */
		[19] = 0,
		0,
		0x00,
		0x20,
		0x00,
		0xE0,        /* 0, 1 and -1 g */
		[30] = 0x09, /* no cable, 90 to 99 % */
		[33] = 1,    /* one set of contacts */
		[34] = 1,    /* its time */
		[35] = 0x00,
		0x7F,
		0xD7,
		0x3A, /* 1919 = 77F, 941 = 3AD */
		[39] = 0x01,
		0x00,
		0x70,
		0x1D, /* 471 = 1D7 */
	};
	struct hid_host h;
	hid_host_plug(&h, &pf_hid_dualshock4);
	h.model->tick(h.state, 0);
	h.model->report(h.state, &busy, INT64_C(8000000));
	assert_int_equal(h.report_bytes, sizeof(want));
	assert_memory_equal(h.report, want, sizeof(want));
	hid_host_unplug(&h);
}

static void battery_is_told(void **state)
{
	static const struct {
		enum pf_pad_power power;
		uint8_t percent, status;
	} cases[] = {
		{PF_PAD_FULL, 100, 0x1B},
		{PF_PAD_POWER_UNKNOWN, 3, 0x1B},
		{PF_PAD_DISCHARGING, 9, 0x00},
		{PF_PAD_DISCHARGING, 100, 0x0A},
		{PF_PAD_CHARGING, 35, 0x13},
		{PF_PAD_CHARGING, 255, 0x1A},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct hid_host h;
		struct pf_pad_report r = {.power = cases[i].power, .battery_percent = cases[i].percent};
		hid_host_plug(&h, &pf_hid_dualshock4);
		h.model->report(h.state, &r, 0);
		assert_int_equal(h.report[30], cases[i].status);
		hid_host_unplug(&h);
	}
}

static void time_goes_on(void **state)
{
	struct hid_host h;
	uint16_t last = 0, now;
	hid_host_plug(&h, &pf_hid_dualshock4);
	for (int i = 0; i < 100; i++) {
		h.model->tick(h.state, i * INT64_C(12000000));
		memcpy(&now, h.report + 10, 2);
		if (i > 0)
			assert_int_equal((uint16_t)(now - last), 2250);
		last = now;
	}
	hid_host_unplug(&h);
}

static void every_feature_report(void **state)
{
	struct hid_host h;
	uint8_t out[PF_HID_REPORT_BYTES_MAX];
	hid_host_plug(&h, &pf_hid_dualshock4);

	assert_int_equal(h.model->get_feature(h.state, 0x02, out), 37);
	const uint8_t calibration[37] = {
		[0] = 0x02,
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

	assert_int_equal(h.model->get_feature(h.state, 0x12, out), 16);
	const uint8_t pairing[16] = {0x12, 0x55, 0x44, 0x33, 0x22, 0x11, 0x02};
	assert_memory_equal(out, pairing, sizeof(pairing));
	assert_int_equal(h.model->get_feature(h.state, 0x81, out), 7);
	assert_memory_equal(out + 1, pairing + 1, 6);

	assert_int_equal(h.model->get_feature(h.state, 0xA3, out), 49);
	assert_string_equal((char *)out + 1, "Sep 21 2018");
	assert_string_equal((char *)out + 17, "04:50:51");
	assert_memory_equal(out + 35, ((uint8_t[]){0x00, 0xB4}), 2);
	assert_memory_equal(out + 41, ((uint8_t[]){0x0B, 0xA0}), 2);
	hid_host_unplug(&h);
}

static void flags_say_what_counts(void **state)
{
	struct hid_host h;
	hid_host_plug(&h, &pf_hid_dualshock4);
	for (unsigned flags = 0; flags < 256; flags++) {
		uint8_t data[32] = {0x05, (uint8_t)flags, 0xFF, 0, 0x10, 0x80, 1, 2, 3, 4, 5};
		hid_host_write(&h, data, sizeof(data));
		assert_int_equal(h.count, (flags & 1) + (flags >> 1 & 1));
		if (flags & 1) {
			assert_int_equal(hid_host_told(&h, PF_PAD_RUMBLE)->rumble.low, 0x8080);
			assert_int_equal(hid_host_told(&h, PF_PAD_RUMBLE)->rumble.high, 0x1010);
		}
		if (flags & 2) {
			const struct pf_pad_feedback *f = hid_host_told(&h, PF_PAD_LED);
			assert_true(f->led.red == 1 && f->led.green == 2 && f->led.blue == 3);
		}
	}
	hid_host_unplug(&h);
}

static void a_short_report_has_what_it_has(void **state)
{
	struct hid_host h;
	uint8_t data[64] = {0x05, 0xFF};
	hid_host_plug(&h, &pf_hid_dualshock4);
	for (size_t len = 0; len <= sizeof(data); len++) {
		hid_host_write(&h, data, len);
		assert_int_equal(h.count, (len >= 6) + (len >= 9));
	}
	for (unsigned id = 0; id < 256; id++) {
		data[0] = (uint8_t)id;
		hid_host_write(&h, data, sizeof(data));
		assert_int_equal(h.count > 0, id == 5);
	}
	hid_host_unplug(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_of_the_input_report),
		cmocka_unit_test(battery_is_told),
		cmocka_unit_test(time_goes_on),
		cmocka_unit_test(every_feature_report),
		cmocka_unit_test(flags_say_what_counts),
		cmocka_unit_test(a_short_report_has_what_it_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
