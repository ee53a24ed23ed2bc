/*
 * A stream that runs costs no allocation, no lock and no log line per packet: nothing of it is called by the thread
 * that sends nor by the one that receives, once each size of unit was seen. On the way a few datagrams are lost, so
 * that repairing is counted too.
 *
 *   test-pipeline-quiet [UNITS]
 */
#include "quiet_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/log.h"
#include "seal/backend.h"

#define SEALS 1000
#define TEXT  1400

#ifdef QUIET_SANITIZED
#define FAULTS_MAX(units) (units) /* sanitizers have memory of their own */
static unsigned units = 1000;     /* and are slow */
#else
#define FAULTS_MAX(units) ((units) / 100) /* not a page per picture; the kernel may have reasons of its own */
static unsigned units = 10000;
#endif

static unsigned long sum(const struct quiet_calls *calls)
{
	unsigned long all = 0;
	for (int kind = 0; kind < QUIET_KINDS; kind++)
		all += calls->count[kind];
	return all;
}

/* What the stream itself must show: it was long enough, and some of it was lost and repaired. */
static void run(struct quiet_stream_params params, struct quiet_result *out)
{
	quiet_stream_run(&params, out);
	quiet_calls_print("sending", &out->send);
	quiet_calls_print("receiving", &out->receive);
	assert_int_equal(out->counted, params.units - QUIET_WARM_UP);
	assert_true(out->datagrams > params.units * 20ul);
	assert_true(out->test_dropped > params.units / 10);
	if (params.gamestream)
		return;
	assert_int_equal(out->delivered, params.units);
	assert_in_range(out->repaired, params.units / 10, params.units);
}

static void nothing_is_called(struct quiet_stream_params params)
{
	struct quiet_result r;
	run(params, &r);
	assert_int_equal(sum(&r.send), 0);
	assert_int_equal(sum(&r.receive), 0);
	assert_in_range(r.send.page_faults, 0, FAULTS_MAX(r.counted));
	assert_in_range(r.receive.page_faults, 0, FAULTS_MAX(r.counted));
}

static void a_native_stream_is_quiet(void **state)
{
	nothing_is_called((struct quiet_stream_params){.units = units});
}

static void a_native_stream_in_trains_is_quiet(void **state)
{
	nothing_is_called((struct quiet_stream_params){.units = units, .gso = true});
}

static void a_gamestream_stream_is_quiet(void **state)
{
	nothing_is_called((struct quiet_stream_params){.units = units, .gamestream = true});
}

static void a_gamestream_stream_in_trains_is_quiet(void **state)
{
	nothing_is_called((struct quiet_stream_params){.units = units, .gamestream = true, .gso = true});
}

/* The one lock on the way is the pool's, when a unit goes back to it: per picture, not per packet. */
static void a_pooled_unit_takes_one_lock(void **state)
{
	struct quiet_result r;
	run((struct quiet_stream_params){.units = QUIET_WARM_UP + 500, .pooled = true}, &r);
	unsigned long locks = r.send.count[QUIET_LOCKS];
#ifdef QUIET_SANITIZED
	assert_int_equal(locks, 0); /* not counted there */
#else
	assert_int_equal(locks, r.counted);
#endif
	assert_int_equal(sum(&r.send), locks);
	assert_int_equal(sum(&r.receive), 0);
}

static void seal_and_open(struct pf_seal *seal)
{
	uint8_t datagram[TEXT + PF_SEAL_OVERHEAD] = {0};
	uint64_t seq;
	size_t len;
	for (unsigned i = 0; i < SEALS; i++) {
		pf_seal_datagram(seal, i, datagram, TEXT);
		assert_int_equal(pf_seal_open(seal, datagram, sizeof(datagram), &seq, &len), PF_OK);
	}
}

/* The stream uses the best one of this machine only. */
static void every_seal_is_quiet(void **state)
{
	static const uint8_t key[32] = {1}, salt[PF_SEAL_SALT_BYTES];
	for (unsigned i = 0; pf_seal_backends[i]; i++) {
		struct pf_seal *seal;
		struct quiet_calls calls;
		assert_int_equal(
			pf_seal_create_with(&seal, pf_seal_backends[i], key, salt, PF_HOST_TO_CLIENT), PF_OK);
		seal_and_open(seal);
		quiet_calls_begin();
		seal_and_open(seal);
		quiet_calls_end(&calls);
		quiet_calls_print(pf_seal_backends[i]->name, &calls);
		assert_int_equal(sum(&calls), 0);
		pf_seal_destroy(seal);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_native_stream_is_quiet),
		cmocka_unit_test(a_native_stream_in_trains_is_quiet),
		cmocka_unit_test(a_gamestream_stream_is_quiet),
		cmocka_unit_test(a_gamestream_stream_in_trains_is_quiet),
		cmocka_unit_test(a_pooled_unit_takes_one_lock),
		cmocka_unit_test(every_seal_is_quiet),
	};
	if (argc > 1)
		units = (unsigned)strtoul(argv[1], NULL, 10);
	pf_log_set_level(PF_LOG_DEBUG); /* every line is written, and so is seen */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
