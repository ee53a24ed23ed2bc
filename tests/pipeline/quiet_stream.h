/* A stream over loopback: the real send thread, and a thread that receives as a client does. Both are counted. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "quiet_calls.h"

#define QUIET_WARM_UP 500 /* units; with each kind and size of unit among them */

struct quiet_stream_params {
	bool gamestream; /* else punktfunk/1 */
	bool gso;
	bool pooled; /* units come from the encoders' pool and go back to it; else from memory of the test */
	unsigned units; /* > QUIET_WARM_UP */
};

struct quiet_result {
	struct quiet_calls send, receive; /* of the units after the warm-up */
	unsigned counted;                 /* units */
	uint64_t datagrams, test_dropped; /* of all units */
	unsigned delivered,
		repaired; /* right ones, by the client; the test has none that puts GameStream together */
};

/* Fails the running test when the stream does not go as it should. */
void quiet_stream_run(const struct quiet_stream_params *params, struct quiet_result *out);
