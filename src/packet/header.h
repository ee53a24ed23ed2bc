/* The 40-byte header in front of every media shard (native-media 2.2), before sealing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_PACKET_HEADER_BYTES 40
#define PF_PACKET_MAGIC        0xC9
#define PF_PACKET_VERSION      1

#define PF_SHARD_MIN          512 /* shard payload bytes on the wire; tests use smaller ones */
#define PF_SHARD_MAX          9152
#define PF_SHARD_DEFAULT_IPV4 1408
#define PF_SHARD_DEFAULT_IPV6 1388
#define PF_BLOCK_DATA_MAX     4096 /* data shards per block, K */

/* Packet flags. */
#define PF_PACKET_PICTURE 0x1
#define PF_PACKET_LAST    0x2 /* last packet of the access unit */
#define PF_PACKET_FIRST   0x4 /* block 0, shard 0 */

/* user_flags: the same on every packet of an access unit. */
#define PF_UNIT_PIC             0x001
#define PF_UNIT_KEY             0x004
#define PF_UNIT_PROBE           0x008
#define PF_UNIT_RECOVERY_POINT  0x010
#define PF_UNIT_RECOVERY_ANCHOR 0x020
#define PF_UNIT_CHUNK_ALIGNED   0x040
#define PF_UNIT_SLICE_STREAM    0x080
#define PF_UNIT_REPEAT          0x100
#define PF_UNIT_RECOVERY_CLOSE  0x200

struct pf_packet_header {
	uint64_t pts_ns;      /* capture time, host wall clock */
	uint32_t frame_index; /* wrapping; video and probe filler count separately */
	uint32_t stream_seq;  /* wrapping packet counter */
	uint32_t frame_bytes; /* access unit length; in a sentinel its base or 0 (3.5) */
	uint32_t user_flags;  /* PF_UNIT_* */
	uint16_t block_index;
	uint16_t block_count;     /* 0 = sentinel */
	uint16_t data_shards;     /* k */
	uint16_t recovery_shards; /* m */
	uint16_t shard_index;     /* 0..k-1 data, k..k+m-1 parity */
	uint16_t shard_bytes;     /* P */
	uint8_t fec_scheme;       /* 0 GF(2^8), 1 GF(2^16) */
	uint8_t flags;            /* PF_PACKET_* */
};

void pf_packet_header_write(uint8_t out[PF_PACKET_HEADER_BYTES], const struct pf_packet_header *h);
/* Says what the bytes are; whether they are allowed now is the receiver's decision. Errors:
 * PF_ERR_TRUNCATED, PF_ERR_INVALID (magic). */
int pf_packet_header_read(struct pf_packet_header *out, const uint8_t *data, size_t len);
