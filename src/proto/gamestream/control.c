#include "proto/gamestream/control.h"

#include "base/reader.h"

#define ENVELOPE_TYPE 0x0001

enum type {
	TYPE_TERMINATION = 0x0109,
	TYPE_RUMBLE = 0x010B,
	TYPE_HDR = 0x010E,
	TYPE_PING = 0x0200,
	TYPE_LOSS_STATISTICS = 0x0201,
	TYPE_INPUT = 0x0206,
	TYPE_INVALIDATE = 0x0301,
	TYPE_IDR = 0x0302,
	TYPE_START_A_OLD = 0x0305,
	TYPE_START_B = 0x0307,
	TYPE_LTR_RECEIVED = 0x0350,
	TYPE_TRIGGER_RUMBLE = 0x5500,
	TYPE_MOTION = 0x5501,
	TYPE_LED = 0x5502,        /* from the host */
	TYPE_FEC_STATUS = 0x5502, /* from the client */
	TYPE_ADAPTIVE_TRIGGERS = 0x5503,
};

/* --- envelope --- */

static struct pf_gs_iv iv_of(const struct pf_gs_channel *c, uint32_t seq, char sender)
{
	return c->legacy ? pf_gs_iv_legacy(seq) : pf_gs_iv(seq, sender, 'C');
}

int pf_gs_envelope_open(struct pf_gs_channel *c, const uint8_t *data, size_t len, uint8_t *text,
	size_t *text_len, uint32_t *seq)
{
	struct pf_rd r = pf_rd_init(data, len);
	uint16_t type = pf_rd_u16(&r), length = pf_rd_u16(&r);
	*seq = pf_rd_u32(&r);
	const uint8_t *tag = pf_rd_bytes(&r, PF_GS_TAG_BYTES);
	if (r.failed || type != ENVELOPE_TYPE || (size_t)length + 4 != len || r.left < 4 ||
		r.left > PF_GS_CONTROL_TEXT_MAX)
		return PF_ERR_INVALID;
	*text_len = r.left;
	struct pf_gs_iv iv = iv_of(c, *seq, 'C');
	return pf_gs_gcm_open(&c->key, &iv, pf_rd_bytes(&r, *text_len), *text_len, text, tag) ? PF_OK
											      : PF_ERR_AUTH;
}

void pf_gs_envelope_seal(struct pf_wr *w, struct pf_gs_channel *c, const uint8_t *text, size_t len)
{
	struct pf_gs_iv iv = iv_of(c, c->next_seq, 'H');
	pf_wr_u16(w, ENVELOPE_TYPE);
	pf_wr_u16(w, (uint16_t)(4 + PF_GS_TAG_BYTES + len));
	pf_wr_u32(w, c->next_seq++);
	uint8_t *tag = pf_wr_room(w, PF_GS_TAG_BYTES);
	uint8_t *sealed = pf_wr_room(w, len);
	if (sealed)
		pf_gs_gcm_seal(&c->key, &iv, text, len, sealed, tag);
}

/* --- of the client --- */

static void read_fec_status(struct pf_gs_fec_status *s, struct pf_rd *r)
{
	s->frame = pf_rd_u32be(r);
	pf_rd_skip(r, 4); /* highest and next contiguous sequence numbers */
	s->missing = pf_rd_u16be(r);
	s->data_packets = pf_rd_u16be(r);
	s->parity_packets = pf_rd_u16be(r);
	s->data_received = pf_rd_u16be(r);
	s->parity_received = pf_rd_u16be(r);
	s->percent = pf_rd_u8(r);
	s->block = pf_rd_u8(r);
	s->blocks = pf_rd_u8(r);
}

static void read_payload(struct pf_gs_message *m, uint16_t type, struct pf_rd *r)
{
	switch (type) {
	case TYPE_IDR:
		m->kind = PF_GS_IDR;
		break;
	case TYPE_START_B:
	case TYPE_START_A_OLD:
		m->kind = PF_GS_START_B;
		break;
	case TYPE_PING:
		m->kind = PF_GS_PING;
		break;
	case TYPE_LOSS_STATISTICS:
		m->kind = PF_GS_LOSS_STATISTICS;
		break;
	case TYPE_INPUT:
		m->kind = PF_GS_INPUT;
		m->input = pf_rd_slice(r, r->left);
		break;
	case TYPE_INVALIDATE:
		m->kind = PF_GS_INVALIDATE;
		m->lost.first = pf_rd_u32(r);
		pf_rd_skip(r, 4);
		m->lost.last = pf_rd_u32(r);
		break;
	case TYPE_LTR_RECEIVED:
		m->kind = PF_GS_LTR_RECEIVED;
		m->lost.first = m->lost.last = pf_rd_u32(r);
		break;
	case TYPE_FEC_STATUS:
		m->kind = PF_GS_FEC_STATUS;
		read_fec_status(&m->fec, r);
		break;
	default:
		m->kind = PF_GS_UNKNOWN;
	}
}

int pf_gs_message_read(struct pf_gs_message *out, const uint8_t *text, size_t len)
{
	struct pf_rd r = pf_rd_init(text, len);
	uint16_t type = pf_rd_u16(&r), length = pf_rd_u16(&r);
	*out = (struct pf_gs_message){0};
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (length != r.left)
		return PF_ERR_INVALID;
	read_payload(out, type, &r);
	return r.failed ? PF_ERR_TRUNCATED : PF_OK;
}

/* --- of the host --- */

static void begin(struct pf_wr *w, enum type type, uint16_t length)
{
	pf_wr_u16(w, (uint16_t)type);
	pf_wr_u16(w, length);
}

void pf_gs_write_rumble(struct pf_wr *w, uint16_t pad, uint16_t low, uint16_t high)
{
	begin(w, TYPE_RUMBLE, 10);
	pf_wr_u32(w, 0x00C0FFEE);
	pf_wr_u16(w, pad);
	pf_wr_u16(w, low);
	pf_wr_u16(w, high);
}

void pf_gs_write_trigger_rumble(struct pf_wr *w, uint16_t pad, uint16_t left, uint16_t right)
{
	begin(w, TYPE_TRIGGER_RUMBLE, 6);
	pf_wr_u16(w, pad);
	pf_wr_u16(w, left);
	pf_wr_u16(w, right);
}

void pf_gs_write_motion_request(struct pf_wr *w, uint16_t pad, uint16_t hz, uint8_t kind)
{
	begin(w, TYPE_MOTION, 5);
	pf_wr_u16(w, pad);
	pf_wr_u16(w, hz);
	pf_wr_u8(w, kind);
}

void pf_gs_write_led(struct pf_wr *w, uint16_t pad, uint8_t red, uint8_t green, uint8_t blue)
{
	begin(w, TYPE_LED, 5);
	pf_wr_u16(w, pad);
	pf_wr_u8(w, red);
	pf_wr_u8(w, green);
	pf_wr_u8(w, blue);
}

void pf_gs_write_adaptive_triggers(struct pf_wr *w, uint16_t pad, const struct pf_gs_triggers *t)
{
	begin(w, TYPE_ADAPTIVE_TRIGGERS, 25);
	pf_wr_u16(w, pad);
	pf_wr_u8(w, t->flags);
	pf_wr_u8(w, t->left_type);
	pf_wr_u8(w, t->right_type);
	pf_wr_bytes(w, t->left, sizeof(t->left));
	pf_wr_bytes(w, t->right, sizeof(t->right));
}

void pf_gs_write_hdr(struct pf_wr *w, const struct pf_gs_hdr *h)
{
	const uint16_t words[] = {h->red[0], h->red[1], h->green[0], h->green[1], h->blue[0], h->blue[1],
		h->white[0], h->white[1], h->max_luminance, h->min_luminance, h->max_content,
		h->max_frame_average, h->max_full_frame};
	begin(w, TYPE_HDR, 27);
	pf_wr_u8(w, h->enabled);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		pf_wr_u16(w, words[i]);
}

void pf_gs_write_termination(struct pf_wr *w, uint32_t why)
{
	begin(w, TYPE_TERMINATION, 4);
	pf_wr_u32be(w, why);
}
