#include "packet/header.h"

#include "base/error.h"
#include "base/reader.h"
#include "base/writer.h"

void pf_packet_header_write(uint8_t out[PF_PACKET_HEADER_BYTES], const struct pf_packet_header *h)
{
	struct pf_wr w = pf_wr_init(out, PF_PACKET_HEADER_BYTES);
	pf_wr_u64(&w, h->pts_ns);
	pf_wr_u32(&w, h->frame_index);
	pf_wr_u32(&w, h->stream_seq);
	pf_wr_u32(&w, h->frame_bytes);
	pf_wr_u32(&w, h->user_flags);
	pf_wr_u16(&w, h->block_index);
	pf_wr_u16(&w, h->block_count);
	pf_wr_u16(&w, h->data_shards);
	pf_wr_u16(&w, h->recovery_shards);
	pf_wr_u16(&w, h->shard_index);
	pf_wr_u16(&w, h->shard_bytes);
	pf_wr_u8(&w, PF_PACKET_MAGIC);
	pf_wr_u8(&w, PF_PACKET_VERSION);
	pf_wr_u8(&w, h->fec_scheme);
	pf_wr_u8(&w, h->flags);
}

int pf_packet_header_read(struct pf_packet_header *out, const uint8_t *data, size_t len)
{
	if (len < PF_PACKET_HEADER_BYTES)
		return PF_ERR_TRUNCATED;
	/* A constant, so that no read checks it again. */
	struct pf_rd r = pf_rd_init(data, PF_PACKET_HEADER_BYTES);
	struct pf_packet_header h;
	h.pts_ns = pf_rd_u64(&r);
	h.frame_index = pf_rd_u32(&r);
	h.stream_seq = pf_rd_u32(&r);
	h.frame_bytes = pf_rd_u32(&r);
	h.user_flags = pf_rd_u32(&r);
	h.block_index = pf_rd_u16(&r);
	h.block_count = pf_rd_u16(&r);
	h.data_shards = pf_rd_u16(&r);
	h.recovery_shards = pf_rd_u16(&r);
	h.shard_index = pf_rd_u16(&r);
	h.shard_bytes = pf_rd_u16(&r);
	uint8_t magic = pf_rd_u8(&r);
	pf_rd_u8(&r); /* the version is not checked: every released peer writes 1 (2.2) */
	h.fec_scheme = pf_rd_u8(&r);
	h.flags = pf_rd_u8(&r);
	if (magic != PF_PACKET_MAGIC)
		return PF_ERR_INVALID;
	*out = h;
	return PF_OK;
}
