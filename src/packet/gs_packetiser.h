/*
 * Cuts access units into GameStream video packets with parity (gamestream 6.2 to 6.6): frame header, blocks, RTP and
 * packet headers, the counters of the stream. Used as packetiser.h is: begin, then batches until nothing is left.
 *
 * Data leaves before its block's parity is made: every byte that differs between the shard that is coded and the one
 * that is sent (RTP header, frame index, fecInfo) is restored by clients from what they know, never from parity.
 *
 * One thread; pure: no clock, no socket.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "media/batch.h"
#include "media/unit.h"

#define PF_GS_SHARD_EXTRA 16 /* a shard is so much larger than the packet size of ANNOUNCE */
#define PF_GS_BLOCKS_MAX  4

struct pf_gs_packetiser;

struct pf_gs_packetiser_params {
	unsigned packet_size; /* S: 64..2048, in steps of 16 */
	unsigned fec_percent; /* start value */
	unsigned min_parity;  /* packets per block, whenever there is parity */
	unsigned
		headroom; /* bytes before each shard of a batch, whose content is then the caller's to change */
};

/* Errors: PF_ERR_INVALID, PF_ERR_NOMEM. */
int pf_gs_packetiser_create(struct pf_gs_packetiser **out, const struct pf_gs_packetiser_params *params);
void pf_gs_packetiser_destroy(struct pf_gs_packetiser *p);

/* Holds from the next begin on; 0..255, more is cut. */
void pf_gs_packetiser_set_fec_percent(struct pf_gs_packetiser *p, unsigned percent);
/* latency: of the host so far, in 0.1 ms; 0 = unknown. Errors: PF_ERR_INVALID (no data), PF_ERR_LIMIT (more than the
 * format can carry). */
int pf_gs_packetiser_begin(
	struct pf_gs_packetiser *p, const struct pf_unit *unit, unsigned latency_tenths_ms);
size_t pf_gs_packetiser_left(const struct pf_gs_packetiser *p);
/* Errors: PF_ERR_NOMEM; the unit is lost then. */
int pf_gs_packetiser_next(struct pf_gs_packetiser *p, unsigned max, struct pf_batch *out);
/* Headroom and shard. */
size_t pf_gs_packetiser_datagram_bytes(const struct pf_gs_packetiser *p);
/* The frame index of the unit under way. */
uint32_t pf_gs_packetiser_frame(const struct pf_gs_packetiser *p);
