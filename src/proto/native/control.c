#include "proto/native/control.h"

#include <string.h>

#include "proto/native/fields.h"
#include "proto/native/magic.h"
#include "proto/native/name.h"

/*
 * One row per type. Most messages are a list of fields, which serves reading and writing alike; the few of
 * variable length have functions for what comes behind their fields. `settle` clamps values, or says that
 * the message must be ignored.
 */
struct row {
	uint8_t type;
	bool longer;          /* a longer body is fine, its excess is ignored */
	uint8_t short_fields; /* an older form ends behind this many fields; 0 = there is none */
	uint8_t field_count;
	const struct field *fields;
	bool (*settle)(struct pf_control *m);
	bool (*read_rest)(struct pf_control *m, struct pf_rd *r);
	void (*write_rest)(struct pf_wr *w, const struct pf_control *m);
};

#define N(member) FIELD_NUMBER(struct pf_control, member)
#define B(member) FIELD_BOOL(struct pf_control, member)

static const struct field reconfigure[] = {
	N(reconfigure.mode.width_px), N(reconfigure.mode.height_px), N(reconfigure.mode.refresh_hz)};
static const struct field reconfigured[] = {B(reconfigured.accepted), N(reconfigured.mode.width_px),
	N(reconfigured.mode.height_px), N(reconfigured.mode.refresh_hz)};
static const struct field loss_report[] = {N(loss_report.loss_ppm)};
static const struct field set_bitrate[] = {N(set_bitrate.kbps)};
static const struct field bitrate_changed[] = {N(bitrate_changed.kbps)};
static const struct field rfi_request[] = {N(rfi_request.first), N(rfi_request.last)};
static const struct field shard_payload[] = {N(shard_payload.bytes)};
static const struct field pipeline_gap[] = {N(pipeline_gap.gap_ms)};
static const struct field delivery_report[] = {N(delivery_report.packets)};
static const struct field link_report[] = {N(link_report.kbps)};
static const struct field set_delivery[] = {N(set_delivery.profile)};
static const struct field delivery_changed[] = {N(delivery_changed.profile), B(delivery_changed.forced)};
static const struct field host_facts[] = {N(host_facts.link_kind), N(host_facts.link_mbps),
	N(host_facts.send_buffer_kb), N(host_facts.forced_profile)};
static const struct field probe_request[] = {N(probe_request.target_kbps), N(probe_request.duration_ms)};
static const struct field probe_result[] = {N(probe_result.bytes_sent), N(probe_result.packets_sent),
	N(probe_result.duration_ms), N(probe_result.wire_packets_sent), N(probe_result.send_dropped)};
static const struct field probe_shaped[] = {N(probe_shaped.target_kbps), N(probe_shaped.duration_ms),
	N(probe_shaped.burst_hz), N(probe_shaped.group_bytes), N(probe_shaped.group_kbps)};
static const struct field clock_probe[] = {N(clock_probe.t1_ns)};
static const struct field clock_echo[] = {N(clock_echo.t1_ns), N(clock_echo.t2_ns), N(clock_echo.t3_ns)};
static const struct field phase_report[] = {N(phase_report.next_latch_ns), N(phase_report.period_ns),
	N(phase_report.uncertainty_ns), N(phase_report.lead_ns), N(phase_report.coherence)};
static const struct field clip_control[] = {B(clip_control.enabled), N(clip_control.flags)};
static const struct field clip_state[] = {B(clip_state.enabled), N(clip_state.policy), N(clip_state.reason)};
static const struct field clip_fetch_hdr[] = {N(clip_fetch_hdr.status), N(clip_fetch_hdr.total_bytes)};
static const struct field cursor_shape[] = {N(cursor_shape.serial), N(cursor_shape.width_px),
	N(cursor_shape.height_px), N(cursor_shape.hotspot_x), N(cursor_shape.hotspot_y)};
static const struct field cursor_render_mode[] = {B(cursor_render_mode.client_draws)};
static const struct field access_update[] = {N(access_update.grants), N(access_update.seconds_left)};
static const struct field audio_state[] = {B(audio_state.muted)};
static const struct field pad_slots[] = {N(pad_slots.mask)};

static uint32_t at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

static bool settle_bitrate_changed(struct pf_control *m)
{
	return m->bitrate_changed.kbps != 0;
}

static bool settle_set_delivery(struct pf_control *m)
{
	return m->set_delivery.profile <= PF_DELIVERY_SMOOTH;
}

static bool settle_delivery_changed(struct pf_control *m)
{
	return m->delivery_changed.profile <= PF_DELIVERY_SMOOTH;
}

static bool settle_host_facts(struct pf_control *m)
{
	if (m->host_facts.link_kind > PF_INTERFACE_OTHER)
		m->host_facts.link_kind = PF_INTERFACE_UNKNOWN;
	if (m->host_facts.forced_profile > PF_DELIVERY_SMOOTH)
		m->host_facts.forced_profile = PF_DELIVERY_NONE;
	return true;
}

static bool settle_probe_request(struct pf_control *m)
{
	m->probe_request.target_kbps = at_most(m->probe_request.target_kbps, PF_PROBE_MAX_KBPS);
	m->probe_request.duration_ms = at_most(m->probe_request.duration_ms, PF_PROBE_MAX_MS);
	return true;
}

static bool settle_probe_shaped(struct pf_control *m)
{
	m->probe_shaped.target_kbps = at_most(m->probe_shaped.target_kbps, PF_PROBE_MAX_KBPS);
	m->probe_shaped.duration_ms = at_most(m->probe_shaped.duration_ms, PF_PROBE_MAX_MS);
	return m->probe_shaped.burst_hz != 0;
}

static bool settle_phase_report(struct pf_control *m)
{
	return m->phase_report.period_ns != 0;
}

static bool settle_clip_fetch_hdr(struct pf_control *m)
{
	if (m->clip_fetch_hdr.status > PF_CLIP_DENIED)
		m->clip_fetch_hdr.status = PF_CLIP_UNAVAILABLE;
	return true;
}

/* The reason is there or not; its absence is part of the message. */
static bool read_bitrate_reason(struct pf_control *m, struct pf_rd *r)
{
	m->bitrate_changed.has_reason = r->left > 0;
	if (m->bitrate_changed.has_reason)
		m->bitrate_changed.reason = pf_rd_u8(r);
	return true;
}

static void write_bitrate_reason(struct pf_wr *w, const struct pf_control *m)
{
	if (m->bitrate_changed.has_reason)
		pf_wr_u8(w, m->bitrate_changed.reason);
}

static bool read_clip_offer(struct pf_control *m, struct pf_rd *r)
{
	return pf_clip_offer_read(&m->clip_offer, r);
}

static void write_clip_offer(struct pf_wr *w, const struct pf_control *m)
{
	pf_clip_offer_write(w, &m->clip_offer);
}

static bool read_clip_fetch(struct pf_control *m, struct pf_rd *r)
{
	return pf_clip_fetch_read(&m->clip_fetch, r);
}

static void write_clip_fetch(struct pf_wr *w, const struct pf_control *m)
{
	pf_clip_fetch_write(w, &m->clip_fetch);
}

static bool cursor_side_valid(unsigned side_px)
{
	return side_px >= 1 && side_px <= PF_CURSOR_SIDE_MAX;
}

static bool read_cursor_pixels(struct pf_control *m, struct pf_rd *r)
{
	unsigned width = m->cursor_shape.width_px, height = m->cursor_shape.height_px;
	if (!cursor_side_valid(width) || !cursor_side_valid(height))
		return false;
	m->cursor_shape.rgba = pf_rd_slice(r, (size_t)4 * width * height);
	return true;
}

static void write_cursor_pixels(struct pf_wr *w, const struct pf_control *m)
{
	size_t pixels = (size_t)m->cursor_shape.width_px * m->cursor_shape.height_px;
	if (m->cursor_shape.rgba.len != 4 * pixels)
		w->failed = true;
	pf_wr_slice(w, m->cursor_shape.rgba);
}

static bool read_launch_outcome(struct pf_control *m, struct pf_rd *r)
{
	uint8_t kind = pf_rd_u8(r);
	m->launch_outcome.kind = kind <= PF_LAUNCH_SIGN_IN_NEEDED ? kind : PF_LAUNCH_STARTED;
	size_t len = pf_rd_u8(r);
	m->launch_outcome.text = pf_rd_slice(r, len);
	return len <= PF_LAUNCH_TEXT_MAX &&
	       pf_utf8_valid(m->launch_outcome.text.data, m->launch_outcome.text.len);
}

static void write_launch_outcome(struct pf_wr *w, const struct pf_control *m)
{
	if (m->launch_outcome.text.len > PF_LAUNCH_TEXT_MAX)
		w->failed = true;
	pf_wr_u8(w, m->launch_outcome.kind);
	pf_wr_u8(w, (uint8_t)m->launch_outcome.text.len);
	pf_wr_slice(w, m->launch_outcome.text);
}

static bool read_input_edge(struct pf_control *m, struct pf_rd *r)
{
	const uint8_t *event = pf_rd_bytes(r, PF_INPUT_BYTES);
	return event && pf_input_read(&m->input_edge, event, PF_INPUT_BYTES) == PF_OK;
}

static void write_input_edge(struct pf_wr *w, const struct pf_control *m)
{
	pf_input_write(w, &m->input_edge);
}

#define FIELDS(list) .fields = (list), .field_count = sizeof(list) / sizeof((list)[0])

static const struct row rows[] = {
	{PF_CONTROL_RECONFIGURE, FIELDS(reconfigure)},
	{PF_CONTROL_RECONFIGURED, FIELDS(reconfigured)},
	{PF_CONTROL_REQUEST_KEYFRAME, .longer = true},
	{PF_CONTROL_LOSS_REPORT, .longer = true, FIELDS(loss_report)},
	{PF_CONTROL_SET_BITRATE, .longer = true, FIELDS(set_bitrate)},
	{PF_CONTROL_BITRATE_CHANGED, FIELDS(bitrate_changed), .settle = settle_bitrate_changed,
		.read_rest = read_bitrate_reason, .write_rest = write_bitrate_reason},
	{PF_CONTROL_RFI_REQUEST, .longer = true, FIELDS(rfi_request)},
	{PF_CONTROL_SHARD_PAYLOAD_CHANGED, FIELDS(shard_payload)},
	{PF_CONTROL_SHARD_PAYLOAD_ACK, .longer = true, FIELDS(shard_payload)},
	{PF_CONTROL_PIPELINE_GAP, FIELDS(pipeline_gap)},
	{PF_CONTROL_DELIVERY_REPORT, .longer = true, FIELDS(delivery_report)},
	{PF_CONTROL_LINK_REPORT, .longer = true, FIELDS(link_report)},
	{PF_CONTROL_SET_DELIVERY, .longer = true, FIELDS(set_delivery), .settle = settle_set_delivery},
	{PF_CONTROL_DELIVERY_CHANGED, FIELDS(delivery_changed), .settle = settle_delivery_changed},
	{PF_CONTROL_HOST_FACTS, FIELDS(host_facts), .settle = settle_host_facts},
	{PF_CONTROL_PROBE_REQUEST, .longer = true, FIELDS(probe_request), .settle = settle_probe_request},
	{PF_CONTROL_PROBE_RESULT, .short_fields = 3, FIELDS(probe_result)},
	{PF_CONTROL_PROBE_SHAPED, .longer = true, FIELDS(probe_shaped), .settle = settle_probe_shaped},
	{PF_CONTROL_CLOCK_PROBE, .longer = true, FIELDS(clock_probe)},
	{PF_CONTROL_CLOCK_ECHO, FIELDS(clock_echo)},
	{PF_CONTROL_PHASE_REPORT, .longer = true, .short_fields = 4, FIELDS(phase_report),
		.settle = settle_phase_report},
	{PF_CONTROL_CLIP_CONTROL, .longer = true, FIELDS(clip_control)},
	{PF_CONTROL_CLIP_STATE, FIELDS(clip_state)},
	{PF_CONTROL_CLIP_OFFER, .read_rest = read_clip_offer, .write_rest = write_clip_offer},
	{PF_CONTROL_CLIP_FETCH, .read_rest = read_clip_fetch, .write_rest = write_clip_fetch},
	{PF_CONTROL_CLIP_FETCH_HDR, FIELDS(clip_fetch_hdr), .settle = settle_clip_fetch_hdr},
	{PF_CONTROL_CURSOR_SHAPE, FIELDS(cursor_shape), .read_rest = read_cursor_pixels,
		.write_rest = write_cursor_pixels},
	{PF_CONTROL_CURSOR_RENDER_MODE, .longer = true, FIELDS(cursor_render_mode)},
	{PF_CONTROL_ACCESS_UPDATE, FIELDS(access_update)},
	{PF_CONTROL_AUDIO_STATE, FIELDS(audio_state)},
	{PF_CONTROL_LAUNCH_OUTCOME, .read_rest = read_launch_outcome, .write_rest = write_launch_outcome},
	{PF_CONTROL_PAD_SLOTS, FIELDS(pad_slots)},
	{PF_CONTROL_INPUT_EDGE, .longer = true, .read_rest = read_input_edge, .write_rest = write_input_edge},
};

static const struct row *find_row(unsigned type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type == type)
			return &rows[i];
	}
	return NULL;
}

/* Values of fields that an older form lacks. */
static void set_defaults(struct pf_control *m)
{
	if (m->type == PF_CONTROL_PHASE_REPORT)
		m->phase_report.coherence = PF_COHERENCE_UNKNOWN;
}

static int read_body(struct pf_control *m, const struct row *row, struct pf_rd *r)
{
	size_t count = row->field_count;
	if (row->short_fields && r->left == fields_bytes(row->fields, row->short_fields))
		count = row->short_fields;
	fields_read(m, row->fields, count, r);
	bool sound = !r->failed && (!row->read_rest || row->read_rest(m, r));
	if (r->failed)
		return PF_ERR_TRUNCATED;
	if (!sound || (r->left > 0 && !row->longer))
		return PF_ERR_INVALID;
	return !row->settle || row->settle(m) ? PF_OK : PF_ERR_INVALID;
}

int pf_control_read(struct pf_control *out, const uint8_t *data, size_t len)
{
	struct pf_rd r = pf_rd_init(data, len);
	bool magic = pf_magic_take(&r, PF_MAGIC_TYPED);
	unsigned type = pf_rd_u8(&r);
	if (r.failed)
		return PF_ERR_TRUNCATED;
	if (!magic)
		return PF_ERR_INVALID;
	const struct row *row = find_row(type);
	if (!row)
		return PF_ERR_UNSUPPORTED;
	struct pf_control m;
	memset(&m, 0, sizeof(m)); /* an initialiser may leave the union's larger members as they are */
	m.type = (enum pf_control_type)type;
	set_defaults(&m);
	int err = read_body(&m, row, &r);
	if (err == PF_OK)
		*out = m;
	return err;
}

void pf_control_write(struct pf_wr *w, const struct pf_control *m)
{
	const struct row *row = find_row(m->type);
	if (!row) {
		w->failed = true;
		return;
	}
	pf_magic_put(w, PF_MAGIC_TYPED);
	pf_wr_u8(w, row->type);
	fields_write(w, row->fields, row->field_count, m);
	if (row->write_rest)
		row->write_rest(w, m);
}
