#include "proto/native/clip.h"

#include "proto/native/magic.h"
#include "proto/native/name.h"

static bool read_mime(struct pf_slice *out, struct pf_rd *r)
{
	size_t len = pf_rd_u8(r);
	*out = pf_rd_slice(r, len);
	return len <= PF_CLIP_MIME_MAX && pf_utf8_valid(out->data, out->len);
}

static void write_mime(struct pf_wr *w, struct pf_slice mime)
{
	if (mime.len > PF_CLIP_MIME_MAX) {
		w->failed = true;
		return;
	}
	pf_wr_u8(w, (uint8_t)mime.len);
	pf_wr_slice(w, mime);
}

bool pf_clip_offer_read(struct pf_clip_offer *out, struct pf_rd *r)
{
	out->seq = pf_rd_u32(r);
	out->count = pf_rd_u8(r);
	if (out->count > PF_CLIP_FORMATS_MAX)
		return false;
	for (unsigned i = 0; i < out->count; i++) {
		if (!read_mime(&out->format[i].mime, r))
			return false;
		out->format[i].size_hint = pf_rd_u64(r);
	}
	return true;
}

void pf_clip_offer_write(struct pf_wr *w, const struct pf_clip_offer *offer)
{
	if (offer->count > PF_CLIP_FORMATS_MAX) {
		w->failed = true;
		return;
	}
	pf_wr_u32(w, offer->seq);
	pf_wr_u8(w, (uint8_t)offer->count);
	for (unsigned i = 0; i < offer->count; i++) {
		write_mime(w, offer->format[i].mime);
		pf_wr_u64(w, offer->format[i].size_hint);
	}
}

bool pf_clip_fetch_read(struct pf_clip_fetch *out, struct pf_rd *r)
{
	out->seq = pf_rd_u32(r);
	out->file_index = pf_rd_u32(r);
	return read_mime(&out->mime, r);
}

void pf_clip_fetch_write(struct pf_wr *w, const struct pf_clip_fetch *fetch)
{
	pf_wr_u32(w, fetch->seq);
	pf_wr_u32(w, fetch->file_index);
	write_mime(w, fetch->mime);
}

bool pf_clip_head_read(const uint8_t head[PF_CLIP_HEAD_BYTES], uint8_t *kind)
{
	struct pf_rd r = pf_rd_init(head, PF_CLIP_HEAD_BYTES);
	if (!pf_magic_take(&r, PF_MAGIC_CLIPBOARD))
		return false;
	*kind = pf_rd_u8(&r);
	return true;
}

void pf_clip_head_write(struct pf_wr *w, uint8_t kind)
{
	pf_magic_put(w, PF_MAGIC_CLIPBOARD);
	pf_wr_u8(w, kind);
}
