/*
 * Which peers sit behind a path smaller than the default datagram (native-media 1.5): what QUIC's path MTU
 * discovery proved in one session sizes the shards of the next one. In memory only. Pure; one thread.
 */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

#define PF_PATH_FULL_BYTES  1472 /* UDP payload that discovery stops at: the path is good */
#define PF_PATHS_REMEMBERED 64   /* the oldest makes room */

struct pf_path_memory {
	struct {
		struct in6_addr ip; /* v4-mapped for IPv4; all zero = free */
		unsigned udp_budget;
	} path[PF_PATHS_REMEMBERED];
	unsigned next;
};

/* What discovery settled at: below PF_PATH_FULL_BYTES is remembered, a full result erases. */
void pf_path_memory_note(struct pf_path_memory *m, const struct sockaddr *peer, unsigned udp_payload_bytes);
/* UDP payload bytes known to fit, 0 when nothing smaller than the default is known. */
unsigned pf_path_memory_get(const struct pf_path_memory *m, const struct sockaddr *peer);
