#include "proto/native/rich_input.h"

#include <math.h>
#include <string.h>

#include "proto/native/datagram_tag.h"

#define SURFACE_LAST     2
#define TOUCHED          0x01
#define CLICKED          0x02
#define PEN_SAMPLE_BYTES 21

static float read_f32(struct pf_rd *r)
{
	uint32_t bits = pf_rd_u32(r);
	float v;
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void write_f32(struct pf_wr *w, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof(bits));
	pf_wr_u32(w, bits);
}

static bool read_touchpad(struct pf_rich_input *m, struct pf_rd *r)
{
	m->touchpad.finger = pf_rd_u8(r);
	m->touchpad.touching = pf_rd_u8(r) != 0;
	m->touchpad.x = pf_rd_u16(r);
	m->touchpad.y = pf_rd_u16(r);
	return true;
}

static void write_touchpad(struct pf_wr *w, const struct pf_rich_input *m)
{
	pf_wr_u8(w, m->touchpad.finger);
	pf_wr_u8(w, m->touchpad.touching);
	pf_wr_u16(w, m->touchpad.x);
	pf_wr_u16(w, m->touchpad.y);
}

static bool read_motion(struct pf_rich_input *m, struct pf_rd *r)
{
	for (int i = 0; i < 3; i++)
		m->motion.gyro[i] = (int16_t)pf_rd_u16(r);
	for (int i = 0; i < 3; i++)
		m->motion.accel[i] = (int16_t)pf_rd_u16(r);
	return true;
}

static void write_motion(struct pf_wr *w, const struct pf_rich_input *m)
{
	for (int i = 0; i < 3; i++)
		pf_wr_u16(w, (uint16_t)m->motion.gyro[i]);
	for (int i = 0; i < 3; i++)
		pf_wr_u16(w, (uint16_t)m->motion.accel[i]);
}

static bool read_touchpad_ext(struct pf_rich_input *m, struct pf_rd *r)
{
	m->touchpad_ext.surface = pf_rd_u8(r);
	m->touchpad_ext.finger = pf_rd_u8(r);
	uint8_t state = pf_rd_u8(r);
	m->touchpad_ext.touched = state & TOUCHED;
	m->touchpad_ext.clicked = state & CLICKED;
	m->touchpad_ext.x = (int16_t)pf_rd_u16(r);
	m->touchpad_ext.y = (int16_t)pf_rd_u16(r);
	m->touchpad_ext.pressure = pf_rd_u16(r);
	return m->touchpad_ext.surface <= SURFACE_LAST;
}

static void write_touchpad_ext(struct pf_wr *w, const struct pf_rich_input *m)
{
	pf_wr_u8(w, m->touchpad_ext.surface);
	pf_wr_u8(w, m->touchpad_ext.finger);
	pf_wr_u8(w, (m->touchpad_ext.touched ? TOUCHED : 0) | (m->touchpad_ext.clicked ? CLICKED : 0));
	pf_wr_u16(w, (uint16_t)m->touchpad_ext.x);
	pf_wr_u16(w, (uint16_t)m->touchpad_ext.y);
	pf_wr_u16(w, m->touchpad_ext.pressure);
}

static bool read_raw(struct pf_rich_input *m, struct pf_rd *r)
{
	m->raw = pf_rd_slice(r, pf_rd_u8(r));
	return m->raw.len <= PF_RAW_REPORT_MAX;
}

static void write_raw(struct pf_wr *w, const struct pf_rich_input *m)
{
	if (m->raw.len > PF_RAW_REPORT_MAX)
		w->failed = true;
	pf_wr_u8(w, (uint8_t)m->raw.len);
	pf_wr_slice(w, m->raw);
}

static float inside_picture(float v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

static bool read_pen_sample(struct pf_pen_sample *s, struct pf_rd *r)
{
	s->state = pf_rd_u8(r);
	s->tool = pf_rd_u8(r);
	float x = read_f32(r), y = read_f32(r);
	s->pressure = pf_rd_u16(r);
	s->hover = pf_rd_u16(r);
	s->tilt_deg = pf_rd_u8(r);
	s->azimuth_deg = pf_rd_u16(r);
	s->roll_deg = pf_rd_u16(r);
	s->delta_us = pf_rd_u16(r);
	if (!isfinite(x) || !isfinite(y))
		return false;
	s->x = inside_picture(x);
	s->y = inside_picture(y);
	return true;
}

static bool read_pen(struct pf_rich_input *m, struct pf_rd *r)
{
	m->pen.count = pf_rd_u8(r);
	m->pen.seq = pf_rd_u16(r);
	if (m->pen.count < 1 || m->pen.count > PF_PEN_SAMPLES_MAX)
		return false;
	for (unsigned i = 0; i < m->pen.count; i++) {
		if (!read_pen_sample(&m->pen.sample[i], r))
			return false;
	}
	return true;
}

static void write_pen_sample(struct pf_wr *w, const struct pf_pen_sample *s)
{
	pf_wr_u8(w, s->state);
	pf_wr_u8(w, s->tool);
	write_f32(w, s->x);
	write_f32(w, s->y);
	pf_wr_u16(w, s->pressure);
	pf_wr_u16(w, s->hover);
	pf_wr_u8(w, s->tilt_deg);
	pf_wr_u16(w, s->azimuth_deg);
	pf_wr_u16(w, s->roll_deg);
	pf_wr_u16(w, s->delta_us);
}

static void write_pen(struct pf_wr *w, const struct pf_rich_input *m)
{
	if (m->pen.count < 1 || m->pen.count > PF_PEN_SAMPLES_MAX) {
		w->failed = true;
		return;
	}
	pf_wr_u8(w, (uint8_t)m->pen.count);
	pf_wr_u16(w, m->pen.seq);
	for (unsigned i = 0; i < m->pen.count; i++)
		write_pen_sample(w, &m->pen.sample[i]);
}

static const struct {
	bool (*read)(struct pf_rich_input *m, struct pf_rd *r);
	void (*write)(struct pf_wr *w, const struct pf_rich_input *m);
} kinds[] = {
	[PF_RICH_TOUCHPAD] = {read_touchpad, write_touchpad},
	[PF_RICH_MOTION] = {read_motion, write_motion},
	[PF_RICH_TOUCHPAD_EXT] = {read_touchpad_ext, write_touchpad_ext},
	[PF_RICH_RAW] = {read_raw, write_raw},
	[PF_RICH_PEN] = {read_pen, write_pen},
};

int pf_rich_read(struct pf_rich_input *out, const uint8_t *data, size_t len)
{
	struct pf_rd r = pf_rd_init(data, len);
	uint8_t tag = pf_rd_u8(&r);
	uint8_t kind = pf_rd_u8(&r);
	if (!r.failed && tag != PF_DATAGRAM_RICH_INPUT)
		return PF_ERR_INVALID;
	if (!r.failed && (kind < PF_RICH_TOUCHPAD || kind > PF_RICH_PEN))
		return PF_ERR_UNSUPPORTED;
	struct pf_rich_input m = {.kind = (enum pf_rich_kind)kind};
	/* The same byte is the pad, or the pen's flags. */
	uint8_t third = pf_rd_u8(&r);
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (kind == PF_RICH_PEN)
		m.pen.flags = third;
	else
		m.pad = third;
	bool sound = kinds[kind].read(&m, &r);
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (!sound || m.pad >= PF_PADS_MAX)
		return PF_ERR_INVALID;
	*out = m;
	return PF_OK;
}

void pf_rich_write(struct pf_wr *w, const struct pf_rich_input *m)
{
	if (m->kind < PF_RICH_TOUCHPAD || m->kind > PF_RICH_PEN) {
		w->failed = true;
		return;
	}
	pf_wr_u8(w, PF_DATAGRAM_RICH_INPUT);
	pf_wr_u8(w, (uint8_t)m->kind);
	pf_wr_u8(w, m->kind == PF_RICH_PEN ? m->pen.flags : m->pad);
	kinds[m->kind].write(w, m);
}

bool pf_pen_filter(struct pf_pen_filter *f, struct pf_pen_batch *batch)
{
	if (f->any && (int16_t)(uint16_t)(batch->seq - f->last_seq) <= 0)
		return false;
	f->any = true;
	f->last_seq = batch->seq;
	unsigned kept = 0;
	uint32_t owed_us = 0;
	for (unsigned i = 0; i < batch->count; i++) {
		struct pf_pen_sample s = batch->sample[i];
		owed_us += s.delta_us;
		if (s.state & PF_PEN_PREDICTED)
			continue;
		s.delta_us = owed_us < UINT16_MAX ? (uint16_t)owed_us : UINT16_MAX;
		owed_us = 0;
		batch->sample[kept++] = s;
	}
	batch->count = kept;
	return kept > 0;
}
