/*
 * hid-playstation, or hid-sony before Linux 6.2, takes the virtual DualShock 4 for a real one. Runs as root in
 * scripts/kernel-vm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "playstation.h"

static struct playstation s;

static int plug_in(void **state)
{
	playstation_plug_in(&s, PF_GAMEPAD_DUALSHOCK_4, 0xD4);
	return 0;
}

static int unplug(void **state)
{
	playstation_unplug(&s);
	return 0;
}

static bool before_6_2(void)
{
	struct utsname name;
	unsigned major = 0, minor = 0;
	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
	return major < 6 || (major == 6 && minor < 2);
}

static void the_driver_binds(void **state)
{
	if (before_6_2())
		playstation_check_identity(&s, 0x09CC, "sony", "0xb400", "0xa00b");
	else
		playstation_check_identity(&s, 0x09CC, "playstation", "0x0000b400", "0x0000a00b");
}

static void every_button_arrives(void **state)
{
	playstation_check_buttons(&s);
}

static void every_axis_has_its_range(void **state)
{
	playstation_check_axes(&s);
}

static void motion_has_its_scale(void **state)
{
	playstation_check_motion(&s);
}

static void touches_arrive(void **state)
{
	struct pf_pad_report r = pf_pad_at_rest();
	playstation_check_touchpad(&s, 1920, 942);
	r.buttons = PF_PAD_TOUCHPAD;
	hid_pad_report(&s.pad, &r);
	hid_pad_expect_key(&s.touchpad, BTN_LEFT);
}

static void the_battery_is_shown(void **state)
{
	playstation_check_battery(&s);
}

static void rumble_comes_back(void **state)
{
	playstation_check_rumble(&s);
}

static void set_light(const char *which, const char *brightness)
{
	hid_pad_write_file(&s.gamepad, "leds", which, "brightness", brightness);
}

static void lights_come_back(void **state)
{
	set_light(":red", "255");
	set_light(":green", "16");
	set_light(":blue", "1");
	hid_pad_expect(&s.pad, &(struct pf_pad_feedback){.kind = PF_PAD_LED, .led = {255, 16, 1}});
	set_light(":global", "0");
	hid_pad_expect(&s.pad, &(struct pf_pad_feedback){.kind = PF_PAD_LED, .led = {0, 0, 0}});
}

static void feature_reports_are_answered(void **state)
{
	playstation_check_features(&s, 0x12, 0x08);
}

static void two_controllers_are_two(void **state)
{
	playstation_check_two(PF_GAMEPAD_DUALSHOCK_4);
}

static void unplugging_amid_the_set_up_harms_nothing(void **state)
{
	playstation_check_early_unplugging(PF_GAMEPAD_DUALSHOCK_4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_driver_binds, plug_in, unplug),
		cmocka_unit_test_setup_teardown(every_button_arrives, plug_in, unplug),
		cmocka_unit_test_setup_teardown(every_axis_has_its_range, plug_in, unplug),
		cmocka_unit_test_setup_teardown(motion_has_its_scale, plug_in, unplug),
		cmocka_unit_test_setup_teardown(touches_arrive, plug_in, unplug),
		cmocka_unit_test_setup_teardown(the_battery_is_shown, plug_in, unplug),
		cmocka_unit_test_setup_teardown(rumble_comes_back, plug_in, unplug),
		cmocka_unit_test_setup_teardown(lights_come_back, plug_in, unplug),
		cmocka_unit_test_setup_teardown(feature_reports_are_answered, plug_in, unplug),
		cmocka_unit_test(two_controllers_are_two),
		cmocka_unit_test(unplugging_amid_the_set_up_harms_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
