#include "proto/native/feedback.h"

#include "proto/native/datagram_tag.h"

#define RUMBLE_V2_BYTES 10
#define RUMBLE_V3_BYTES 14
#define MIC_LED_LAST    2

static uint16_t legal_ttl(uint16_t ms)
{
	if (ms < PF_RUMBLE_TTL_MIN_MS)
		return PF_RUMBLE_TTL_MIN_MS;
	return ms < PF_RUMBLE_TTL_MAX_MS ? ms : PF_RUMBLE_TTL_MAX_MS;
}

int pf_rumble_read(struct pf_rumble *out, const uint8_t *data, size_t len)
{
	struct pf_rd r = pf_rd_init(data, len);
	uint8_t tag = pf_rd_u8(&r);
	struct pf_rumble m = {
		.version = len >= RUMBLE_V3_BYTES   ? 3
			   : len >= RUMBLE_V2_BYTES ? 2
						    : 1,
		.ttl_ms = PF_RUMBLE_TTL_DEFAULT_MS,
	};
	m.pad = pf_rd_u16(&r);
	m.low = pf_rd_u16(&r);
	m.high = pf_rd_u16(&r);
	if (m.version >= 2) {
		m.seq = pf_rd_u8(&r);
		m.ttl_ms = legal_ttl(pf_rd_u16(&r));
	}
	if (m.version >= 3) {
		m.left_trigger = pf_rd_u16(&r);
		m.right_trigger = pf_rd_u16(&r);
	}
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (tag != PF_DATAGRAM_RUMBLE || m.pad >= PF_PADS_MAX)
		return PF_ERR_INVALID;
	*out = m;
	return PF_OK;
}

void pf_rumble_write(struct pf_wr *w, const struct pf_rumble *m)
{
	pf_wr_u8(w, PF_DATAGRAM_RUMBLE);
	pf_wr_u16(w, m->pad);
	pf_wr_u16(w, m->low);
	pf_wr_u16(w, m->high);
	if (m->version >= 2) {
		pf_wr_u8(w, m->seq);
		pf_wr_u16(w, m->ttl_ms);
	}
	if (m->version >= 3) {
		pf_wr_u16(w, m->left_trigger);
		pf_wr_u16(w, m->right_trigger);
	}
}

/* A byte that may only be 0 or 1. */
static bool read_choice(bool *out, struct pf_rd *r)
{
	uint8_t v = pf_rd_u8(r);
	*out = v == 1;
	return v <= 1;
}

/* What follows the pad, by kind. False: out of range. */
static bool read_hid_body(struct pf_hid_output *m, struct pf_rd *r)
{
	switch (m->kind) {
	case PF_HID_LED:
		m->led.red = pf_rd_u8(r);
		m->led.green = pf_rd_u8(r);
		m->led.blue = pf_rd_u8(r);
		return true;
	case PF_HID_PLAYER_LEDS:
		m->player_leds = pf_rd_u8(r) & 0x1F;
		return true;
	case PF_HID_TRIGGER:
		if (!read_choice(&m->trigger.right, r))
			return false;
		m->trigger.effect = pf_rd_slice(r, r->left ? r->left : 1);
		return m->trigger.effect.len <= PF_TRIGGER_EFFECT_MAX;
	case PF_HID_HAPTIC:
		if (!read_choice(&m->haptic.left, r))
			return false;
		m->haptic.amplitude = pf_rd_u16(r);
		m->haptic.period = pf_rd_u16(r);
		m->haptic.count = pf_rd_u16(r);
		return true;
	case PF_HID_RAW:
		if (!read_choice(&m->raw.feature, r))
			return false;
		m->raw.report = pf_rd_slice(r, r->left);
		return m->raw.report.len <= PF_HID_REPORT_MAX;
	case PF_HID_AUDIO_CONTROL:
		m->audio_control.flags = pf_rd_u8(r);
		pf_rd_copy(r, m->audio_control.control, sizeof(m->audio_control.control));
		return true;
	case PF_HID_MIC_LED:
		m->mic_led = pf_rd_u8(r);
		return m->mic_led <= MIC_LED_LAST;
	}
	return false;
}

int pf_hid_output_read(struct pf_hid_output *out, const uint8_t *data, size_t len)
{
	struct pf_rd r = pf_rd_init(data, len);
	uint8_t tag = pf_rd_u8(&r);
	uint8_t kind = pf_rd_u8(&r);
	if (!r.failed && tag != PF_DATAGRAM_HID_OUTPUT)
		return PF_ERR_INVALID;
	if (!r.failed && (kind < PF_HID_LED || kind > PF_HID_MIC_LED))
		return PF_ERR_UNSUPPORTED;
	/* Only audio control has a pad of two bytes. */
	unsigned pad = kind == PF_HID_AUDIO_CONTROL ? pf_rd_u16(&r) : pf_rd_u8(&r);
	if (r.failed)
		return PF_ERR_TRUNCATED;
	struct pf_hid_output m = {.kind = (enum pf_hid_kind)kind, .pad = (uint8_t)pad};
	bool sound = read_hid_body(&m, &r);
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (!sound || pad >= PF_PADS_MAX)
		return PF_ERR_INVALID;
	*out = m;
	return PF_OK;
}

static void write_bounded(struct pf_wr *w, struct pf_slice s, size_t min, size_t max)
{
	if (s.len < min || s.len > max)
		w->failed = true;
	pf_wr_slice(w, s);
}

void pf_hid_output_write(struct pf_wr *w, const struct pf_hid_output *m)
{
	pf_wr_u8(w, PF_DATAGRAM_HID_OUTPUT);
	pf_wr_u8(w, (uint8_t)m->kind);
	pf_wr_le(w, m->pad, m->kind == PF_HID_AUDIO_CONTROL ? 2 : 1);
	switch (m->kind) {
	case PF_HID_LED:
		pf_wr_u8(w, m->led.red);
		pf_wr_u8(w, m->led.green);
		pf_wr_u8(w, m->led.blue);
		break;
	case PF_HID_PLAYER_LEDS:
		pf_wr_u8(w, m->player_leds);
		break;
	case PF_HID_TRIGGER:
		pf_wr_u8(w, m->trigger.right);
		write_bounded(w, m->trigger.effect, 1, PF_TRIGGER_EFFECT_MAX);
		break;
	case PF_HID_HAPTIC:
		pf_wr_u8(w, m->haptic.left);
		pf_wr_u16(w, m->haptic.amplitude);
		pf_wr_u16(w, m->haptic.period);
		pf_wr_u16(w, m->haptic.count);
		break;
	case PF_HID_RAW:
		pf_wr_u8(w, m->raw.feature);
		write_bounded(w, m->raw.report, 0, PF_HID_REPORT_MAX);
		break;
	case PF_HID_AUDIO_CONTROL:
		pf_wr_u8(w, m->audio_control.flags);
		pf_wr_bytes(w, m->audio_control.control, sizeof(m->audio_control.control));
		break;
	case PF_HID_MIC_LED:
		pf_wr_u8(w, m->mic_led);
		break;
	}
}

int pf_pad_audio_read(struct pf_pad_audio *out, const uint8_t *data, size_t len)
{
	struct pf_rd r = pf_rd_init(data, len);
	uint8_t tag = pf_rd_u8(&r);
	struct pf_pad_audio m = {.pad = pf_rd_u8(&r)};
	uint8_t kind = pf_rd_u8(&r);
	m.seq = pf_rd_u32(&r);
	m.pts_ns = pf_rd_u64(&r);
	m.opus = pf_rd_slice(&r, r.left);
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (tag != PF_DATAGRAM_PAD_AUDIO || m.pad >= PF_PADS_MAX || kind > PF_PAD_AUDIO_SPEAKER)
		return PF_ERR_INVALID;
	m.kind = (enum pf_pad_audio_kind)kind;
	*out = m;
	return PF_OK;
}

void pf_pad_audio_write(struct pf_wr *w, const struct pf_pad_audio *m)
{
	pf_wr_u8(w, PF_DATAGRAM_PAD_AUDIO);
	pf_wr_u8(w, m->pad);
	pf_wr_u8(w, (uint8_t)m->kind);
	pf_wr_u32(w, m->seq);
	pf_wr_u64(w, m->pts_ns);
	pf_wr_slice(w, m->opus);
}
