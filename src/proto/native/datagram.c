#include "proto/native/datagram.h"

#define TIMING_BYTES        13
#define TIMING_STAGES_BYTES 25
#define TIMING_PHASE_BYTES  29
#define CURSOR_VISIBLE      0x01
#define CURSOR_CAPTURED     0x02

static int read_audio(struct pf_datagram *d, struct pf_rd *r)
{
	d->audio.seq = pf_rd_u32(r);
	d->audio.pts_ns = pf_rd_u64(r);
	d->audio.data = pf_rd_slice(r, r->left);
	return PF_OK;
}

static void write_audio(struct pf_wr *w, const struct pf_audio_packet *a)
{
	pf_wr_u32(w, a->seq);
	pf_wr_u64(w, a->pts_ns);
	pf_wr_slice(w, a->data);
}

static int read_red(struct pf_datagram *d, struct pf_rd *r)
{
	d->red.seq = pf_rd_u32(r);
	d->red.pts_ns = pf_rd_u64(r);
	d->red.primary = pf_rd_slice(r, pf_rd_u16(r));
	d->red.previous = pf_rd_slice(r, r->left);
	return PF_OK;
}

static void write_red(struct pf_wr *w, const struct pf_red_packet *red)
{
	if (red->primary.len > UINT16_MAX)
		w->failed = true;
	pf_wr_u32(w, red->seq);
	pf_wr_u64(w, red->pts_ns);
	pf_wr_u16(w, (uint16_t)red->primary.len);
	pf_wr_slice(w, red->primary);
	pf_wr_slice(w, red->previous);
}

/* Three forms, each a prefix of the next; a length in between is none of them. */
static int read_timing(struct pf_datagram *d, struct pf_rd *r)
{
	size_t len = r->left + 1;
	if (len > TIMING_BYTES && len < TIMING_PHASE_BYTES && len != TIMING_STAGES_BYTES)
		return PF_ERR_INVALID;
	d->timing.pts_ns = pf_rd_u64(r);
	d->timing.host_us = pf_rd_u32(r);
	d->timing.has_stages = len >= TIMING_STAGES_BYTES;
	d->timing.has_phase = len >= TIMING_PHASE_BYTES;
	if (d->timing.has_stages) {
		d->timing.queue_us = pf_rd_u32(r);
		d->timing.encode_us = pf_rd_u32(r);
		d->timing.pace_us = pf_rd_u32(r);
	}
	if (d->timing.has_phase)
		d->timing.phase_ns = (int32_t)pf_rd_u32(r);
	return PF_OK;
}

static void write_timing(struct pf_wr *w, const struct pf_host_timing *t)
{
	pf_wr_u64(w, t->pts_ns);
	pf_wr_u32(w, t->host_us);
	if (!t->has_stages)
		return;
	pf_wr_u32(w, t->queue_us);
	pf_wr_u32(w, t->encode_us);
	pf_wr_u32(w, t->pace_us);
	if (t->has_phase)
		pf_wr_u32(w, (uint32_t)t->phase_ns);
}

static int read_cursor(struct pf_datagram *d, struct pf_rd *r)
{
	d->cursor.serial = pf_rd_u32(r);
	uint8_t flags = pf_rd_u8(r);
	d->cursor.visible = flags & CURSOR_VISIBLE;
	d->cursor.captured = flags & CURSOR_CAPTURED;
	d->cursor.x_px = (int32_t)pf_rd_u32(r);
	d->cursor.y_px = (int32_t)pf_rd_u32(r);
	return PF_OK;
}

static void write_cursor(struct pf_wr *w, const struct pf_cursor_state *c)
{
	pf_wr_u32(w, c->serial);
	pf_wr_u8(w, (c->visible ? CURSOR_VISIBLE : 0) | (c->captured ? CURSOR_CAPTURED : 0));
	pf_wr_u32(w, (uint32_t)c->x_px);
	pf_wr_u32(w, (uint32_t)c->y_px);
}

static int read_hdr(struct pf_datagram *d, struct pf_rd *r)
{
	pf_hdr_read(&d->hdr, r);
	return PF_OK;
}

/* The kinds made here, behind their first byte. */
static int read_plain(struct pf_datagram *d, struct pf_rd *r)
{
	int err;
	switch (d->tag) {
	case PF_DATAGRAM_AUDIO:
	case PF_DATAGRAM_MIC:
	case PF_DATAGRAM_PCM:
		err = read_audio(d, r);
		break;
	case PF_DATAGRAM_AUDIO_RED:
		err = read_red(d, r);
		break;
	case PF_DATAGRAM_HDR:
		err = read_hdr(d, r);
		break;
	case PF_DATAGRAM_HOST_TIMING:
		err = read_timing(d, r);
		break;
	case PF_DATAGRAM_CURSOR:
		err = read_cursor(d, r);
		break;
	default:
		return PF_ERR_UNSUPPORTED;
	}
	return r->failed ? PF_ERR_TRUNCATED : err;
}

static int read_any(struct pf_datagram *d, const uint8_t *data, size_t len)
{
	switch (d->tag) {
	case PF_DATAGRAM_INPUT:
		return pf_input_read(&d->input, data, len);
	case PF_DATAGRAM_RICH_INPUT:
		return pf_rich_read(&d->rich, data, len);
	case PF_DATAGRAM_RUMBLE:
		return pf_rumble_read(&d->rumble, data, len);
	case PF_DATAGRAM_HID_OUTPUT:
		return pf_hid_output_read(&d->hid, data, len);
	case PF_DATAGRAM_PAD_AUDIO:
		return pf_pad_audio_read(&d->pad_audio, data, len);
	default:
		break;
	}
	struct pf_rd r = pf_rd_init(data, len);
	pf_rd_skip(&r, 1);
	return read_plain(d, &r);
}

int pf_datagram_read(struct pf_datagram *out, const uint8_t *data, size_t len)
{
	if (len == 0)
		return PF_ERR_TRUNCATED;
	struct pf_datagram d = {.tag = (enum pf_datagram_tag)data[0]};
	int err = read_any(&d, data, len);
	if (err == PF_OK)
		*out = d;
	return err;
}

static void write_plain(struct pf_wr *w, const struct pf_datagram *d)
{
	pf_wr_u8(w, (uint8_t)d->tag);
	switch (d->tag) {
	case PF_DATAGRAM_AUDIO:
	case PF_DATAGRAM_MIC:
	case PF_DATAGRAM_PCM:
		write_audio(w, &d->audio);
		break;
	case PF_DATAGRAM_AUDIO_RED:
		write_red(w, &d->red);
		break;
	case PF_DATAGRAM_HDR:
		pf_hdr_write(w, &d->hdr);
		break;
	case PF_DATAGRAM_HOST_TIMING:
		write_timing(w, &d->timing);
		break;
	case PF_DATAGRAM_CURSOR:
		write_cursor(w, &d->cursor);
		break;
	default:
		w->failed = true;
		break;
	}
}

void pf_datagram_write(struct pf_wr *w, const struct pf_datagram *d)
{
	switch (d->tag) {
	case PF_DATAGRAM_INPUT:
		pf_input_write(w, &d->input);
		break;
	case PF_DATAGRAM_RICH_INPUT:
		pf_rich_write(w, &d->rich);
		break;
	case PF_DATAGRAM_RUMBLE:
		pf_rumble_write(w, &d->rumble);
		break;
	case PF_DATAGRAM_HID_OUTPUT:
		pf_hid_output_write(w, &d->hid);
		break;
	case PF_DATAGRAM_PAD_AUDIO:
		pf_pad_audio_write(w, &d->pad_audio);
		break;
	default:
		write_plain(w, d);
		break;
	}
}

unsigned pf_datagram_grant(const struct pf_datagram *d)
{
	switch (d->tag) {
	case PF_DATAGRAM_INPUT:
		return pf_input_grant(d->input.kind);
	case PF_DATAGRAM_RICH_INPUT:
		return d->rich.kind == PF_RICH_PEN ? PF_GRANT_POINTER : PF_GRANT_GAMEPAD;
	case PF_DATAGRAM_MIC:
		return PF_GRANT_MIC;
	default:
		return 0;
	}
}
