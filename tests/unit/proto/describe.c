#include "describe.h"

#include <math.h>
#include <stdlib.h>

#include "base/hex.h"

#define INT(value)  json_integer((json_int_t)(value))
#define BOOL(value) json_boolean(value)

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *hex_text(const uint8_t *data, size_t len)
{
	char *text = calloc(2 * len + 1, 1);
	pf_hex_encode(text, data, len);
	json_t *value = json_string(text);
	free(text);
	return value;
}

static json_t *slice_hex(struct pf_slice s)
{
	return hex_text(s.data, s.len);
}

static void put_mode(json_t *o, struct pf_mode mode)
{
	put(o, "width_px", INT(mode.width_px));
	put(o, "height_px", INT(mode.height_px));
	put(o, "refresh_hz", INT(mode.refresh_hz));
}

static void put_input(json_t *o, const struct pf_input_event *e)
{
	put(o, "kind", INT(e->kind));
	put(o, "code", INT(e->code));
	put(o, "x", INT(e->x));
	put(o, "y", INT(e->y));
	put(o, "flags", INT(e->flags));
}

static json_t *hdr(const struct pf_hdr *h)
{
	return json_pack("{s:[ii], s:[ii], s:[ii], s:[ii], s:I, s:I, s:i, s:i}", "green", h->green_x,
		h->green_y, "blue", h->blue_x, h->blue_y, "red", h->red_x, h->red_y, "white", h->white_x,
		h->white_y, "max_luminance", (json_int_t)h->max_luminance, "min_luminance",
		(json_int_t)h->min_luminance, "max_cll", h->max_cll, "max_fall", h->max_fall);
}

static json_t *formats(const struct pf_clip_offer *offer)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < offer->count; i++)
		json_array_append_new(list, json_pack("{s:o, s:I}", "mime", slice_hex(offer->format[i].mime),
						    "size_hint", (json_int_t)offer->format[i].size_hint));
	return list;
}

static void put_statistics(json_t *o, const struct pf_control *m)
{
	switch (m->type) {
	case PF_CONTROL_LOSS_REPORT:
		put(o, "loss_ppm", INT(m->loss_report.loss_ppm));
		break;
	case PF_CONTROL_RFI_REQUEST:
		put(o, "first", INT(m->rfi_request.first));
		put(o, "last", INT(m->rfi_request.last));
		break;
	case PF_CONTROL_PIPELINE_GAP:
		put(o, "gap_ms", INT(m->pipeline_gap.gap_ms));
		break;
	case PF_CONTROL_DELIVERY_REPORT:
		put(o, "packets", INT(m->delivery_report.packets));
		break;
	case PF_CONTROL_LINK_REPORT:
		put(o, "kbps", INT(m->link_report.kbps));
		break;
	case PF_CONTROL_SET_DELIVERY:
		put(o, "profile", INT(m->set_delivery.profile));
		break;
	case PF_CONTROL_DELIVERY_CHANGED:
		put(o, "profile", INT(m->delivery_changed.profile));
		put(o, "forced", BOOL(m->delivery_changed.forced));
		break;
	case PF_CONTROL_HOST_FACTS:
		put(o, "link_kind", INT(m->host_facts.link_kind));
		put(o, "link_mbps", INT(m->host_facts.link_mbps));
		put(o, "send_buffer_kb", INT(m->host_facts.send_buffer_kb));
		put(o, "forced_profile", INT(m->host_facts.forced_profile));
		break;
	default:
		break;
	}
}

static void put_mode_and_rate(json_t *o, const struct pf_control *m)
{
	switch (m->type) {
	case PF_CONTROL_RECONFIGURE:
		put_mode(o, m->reconfigure.mode);
		break;
	case PF_CONTROL_RECONFIGURED:
		put(o, "accepted", BOOL(m->reconfigured.accepted));
		put_mode(o, m->reconfigured.mode);
		break;
	case PF_CONTROL_SET_BITRATE:
		put(o, "kbps", INT(m->set_bitrate.kbps));
		break;
	case PF_CONTROL_BITRATE_CHANGED:
		put(o, "kbps", INT(m->bitrate_changed.kbps));
		put(o, "has_reason", BOOL(m->bitrate_changed.has_reason));
		put(o, "reason", INT(m->bitrate_changed.reason));
		break;
	case PF_CONTROL_SHARD_PAYLOAD_CHANGED:
	case PF_CONTROL_SHARD_PAYLOAD_ACK:
		put(o, "bytes", INT(m->shard_payload.bytes));
		break;
	default:
		break;
	}
}

static void put_probes_and_clock(json_t *o, const struct pf_control *m)
{
	switch (m->type) {
	case PF_CONTROL_PROBE_REQUEST:
		put(o, "target_kbps", INT(m->probe_request.target_kbps));
		put(o, "duration_ms", INT(m->probe_request.duration_ms));
		break;
	case PF_CONTROL_PROBE_RESULT:
		put(o, "bytes_sent", INT(m->probe_result.bytes_sent));
		put(o, "packets_sent", INT(m->probe_result.packets_sent));
		put(o, "duration_ms", INT(m->probe_result.duration_ms));
		put(o, "wire_packets_sent", INT(m->probe_result.wire_packets_sent));
		put(o, "send_dropped", INT(m->probe_result.send_dropped));
		break;
	case PF_CONTROL_PROBE_SHAPED:
		put(o, "target_kbps", INT(m->probe_shaped.target_kbps));
		put(o, "duration_ms", INT(m->probe_shaped.duration_ms));
		put(o, "burst_hz", INT(m->probe_shaped.burst_hz));
		put(o, "group_bytes", INT(m->probe_shaped.group_bytes));
		put(o, "group_kbps", INT(m->probe_shaped.group_kbps));
		break;
	case PF_CONTROL_CLOCK_PROBE:
		put(o, "t1_ns", INT(m->clock_probe.t1_ns));
		break;
	case PF_CONTROL_CLOCK_ECHO:
		put(o, "t1_ns", INT(m->clock_echo.t1_ns));
		put(o, "t2_ns", INT(m->clock_echo.t2_ns));
		put(o, "t3_ns", INT(m->clock_echo.t3_ns));
		break;
	case PF_CONTROL_PHASE_REPORT:
		put(o, "next_latch_ns", INT(m->phase_report.next_latch_ns));
		put(o, "period_ns", INT(m->phase_report.period_ns));
		put(o, "uncertainty_ns", INT(m->phase_report.uncertainty_ns));
		put(o, "lead_ns", INT(m->phase_report.lead_ns));
		put(o, "coherence", INT(m->phase_report.coherence));
		break;
	default:
		break;
	}
}

static void put_clipboard(json_t *o, const struct pf_control *m)
{
	switch (m->type) {
	case PF_CONTROL_CLIP_CONTROL:
		put(o, "enabled", BOOL(m->clip_control.enabled));
		put(o, "flags", INT(m->clip_control.flags));
		break;
	case PF_CONTROL_CLIP_STATE:
		put(o, "enabled", BOOL(m->clip_state.enabled));
		put(o, "policy", INT(m->clip_state.policy));
		put(o, "reason", INT(m->clip_state.reason));
		break;
	case PF_CONTROL_CLIP_OFFER:
		put(o, "seq", INT(m->clip_offer.seq));
		put(o, "formats", formats(&m->clip_offer));
		break;
	case PF_CONTROL_CLIP_FETCH:
		put(o, "seq", INT(m->clip_fetch.seq));
		put(o, "file_index", INT(m->clip_fetch.file_index));
		put(o, "mime", slice_hex(m->clip_fetch.mime));
		break;
	case PF_CONTROL_CLIP_FETCH_HDR:
		put(o, "status", INT(m->clip_fetch_hdr.status));
		put(o, "total_bytes", INT(m->clip_fetch_hdr.total_bytes));
		break;
	default:
		break;
	}
}

static void put_desktop(json_t *o, const struct pf_control *m)
{
	switch (m->type) {
	case PF_CONTROL_CURSOR_SHAPE:
		put(o, "serial", INT(m->cursor_shape.serial));
		put(o, "width_px", INT(m->cursor_shape.width_px));
		put(o, "height_px", INT(m->cursor_shape.height_px));
		put(o, "hotspot_x", INT(m->cursor_shape.hotspot_x));
		put(o, "hotspot_y", INT(m->cursor_shape.hotspot_y));
		put(o, "rgba", slice_hex(m->cursor_shape.rgba));
		break;
	case PF_CONTROL_CURSOR_RENDER_MODE:
		put(o, "client_draws", BOOL(m->cursor_render_mode.client_draws));
		break;
	case PF_CONTROL_ACCESS_UPDATE:
		put(o, "grants", INT(m->access_update.grants));
		put(o, "seconds_left", INT(m->access_update.seconds_left));
		break;
	case PF_CONTROL_AUDIO_STATE:
		put(o, "muted", BOOL(m->audio_state.muted));
		break;
	case PF_CONTROL_LAUNCH_OUTCOME:
		put(o, "kind", INT(m->launch_outcome.kind));
		put(o, "text", slice_hex(m->launch_outcome.text));
		break;
	case PF_CONTROL_PAD_SLOTS:
		put(o, "mask", INT(m->pad_slots.mask));
		break;
	case PF_CONTROL_INPUT_EDGE:
		put_input(o, &m->input_edge);
		break;
	default:
		break;
	}
}

json_t *describe_control(const struct pf_control *m)
{
	json_t *o = json_pack("{s:i}", "type", m->type);
	put_mode_and_rate(o, m);
	put_statistics(o, m);
	put_probes_and_clock(o, m);
	put_clipboard(o, m);
	put_desktop(o, m);
	return o;
}

static json_t *pen_samples(const struct pf_pen_batch *pen)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < pen->count; i++) {
		const struct pf_pen_sample *s = &pen->sample[i];
		json_t *o = json_object();
		put(o, "state", INT(s->state));
		put(o, "tool", INT(s->tool));
		put(o, "x_ppm", INT(lround(s->x * 1e6)));
		put(o, "y_ppm", INT(lround(s->y * 1e6)));
		put(o, "pressure", INT(s->pressure));
		put(o, "hover", INT(s->hover));
		put(o, "tilt_deg", INT(s->tilt_deg));
		put(o, "azimuth_deg", INT(s->azimuth_deg));
		put(o, "roll_deg", INT(s->roll_deg));
		put(o, "delta_us", INT(s->delta_us));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *triple(const int16_t v[3])
{
	return json_pack("[iii]", v[0], v[1], v[2]);
}

static void put_rich(json_t *o, const struct pf_rich_input *m)
{
	put(o, "kind", INT(m->kind));
	if (m->kind != PF_RICH_PEN)
		put(o, "pad", INT(m->pad));
	switch (m->kind) {
	case PF_RICH_TOUCHPAD:
		put(o, "finger", INT(m->touchpad.finger));
		put(o, "touching", BOOL(m->touchpad.touching));
		put(o, "x", INT(m->touchpad.x));
		put(o, "y", INT(m->touchpad.y));
		break;
	case PF_RICH_MOTION:
		put(o, "gyro", triple(m->motion.gyro));
		put(o, "accel", triple(m->motion.accel));
		break;
	case PF_RICH_TOUCHPAD_EXT:
		put(o, "surface", INT(m->touchpad_ext.surface));
		put(o, "finger", INT(m->touchpad_ext.finger));
		put(o, "touched", BOOL(m->touchpad_ext.touched));
		put(o, "clicked", BOOL(m->touchpad_ext.clicked));
		put(o, "x", INT(m->touchpad_ext.x));
		put(o, "y", INT(m->touchpad_ext.y));
		put(o, "pressure", INT(m->touchpad_ext.pressure));
		break;
	case PF_RICH_RAW:
		put(o, "report", slice_hex(m->raw));
		break;
	case PF_RICH_PEN:
		put(o, "flags", INT(m->pen.flags));
		put(o, "seq", INT(m->pen.seq));
		put(o, "samples", pen_samples(&m->pen));
		break;
	}
}

static void put_hid(json_t *o, const struct pf_hid_output *m)
{
	put(o, "kind", INT(m->kind));
	put(o, "pad", INT(m->pad));
	switch (m->kind) {
	case PF_HID_LED:
		put(o, "rgb", json_pack("[iii]", m->led.red, m->led.green, m->led.blue));
		break;
	case PF_HID_PLAYER_LEDS:
		put(o, "player_leds", INT(m->player_leds));
		break;
	case PF_HID_TRIGGER:
		put(o, "right", BOOL(m->trigger.right));
		put(o, "effect", slice_hex(m->trigger.effect));
		break;
	case PF_HID_HAPTIC:
		put(o, "left", BOOL(m->haptic.left));
		put(o, "amplitude", INT(m->haptic.amplitude));
		put(o, "period", INT(m->haptic.period));
		put(o, "count", INT(m->haptic.count));
		break;
	case PF_HID_RAW:
		put(o, "feature", BOOL(m->raw.feature));
		put(o, "report", slice_hex(m->raw.report));
		break;
	case PF_HID_AUDIO_CONTROL:
		put(o, "flags", INT(m->audio_control.flags));
		put(o, "control", hex_text(m->audio_control.control, sizeof(m->audio_control.control)));
		break;
	case PF_HID_MIC_LED:
		put(o, "mic_led", INT(m->mic_led));
		break;
	}
}

static void put_timing(json_t *o, const struct pf_host_timing *t)
{
	put(o, "pts_ns", INT(t->pts_ns));
	put(o, "host_us", INT(t->host_us));
	put(o, "has_stages", BOOL(t->has_stages));
	put(o, "queue_us", INT(t->queue_us));
	put(o, "encode_us", INT(t->encode_us));
	put(o, "pace_us", INT(t->pace_us));
	put(o, "has_phase", BOOL(t->has_phase));
	put(o, "phase_ns", INT(t->phase_ns));
}

static void put_rumble(json_t *o, const struct pf_rumble *r)
{
	put(o, "version", INT(r->version));
	put(o, "pad", INT(r->pad));
	put(o, "low", INT(r->low));
	put(o, "high", INT(r->high));
	put(o, "seq", INT(r->seq));
	put(o, "ttl_ms", INT(r->ttl_ms));
	put(o, "left_trigger", INT(r->left_trigger));
	put(o, "right_trigger", INT(r->right_trigger));
}

static void put_cursor(json_t *o, const struct pf_cursor_state *c)
{
	put(o, "serial", INT(c->serial));
	put(o, "visible", BOOL(c->visible));
	put(o, "captured", BOOL(c->captured));
	put(o, "x_px", INT(c->x_px));
	put(o, "y_px", INT(c->y_px));
}

static void put_sound(json_t *o, uint32_t seq, uint64_t pts_ns)
{
	put(o, "seq", INT(seq));
	put(o, "pts_ns", INT(pts_ns));
}

json_t *describe_datagram(const struct pf_datagram *d)
{
	json_t *o = json_pack("{s:i}", "tag", d->tag);
	switch (d->tag) {
	case PF_DATAGRAM_INPUT:
		put_input(o, &d->input);
		break;
	case PF_DATAGRAM_AUDIO:
	case PF_DATAGRAM_MIC:
	case PF_DATAGRAM_PCM:
		put_sound(o, d->audio.seq, d->audio.pts_ns);
		put(o, "data", slice_hex(d->audio.data));
		break;
	case PF_DATAGRAM_AUDIO_RED:
		put_sound(o, d->red.seq, d->red.pts_ns);
		put(o, "primary", slice_hex(d->red.primary));
		put(o, "previous", slice_hex(d->red.previous));
		break;
	case PF_DATAGRAM_RUMBLE:
		put_rumble(o, &d->rumble);
		break;
	case PF_DATAGRAM_RICH_INPUT:
		put_rich(o, &d->rich);
		break;
	case PF_DATAGRAM_HID_OUTPUT:
		put_hid(o, &d->hid);
		break;
	case PF_DATAGRAM_HDR:
		put(o, "hdr", hdr(&d->hdr));
		break;
	case PF_DATAGRAM_HOST_TIMING:
		put_timing(o, &d->timing);
		break;
	case PF_DATAGRAM_CURSOR:
		put_cursor(o, &d->cursor);
		break;
	case PF_DATAGRAM_PAD_AUDIO:
		put(o, "pad", INT(d->pad_audio.pad));
		put(o, "kind", INT(d->pad_audio.kind));
		put_sound(o, d->pad_audio.seq, d->pad_audio.pts_ns);
		put(o, "opus", slice_hex(d->pad_audio.opus));
		break;
	}
	return o;
}

json_t *describe_hello(const struct pf_hello *h)
{
	json_t *o = json_object();
	put(o, "abi_version", INT(h->abi_version));
	put_mode(o, h->mode);
	put(o, "compositor", INT(h->compositor));
	put(o, "gamepad", INT(h->gamepad));
	put(o, "bitrate_kbps", INT(h->bitrate_kbps));
	put(o, "name", json_string(h->name));
	put(o, "launch", json_string(h->launch));
	put(o, "video_caps", INT(h->video_caps));
	put(o, "audio_channels", INT(h->audio_channels));
	put(o, "video_codecs", INT(h->video_codecs));
	put(o, "preferred_codec", INT(h->preferred_codec));
	if (h->has_hdr)
		put(o, "hdr", hdr(&h->hdr));
	put(o, "client_caps", INT(h->client_caps));
	put(o, "max_shard_payload", INT(h->max_shard_payload));
	put(o, "audio_rate_hz", INT(h->audio_rate_hz));
	put(o, "audio_bits", INT(h->audio_bits));
	put(o, "audio_layout", INT(h->audio_layout));
	put(o, "video_fit", INT(h->video_fit));
	return o;
}

static void put_welcome_tail(json_t *o, const struct pf_welcome *w)
{
	put(o, "cipher", INT(w->cipher));
	put(o, "chacha_key", hex_text(w->chacha_key, sizeof(w->chacha_key)));
	put(o, "mgmt_port", INT(w->mgmt_port));
	put(o, "grants", INT(w->grants));
	put(o, "expires_in_secs", INT(w->expires_in_secs));
	put(o, "audio_codec", INT(w->audio_codec));
	put(o, "audio_rate_hz", INT(w->audio_rate_hz));
	put(o, "audio_bits", INT(w->audio_bits));
	put(o, "audio_frame_us", INT(w->audio_frame_us));
	put(o, "host_caps2", INT(w->host_caps2));
	put(o, "audio_layout", INT(w->audio_layout));
	if (w->has_ext)
		put(o, "ext", slice_hex(w->ext));
}

json_t *describe_welcome(const struct pf_welcome *w)
{
	json_t *o = json_object();
	put(o, "abi_version", INT(w->abi_version));
	put(o, "udp_port", INT(w->udp_port));
	put_mode(o, w->mode);
	put(o, "fec_scheme", INT(w->fec_scheme));
	put(o, "fec_percent", INT(w->fec_percent));
	put(o, "max_data_per_block", INT(w->max_data_per_block));
	put(o, "shard_payload", INT(w->shard_payload));
	put(o, "encrypt", BOOL(w->encrypt));
	put(o, "key", hex_text(w->key, sizeof(w->key)));
	put(o, "salt", hex_text(w->salt, sizeof(w->salt)));
	put(o, "frames", INT(w->frames));
	put(o, "compositor", INT(w->compositor));
	put(o, "gamepad", INT(w->gamepad));
	put(o, "bitrate_kbps", INT(w->bitrate_kbps));
	put(o, "bit_depth", INT(w->bit_depth));
	put(o, "colour",
		json_pack("[iiii]", w->colour.primaries, w->colour.transfer, w->colour.matrix,
			w->colour.full_range));
	put(o, "chroma", INT(w->chroma));
	put(o, "audio_channels", INT(w->audio_channels));
	put(o, "codec", INT(w->codec));
	put(o, "host_caps", INT(w->host_caps));
	put_welcome_tail(o, w);
	return o;
}

json_t *describe_start(const struct pf_start *s)
{
	json_t *o = json_object();
	put(o, "client_udp_port", INT(s->client_udp_port));
	put(o, "label", json_string(s->label));
	put(o, "rate_features", INT(s->rate_features));
	put(o, "preset_id", json_string(s->preset_id));
	put(o, "preset_name", json_string(s->preset_name));
	put(o, "has_delivery", BOOL(s->has_delivery));
	put(o, "delivery_profile", INT(s->delivery_profile));
	put(o, "delivery_flags", INT(s->delivery_flags));
	return o;
}

json_t *describe_pairing(const struct pf_pair_message *m)
{
	json_t *o = json_pack("{s:i}", "type", m->type);
	switch (m->type) {
	case PF_PAIR_REQUEST:
		put(o, "name", json_string(m->request.name));
		put(o, "spake", slice_hex(m->request.spake));
		break;
	case PF_PAIR_CHALLENGE:
		put(o, "spake", hex_text(m->challenge.spake, sizeof(m->challenge.spake)));
		put(o, "confirm", hex_text(m->challenge.confirm, sizeof(m->challenge.confirm)));
		break;
	case PF_PAIR_PROOF:
		put(o, "confirm", hex_text(m->proof.confirm, sizeof(m->proof.confirm)));
		break;
	case PF_PAIR_RESULT:
		put(o, "paired", BOOL(m->result.paired));
		break;
	}
	return o;
}
