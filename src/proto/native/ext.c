#include "proto/native/ext.h"

#define LENGTH_BYTES 2

static bool tag_repeats(struct pf_slice before, uint16_t tag)
{
	uint16_t seen;
	struct pf_slice value;
	while (pf_ext_next(&before, &seen, &value)) {
		if (seen == tag)
			return true;
	}
	return false;
}

int pf_ext_read(struct pf_slice *records, struct pf_rd *r)
{
	size_t len = pf_rd_u16(r);
	if (len > PF_EXT_BYTES_MAX - LENGTH_BYTES)
		return PF_ERR_LIMIT;
	struct pf_slice all = pf_rd_slice(r, len);
	if (r->failed)
		return PF_ERR_TRUNCATED;
	struct pf_rd body = pf_rd_init(all.data, all.len);
	for (unsigned count = 0; body.left > 0; count++) {
		if (count == PF_EXT_RECORDS_MAX)
			return PF_ERR_LIMIT;
		struct pf_slice before = {.data = all.data, .len = all.len - body.left};
		uint16_t tag = pf_rd_u16(&body);
		pf_rd_skip(&body, pf_rd_u16(&body));
		if (body.failed)
			return PF_ERR_TRUNCATED;
		if (tag_repeats(before, tag))
			return PF_ERR_INVALID;
	}
	*records = all;
	return PF_OK;
}

bool pf_ext_next(struct pf_slice *records, uint16_t *tag, struct pf_slice *value)
{
	struct pf_rd r = pf_rd_init(records->data, records->len);
	uint16_t next_tag = pf_rd_u16(&r);
	struct pf_slice next_value = pf_rd_slice(&r, pf_rd_u16(&r));
	if (r.failed)
		return false;
	*tag = next_tag;
	*value = next_value;
	*records = (struct pf_slice){.data = r.p, .len = r.left};
	return true;
}

size_t pf_ext_begin(struct pf_wr *w)
{
	size_t at = w->len;
	pf_wr_u16(w, 0);
	return at;
}

void pf_ext_record(struct pf_wr *w, uint16_t tag, const void *value, size_t len)
{
	pf_wr_u16(w, tag);
	pf_wr_u16(w, (uint16_t)len);
	pf_wr_bytes(w, value, len);
}

void pf_ext_end(struct pf_wr *w, size_t at)
{
	if (w->failed)
		return;
	size_t block = w->len - at;
	if (block > PF_EXT_BYTES_MAX) {
		w->failed = true;
		return;
	}
	w->start[at] = (uint8_t)(block - LENGTH_BYTES);
	w->start[at + 1] = (uint8_t)((block - LENGTH_BYTES) >> 8);
}
