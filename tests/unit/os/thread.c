#include "os/thread.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY 65534

struct hurried {
	bool allowed;
	int policy, calm_policy;
	char name[16];
};

static void *hurry(void *arg)
{
	struct hurried *h = arg;
	pf_thread_enter("hurried");
	h->allowed = pf_thread_hurry();
	h->policy = sched_getscheduler(0);
	pf_thread_calm_down();
	h->calm_policy = sched_getscheduler(0);
	pthread_getname_np(pthread_self(), h->name, sizeof(h->name));
	return NULL;
}

static void only_the_calling_thread_hurries(void **state)
{
	struct hurried h = {0};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, hurry, &h), 0);
	pthread_join(thread, NULL);
	assert_string_equal(h.name, "hurried");
	assert_int_equal(h.policy, h.allowed ? SCHED_FIFO | SCHED_RESET_ON_FORK : SCHED_OTHER);
	assert_int_equal(h.calm_policy & ~SCHED_RESET_ON_FORK, SCHED_OTHER);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
}

static void without_the_right_nothing_changes(void **state)
{
	pid_t pid = fork();
	if (pid == 0) {
		const struct rlimit none = {0};
		bool prepared =
			setrlimit(RLIMIT_RTPRIO, &none) == 0 && (geteuid() != 0 || setuid(NOBODY) == 0);
		_exit(prepared && !pf_thread_hurry() && sched_getscheduler(0) == SCHED_OTHER ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_calling_thread_hurries),
		cmocka_unit_test(without_the_right_nothing_changes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
