/*
 * A host without display and encoder, for tests of the client's side: real QUIC, real packets, synthetic
 * frames (product 1.2). It keeps to the client's view of the specifications, and counts what it was asked.
 * Runs on a thread of its own over loopback.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/quic.h"

struct fake_host_params {
	unsigned frames;       /* then the session ends with code 0; 0 = until the client closes */
	unsigned welcome_says; /* Welcome.frames */
	unsigned drop_percent; /* of the media datagrams, by a seed */
	unsigned corrupt;      /* this frame has a wrong byte; 0 = none */
	unsigned hole;         /* this frame is never sent; 0 = none */
	bool chacha;
	uint64_t refuse_with; /* instead of a Welcome; 0 = do not */
	const char *reason;
	bool silent; /* sends no media at all */
};

/* Valid after fake_host_stop. */
struct fake_host_seen {
	bool anonymous;
	char name[65];
	uint64_t close_code; /* the client's */
	bool client_closed;
	unsigned clock_probes, punches, keyframe_requests, rfi_requests, loss_reports, delivery_reports;
	unsigned clock_probes_before_punch;
	uint32_t rfi_first, rfi_last; /* of the first request */
	uint32_t largest_loss_ppm;
};

struct fake_host;

/* Fails the running test when it cannot. */
struct fake_host *fake_host_start(const struct fake_host_params *params);
uint16_t fake_host_port(const struct fake_host *h);
const struct pf_fingerprint *fake_host_fingerprint(const struct fake_host *h);
struct fake_host_seen fake_host_stop(struct fake_host *h);
