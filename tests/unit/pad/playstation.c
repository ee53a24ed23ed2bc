/* What DualShock 4 and DualSense have in common: when reports leave, and fields that look the same in both. */
#include "pad/hid_playstation.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hid_host.h"

#define MS INT64_C(1000000)

static const struct pf_hid_model *const all[] = {
	&pf_hid_dualsense,
	&pf_hid_dualsense_edge,
	&pf_hid_dualshock4,
};
#define ALL (sizeof(all) / sizeof(*all))

static void reports_leave_on_change_and_by_the_clock(void **state)
{
	for (size_t i = 0; i < ALL; i++) {
		struct hid_host h;
		struct pf_pad_report r = pf_pad_at_rest();
		hid_host_plug(&h, all[i]);
		int64_t due_ns = h.model->tick(h.state, 1000 * MS);
		assert_int_equal(h.reports, 1);
		assert_in_range(due_ns - 1000 * MS, 1 * MS, 15 * MS);
		assert_int_equal(h.model->tick(h.state, due_ns - 1), due_ns);
		assert_int_equal(h.reports, 1);

		h.model->report(h.state, &r, 1001 * MS);
		assert_int_equal(h.reports, 1); /* nothing new */
		r.lx = 20000;
		h.model->report(h.state, &r, 1002 * MS);
		h.model->report(h.state, &r, 1003 * MS);
		assert_int_equal(h.reports, 2);
		assert_int_equal(h.model->tick(h.state, due_ns), due_ns + 2 * MS);
		assert_int_equal(h.reports, 2);
		h.model->tick(h.state, due_ns + 2 * MS);
		assert_int_equal(h.reports, 3);
		assert_int_equal(h.report[1], (20000 + 32768) >> 8);
		hid_host_unplug(&h);
	}
}

static void descriptors_fit_what_is_sent(void **state)
{
	static const size_t sizes[ALL] = {273, 389, 0};
	for (size_t i = 0; i < ALL; i++) {
		struct hid_host h;
		uint8_t out[PF_HID_REPORT_BYTES_MAX];
		hid_host_plug(&h, all[i]);
		h.model->tick(h.state, 0);
		assert_int_equal(
			h.report_bytes, hid_host_report_bytes(h.model, HID_INPUT_REPORT, h.report[0]));
		for (unsigned id = 0; id < 256; id++) {
			int len = h.model->get_feature(h.state, (uint8_t)id, out);
			if (len < 0)
				assert_int_equal(len, PF_ERR_NOT_FOUND);
			else
				assert_int_equal(
					len, hid_host_report_bytes(h.model, HID_FEATURE_REPORT, (uint8_t)id));
			if (len >= 0)
				assert_int_equal(out[0], id);
		}
		if (sizes[i])
			assert_int_equal(h.model->descriptor_bytes, sizes[i]);
		hid_host_unplug(&h);
	}
	assert_int_equal(hid_host_report_bytes(&pf_hid_dualsense, HID_OUTPUT_REPORT, 2), 48);
	assert_int_equal(hid_host_report_bytes(&pf_hid_dualsense_edge, HID_OUTPUT_REPORT, 2), 64);
	assert_int_equal(hid_host_report_bytes(&pf_hid_dualshock4, HID_OUTPUT_REPORT, 5), 32);
}

static void sticks_become_bytes(void **state)
{
	static const struct {
		int16_t v;
		uint8_t x, y;
	} cases[] = {
		{0, 0x80, 0x80},
		{INT16_MAX, 0xFF, 0x00},
		{INT16_MIN, 0x00, 0xFF},
		{INT16_MIN + 1, 0x00, 0xFF},
		{255, 0x80, 0x7F},
		{-1, 0x7F, 0x80},
		{16384, 0xC0, 0x40},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t out[4];
		struct pf_wr w = pf_wr_init(out, sizeof(out));
		int16_t v = cases[i].v;
		pf_ps_write_sticks(&w, &(struct pf_pad_report){.lx = v, .ly = v, .rx = v, .ry = v});
		assert_int_equal(out[0], cases[i].x);
		assert_int_equal(out[1], cases[i].y);
		assert_int_equal(out[2], cases[i].x);
		assert_int_equal(out[3], cases[i].y);
		assert_int_equal(w.len, 4);
	}
}

static unsigned buttons_of(struct pf_pad_report r)
{
	uint8_t out[2];
	struct pf_wr w = pf_wr_init(out, sizeof(out));
	pf_ps_write_buttons(&w, &r);
	assert_int_equal(w.len, 2);
	return out[0] | (unsigned)out[1] << 8;
}

static void buttons_have_their_bits(void **state)
{
	static const struct {
		uint32_t button;
		unsigned bits;
	} cases[] = {
		{PF_PAD_X, 0x0018},
		{PF_PAD_A, 0x0028},
		{PF_PAD_B, 0x0048},
		{PF_PAD_Y, 0x0088},
		{PF_PAD_LEFT_SHOULDER, 0x0108},
		{PF_PAD_RIGHT_SHOULDER, 0x0208},
		{PF_PAD_BACK, 0x1008},
		{PF_PAD_START, 0x2008},
		{PF_PAD_LEFT_STICK, 0x4008},
		{PF_PAD_RIGHT_STICK, 0x8008},
		{PF_PAD_GUIDE | PF_PAD_TOUCHPAD | PF_PAD_MISC, 0x0008},
		{PF_PAD_PADDLE_1 | PF_PAD_PADDLE_2 | PF_PAD_PADDLE_3 | PF_PAD_PADDLE_4, 0x0008},
		{PF_PAD_UP, 0},
		{PF_PAD_UP | PF_PAD_RIGHT, 1},
		{PF_PAD_RIGHT, 2},
		{PF_PAD_DOWN | PF_PAD_RIGHT, 3},
		{PF_PAD_DOWN, 4},
		{PF_PAD_DOWN | PF_PAD_LEFT, 5},
		{PF_PAD_LEFT, 6},
		{PF_PAD_UP | PF_PAD_LEFT, 7},
		{PF_PAD_UP | PF_PAD_DOWN, 8},
		{PF_PAD_LEFT | PF_PAD_RIGHT, 8},
		{PF_PAD_UP | PF_PAD_DOWN | PF_PAD_LEFT, 6},
		{PF_PAD_BUTTONS, 0xF3F8},
		{0, 8},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(
			buttons_of((struct pf_pad_report){.buttons = cases[i].button}), cases[i].bits);
	assert_int_equal(buttons_of((struct pf_pad_report){.lt = 1}), 0x0408);
	assert_int_equal(buttons_of((struct pf_pad_report){.rt = 255}), 0x0808);
}

static int16_t s16(const uint8_t *p)
{
	return (int16_t)(p[0] | p[1] << 8);
}

/* As drivers read it: (raw - bias) * numerator / denominator. */
static double physical(const uint8_t *calibration, int axis, int16_t raw)
{
	if (axis < 3) {
		double degrees = s16(calibration + 18) + s16(calibration + 20);
		double range = s16(calibration + 6 + 4 * axis) - s16(calibration + 8 + 4 * axis);
		assert_int_equal(s16(calibration + 2 * axis), 0);
		return raw * degrees / range;
	}
	const uint8_t *accel = calibration + 22 + 4 * (axis - 3);
	return raw * 2.0 / (s16(accel) - s16(accel + 2));
}

static void assert_near(double value, double want, double tolerance)
{
	assert_true(fabs(value - want) <= tolerance);
}

static void motion_is_physically_right(void **state)
{
	static const int16_t values[] = {0, 1, -1, 20, -20, 10000, -10000, 32767, -32768, 4321};
	uint8_t calibration[34], motion[12];
	struct pf_wr c = pf_wr_init(calibration, sizeof(calibration));
	pf_ps_write_calibration(&c);
	assert_false(c.failed);
	assert_int_equal(c.len, sizeof(calibration));
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		int16_t v = values[i];
		struct pf_wr w = pf_wr_init(motion, sizeof(motion));
		pf_ps_write_motion(&w, &(struct pf_pad_report){.gyro = {v, v, v}, .accel = {v, v, v}});
		assert_int_equal(w.len, sizeof(motion));
		for (int axis = 0; axis < 6; axis++) {
			double want = v / (axis < 3 ? 20.0 : 10000.0);
			double step = axis < 3 ? 1 / 16.0 : 1 / 8192.0;
			assert_near(physical(calibration, axis, s16(motion + 2 * axis)), want, step);
		}
	}
	assert_int_equal(s16(motion + 6), 3540); /* 4321 * 0.8192, rounded */
}

/* SDL leaves a calibration aside that is more than half away from 16 units a degree and 8192 a g. */
static void calibration_is_believed(void **state)
{
	uint8_t calibration[34];
	struct pf_wr c = pf_wr_init(calibration, sizeof(calibration));
	pf_ps_write_calibration(&c);
	for (int axis = 0; axis < 3; axis++) {
		assert_near(physical(calibration, axis, 16), 1.0, 0.25);
		assert_near(physical(calibration, 3 + axis, 8192), 1.0, 0.25);
	}
}

static void contacts_get_new_numbers(void **state)
{
	struct hid_host h;
	struct pf_pad_report r = pf_pad_at_rest();
	const uint8_t *contacts = h.report + 33; /* of the DualSense */
	hid_host_plug(&h, &pf_hid_dualsense);
	h.model->tick(h.state, 0);
	assert_memory_equal(contacts, ((uint8_t[]){0x80, 0, 0, 0, 0x80, 0, 0, 0}), 8);

	r.touch[0].down = true;
	r.touch[0].x = 65535;
	r.touch[0].y = 65535;
	h.model->report(h.state, &r, 1);
	/* 1919 = 77F, 1079 = 437 */
	assert_memory_equal(contacts, ((uint8_t[]){0x00, 0x7F, 0x77, 0x43, 0x80, 0, 0, 0}), 8);

	r.touch[1].down = true;
	r.touch[1].x = 32768;
	r.touch[1].y = 0;
	h.model->report(h.state, &r, 2);
	assert_memory_equal(contacts, ((uint8_t[]){0x00, 0x7F, 0x77, 0x43, 0x01, 0xC0, 0x03, 0x00}), 8);

	r.touch[0].down = false;
	r.touch[0].x = 0;
	h.model->report(h.state, &r, 3);
	assert_memory_equal(contacts, ((uint8_t[]){0x80, 0x7F, 0x77, 0x43, 0x01, 0xC0, 0x03, 0x00}), 8);
	r.touch[0].down = true;
	h.model->report(h.state, &r, 4);
	assert_memory_equal(contacts, ((uint8_t[]){0x02, 0x00, 0x70, 0x43, 0x01, 0xC0, 0x03, 0x00}), 8);
	for (int i = 0; i < 300; i++) {
		r.touch[0].down = !r.touch[0].down;
		h.model->report(h.state, &r, 5 + i);
		assert_int_equal(contacts[0] & 0x80, r.touch[0].down ? 0 : 0x80);
	}
	hid_host_unplug(&h);
}

static void any_output_is_survived(void **state)
{
	unsigned seed = 7;
	for (size_t i = 0; i < ALL; i++) {
		struct hid_host h;
		hid_host_plug(&h, all[i]);
		for (int round = 0; round < 20000; round++) {
			uint8_t data[80];
			size_t len = (size_t)rand_r(&seed) % (sizeof(data) + 1);
			for (size_t b = 0; b < sizeof(data); b++)
				data[b] = (uint8_t)rand_r(&seed);
			if (round % 2)
				data[0] = i == 2 ? 5 : 2;
			hid_host_write(&h, data, len);
		}
		hid_host_unplug(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_leave_on_change_and_by_the_clock),
		cmocka_unit_test(descriptors_fit_what_is_sent),
		cmocka_unit_test(sticks_become_bytes),
		cmocka_unit_test(buttons_have_their_bits),
		cmocka_unit_test(motion_is_physically_right),
		cmocka_unit_test(calibration_is_believed),
		cmocka_unit_test(contacts_get_new_numbers),
		cmocka_unit_test(any_output_is_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
