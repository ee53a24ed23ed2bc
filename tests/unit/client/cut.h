/*
 * Cuts access units into packets for tests, straight from native-media 3.2 to 3.5 and without the host's
 * packetiser: two programs that agree prove more than one. Fails the running test when it cannot.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "packet/header.h"

struct cut_packet {
	struct pf_packet_header h;
	uint8_t *shard; /* h.shard_bytes */
};

struct cut {
	unsigned scheme, shard_bytes, data_max, percent, total_max;
	uint32_t stream_seq;
	struct cut_packet *packet; /* of all units cut since the last cut_clear */
	size_t count, cap;
};

struct cut_unit {
	uint32_t frame_index, user_flags;
	uint64_t pts_ns;
	const uint8_t *data;
	size_t len;
	const size_t *chunks; /* streamed: lengths that add up to len; a slice ends at each */
	size_t chunk_count;
};

void cut_whole(struct cut *c, const struct cut_unit *u);
/* Mode A: full-block sentinels. */
void cut_streamed(struct cut *c, const struct cut_unit *u);
/* Mode B: slice granularity; sets PF_UNIT_SLICE_STREAM. */
void cut_slices(struct cut *c, const struct cut_unit *u);
void cut_clear(struct cut *c);
/* Header and shard; returns the length. */
size_t cut_write(const struct cut_packet *p, uint8_t *out);
