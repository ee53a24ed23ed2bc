#include "session/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TIMINGS 1000
#define OTHERS  20

struct reader {
	struct pf_outbox *outbox;
	unsigned timings, others;
	int last_rc;
	bool gone;
};

static void handle_gone(void *user)
{
	struct reader *r = user;
	r->gone = true;
}

static void handle_notice(void *user, const struct pf_notice *notice)
{
	struct reader *r = user;
	if (notice->kind == PF_NOTICE_SENT) {
		r->timings++;
		return;
	}
	r->others++;
	if (notice->kind == PF_NOTICE_STOPPED) {
		pf_outbox_destroy(r->outbox, handle_gone);
		return;
	}
	assert_int_equal(notice->rc, r->last_rc + 1);
	r->last_rc = notice->rc;
}

static void what_must_arrive_does_so_behind_a_loop_that_hangs(void **state)
{
	uv_loop_t loop;
	struct reader r = {0};
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(pf_outbox_create(&r.outbox, &loop, handle_notice, &r), PF_OK);
	for (int i = 0; i < TIMINGS; i++)
		pf_outbox_post(r.outbox, &(struct pf_notice){.kind = PF_NOTICE_SENT});
	for (int i = 1; i <= OTHERS; i++)
		pf_outbox_post(r.outbox, &(struct pf_notice){.kind = PF_NOTICE_MODE, .rc = i});
	pf_outbox_post(r.outbox, &(struct pf_notice){.kind = PF_NOTICE_STOPPED});
	pf_outbox_post(r.outbox, &(struct pf_notice){.kind = PF_NOTICE_DISPLAY}); /* not read any more */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_in_range(r.timings, 1, TIMINGS - 1);
	assert_int_equal(r.others, OTHERS + 1);
	assert_true(r.gone);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_must_arrive_does_so_behind_a_loop_that_hangs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
