#include "display/sway_ipc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fake_sway.h"
#include "os/clock.h"

static int ask(struct fake_sway *f, int64_t patience_ns, struct pf_reason *reason)
{
	fake_sway_start(f);
	int rc = pf_sway_command(f->path, "output X enable", pf_now_ns() + patience_ns, reason);
	fake_sway_stop(f);
	return rc;
}

static void a_command_that_sway_takes_succeeds(void **state)
{
	struct fake_sway f = {.reply = "[ { \"success\": true } ]"};
	assert_int_equal(ask(&f, 5000000000, NULL), PF_OK);
	assert_string_equal(f.command, "output X enable");
}

static void a_refusal_carries_the_words_of_sway(void **state)
{
	struct fake_sway f = {.reply = "[ { \"success\": false, \"error\": \"Unknown output\" } ]"};
	struct pf_reason reason = {0};
	assert_int_equal(ask(&f, 5000000000, &reason), PF_ERR_INVALID);
	assert_non_null(strstr(reason.text, "Unknown output"));
	assert_non_null(strstr(reason.text, "output X enable"));
}

static void answers_that_are_none_are_refused(void **state)
{
	static const struct fake_sway bad[] = {
		{.reply = ""},
		{.reply = "null"},
		{.reply = "[ 7 ]"},
		{.reply = "[ { \"success\": true } ]", .magic = "i4-ipc"},
		{.reply = "[ { \"success\": true } ]", .claimed_len = 0xffffffff},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fake_sway f = bad[i];
		assert_int_equal(ask(&f, 5000000000, NULL), PF_ERR_INVALID);
	}
}

static void an_answer_that_breaks_off_is_no_success(void **state)
{
	struct fake_sway f = {.reply = "[ { \"succ", .claimed_len = 100};
	assert_int_equal(ask(&f, 5000000000, NULL), PF_ERR_CLOSED);
}

static void silence_ends_at_the_deadline(void **state)
{
	struct fake_sway f = {.reply = "", .silent = true};
	assert_int_equal(ask(&f, 50000000, NULL), PF_ERR_TIMEOUT);
}

static void a_mode_is_asked_for_to_the_thousandth_of_a_hertz(void **state)
{
	struct fake_sway f = {.reply = "[ { \"success\": true } ]"};
	fake_sway_start(&f);
	assert_int_equal(pf_sway_set_mode(f.path, 1280, 720, 64050, pf_now_ns() + 5000000000, NULL), PF_OK);
	fake_sway_stop(&f);
	assert_string_equal(f.command, "output HEADLESS-1 mode --custom 1280x720@64.050Hz");
}

static void nobody_there_is_an_error(void **state)
{
	struct pf_reason reason = {0};
	assert_int_equal(pf_sway_command("/nonexistent/s", "x", pf_now_ns() + 1000000, &reason), PF_ERR_IO);
	assert_non_null(strstr(reason.text, "/nonexistent/s"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_that_sway_takes_succeeds),
		cmocka_unit_test(a_refusal_carries_the_words_of_sway),
		cmocka_unit_test(answers_that_are_none_are_refused),
		cmocka_unit_test(an_answer_that_breaks_off_is_no_success),
		cmocka_unit_test(silence_ends_at_the_deadline),
		cmocka_unit_test(a_mode_is_asked_for_to_the_thousandth_of_a_hertz),
		cmocka_unit_test(nobody_there_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
