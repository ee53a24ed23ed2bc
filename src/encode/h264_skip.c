#include "encode/h264_skip.h"

#include <string.h>

#include "encode/annexb.h"
#include "encode/bits.h"
#include "encode/cabac_skip.h"

#define NAL_SLICE   1
#define NAL_IDR     5
#define NAL_SPS     7
#define NAL_PPS     8
#define NAL_TYPE(b) ((b)&0x1F)

#define SLICE_P_ALL 5 /* slice_type: P, as all slices of the picture */
#define SKIP_QP     51

/* Parameter sets and slice headers are looked at in pieces of this size. */
#define WINDOW 64

/* Bytes without emulation prevention (7.4.1), and how many escaped ones they were. */
struct plain {
	uint8_t bytes[WINDOW];
	size_t len, consumed;
};

static struct plain unescape(const uint8_t *data, size_t len)
{
	struct plain p = {0};
	unsigned zeros = 0;
	while (p.consumed < len && p.len < WINDOW) {
		uint8_t b = data[p.consumed++];
		if (zeros >= 2 && b == 3) {
			zeros = 0;
			continue;
		}
		zeros = b == 0 ? zeros + 1 : 0;
		p.bytes[p.len++] = b;
	}
	return p;
}

/* out holds len * 3 / 2 + 1 bytes. */
static size_t escape(uint8_t *out, const uint8_t *data, size_t len)
{
	size_t n = 0;
	unsigned zeros = 0;
	for (size_t i = 0; i < len; i++) {
		if (zeros >= 2 && data[i] <= 3) {
			out[n++] = 3;
			zeros = 0;
		}
		zeros = data[i] == 0 ? zeros + 1 : 0;
		out[n++] = data[i];
	}
	return n;
}

static struct bit_reader behind_header(const struct plain *p)
{
	return (struct bit_reader){.data = p->bytes, .bits = p->len * 8, .at = 8};
}

/* 7.3.2.1.1, as far as needed: 4:2:0, 8 bits, progressive, output in decoding order. */
static bool read_sps(struct h264_skip *s, const uint8_t *nal, size_t len)
{
	struct plain p = unescape(nal, len);
	struct bit_reader r = behind_header(&p);
	unsigned profile = bits_get(&r, 8);
	bits_get(&r, 16);
	s->sps_id = bits_get_ue(&r);
	bool known = true;
	if (profile >= 100) {
		known &= bits_get_ue(&r) == 1; /* 4:2:0 */
		known &= bits_get_ue(&r) == 0; /* luma bits */
		known &= bits_get_ue(&r) == 0; /* chroma bits */
		known &= bits_get(&r, 2) == 0; /* lossless, scaling matrix */
	}
	s->frame_num_bits = bits_get_ue(&r) + 4;
	known &= bits_get_ue(&r) == 2; /* picture order is decoding order */
	bits_get_ue(&r);               /* reference frames */
	bits_get(&r, 1);               /* gaps */
	uint32_t columns = bits_get_ue(&r) + 1;
	uint32_t rows = bits_get_ue(&r) + 1;
	known &= bits_get(&r, 1) == 1; /* frames only */
	s->macroblocks = columns * rows;
	return known && !r.failed && s->frame_num_bits <= 16 && columns <= 512 && rows <= 512;
}

/* 7.3.2.2: one slice group, no weighted prediction, no redundant pictures. */
static bool read_pps(struct h264_skip *s, const uint8_t *nal, size_t len)
{
	struct plain p = unescape(nal, len);
	struct bit_reader r = behind_header(&p);
	s->pps_id = bits_get_ue(&r);
	bool known = bits_get_ue(&r) == s->sps_id;
	s->cabac = bits_get(&r, 1);
	known &= bits_get(&r, 1) == 0; /* field order */
	known &= bits_get_ue(&r) == 0; /* slice groups */
	bits_get_ue(&r);
	bits_get_ue(&r);
	known &= bits_get(&r, 3) == 0; /* weighted prediction */
	s->init_qp = 26 + bits_get_se(&r);
	bits_get_se(&r);
	bits_get_se(&r);
	s->deblocking_control = bits_get(&r, 1);
	bits_get(&r, 1);
	known &= bits_get(&r, 1) == 0; /* redundant pictures */
	return known && !r.failed;
}

static bool learn(struct h264_skip *s, const uint8_t *data, size_t len)
{
	bool sps = false, pps = false;
	struct annexb_nal nal = {0};
	while (annexb_next(data, len, &nal)) {
		unsigned type = NAL_TYPE(data[nal.start]);
		if (type == NAL_SPS)
			sps = read_sps(s, data + nal.start, nal.end - nal.start);
		else if (type == NAL_PPS)
			pps = sps && read_pps(s, data + nal.start, nal.end - nal.start);
		else if (type == NAL_IDR)
			break;
	}
	return sps && pps;
}

static uint32_t frame_num(const struct h264_skip *s, uint32_t picture)
{
	return picture & ((1u << s->frame_num_bits) - 1);
}

/* Emulation prevention starts afresh behind a byte that is not zero: with one behind the field, or no bytes
 * behind the window, a changed window needs no other change of the rest. */
static bool window_is_closed(const struct plain *p, size_t nal_len, size_t field_end_bits)
{
	for (size_t i = (field_end_bits + 7) / 8; i < p->len; i++) {
		if (p->bytes[i] != 0)
			return true;
	}
	return p->consumed == nal_len;
}

/* Puts the stream's frame_num into a slice header (7.3.3); `rest` counts from nal to the end of the unit.
 * Returns where the slice's window ends now, and 0 when the header is not as expected. */
static size_t renumber_slice(
	const struct h264_skip *s, uint8_t *nal, size_t nal_len, size_t rest, size_t *old_end)
{
	struct plain p = unescape(nal, nal_len);
	struct bit_reader r = behind_header(&p);
	bits_get_ue(&r); /* first macroblock */
	bits_get_ue(&r); /* slice type */
	bits_get_ue(&r); /* parameter set */
	struct bit_writer w = {.data = p.bytes, .bits = p.len * 8, .at = r.at};
	uint32_t encoders = bits_get(&r, s->frame_num_bits);
	if (r.failed || encoders != frame_num(s, s->pictures - s->inserted) ||
		!window_is_closed(&p, nal_len, r.at))
		return 0;
	bits_put(&w, frame_num(s, s->pictures), s->frame_num_bits);
	uint8_t fresh[WINDOW * 3 / 2 + 1];
	size_t len = escape(fresh, p.bytes, p.len);
	memmove(nal + len, nal + p.consumed, rest - p.consumed);
	memcpy(nal, fresh, len);
	*old_end = p.consumed;
	return len;
}

static size_t renumber(const struct h264_skip *s, uint8_t *data, size_t len)
{
	size_t most = len + H264_SKIP_GROWTH - WINDOW;
	struct annexb_nal nal = {0};
	while (annexb_next(data, len, &nal)) {
		if (NAL_TYPE(data[nal.start]) != NAL_SLICE)
			continue;
		size_t was,
			is = renumber_slice(s, data + nal.start, nal.end - nal.start, len - nal.start, &was);
		if (is == 0 || len > most)
			return 0;
		len = len - was + is;
		nal.end = nal.end - was + is;
	}
	return len;
}

size_t h264_skip_follow(struct h264_skip *s, uint8_t *data, size_t len, bool key)
{
	if (key) {
		s->pictures = s->inserted = 0;
		s->usable = learn(s, data, len);
		return len;
	}
	s->pictures++;
	return s->inserted > 0 ? renumber(s, data, len) : len;
}

/* 7.3.3 for a P slice that covers the picture. Whatever has a choice is chosen so that nothing is changed. */
static void write_slice_header(const struct h264_skip *s, struct bit_writer *w)
{
	bits_put_ue(w, 0); /* first macroblock */
	bits_put_ue(w, SLICE_P_ALL);
	bits_put_ue(w, s->pps_id);
	bits_put(w, frame_num(s, s->pictures), s->frame_num_bits);
	bits_put(w, 0, 3); /* default reference count, no reordering, sliding window */
	if (s->cabac)
		bits_put_ue(w, 0); /* table of cabac_skip.h */
	bits_put_se(w, SKIP_QP - s->init_qp);
	if (s->deblocking_control)
		bits_put_ue(w, 1); /* off */
}

size_t h264_skip_write(struct h264_skip *s, uint8_t *out)
{
	static const uint8_t start[5] = {0, 0, 0, 1, 2 << 5 | NAL_SLICE};
	uint8_t plain[(H264_SKIP_BYTES_MAX - sizeof(start)) * 2 / 3 - 1] = {0};
	struct bit_writer w = {.data = plain, .bits = sizeof(plain) * 8};
	if (!s->usable)
		return 0;
	s->pictures++;
	write_slice_header(s, &w);
	if (s->cabac) {
		cabac_write_skips(&w, s->macroblocks);
	} else {
		bits_put_ue(&w, s->macroblocks);
		bits_put(&w, 1, 1); /* trailing bit */
	}
	if (w.failed) {
		s->pictures--;
		return 0;
	}
	s->inserted++;
	memcpy(out, start, sizeof(start));
	return sizeof(start) + escape(out + sizeof(start), plain, (w.at + 7) / 8);
}
