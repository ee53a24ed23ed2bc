/*
 * What a straightforward host does with a coded picture, as reference of the send side: shards are copied into
 * packets, blocks of 200 + 40 get their parity by the best kernel here, OpenSSL seals each packet, and sendmmsg()
 * takes them one datagram per message. The bytes are those of our stream: the same client takes them.
 */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "packet/packetiser.h"

#define PF_PLAIN_PATH_DATA 200 /* shards per block */

struct pf_plain_path;

struct pf_plain_path_counts {
	uint64_t datagrams, refused, calls;
};

struct pf_plain_path *pf_plain_path_create(const struct sockaddr *to);
void pf_plain_path_destroy(struct pf_plain_path *p);
/* Batches are spread over spread_ns; 0 = as fast as it goes. */
void pf_plain_path_send(struct pf_plain_path *p, const struct pf_cut *unit, int64_t spread_ns);
struct pf_plain_path_counts pf_plain_path_counts(const struct pf_plain_path *p);
