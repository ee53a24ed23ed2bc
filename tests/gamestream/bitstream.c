#include "bitstream.h"

#include "options.h"
#include "violations.h"

struct seen {
	bool vps, sps, pps, idr, filler, bidirectional;
	int slices;
	size_t first_slice; /* offset of the first slice */
};

/* Length of the start code at p, 0 when there is none. */
static size_t start_code(const uint8_t *p, size_t left)
{
	if (left >= 3 && !p[0] && !p[1] && p[2] == 1)
		return 3;
	if (left >= 4 && !p[0] && !p[1] && !p[2] && p[3] == 1)
		return 4;
	return 0;
}

static unsigned exp_golomb(const uint8_t *p, size_t len, size_t *bit)
{
	unsigned zeros = 0, value = 1;
	while (*bit < 8 * len && !(p[*bit / 8] >> (7 - *bit % 8) & 1) && zeros < 31) {
		zeros++;
		(*bit)++;
	}
	(*bit)++;
	for (; zeros && *bit < 8 * len; zeros--, (*bit)++)
		value = value << 1 | (p[*bit / 8] >> (7 - *bit % 8) & 1);
	return value - 1;
}

static void see_h264(struct seen *s, const uint8_t *nal, size_t len, size_t offset)
{
	unsigned type = nal[0] & 31;
	s->sps |= type == 7;
	s->pps |= type == 8;
	s->filler |= type == 12;
	s->idr |= type == 5;
	if (type != 1 && type != 5)
		return;
	size_t bit = 0;
	exp_golomb(nal + 1, len - 1, &bit);
	s->bidirectional |= exp_golomb(nal + 1, len - 1, &bit) % 5 == 1;
	if (!s->slices++)
		s->first_slice = offset;
}

static void see_hevc(struct seen *s, const uint8_t *nal, size_t offset)
{
	unsigned type = nal[0] >> 1 & 63;
	s->vps |= type == 32;
	s->sps |= type == 33;
	s->pps |= type == 34;
	s->filler |= type == 38;
	s->idr |= type == 19 || type == 20;
	if (type < 32 && !s->slices++)
		s->first_slice = offset;
}

static void walk_annex_b(struct seen *s, int codec, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 4 < len;) {
		if (data[i] || data[i + 1] || data[i + 2] != 1) {
			i++;
			continue;
		}
		i += 3;
		if (codec == GSC_H264)
			see_h264(s, data + i, len - i, i);
		else
			see_hevc(s, data + i, i);
	}
}

static void check_annex_b(
	int codec, uint32_t frame, const uint8_t *data, size_t len, size_t first, bool idr, int slices)
{
	struct seen s = {0};
	if (!start_code(data, len))
		gsc_violation("6.8: frame %u does not begin with a start code", frame);
	if (!data[len - 1])
		gsc_violation("6.4: frame %u: the last length leaves zero bytes at the end", frame);
	walk_annex_b(&s, codec, data, len);
	bool sets = s.sps && s.pps && (s.vps || codec == GSC_H264);
	if (!s.slices)
		gsc_violation("6.8: frame %u has no slice", frame);
	if (idr && (!sets || !s.idr))
		gsc_violation(
			"6.8: frame %u of type 2: parameter sets %d, IDR slices %d", frame, sets, s.idr);
	if (idr && s.first_slice >= first)
		gsc_violation("6.8: frame %u: the first slice begins after the first packet", frame);
	if (!idr && (s.sps || s.pps || s.vps || s.idr))
		gsc_violation("6.8: frame %u is no IDR by type, but has parameter sets or IDR slices", frame);
	if (s.filler)
		gsc_violation("6.8: frame %u has filler data", frame);
	if (s.bidirectional)
		gsc_violation("6.8: frame %u has B slices", frame);
	if (slices > 1 && s.slices < slices)
		gsc_violation("6.8: frame %u has %d slices, wanted %d", frame, s.slices, slices);
}

static bool leb128(const uint8_t *data, size_t len, size_t *at, size_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < 8 && *at < len; i++) {
		uint8_t byte = data[(*at)++];
		*value |= (size_t)(byte & 127) << (7 * i);
		if (!(byte & 128))
			return true;
	}
	return false;
}

static void check_obus(uint32_t frame, const uint8_t *data, size_t len, bool idr)
{
	bool sequence = false, picture = false;
	size_t at = 0;
	while (at < len) {
		unsigned type = data[at] >> 3 & 15, head = data[at];
		size_t size;
		at += head & 4 ? 2 : 1;
		if (head & 0x81 || !(head & 2) || !leb128(data, len, &at, &size) || at > len ||
			size > len - at) {
			gsc_violation("6.4: frame %u: no whole OBUs up to the last length", frame);
			return;
		}
		sequence |= type == 1;
		picture |= type == 6 || type == 3 || type == 4;
		at += size;
	}
	if (!picture)
		gsc_violation("6.8: frame %u has no frame OBU", frame);
	if (idr != sequence)
		gsc_violation("6.8: frame %u: type 2 is %d, sequence header is %d", frame, idr, sequence);
}

void gsc_bitstream_check(
	int codec, uint32_t frame, const uint8_t *data, size_t len, size_t first, bool idr, int slices)
{
	if (!len)
		gsc_violation("6.4: frame %u is empty", frame);
	else if (codec == GSC_AV1)
		check_obus(frame, data, len, idr);
	else
		check_annex_b(codec, frame, data, len, first, idr, slices);
}
