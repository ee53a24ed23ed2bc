/* The probe's whole run against a host that is only what a client sees of one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_host.h"
#include "probe/options.h"
#include "probe/report.h"
#include "probe/session.h"

static struct pf_probe_report report;

/* One session with the options given as on the command line, beside --connect. */
static struct fake_host_seen run(const struct fake_host_params *params, const char *const *args, int count)
{
	struct fake_host *host = fake_host_start(params);
	char address[32];
	snprintf(address, sizeof(address), "127.0.0.1:%u", fake_host_port(host));
	const char *argv[24] = {"punktfunk-probe", "--connect", address};
	assert_in_range(count, 0, 20);
	memcpy(argv + 3, args, (size_t)count * sizeof(*args));
	struct pf_probe_options options;
	struct pf_reason reason = {0};
	assert_int_equal(pf_probe_options_parse(&options, 3 + count, (char **)argv, &reason), PF_OK);
	struct pf_identity *id = NULL;
	if (!options.anonymous)
		assert_int_equal(pf_identity_generate(&id, "punktfunk-client", NULL), PF_OK);
	struct pf_script script = {0};
	pf_probe_session_run(&report, &options, id, &script);
	pf_identity_destroy(id);
	return fake_host_stop(host);
}

#define RUN(params, ...)                                \
	run(params, (const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void all_frames_of_a_clean_path_are_verified(void **state)
{
	for (int chacha = 0; chacha < 2; chacha++) {
		const struct fake_host_params params = {.frames = 200, .welcome_says = 200, .chacha = chacha};
		struct fake_host_seen seen = RUN(&params, "--verify", "--name", "desk", "--seconds", "60");
		assert_string_equal(report.end, "all 200 frames came");
		assert_int_equal(pf_probe_report_status(&report), 0);
		assert_int_equal(report.receiver.units, 200);
		assert_int_equal(report.new_frames, 150);
		assert_int_equal(report.repeat_frames, 50);
		assert_int_equal(report.mismatched, 0);
		assert_int_equal(report.receiver.auth_failed, 0);
		assert_true(report.skew_corrected);
		assert_int_equal(report.latency.count, 200);
		assert_true(report.network.count > 150);
		assert_string_equal(seen.name, "desk");
		assert_false(seen.anonymous);
		assert_true(seen.punches >= 1);
		assert_int_equal(seen.clock_probes_before_punch, 8);
		assert_true(seen.client_closed);
		assert_int_equal(seen.close_code, PF_CLOSE_NORMAL);
	}
}

static void a_wrong_byte_is_found(void **state)
{
	const struct fake_host_params params = {.frames = 30, .welcome_says = 30, .corrupt = 7};
	struct fake_host_seen seen = RUN(&params, "--verify", "--anonymous", "--quit");
	assert_int_equal(report.mismatched, 1);
	assert_int_equal(pf_probe_report_status(&report), 1);
	assert_true(seen.anonymous);
	assert_int_equal(seen.close_code, PF_CLOSE_QUIT);
}

static void loss_is_repaired_reported_and_asked_about(void **state)
{
	const struct fake_host_params params = {.frames = 400, .drop_percent = 8, .hole = 150};
	struct fake_host_seen seen = RUN(&params, "--verify", "--seconds", "60");
	assert_true(report.receiver.units_repaired > 0);
	assert_int_equal(report.mismatched, 0);
	assert_int_equal(pf_probe_report_status(&report), 0);
	assert_true(report.receiver.units > 300);
	assert_true(seen.rfi_requests > 0);
	assert_int_equal(seen.rfi_requests, report.rfi_asks);
	assert_int_equal(seen.keyframe_requests, report.keyframe_asks);
	assert_true(report.recovery.count > 0);
	assert_true(seen.loss_reports > 0);
	assert_true(seen.largest_loss_ppm > 10000);
}

static void a_missing_frame_is_asked_for_by_number(void **state)
{
	const struct fake_host_params params = {.frames = 100, .hole = 40};
	struct fake_host_seen seen = RUN(&params, "--seconds", "60");
	assert_int_equal(seen.rfi_requests, 1);
	assert_int_equal(seen.rfi_first, 40);
	assert_int_equal(seen.rfi_last, 40);
	assert_int_equal(seen.keyframe_requests, 0);
	assert_int_equal(report.recovery.count, 1);
	assert_int_equal(report.receiver.units_lost, 0); /* nothing of it ever came */
}

static void a_short_count_fails(void **state)
{
	const struct fake_host_params params = {.frames = 20, .welcome_says = 25};
	RUN(&params, "--seconds", "60");
	assert_int_equal(report.receiver.units, 20);
	assert_int_equal(pf_probe_report_status(&report), 1);
}

static void changes_and_measurements_are_answered(void **state)
{
	const struct fake_host_params params = {.frames = 0};
	RUN(&params, "--seconds", "4", "--remode", "800x600x30:0", "--rebitrate", "5000:1", "--rebitrate",
		"7000:1", "--speed-test", "20000:100", "--clock-resync");
	assert_int_equal(report.mode_changes, 1);
	assert_true(report.mode_change[0].accepted);
	assert_int_equal(report.mode_change[0].mode.width_px, 800);
	assert_int_equal(report.rate_changes, 2);
	assert_int_equal(report.rate_change[1].kbps, 7000);
	assert_true(report.speed.answered);
	assert_int_equal(report.speed.received_datagrams, report.speed.wire_packets_sent);
	assert_true(report.resync.done);
	assert_true(pf_probe_report_clocks_agree(&report));
	assert_int_equal(pf_probe_report_status(&report), 0);
}

static void silence_is_reported_to_the_host(void **state)
{
	const struct fake_host_params params = {.silent = true};
	struct fake_host_seen seen = RUN(&params, "--seconds", "4");
	assert_int_equal(pf_probe_report_status(&report), 1);
	assert_int_equal(report.receiver.units, 0);
	assert_true(seen.delivery_reports >= 2);
	assert_true(seen.keyframe_requests >= 1);
	assert_true(seen.punches >= 10);
}

static void refusals_are_told_with_their_sentence(void **state)
{
	struct fake_host_params params = {.refuse_with = PF_CLOSE_SETUP_FAILED, .reason = "no display today"};
	RUN(&params, "--seconds", "5");
	assert_true(report.refused);
	assert_int_equal(report.close_code, PF_CLOSE_SETUP_FAILED);
	assert_non_null(strstr(report.end, "no display today"));
	assert_int_equal(pf_probe_report_status(&report), 1);
	params = (struct fake_host_params){.refuse_with = PF_CLOSE_DENIED, .reason = ""};
	RUN(&params, "--seconds", "5");
	assert_non_null(strstr(report.end, "denied"));
	assert_non_null(strstr(report.end, "0x64"));
}

static void another_host_than_the_pinned_one_is_left(void **state)
{
	const struct fake_host_params params = {.frames = 10};
	RUN(&params, "--pin", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	assert_false(report.welcomed);
	assert_non_null(strstr(report.end, "fingerprint"));
	assert_int_equal(pf_probe_report_status(&report), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_frames_of_a_clean_path_are_verified),
		cmocka_unit_test(a_wrong_byte_is_found),
		cmocka_unit_test(loss_is_repaired_reported_and_asked_about),
		cmocka_unit_test(a_missing_frame_is_asked_for_by_number),
		cmocka_unit_test(a_short_count_fails),
		cmocka_unit_test(changes_and_measurements_are_answered),
		cmocka_unit_test(silence_is_reported_to_the_host),
		cmocka_unit_test(refusals_are_told_with_their_sentence),
		cmocka_unit_test(another_host_than_the_pinned_one_is_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
