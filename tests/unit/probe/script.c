#include "probe/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "probe/script_tests.h"
#include "proto/native/datagram.h"

static struct pf_script script;
static struct pf_reason reason;

static int read_script(const char *text)
{
	pf_script_free(&script);
	reason.text[0] = '\0';
	return pf_script_text(&script, text, strlen(text), &reason);
}

static struct pf_datagram step(size_t i)
{
	struct pf_datagram d;
	assert_true(i < script.count);
	assert_int_equal(pf_datagram_read(&d, script.step[i].bytes, script.step[i].len), PF_OK);
	return d;
}

/* The only event of a one-line script. */
static struct pf_datagram only(const char *line)
{
	int err = read_script(line);
	if (err)
		print_message("%s: %s\n", line, reason.text);
	assert_int_equal(err, PF_OK);
	assert_int_equal(script.count, 1);
	return step(0);
}

static void events_are_what_they_say(void **state)
{
	static const struct {
		const char *line;
		struct pf_input_event e;
	} good[] = {
		{"key down 0x41", {PF_INPUT_KEY_DOWN, 0x41, 0, 0, 0}},
		{"key up 65", {PF_INPUT_KEY_UP, 65, 0, 0, 0}},
		{"edge down 0x41", {PF_INPUT_KEY_DOWN, 0x41, 0, 0, 0}},
		{"move 10 -5", {PF_INPUT_MOVE, 0, 10, -5, 0}},
		{"  place 640\t360 1280 720 ", {PF_INPUT_MOVE_ABS, 0, 640, 360, 1280u << 16 | 720}},
		{"button left down", {PF_INPUT_BUTTON_DOWN, PF_BUTTON_LEFT, 0, 0, 0}},
		{"button forward up", {PF_INPUT_BUTTON_UP, PF_BUTTON_FORWARD, 0, 0, 0}},
		{"wheel vertical 120", {PF_INPUT_WHEEL, PF_SCROLL_VERTICAL, 120, 0, 0}},
		{"wheel horizontal -30 precise", {PF_INPUT_WHEEL, PF_SCROLL_HORIZONTAL, -30, 0, 1}},
		{"scroll vertical finger update -7",
			{PF_INPUT_SCROLL, PF_SCROLL_VERTICAL, -7 * 256, 0, 0x202}},
		{"scroll horizontal wheel none 1.5", {PF_INPUT_SCROLL, PF_SCROLL_HORIZONTAL, 384, 0, 1}},
		{"touch 3 down 100 200 1280 720", {PF_INPUT_TOUCH_DOWN, 3, 100, 200, 1280u << 16 | 720}},
		{"touch 3 up", {PF_INPUT_TOUCH_UP, 3, 0, 0, 0}},
		{"pad 2 arrive dualsense haptics speaker",
			{PF_INPUT_PAD_ARRIVED, PF_GAMEPAD_DUALSENSE, 0, 0, 0x302}},
		{"pad 1 remove", {PF_INPUT_PAD_REMOVED, 0, 0, 0, 1u << 24 | 1}},
		{"pad 4 button a down", {PF_INPUT_PAD_BUTTON, PF_PAD_A, 1, 0, 4}},
		{"pad 4 axis lt 255", {PF_INPUT_PAD_AXIS, PF_AXIS_LT, 255, 0, 4}},
		{"text ü", {PF_INPUT_TEXT, 0xFC, 0, 0, 0}},
		{"text  ", {PF_INPUT_TEXT, ' ', 0, 0, 0}},
		{"datagram c80300000000640000003200000020032003",
			{PF_INPUT_MOVE_ABS, 0, 100, 50, 0x03200320}},
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct pf_datagram d = only(good[i].line);
		assert_int_equal(d.tag, PF_DATAGRAM_INPUT);
		assert_memory_equal(&d.input, &good[i].e, sizeof(d.input));
		assert_int_equal(script.step[0].edge, strncmp(good[i].line, "edge", 4) == 0);
	}
}

static void pads_have_a_state_and_a_sequence(void **state)
{
	assert_int_equal(
		read_script(
			"pad 3 state buttons=a,up,p4 lx=1000 ry=-32768 lt=255\npad 3 state\npad 3 remove\n"
			"pad 0 state"),
		PF_OK);
	struct pf_datagram first = step(0), second = step(1), gone = step(2), other = step(3);
	struct pf_pad_state s = pf_input_pad_state(&first.input);
	assert_int_equal(s.pad, 3);
	assert_int_equal(s.buttons, PF_PAD_A | PF_PAD_UP | PF_PAD_PADDLE_4);
	assert_int_equal(s.lx, 1000);
	assert_int_equal(s.ry, -32768);
	assert_int_equal(s.lt, 255);
	assert_int_equal(s.seq, 1);
	assert_int_equal(pf_input_pad_seq(&second.input), 2);
	assert_int_equal(pf_input_pad_seq(&gone.input), 3);
	assert_int_equal(pf_input_pad_seq(&other.input), 1);
}

static void rich_input_is_what_it_says(void **state)
{
	struct pf_rich_input r = only("pad 1 motion -100 200 -300 16384 -8192 1").rich;
	assert_int_equal(r.kind, PF_RICH_MOTION);
	assert_int_equal(r.motion.gyro[2], -300);
	assert_int_equal(r.motion.accel[0], 16384);
	r = only("pad 0 touch 1 1 30000 20000").rich;
	assert_int_equal(r.touchpad.finger, 1);
	assert_true(r.touchpad.touching);
	assert_int_equal(r.touchpad.y, 20000);
	r = only("pad 2 surface left 1 touched,clicked -12345 30000 4000").rich;
	assert_int_equal(r.touchpad_ext.surface, 1);
	assert_true(r.touchpad_ext.touched && r.touchpad_ext.clicked);
	assert_int_equal(r.touchpad_ext.x, -12345);
	r = only("pad 5 report 0102ff").rich;
	assert_int_equal(r.raw.len, 3);
	r = only("pen near 0.5 0.25 / near,touch,barrel1 0.5 1 pressure=30000 tilt=35 azimuth=90 after=1904 "
		 "tool=eraser")
		    .rich;
	assert_int_equal(r.pen.count, 2);
	assert_int_equal(r.pen.seq, 1);
	assert_int_equal(r.pen.sample[0].hover, PF_PEN_UNKNOWN);
	assert_int_equal(r.pen.sample[1].state, PF_PEN_IN_RANGE | PF_PEN_TOUCHING | PF_PEN_BARREL_1);
	assert_int_equal(r.pen.sample[1].pressure, 30000);
	assert_int_equal(r.pen.sample[1].tool, 1);
	assert_int_equal(r.pen.sample[1].delta_us, 1904);
	assert_true(r.pen.sample[1].y == 1);
}

static void time_passes_where_it_is_told_to(void **state)
{
	assert_int_equal(
		read_script("key tap 0x41\nwait 100\n\n# nothing\nmove 1 1\r\nevery 2.5\nmove 2 2\nmove 3 3\n"
			    "move 4 4"),
		PF_OK);
	static const int64_t at_ns[] = {0, 0, 100000000, 100000000, 102500000, 105000000};
	assert_int_equal(script.count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(script.step[i].at_ns, at_ns[i]);
}

static void text_is_taken_as_it_stands(void **state)
{
	assert_int_equal(read_script("text grüße # 😀"), PF_OK);
	static const uint32_t scalars[] = {'g', 'r', 0xFC, 0xDF, 'e', ' ', '#', ' ', 0x1F600};
	assert_int_equal(script.count, 9);
	for (size_t i = 0; i < 9; i++)
		assert_int_equal(step(i).input.code, scalars[i]);
}

static void errors_name_the_line_and_the_reason(void **state)
{
	static const char *const bad[][2] = {
		{"keys down 0x41", "no event \"keys\""},
		{"key press 0x41", "\"press\" is no way to press a key (down, up, tap)"},
		{"key down A", "a virtual key is a number"},
		{"key down", "a virtual key is a number"},
		{"key down 0x41 again", "\"again\" is too much"},
		{"move 1", "a distance is a number"},
		{"move 1 99999999999", "a distance is a number"},
		{"place 1 2 3 65536", "the height of the surface"},
		{"wait -1", "a time in milliseconds"},
		{"wait nan", "a time in milliseconds"},
		{"button side down", "\"side\" is no button (left,"},
		{"scroll vertical finger update", "the amount"},
		{"pad 16 remove", "a pad is a number from 0 to 15"},
		{"pad 0 fly", "no event \"fly\" of a pad"},
		{"pad 0 state lx", "not of the form name=value"},
		{"pad 0 state lx=40000", "lx is a number"},
		{"pad 0 state buttons=a,q", "\"q\" is no button of a pad"},
		{"pad 0 report 012", "in hexadecimal"},
		{"pen near 0.5 0.5 colour=1", "a pen has no \"colour\""},
		{"pen", "is no state of a pen"},
		{"datagram", "a datagram is 1 to"},
		{"text \xff", "not UTF-8"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char text[200];
		snprintf(text, sizeof(text), "move 1 1\n\n%s\nmove 2 2\n", bad[i][0]);
		assert_int_equal(read_script(text), PF_ERR_INVALID);
		if (!strstr(reason.text, bad[i][1]))
			print_message("%s -> %s\n", bad[i][0], reason.text);
		assert_non_null(strstr(reason.text, bad[i][1]));
		assert_int_equal(strncmp(reason.text, "line 3: ", 8), 0);
		assert_int_equal(script.count, 1);
	}
	char long_line[5000];
	memset(long_line, 'x', sizeof(long_line));
	assert_int_equal(pf_script_line(&script, long_line, sizeof(long_line), &reason), PF_ERR_INVALID);
}

static void the_built_in_tests_are_scripts(void **state)
{
	const struct pf_probe_options o = {
		.mode = {1280, 720, 60}, .input_test = true, .touch_test = true, .rich_input_test = true};
	char *text = pf_probe_test_script(&o);
	assert_int_equal(read_script(text), PF_OK);
	free(text);
	assert_true(script.count > 600);
	for (size_t i = 0; i < script.count; i++)
		step(i);
	assert_true(script.end_ns < INT64_C(10000000000));
	assert_int_equal(step(script.count - 1).input.kind, PF_INPUT_PAD_REMOVED);
}

static int forget(void **state)
{
	pf_script_free(&script);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_what_they_say),
		cmocka_unit_test(pads_have_a_state_and_a_sequence),
		cmocka_unit_test(rich_input_is_what_it_says),
		cmocka_unit_test(time_passes_where_it_is_told_to),
		cmocka_unit_test(text_is_taken_as_it_stands),
		cmocka_unit_test(errors_name_the_line_and_the_reason),
		cmocka_unit_test(the_built_in_tests_are_scripts),
	};
	return cmocka_run_group_tests(tests, NULL, forget);
}
