/* What people are told where HID controllers cannot be made. */
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

#include "pad/pad.h"

#define NODE   "/dev/uhid"
#define NOBODY 65534

static int create(struct pf_reason *reason)
{
	const struct pf_pad_params params = {.kind = PF_GAMEPAD_DUALSENSE};
	struct pf_pad *pad;
	return pf_pad_uhid.create(&pad, &params, reason);
}

/* As an ordinary user; in a process of its own, because that cannot be undone. */
static void who_may_not_is_told_how(void **state)
{
	assert_int_equal(chmod(NODE, 0600), 0);
	pid_t child = fork();
	if (child == 0) {
		struct pf_reason probed = {0}, created = {0};
		bool dropped = setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
		bool refused = pf_pad_uhid.probe(&probed) == PF_ERR_AUTH && create(&created) == PF_ERR_AUTH;
		_exit(dropped && refused && strcmp(probed.text, created.text) == 0 &&
					strstr(probed.text, "`sudo scripts/setup-input $USER`")
				? 0
				: 1);
	}
	int status;
	assert_true(waitpid(child, &status, 0) == child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_missing_driver_is_to_be_loaded(void **state)
{
	struct pf_reason reason = {0};
	assert_int_equal(rename(NODE, NODE "-away"), 0);
	assert_int_equal(pf_pad_uhid.probe(&reason), PF_ERR_UNSUPPORTED);
	assert_non_null(strstr(reason.text, "`sudo scripts/setup-input`"));
	assert_int_equal(create(&reason), PF_ERR_UNSUPPORTED);
	assert_int_equal(rename(NODE "-away", NODE), 0);
	assert_int_equal(pf_pad_uhid.probe(&reason), PF_OK);
}

static void kinds_without_a_model_are_refused(void **state)
{
	struct pf_reason reason = {0};
	struct pf_pad *pad;
	for (unsigned kind = 0; kind <= PF_GAMEPAD_LAST; kind++) {
		const struct pf_pad_params params = {.kind = (enum pf_gamepad)kind};
		if (!(pf_pad_uhid.kinds >> kind & 1))
			assert_int_equal(pf_pad_uhid.create(&pad, &params, &reason), PF_ERR_UNSUPPORTED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_may_not_is_told_how),
		cmocka_unit_test(a_missing_driver_is_to_be_loaded),
		cmocka_unit_test(kinds_without_a_model_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
