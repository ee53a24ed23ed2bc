/* A client's pen: samples become states (native-control 5.7). */
#include "input/pen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct pf_pen_stream stream;
static struct pf_pen states[32];
static unsigned count;
static uint16_t seq;

static void on_pen(void *user, const struct pf_pen *pen)
{
	assert_true(count < 32);
	states[count++] = *pen;
}

static const struct pf_pen_sink sink = {on_pen, NULL};

static int set_up(void **state)
{
	stream = (struct pf_pen_stream){0};
	count = 0;
	seq = 100;
	return 0;
}

static struct pf_pen_sample sample(uint8_t state, uint8_t tool)
{
	return (struct pf_pen_sample){.state = state,
		.tool = tool,
		.x = 0.25f,
		.y = 0.75f,
		.pressure = 40000,
		.hover = 300,
		.tilt_deg = 45,
		.azimuth_deg = 90,
		.roll_deg = 400};
}

static void play(struct pf_pen_sample s)
{
	struct pf_pen_batch b = {.seq = ++seq, .count = 1, .sample = {s}};
	pf_pen_stream_batch(&stream, &b, 1000, &sink);
}

#define IN      PF_PEN_IN_RANGE
#define TOUCHES (PF_PEN_IN_RANGE | PF_PEN_TOUCHING)

static void hover_touch_and_leave(void **state)
{
	play(sample(IN, 0));
	assert_true(states[0].near && !states[0].touching && states[0].pressure == 0);
	assert_true(states[0].hover == 300 && states[0].x == 0.25f && states[0].y == 0.75f);
	assert_int_equal(states[0].roll_deg, 40);
	play(sample(TOUCHES | PF_PEN_BARREL_2, 0));
	assert_true(states[1].touching && states[1].pressure == 40000 && states[1].hover == 0);
	assert_true(states[1].barrel_2 && !states[1].barrel_1);
	play(sample(0, 0));
	assert_true(!states[2].near && !states[2].touching && !states[2].barrel_2 && states[2].pressure == 0);
	play(sample(0, 0));
	assert_int_equal(count, 3);
}

static void another_tool_goes_through_away(void **state)
{
	play(sample(TOUCHES, 0));
	play(sample(TOUCHES, 1));
	assert_int_equal(count, 3);
	assert_true(!states[1].near && !states[1].eraser);
	assert_true(states[2].near && states[2].touching && states[2].eraser);
	play(sample(IN, 0xFF)); /* as before */
	assert_true(count == 4 && states[3].eraser && states[3].near);
}

static void tilt_has_a_direction(void **state)
{
	static const struct {
		uint16_t azimuth;
		int x, y;
	} leans[] = {{0, 0, -45}, {90, 45, 0}, {180, 0, 45}, {270, -45, 0}, {PF_PEN_UNKNOWN, 0, 0}};
	for (unsigned i = 0; i < sizeof(leans) / sizeof(leans[0]); i++) {
		struct pf_pen_sample s = sample(IN, 0);
		s.azimuth_deg = leans[i].azimuth;
		play(s);
		assert_int_equal(states[i].tilt_x_deg, leans[i].x);
		assert_int_equal(states[i].tilt_y_deg, leans[i].y);
	}
	struct pf_pen_sample s = sample(IN, 0);
	s.tilt_deg = PF_PEN_UNKNOWN_TILT;
	play(s);
	assert_true(states[5].tilt_x_deg == 0 && states[5].tilt_y_deg == 0);
	s.tilt_deg = 200; /* flat is as flat as it gets */
	play(s);
	assert_int_equal(states[6].tilt_x_deg, 90);
}

static void what_lies_outside_is_at_the_edge(void **state)
{
	struct pf_pen_sample s = sample(IN, 0);
	s.x = -3;
	s.y = 1e30f;
	play(s);
	assert_true(states[0].x == 0 && states[0].y == 1);
}

static void a_batch_in_order_and_only_once(void **state)
{
	struct pf_pen_batch b = {.seq = 7,
		.count = 3,
		.sample = {sample(IN, 0), sample(TOUCHES | PF_PEN_PREDICTED, 0), sample(TOUCHES, 0)}};
	struct pf_pen_batch again = b;
	pf_pen_stream_batch(&stream, &b, 1, &sink);
	assert_true(count == 2 && !states[0].touching && states[1].touching);
	pf_pen_stream_batch(&stream, &again, 2, &sink);
	assert_int_equal(count, 2);
}

static void a_silent_pen_is_taken_away(void **state)
{
	assert_true(pf_pen_stream_tick(&stream, 5000, &sink) == INT64_MAX);
	play(sample(TOUCHES, 0));
	assert_true(pf_pen_stream_tick(&stream, 2000, &sink) == 1000 + PF_PEN_SILENCE_NS);
	assert_true(pf_pen_stream_tick(&stream, 1000 + PF_PEN_SILENCE_NS, &sink) == INT64_MAX);
	assert_true(count == 2 && !states[1].near);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hover_touch_and_leave, set_up),
		cmocka_unit_test_setup(another_tool_goes_through_away, set_up),
		cmocka_unit_test_setup(tilt_has_a_direction, set_up),
		cmocka_unit_test_setup(what_lies_outside_is_at_the_edge, set_up),
		cmocka_unit_test_setup(a_batch_in_order_and_only_once, set_up),
		cmocka_unit_test_setup(a_silent_pen_is_taken_away, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
