#include "proto/native/start.h"

#include <string.h>

#include "proto/native/ext.h"
#include "proto/native/magic.h"
#include "proto/native/name.h"

static bool is_printable_ascii(struct pf_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] < 0x20 || s.data[i] > 0x7E)
			return false;
	}
	return true;
}

/* Malformed: only this record is ignored. */
static void take_preset(struct pf_start *s, struct pf_slice value)
{
	struct pf_rd r = pf_rd_init(value.data, value.len);
	struct pf_slice id = pf_rd_slice(&r, pf_rd_u8(&r));
	struct pf_slice name = pf_rd_slice(&r, pf_rd_u8(&r));
	if (r.failed || r.left > 0 || id.len == 0 || id.len > PF_START_PRESET_ID_MAX ||
		name.len > PF_START_PRESET_NAME_MAX || !is_printable_ascii(id) ||
		!pf_utf8_valid(name.data, name.len))
		return;
	memcpy(s->preset_id, id.data, id.len);
	pf_text_sanitise(s->preset_name, PF_START_PRESET_NAME_MAX, name.data, name.len);
}

static void take_delivery(struct pf_start *s, struct pf_slice value)
{
	struct pf_rd r = pf_rd_init(value.data, value.len);
	uint8_t profile = pf_rd_u8(&r);
	uint8_t flags = pf_rd_u8(&r);
	if (r.failed || profile > PF_DELIVERY_SMOOTH)
		return;
	s->has_delivery = true;
	s->delivery_profile = profile;
	s->delivery_flags = flags;
}

static void take_record(struct pf_start *s, uint16_t tag, struct pf_slice value)
{
	switch (tag) {
	case PF_EXT_LABEL:
		if (value.len <= PF_START_LABEL_MAX && pf_utf8_valid(value.data, value.len))
			pf_text_sanitise(s->label, PF_START_LABEL_MAX, value.data, value.len);
		break;
	case PF_EXT_RATE_FEATURES:
		if (value.len > 0)
			s->rate_features = value.data[0];
		break;
	case PF_EXT_PRESET:
		take_preset(s, value);
		break;
	case PF_EXT_DELIVERY:
		take_delivery(s, value);
		break;
	default:
		break;
	}
}

int pf_start_read(struct pf_start *out, const uint8_t *data, size_t len, bool with_ext)
{
	struct pf_rd r = pf_rd_init(data, len);
	bool magic = pf_magic_take(&r, PF_MAGIC_HANDSHAKE);
	struct pf_start s = {.client_udp_port = pf_rd_u16(&r)};
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (!magic)
		return PF_ERR_INVALID;
	if (with_ext && r.left > 0) {
		struct pf_slice records, value;
		uint16_t tag;
		int err = pf_ext_read(&records, &r);
		if (err)
			return err;
		while (pf_ext_next(&records, &tag, &value))
			take_record(&s, tag, value);
	}
	*out = s;
	return PF_OK;
}

static void put_preset(struct pf_wr *w, const struct pf_start *s)
{
	uint8_t value[2 + PF_START_PRESET_ID_MAX + PF_START_PRESET_NAME_MAX];
	struct pf_wr v = pf_wr_init(value, sizeof(value));
	size_t id = strnlen(s->preset_id, PF_START_PRESET_ID_MAX);
	size_t name = strnlen(s->preset_name, PF_START_PRESET_NAME_MAX);
	pf_wr_u8(&v, (uint8_t)id);
	pf_wr_bytes(&v, s->preset_id, id);
	pf_wr_u8(&v, (uint8_t)name);
	pf_wr_bytes(&v, s->preset_name, name);
	pf_ext_record(w, PF_EXT_PRESET, value, v.len);
}

void pf_start_write(struct pf_wr *w, const struct pf_start *s)
{
	pf_magic_put(w, PF_MAGIC_HANDSHAKE);
	pf_wr_u16(w, s->client_udp_port);
	if (!s->label[0] && !s->rate_features && !s->preset_id[0] && !s->has_delivery)
		return;
	size_t at = pf_ext_begin(w);
	if (s->label[0])
		pf_ext_record(w, PF_EXT_LABEL, s->label, strnlen(s->label, PF_START_LABEL_MAX));
	if (s->rate_features)
		pf_ext_record(w, PF_EXT_RATE_FEATURES, &s->rate_features, 1);
	if (s->preset_id[0])
		put_preset(w, s);
	if (s->has_delivery) {
		const uint8_t value[] = {s->delivery_profile, s->delivery_flags};
		pf_ext_record(w, PF_EXT_DELIVERY, value, sizeof(value));
	}
	pf_ext_end(w, at);
}
