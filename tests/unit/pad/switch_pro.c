/* The Switch Pro Controller says what hid-nintendo and SDL read, byte by byte. */
#include "hid_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

static int set_up(void **state)
{
	struct hid_host *h = calloc(1, sizeof(*h));
	if (!h)
		return -1;
	hid_host_plug(h, &pf_hid_switch_pro);
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	hid_host_unplug(*state);
	free(*state);
	return 0;
}

static void report(struct hid_host *h, const struct pf_pad_report *r, int64_t now_ns)
{
	h->model->report(h->state, r, now_ns);
}

static int64_t tick(struct hid_host *h, int64_t now_ns)
{
	return h->model->tick(h->state, now_ns);
}

static void command(struct hid_host *h, const char *subcommand, size_t len)
{
	uint8_t bytes[64] = {0x01, 0x05, 0x00, 0x01, 0x40, 0x40, 0x00, 0x01, 0x40, 0x40};
	memcpy(bytes + 10, subcommand, len);
	hid_host_write(h, bytes, 10 + len);
}

#define WRITE(h, bytes) hid_host_write(h, (const uint8_t *)(bytes), sizeof(bytes) - 1)

/* What 0x21 says, from its acknowledgement on. */
#define ASK(h, sub) command(h, sub, sizeof(sub) - 1)
#define ANSWERED(h, bytes)                                                       \
	do {                                                                     \
		assert_int_equal((h)->report[0], 0x21);                          \
		assert_memory_equal((h)->report + 13, bytes, sizeof(bytes) - 1); \
		for (size_t rest = 13 + sizeof(bytes) - 1; rest < 64; rest++)    \
			assert_int_equal((h)->report[rest], 0);                  \
	} while (0)

static void begin_stream(struct hid_host *h)
{
	ASK(h, "\x03\x30");
	ASK(h, "\x40\x01");
	tick(h, 0);
	h->reports = 0;
}

static void the_descriptor_has_all_reports(void **state)
{
	static const uint8_t inputs[] = {0x21, 0x30, 0x81}, outputs[] = {0x01, 0x10, 0x80, 0x82};
	for (size_t i = 0; i < sizeof(inputs); i++)
		assert_int_equal(hid_host_report_bytes(&pf_hid_switch_pro, HID_INPUT_REPORT, inputs[i]), 64);
	for (size_t i = 0; i < sizeof(outputs); i++)
		assert_int_equal(
			hid_host_report_bytes(&pf_hid_switch_pro, HID_OUTPUT_REPORT, outputs[i]), 64);
	assert_int_equal(hid_host_report_bytes(&pf_hid_switch_pro, HID_FEATURE_REPORT, 0x30), 0);
}

static void usb_dialogue(void **state)
{
	struct hid_host *h = *state;
	WRITE(h, "\x80\x01");
	assert_memory_equal(h->report, "\x81\x01\x00\x03\x55\x44\x33\x22\x11\x02\0\0", 12);
	static const uint8_t echoed[] = {2, 3, 2, 4};
	for (size_t i = 0; i < sizeof(echoed); i++) {
		hid_host_write(h, (uint8_t[]){0x80, echoed[i]}, 2);
		assert_memory_equal(h->report, ((uint8_t[]){0x81, echoed[i], 0, 0}), 4);
	}
	unsigned before = h->reports;
	WRITE(h, "\x80\x05");
	WRITE(h, "\x80\x06");
	WRITE(h, "\x80\x92\x00\x01");
	WRITE(h, "\x80");
	WRITE(h, "\x82\x01");
	assert_int_equal(h->reports, before);
}

static void device_info_has_the_address(void **state)
{
	struct hid_host *h = *state;
	ASK(h, "\x02");
	ANSWERED(h, "\x82\x02\x04\x21\x03\x02\x02\x11\x22\x33\x44\x55\x01\x01");
}

static void orders_are_acknowledged(void **state)
{
	struct hid_host *h = *state;
	ASK(h, "\x03\x30");
	ANSWERED(h, "\x80\x03");
	ASK(h, "\x30\x01");
	ANSWERED(h, "\x80\x30");
	ASK(h, "\x38\x01\x00\x00\x11\x11");
	ANSWERED(h, "\x80\x38");
	ASK(h, "\x40\x01");
	ANSWERED(h, "\x80\x40");
	ASK(h, "\x41\x03\x00\x01\x01");
	ANSWERED(h, "\x80\x41");
	ASK(h, "\x48\x01");
	ANSWERED(h, "\x80\x48");
	ASK(h, "\x00");
	ANSWERED(h, "\x80\x00\x03");
	ASK(h, "\x22\x00");
	ANSWERED(h, "\x80\x22\x03");
	ASK(h, "\x11\x00\x60\x00\x00\x01\x00");
	ANSWERED(h, "\x80\x11\x01");
	ASK(h, "\x12\x00\x60\x00\x00");
	ANSWERED(h, "\x80\x12\x01");
	ASK(h, "\x04");
	ANSWERED(h, "\x83\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
}

static void orders_without_their_argument_are_refused(void **state)
{
	struct hid_host *h = *state;
	ASK(h, "\x30\x0F");
	static const uint8_t ids[] = {0x03, 0x10, 0x30, 0x38, 0x40, 0x41, 0x48};
	for (size_t i = 0; i < sizeof(ids); i++) {
		command(h, (const char *)&ids[i], 1);
		assert_int_equal(h->report[13], 0);
		assert_int_equal(h->report[14], ids[i]);
	}
	ASK(h, "\x41\x04\x00");
	ANSWERED(h, "\x00\x41");
	ASK(h, "\x31");
	ANSWERED(h, "\xB0\x31\x0F");
}

static void the_flash_holds_calibration(void **state)
{
	struct hid_host *h = *state;
	/* Sticks: left above, centre, below; right centre, below, above. */
	ASK(h, "\x10\x3D\x60\0\0\x12");
	ANSWERED(h, "\x90\x10\x3D\x60\0\0\x12"
		    "\xFF\xF7\x7F\x00\x08\x80\xFF\xF7\x7F\x00\x08\x80\xFF\xF7\x7F\xFF\xF7\x7F");
	ASK(h, "\x10\x20\x60\0\0\x18");
	ANSWERED(h,
		"\x90\x10\x20\x60\0\0\x18\0\0\0\0\0\0\0\x40\0\x40\0\x40\0\0\0\0\0\0\x3B\x34\x3B\x34\x3B\x34");
	ASK(h, "\x10\x10\x80\0\0\x02");
	ANSWERED(h, "\x90\x10\x10\x80\0\0\x02\xFF\xFF");
	ASK(h, "\x10\x1B\x80\0\0\x02");
	ANSWERED(h, "\x90\x10\x1B\x80\0\0\x02\xFF\xFF");
	ASK(h, "\x10\x26\x80\0\0\x02");
	ANSWERED(h, "\x90\x10\x26\x80\0\0\x02\xFF\xFF");
	ASK(h, "\x10\x50\x60\0\0\x0C");
	ANSWERED(h, "\x90\x10\x50\x60\0\0\x0C\x2D\x2D\x2D\xE6\xE6\xE6\x46\x46\x46\x46\x46\x46");
	ASK(h, "\x10\0\x60\0\0\x10");
	ANSWERED(h, "\x90\x10\0\x60\0\0\x10\0\0"
		    "021122334455\0\0");
	ASK(h, "\x10\x12\x60\0\0\x02");
	ANSWERED(h, "\x90\x10\x12\x60\0\0\x02\x03\xA0");
	ASK(h, "\x10\x80\x60\0\0\x18");
	ANSWERED(h, "\x90\x10\x80\x60\0\0\x18\0\0\0\0\0\x10\x19\xD0\x4C\xAE\x40\xE1\xEE\xE2\x2E\xEE\xE2\x2E"
		    "\xB4\x4A\xAB\x96\x64\x49");
}

static void the_flash_ends_in_blanks(void **state)
{
	struct hid_host *h = *state;
	ASK(h, "\x10\xA8\x60\0\0\x04");
	ANSWERED(h, "\x90\x10\xA8\x60\0\0\x04\x64\x49\xFF\xFF");
	ASK(h, "\x10\xFF\x5F\0\0\x02");
	ANSWERED(h, "\x90\x10\xFF\x5F\0\0\x02\xFF\0");
	ASK(h, "\x10\xFF\xFF\xFF\xFF\x02");
	ANSWERED(h, "\x90\x10\xFF\xFF\xFF\xFF\x02\xFF\xFF");
	ASK(h, "\x10\0\x60\0\0\x1D");
	assert_int_equal(h->report[13], 0x90);
	ASK(h, "\x10\0\x60\0\0\x1E");
	ANSWERED(h, "\x00\x10");
}

static void the_voltage_follows_the_battery(void **state)
{
	struct hid_host *h = *state;
	struct pf_pad_report r = pf_pad_at_rest();
	ASK(h, "\x50");
	ANSWERED(h, "\xD0\x50\x90\x06");
	r.battery_percent = 50;
	report(h, &r, 0);
	ASK(h, "\x50");
	ANSWERED(h, "\xD0\x50\xDC\x05");
	r.battery_percent = 255;
	report(h, &r, 0);
	ASK(h, "\x50");
	ANSWERED(h, "\xD0\x50\x90\x06");
}

static void at_rest(void **state)
{
	struct hid_host *h = *state;
	begin_stream(h);
	tick(h, 15 * MS);
	assert_int_equal(h->reports, 1);
	assert_memory_equal(h->report, "\x30\x03\x81\0\0\0\x00\x08\x80\x00\x08\x80\x70", 13);
	for (int i = 0; i < 3; i++)
		assert_memory_equal(h->report + 13 + 12 * i, "\0\0\0\0\0\x10\0\0\0\0\0\0", 12);
	for (int i = 49; i < 64; i++)
		assert_int_equal(h->report[i], 0);
}

static void buttons_are_where_they_were_pressed(void **state)
{
	static const struct {
		uint32_t ours;
		uint8_t theirs[3];
	} map[] = {{PF_PAD_X, {0x01}}, {PF_PAD_Y, {0x02}}, {PF_PAD_A, {0x04}}, {PF_PAD_B, {0x08}},
		{PF_PAD_RIGHT_SHOULDER, {0x40}}, {PF_PAD_BACK, {0, 0x01}}, {PF_PAD_START, {0, 0x02}},
		{PF_PAD_RIGHT_STICK, {0, 0x04}}, {PF_PAD_LEFT_STICK, {0, 0x08}}, {PF_PAD_GUIDE, {0, 0x10}},
		{PF_PAD_MISC, {0, 0x20}}, {PF_PAD_DOWN, {0, 0, 0x01}}, {PF_PAD_UP, {0, 0, 0x02}},
		{PF_PAD_RIGHT, {0, 0, 0x04}}, {PF_PAD_LEFT, {0, 0, 0x08}},
		{PF_PAD_LEFT_SHOULDER, {0, 0, 0x40}},
		{PF_PAD_PADDLE_1 | PF_PAD_PADDLE_4 | PF_PAD_TOUCHPAD, {0}}};
	struct hid_host *h = *state;
	begin_stream(h);
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
		struct pf_pad_report r = pf_pad_at_rest();
		r.buttons = map[i].ours;
		report(h, &r, (int64_t)(i + 1) * 20 * MS);
		assert_memory_equal(h->report + 3, map[i].theirs, 3);
	}
}

static void triggers_are_switches(void **state)
{
	struct hid_host *h = *state;
	begin_stream(h);
	struct pf_pad_report r = pf_pad_at_rest();
	r.lt = r.rt = 127;
	report(h, &r, 20 * MS);
	assert_memory_equal(h->report + 3, "\0\0\0", 3);
	r.lt = 128;
	report(h, &r, 40 * MS);
	assert_memory_equal(h->report + 3, "\0\0\x80", 3);
	r.rt = 128;
	report(h, &r, 60 * MS);
	assert_memory_equal(h->report + 3, "\x80\0\x80", 3);
}

static void sticks_reach_what_calibration_says(void **state)
{
	struct hid_host *h = *state;
	begin_stream(h);
	struct pf_pad_report r = pf_pad_at_rest();
	r.lx = 32767, r.ly = -32768, r.rx = -32767, r.ry = 32767;
	report(h, &r, 20 * MS);
	assert_memory_equal(h->report + 6, "\xFF\x1F\x00\x01\xF0\xFF", 6);
	r.lx = 8, r.ly = -8, r.rx = 16384, r.ry = 0;
	report(h, &r, 40 * MS);
	assert_memory_equal(h->report + 6, "\x00\x08\x80\x00\x0C\x80", 6);
}

static void the_battery_has_five_levels(void **state)
{
	static const struct {
		enum pf_pad_power power;
		uint8_t percent, expected;
	} rows[] = {{PF_PAD_DISCHARGING, 0, 0x00}, {PF_PAD_DISCHARGING, 13, 0x20},
		{PF_PAD_DISCHARGING, 50, 0x40}, {PF_PAD_DISCHARGING, 75, 0x60},
		{PF_PAD_DISCHARGING, 100, 0x80}, {PF_PAD_DISCHARGING, 101, 0x80}, {PF_PAD_CHARGING, 40, 0x51},
		{PF_PAD_FULL, 97, 0x81}, {PF_PAD_POWER_UNKNOWN, 255, 0x81}, {PF_PAD_POWER_UNKNOWN, 25, 0x21}};
	struct hid_host *h = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pf_pad_report r = pf_pad_at_rest();
		r.power = rows[i].power;
		r.battery_percent = rows[i].percent;
		report(h, &r, 0);
		ASK(h, "\x00");
		assert_int_equal(h->report[2], rows[i].expected);
	}
}

static int16_t sample(const struct hid_host *h, int which, int word)
{
	const uint8_t *at = h->report + 13 + 12 * which + 2 * word;
	return (int16_t)(at[0] | at[1] << 8);
}

/* Ours x right, y up, z towards the player; theirs x away, y left, z up. */
static void motion_is_turned_into_their_axes(void **state)
{
	struct hid_host *h = *state;
	begin_stream(h);
	struct pf_pad_report r = pf_pad_at_rest();
	memcpy(r.accel, (int16_t[]){10000, 5000, -20000}, sizeof(r.accel));
	memcpy(r.gyro, (int16_t[]){2000, -200, 20000}, sizeof(r.gyro));
	for (int i = 0; i < 3; i++)
		report(h, &r, MS);
	tick(h, 15 * MS);
	static const int16_t expected[] = {8192, -4096, 2048, -14247, -1425, -142};
	for (int word = 0; word < 6; word++) {
		for (int which = 0; which < 3; which++)
			assert_int_equal(sample(h, which, word), expected[word]);
	}
}

static void motion_keeps_its_order(void **state)
{
	struct hid_host *h = *state;
	begin_stream(h);
	struct pf_pad_report r = pf_pad_at_rest();
	for (int16_t i = 1; i <= 4; i++) {
		r.accel[1] = (int16_t)(i * 1000 * 10 / 4);
		report(h, &r, i * MS);
	}
	tick(h, 15 * MS);
	assert_int_equal(sample(h, 0, 2), 2048);
	assert_int_equal(sample(h, 1, 2), 3072);
	assert_int_equal(sample(h, 2, 2), 4096);
	r.accel[1] = 20000;
	report(h, &r, 16 * MS);
	tick(h, 30 * MS);
	assert_int_equal(sample(h, 0, 2), 4096);
	assert_int_equal(sample(h, 1, 2), 4096);
	assert_int_equal(sample(h, 2, 2), 8192);
}

static void motion_obeys(void **state)
{
	struct hid_host *h = *state;
	begin_stream(h);
	struct pf_pad_report r = pf_pad_at_rest();
	r.gyro[1] = 2000;
	ASK(h, "\x41\x00\x02\x01\x01");
	for (int i = 0; i < 3; i++)
		report(h, &r, MS);
	tick(h, 15 * MS);
	assert_int_equal(sample(h, 2, 2), 16384);
	assert_int_equal(sample(h, 2, 5), 11398);
	r.gyro[1] = 32767;
	r.accel[1] = 32767;
	report(h, &r, 16 * MS);
	tick(h, 30 * MS);
	assert_int_equal(sample(h, 2, 2), 32767);
	assert_int_equal(sample(h, 2, 5), 32767);
	ASK(h, "\x40\x00");
	tick(h, 45 * MS);
	for (int word = 0; word < 18; word++)
		assert_int_equal(sample(h, 0, word), 0);
	ASK(h, "\x40\x01");
	r = pf_pad_at_rest();
	report(h, &r, 46 * MS);
	tick(h, 60 * MS);
	assert_int_equal(sample(h, 2, 2), 4096);
}

static void reports_come_when_they_are_wanted(void **state)
{
	struct hid_host *h = *state;
	struct pf_pad_report r = pf_pad_at_rest();
	assert_int_equal(tick(h, MS), PF_PAD_NEVER);
	report(h, &r, MS);
	assert_int_equal(h->reports, 0);
	WRITE(h, "\x80\x04");
	h->reports = 0;
	assert_int_equal(tick(h, 100 * MS), 115 * MS);
	assert_int_equal(h->reports, 1);
	assert_int_equal(tick(h, 114 * MS), 115 * MS);
	assert_int_equal(h->reports, 1);
	/* Motion waits for its turn; a button does not. */
	r.gyro[0] = 1000;
	report(h, &r, 112 * MS);
	assert_int_equal(h->reports, 1);
	r.buttons = PF_PAD_A;
	report(h, &r, 113 * MS);
	assert_int_equal(h->reports, 2);
	r.buttons = 0;
	report(h, &r, 114 * MS);
	assert_int_equal(h->reports, 2);
	assert_int_equal(tick(h, 115 * MS), 118 * MS);
	assert_int_equal(tick(h, 118 * MS), 133 * MS);
	assert_int_equal(h->reports, 3);
	/* A program that leaves does not silence the others' controller. */
	WRITE(h, "\x80\x05");
	ASK(h, "\x03\x3F");
	assert_int_equal(tick(h, 119 * MS), 133 * MS);
}

static void expect_rumble(const struct hid_host *h, uint16_t low, uint16_t high)
{
	const struct pf_pad_feedback *f = hid_host_told(h, PF_PAD_RUMBLE);
	assert_int_equal(f->rumble.low, low);
	assert_int_equal(f->rumble.high, high);
	assert_int_equal(f->rumble.left_trigger, 0);
	assert_int_equal(f->rumble.right_trigger, 0);
}

static void rumble_is_felt(void **state)
{
	static const uint8_t left[] = {0x10, 0, 0x00, 0xC9, 0x40, 0x72, 0x00, 0x01, 0x40, 0x40};
	static const uint8_t both[] = {0x10, 1, 0x00, 0xC9, 0x40, 0x72, 0x00, 0xC9, 0x40, 0x72};
	struct hid_host *h = *state;
	hid_host_write(h, left, sizeof(left));
	expect_rumble(h, 65535, 0);
	hid_host_write(h, both, sizeof(both));
	expect_rumble(h, 65535, 65535);
	ASK(h, "\x00"); /* has words of silence */
	expect_rumble(h, 0, 0);
}

static void vibration_can_be_off(void **state)
{
	static const uint8_t off[] = {1, 0, 0, 0xC9, 0x40, 0x72, 0, 0xC9, 0x40, 0x72, 0x48, 0};
	static const uint8_t both[] = {0x10, 1, 0x00, 0xC9, 0x40, 0x72, 0x00, 0xC9, 0x40, 0x72};
	struct hid_host *h = *state;
	hid_host_write(h, off, sizeof(off));
	assert_int_equal(h->count, 2);
	assert_int_equal(h->told[1].kind, PF_PAD_RUMBLE);
	assert_int_equal(h->told[1].rumble.low, 0);
	hid_host_write(h, both, sizeof(both));
	assert_int_equal(h->count, 0);
	ASK(h, "\x48\x01");
	hid_host_write(h, both, sizeof(both));
	expect_rumble(h, 65535, 65535);
}

static void player_lights_are_told(void **state)
{
	struct hid_host *h = *state;
	ASK(h, "\x30\x03");
	assert_int_equal(hid_host_told(h, PF_PAD_PLAYER_LEDS)->player_leds, 3);
	ASK(h, "\x30\x81");
	assert_int_equal(hid_host_told(h, PF_PAD_PLAYER_LEDS)->player_leds, 9);
	ASK(h, "\x31");
	ANSWERED(h, "\xB0\x31\x81");
}

static void anything_may_come(void **state)
{
	static const uint8_t whole[] = {
		0x01, 0, 0, 1, 0x40, 0x40, 0, 1, 0x40, 0x40, 0x10, 0x3D, 0x60, 0, 0, 18};
	struct hid_host *h = *state;
	for (size_t len = 0; len <= sizeof(whole); len++) {
		unsigned inputs = h->reports;
		hid_host_write(h, whole, len);
		assert_int_equal(h->reports - inputs, len > 10);
		assert_int_equal(h->count, len >= 10);
	}
	srand(1);
	for (int i = 0; i < 200000; i++) {
		static const uint8_t ids[] = {0x01, 0x10, 0x80, 0x82};
		uint8_t bytes[PF_HID_REPORT_BYTES_MAX];
		for (size_t k = 0; k < sizeof(bytes); k++)
			bytes[k] = (uint8_t)rand();
		if (i % 8)
			bytes[0] = ids[i % 4];
		hid_host_write(h, bytes, (size_t)rand() % (sizeof(bytes) + 1));
		tick(h, i * MS);
	}
	uint8_t feature[PF_HID_REPORT_BYTES_MAX];
	for (unsigned id = 0; id < 256; id++)
		assert_int_equal(h->model->get_feature(h->state, (uint8_t)id, feature), PF_ERR_NOT_FOUND);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(the_descriptor_has_all_reports),
		T(usb_dialogue),
		T(device_info_has_the_address),
		T(orders_are_acknowledged),
		T(orders_without_their_argument_are_refused),
		T(the_flash_holds_calibration),
		T(the_flash_ends_in_blanks),
		T(the_voltage_follows_the_battery),
		T(at_rest),
		T(buttons_are_where_they_were_pressed),
		T(triggers_are_switches),
		T(sticks_reach_what_calibration_says),
		T(the_battery_has_five_levels),
		T(motion_is_turned_into_their_axes),
		T(motion_keeps_its_order),
		T(motion_obeys),
		T(reports_come_when_they_are_wanted),
		T(rumble_is_felt),
		T(vibration_can_be_off),
		T(player_lights_are_told),
		T(anything_may_come),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
