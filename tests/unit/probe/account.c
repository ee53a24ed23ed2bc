#include "probe/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "packet/header.h"

#define PTS UINT64_C(1751500000000000000)

static struct pf_probe_report report;
static struct pf_probe_account account;

static int fresh(void **state)
{
	memset(&report, 0, sizeof(report));
	account = (struct pf_probe_account){.report = &report};
	return 0;
}

static struct pf_probe_event unit(uint64_t pts_ns, int64_t later_us, uint32_t flags)
{
	return (struct pf_probe_event){.kind = PF_PROBE_UNIT,
		.user_flags = PF_UNIT_PIC | flags,
		.pts_ns = pts_ns,
		.received_wall_ns = pts_ns + (uint64_t)(later_us * 1000),
		.at_ns = 1000 + later_us,
		.len = 100};
}

static void frame_and_timing_meet_in_either_order(void **state)
{
	struct pf_probe_event a = unit(PTS, 5000, 0), b = unit(PTS + 1000, 7000, 0);
	const struct pf_host_timing ta = {.pts_ns = PTS,
		.host_us = 3000,
		.has_stages = true,
		.queue_us = 100,
		.encode_us = 2000,
		.pace_us = 400};
	const struct pf_host_timing tb = {.pts_ns = PTS + 1000, .host_us = 3000};
	pf_probe_account_unit(&account, &a, 0);
	pf_probe_account_timing(&account, &ta);
	pf_probe_account_timing(&account, &tb);
	pf_probe_account_unit(&account, &b, 0);
	assert_int_equal(report.network.count, 2);
	assert_int_equal(report.network.sum_us, 2000 + 4000);
	assert_int_equal(report.host.count, 2);
	assert_int_equal(report.xfer.count, 1); /* only the first brought its stages */
	assert_int_equal(report.xfer.sum_us, 500);
	/* The same timing again belongs to nothing. */
	pf_probe_account_timing(&account, &ta);
	assert_int_equal(report.network.count, 2);
}

static void clocks_are_corrected_and_suspected(void **state)
{
	struct pf_probe_event a = unit(PTS, 5000, 0);
	assert_int_equal(pf_probe_account_unit(&account, &a, 2000000), 7000);
	assert_int_equal(report.clock_suspect, 0);
	assert_int_equal(pf_probe_account_unit(&account, &a, -9000000), -4000);
	assert_int_equal(report.clock_suspect, 1);
	assert_int_equal(report.latency.count, 2);
	assert_int_equal(report.latency.sum_us, 7000);
}

static void repeats_are_not_new_frames(void **state)
{
	for (unsigned i = 0; i < 31; i++) {
		struct pf_probe_event e = unit(PTS + i, 0,
			i % 3 == 1 ? PF_UNIT_REPEAT
			: i == 0   ? PF_UNIT_KEY
				   : 0);
		e.at_ns = 1000000000 + i * INT64_C(100000000);
		pf_probe_account_unit(&account, &e, 0);
	}
	assert_int_equal(report.new_frames, 21);
	assert_int_equal(report.repeat_frames, 10);
	assert_int_equal(report.key_frames, 1);
	assert_int_equal(report.bytes, 3100);
	assert_true(pf_probe_report_new_fps(&report) > 6.6 && pf_probe_report_new_fps(&report) < 6.7);
}

static void frames_without_timing_make_room(void **state)
{
	for (unsigned i = 0; i < 3 * PF_PROBE_ACCOUNT_REACH; i++) {
		struct pf_probe_event e = unit(PTS + i, 10, 0);
		pf_probe_account_unit(&account, &e, 0);
	}
	pf_probe_account_timing(&account, &(struct pf_host_timing){.pts_ns = PTS});
	assert_int_equal(report.network.count, 0);
	pf_probe_account_timing(
		&account, &(struct pf_host_timing){.pts_ns = PTS + 3 * PF_PROBE_ACCOUNT_REACH - 1});
	assert_int_equal(report.network.count, 1);
}

static void the_exit_status_follows_the_specification(void **state)
{
	report.receiver.units = 100;
	assert_int_equal(pf_probe_report_status(&report), 0);
	report.expected_frames = 101;
	assert_int_equal(pf_probe_report_status(&report), 1);
	report.expected_frames = 100;
	assert_int_equal(pf_probe_report_status(&report), 0);
	report.mismatched = 1;
	assert_int_equal(pf_probe_report_status(&report), 1);
	report.mismatched = 0;
	report.resync.wanted = true;
	assert_int_equal(pf_probe_report_status(&report), 1);
	report.resync.done = true;
	report.resync.second_ns = -700;
	report.resync.uncertainty_ns = 700;
	assert_int_equal(pf_probe_report_status(&report), 0);
	report.resync.uncertainty_ns = 699;
	assert_int_equal(pf_probe_report_status(&report), 1);
	report = (struct pf_probe_report){0};
	assert_int_equal(pf_probe_report_status(&report), 1); /* no frame at all */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(frame_and_timing_meet_in_either_order, fresh),
		cmocka_unit_test_setup(clocks_are_corrected_and_suspected, fresh),
		cmocka_unit_test_setup(repeats_are_not_new_frames, fresh),
		cmocka_unit_test_setup(frames_without_timing_make_room, fresh),
		cmocka_unit_test_setup(the_exit_status_follows_the_specification, fresh),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
