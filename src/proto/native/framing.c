#include "proto/native/framing.h"

#include <string.h>

static size_t frame_bytes(const struct pf_framer *f)
{
	if (f->have < PF_FRAME_HEAD_BYTES)
		return PF_FRAME_HEAD_BYTES;
	return PF_FRAME_HEAD_BYTES + (size_t)(f->buf[0] | f->buf[1] << 8);
}

size_t pf_framer_feed(
	struct pf_framer *f, const uint8_t *data, size_t len, pf_framer_on_message on_message, void *user)
{
	size_t used = 0;
	while (used < len) {
		size_t part = frame_bytes(f) - f->have;
		if (part > len - used)
			part = len - used;
		memcpy(f->buf + f->have, data + used, part);
		f->have += part;
		used += part;
		/* The second condition looks again: the length may just have become known. */
		if (f->have < PF_FRAME_HEAD_BYTES || f->have < frame_bytes(f))
			continue;
		size_t body = f->have - PF_FRAME_HEAD_BYTES;
		f->have = 0;
		if (body > 0 && !on_message(user, f->buf + PF_FRAME_HEAD_BYTES, body))
			break;
	}
	return used;
}

bool pf_framer_in_frame(const struct pf_framer *f)
{
	return f->have > 0;
}

size_t pf_frame_begin(struct pf_wr *w)
{
	size_t at = w->len;
	pf_wr_u16(w, 0);
	return at;
}

void pf_frame_end(struct pf_wr *w, size_t at)
{
	if (w->failed)
		return;
	size_t body = w->len - at - PF_FRAME_HEAD_BYTES;
	if (body > PF_FRAME_BODY_MAX) {
		w->failed = true;
		return;
	}
	w->start[at] = (uint8_t)body;
	w->start[at + 1] = (uint8_t)(body >> 8);
}

void pf_frame_write(struct pf_wr *w, const void *message, size_t len)
{
	size_t at = pf_frame_begin(w);
	pf_wr_bytes(w, message, len);
	pf_frame_end(w, at);
}
