/* What people are told where devices cannot be made. */
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "input/input.h"
#include "os/uinput.h"
#include "pad/pad.h"

#define NODE        "/dev/uinput"
#define NOBODY      65534
#define DIFFERENTLY 1

/* As an ordinary user; in a process of its own, because that cannot be undone. */
static void expect_refusal(const char *command)
{
	pid_t child = fork();
	if (child == 0) {
		struct pf_reason pad = {0}, input = {0};
		bool dropped = setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
		bool refused = pf_pad_uinput.probe(&pad) == PF_ERR_AUTH &&
			       pf_input_uinput_probe(&input) == PF_ERR_AUTH;
		_exit(dropped && refused && strstr(pad.text, command) && strcmp(pad.text, input.text) == 0
				? 0
				: DIFFERENTLY);
	}
	int status;
	assert_true(waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void who_may_not_is_told_how(void **state)
{
	assert_int_equal(chmod(NODE, 0600), 0);
	expect_refusal("`sudo scripts/setup-input $USER`");
}

static void a_missing_driver_is_to_be_loaded(void **state)
{
	struct pf_reason reason = {0};
	struct pf_input *input = NULL;
	assert_int_equal(rename(NODE, NODE "-away"), 0);
	assert_int_equal(pf_uinput_probe(&reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "`sudo scripts/setup-input`"));
	assert_int_equal(pf_input_uinput_create(&input, "pf", NULL), PF_ERR_UNSUPPORTED);
	assert_null(input);
	assert_int_equal(rename(NODE "-away", NODE), 0);
	assert_int_equal(pf_uinput_probe(&reason), PF_OK);
}

static void what_the_kernel_does_not_make_has_a_reason(void **state)
{
	static const struct pf_uinput_axis upside_down[] = {{.code = ABS_X, .min = 5, .max = 1}};
	const struct pf_uinput_spec spec = {
		.name = "odd", .phys = "odd", .axes = upside_down, .axes_count = 1};
	struct pf_reason reason = {0};
	assert_int_equal(pf_uinput_create(&spec, &reason), PF_ERR_IO);
	assert_non_null(strstr(reason.text, "odd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_not_is_told_how),
		cmocka_unit_test(a_missing_driver_is_to_be_loaded),
		cmocka_unit_test(what_the_kernel_does_not_make_has_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
