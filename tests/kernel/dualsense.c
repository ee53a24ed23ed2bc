/* hid-playstation takes the virtual DualSense and DualSense Edge for real ones. Runs as root in scripts/kernel-vm. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "playstation.h"

#define OUTPUT_BYTES 48
#define SECOND       INT64_C(1000000000)

static struct playstation s;

static int plug_in(void **state)
{
	playstation_plug_in(&s, PF_GAMEPAD_DUALSENSE, 0xF1);
	return 0;
}

static int unplug(void **state)
{
	playstation_unplug(&s);
	return 0;
}

static void the_driver_binds(void **state)
{
	playstation_check_identity(&s, 0x0CE6, "playstation", "0x01000208", "0x0110002a");
}

static void the_edge_binds_and_works(void **state)
{
	struct playstation edge;
	playstation_plug_in(&edge, PF_GAMEPAD_DUALSENSE_EDGE, 0xE1);
	playstation_check_identity(&edge, 0x0DF2, "playstation", "0x01000208", "0x0110002a");
	playstation_check_buttons(&edge);
	playstation_check_motion(&edge);
	playstation_check_touchpad(&edge, 1920, 1080);
	playstation_check_rumble(&edge);
	playstation_unplug(&edge);
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
	playstation_check_touchpad(&s, 1920, 1080);
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

static void lights_come_back(void **state)
{
	/* What the driver begins with, for its first player. */
	hid_pad_expect(&s.pad, &(struct pf_pad_feedback){.kind = PF_PAD_LED, .led = {0, 0, 128}});
	hid_pad_expect(&s.pad, &(struct pf_pad_feedback){.kind = PF_PAD_PLAYER_LEDS, .player_leds = 4});
	hid_pad_write_file(&s.gamepad, "leds", ":rgb:indicator", "brightness", "255");
	hid_pad_write_file(&s.gamepad, "leds", ":rgb:indicator", "multi_intensity", "255 16 1");
	hid_pad_expect(&s.pad, &(struct pf_pad_feedback){.kind = PF_PAD_LED, .led = {255, 16, 1}});
	hid_pad_write_file(&s.gamepad, "leds", ":player-3", "brightness", "0");
	hid_pad_expect(&s.pad, &(struct pf_pad_feedback){.kind = PF_PAD_PLAYER_LEDS, .player_leds = 0});
	hid_pad_write_file(&s.gamepad, "leds", ":player-1", "brightness", "1");
	hid_pad_write_file(&s.gamepad, "leds", ":player-5", "brightness", "1");
	hid_pad_expect(&s.pad, &(struct pf_pad_feedback){.kind = PF_PAD_PLAYER_LEDS, .player_leds = 0x11});
}

static void the_mute_button_lights_up(void **state)
{
	struct pf_pad_report r = pf_pad_at_rest();
	for (uint8_t lit = 1; lit < 3; lit++) {
		r.buttons = PF_PAD_MISC;
		hid_pad_report(&s.pad, &r);
		hid_pad_expect(&s.pad, &(struct pf_pad_feedback){.kind = PF_PAD_MIC_LED, .mic_led = lit % 2});
		r.buttons = 0;
		hid_pad_report(&s.pad, &r);
		hid_pad_serve(SECOND / 20);
	}
}

static void games_write_reports_of_their_own(void **state)
{
	static const uint8_t r2[] = {0x21, 0xFC, 0x03, 0x49, 0x92, 0x24, 0, 0, 0, 0, 0x10};
	static const uint8_t l2[] = {0x26, 0xF0, 0x03, 0, 0, 0, 0x20, 0, 0, 0x28, 0};
	uint8_t data[OUTPUT_BYTES] = {[0] = 0x02, [1] = 0x0C, [2] = 0x01, [9] = 2};
	struct pf_pad_feedback f = {.kind = PF_PAD_TRIGGER, .trigger.right = true};
	memcpy(data + 11, r2, sizeof(r2));
	memcpy(data + 22, l2, sizeof(l2));
	int fd = hid_pad_open_hidraw(&s.gamepad);
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	memcpy(f.trigger.effect, r2, sizeof(r2));
	hid_pad_expect(&s.pad, &f);
	f.trigger.right = false;
	memcpy(f.trigger.effect, l2, sizeof(l2));
	hid_pad_expect(&s.pad, &f);
	hid_pad_expect(&s.pad, &(struct pf_pad_feedback){.kind = PF_PAD_MIC_LED, .mic_led = 2});

	/* Each trigger is on its own. */
	data[22] = 0x05;
	assert_int_equal(write(fd, data, sizeof(data)), sizeof(data));
	f.trigger.effect[0] = 0x05;
	hid_pad_expect(&s.pad, &f);
	close(fd);
}

static void feature_reports_are_answered(void **state)
{
	playstation_check_features(&s, 0x09, 0x08);
}

static void two_controllers_are_two(void **state)
{
	playstation_check_two(PF_GAMEPAD_DUALSENSE);
}

static void unplugging_amid_the_set_up_harms_nothing(void **state)
{
	playstation_check_early_unplugging(PF_GAMEPAD_DUALSENSE);
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
		cmocka_unit_test_setup_teardown(the_mute_button_lights_up, plug_in, unplug),
		cmocka_unit_test_setup_teardown(games_write_reports_of_their_own, plug_in, unplug),
		cmocka_unit_test_setup_teardown(feature_reports_are_answered, plug_in, unplug),
		cmocka_unit_test(the_edge_binds_and_works),
		cmocka_unit_test(two_controllers_are_two),
		cmocka_unit_test(unplugging_amid_the_set_up_harms_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
