/*
 * The far end of a stream over loopback, on a thread of its own: it swallows what comes, or takes it as a client
 * does. With GRO the kernel hands it whole trains, so that the sender's calls hold the least of the receiver's work,
 * which on loopback runs inside of them: the nearest to a network card.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "client/receiver.h"

#define PF_SINK_SHARD    PF_SHARD_DEFAULT_IPV4
#define PF_SINK_DATAGRAM (PF_SINK_SHARD + PF_PACKET_HEADER_BYTES + PF_SEAL_OVERHEAD)

/* Of every stream of the bench. */
extern const uint8_t pf_sink_key[16];
extern const uint8_t pf_sink_salt[PF_SEAL_SALT_BYTES];

struct pf_sink;

struct pf_sink_params {
	bool gro;
	unsigned data_per_block; /* opens, reassembles and repairs blocks of up to so many; 0 = swallows */
};

struct pf_sink *pf_sink_start(const struct pf_sink_params *params);
const struct sockaddr *pf_sink_address(const struct pf_sink *s);
/* CPU time of its thread so far. */
double pf_sink_cpu_s(const struct pf_sink *s);
/* Whole units that came, and how long after their pts_ns, which is pf_now_ns() in every stream of the bench. */
struct pf_sink_result {
	uint64_t units;
	struct pf_histogram age_us;
};
/* Ends it. result may be NULL. */
void pf_sink_stop(struct pf_sink *s, struct pf_sink_result *result);

/* A socket on loopback; its address in *name. */
int pf_sink_open_socket(struct sockaddr_in *name);
