/* The send thread's real-time priority must not become its end: systems kill real-time threads that never sleep, and
 * so the whole process (RLIMIT_RTTIME; PipeWire's client sets it to 200 ms where rtkit gives it priority). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"
#include "packet/header.h"
#include "send/sender.h"
#include "support/loopback.h"

#define RT_LIMIT_US 200000
#define PROBE_KBPS  10000000 /* more than any machine sends this way */
#define BUSY_MS     700
#define UNIT_BYTES  (2 << 20)
#define WAIT_NS     INT64_C(20000000000)

static const uint8_t key[16] = {1, 2, 3};

static void on_probe_done(void *user, const struct pf_probe_result *result)
{
	atomic_store((_Atomic bool *)user, result->packets_sent > 0);
}

/* Makes a sender to a peer that takes no notice, of units that it never waits between. */
static struct pf_sender *start(_Atomic bool *done)
{
	struct sockaddr_in client, host;
	struct pf_sender *s;
	open_loopback(&client); /* open until the process ends */
	const struct pf_sender_params params = {.fd = open_loopback(&host),
		.cipher = PF_CIPHER_AES128_GCM,
		.key = key,
		.shard_payload = PF_SHARD_DEFAULT_IPV4,
		.bitrate_kbps = UINT32_MAX,
		.refresh_hz = 1000,
		.on_probe_done = on_probe_done,
		.user = (void *)done};
	bool started = pf_sender_create(&s, &params) == PF_OK && pf_sender_start(s, (void *)&client) == PF_OK;
	return started ? s : NULL;
}

static bool probe_ends(void)
{
	_Atomic bool done = false;
	struct pf_sender *s = start(&done);
	if (!s || !pf_sender_probe(s, PROBE_KBPS, BUSY_MS))
		return false;
	for (int64_t end_ns = pf_now_ns() + WAIT_NS; !atomic_load(&done) && pf_now_ns() < end_ns;)
		pf_sleep_until_ns(pf_now_ns() + 1000000);
	pf_sender_destroy(s);
	return atomic_load(&done);
}

static void on_release(struct pf_unit *unit, void *owner)
{
	free(unit);
}

/* The ring is always full. */
static bool flood_ends(void)
{
	static uint8_t data[UNIT_BYTES + PF_UNIT_PADDING];
	struct pf_sender_stats stats;
	struct pf_sender *s = start(NULL);
	if (!s)
		return false;
	for (int64_t end_ns = pf_now_ns() + BUSY_MS * INT64_C(1000000); pf_now_ns() < end_ns;) {
		struct pf_unit *unit = calloc(1, sizeof(*unit));
		*unit = (struct pf_unit){.data = data, .len = UNIT_BYTES, .on_release = on_release};
		atomic_store(&unit->refs, 1);
		pf_sender_submit(s, unit);
		pf_sleep_until_ns(pf_now_ns() + 100000);
	}
	pf_sender_get_stats(s, &stats);
	pf_sender_destroy(s);
	return stats.units > 0 && stats.units_dropped > 0;
}

static void assert_survives(bool (*work)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		const struct rlimit limit = {.rlim_cur = RT_LIMIT_US, .rlim_max = RT_LIMIT_US};
		_exit(setrlimit(RLIMIT_RTTIME, &limit) == 0 && work() ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_probe_that_never_sleeps_is_not_killed(void **state)
{
	assert_survives(probe_ends);
}

static void a_flood_of_pictures_is_not_killed(void **state)
{
	assert_survives(flood_ends);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_probe_that_never_sleeps_is_not_killed),
		cmocka_unit_test(a_flood_of_pictures_is_not_killed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
