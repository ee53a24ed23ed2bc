#include "probe/report.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "proto/native/name.h"

double pf_probe_report_new_fps(const struct pf_probe_report *r)
{
	if (r->new_frames < 2 || r->last_new_ns <= r->first_new_ns)
		return 0;
	return (double)(r->new_frames - 1) * 1e9 / (double)(r->last_new_ns - r->first_new_ns);
}

bool pf_probe_report_clocks_agree(const struct pf_probe_report *r)
{
	int64_t apart = r->resync.second_ns - r->resync.first_ns;
	return r->resync.done && (uint64_t)(apart < 0 ? -apart : apart) <= r->resync.uncertainty_ns;
}

int pf_probe_report_status(const struct pf_probe_report *r)
{
	bool short_count = r->receiver.units < r->expected_frames;
	bool clocks_differ = r->resync.wanted && !pf_probe_report_clocks_agree(r);
	return r->failed || r->refused || r->mismatched > 0 || short_count || r->receiver.units == 0 ||
	       clocks_differ;
}

static double mb(uint64_t bytes)
{
	return (double)bytes / 1e6;
}

static uint32_t delivered_kbps(const struct pf_probe_speed *s)
{
	return s->duration_ms ? (uint32_t)(s->received_bytes * 8 / s->duration_ms) : 0;
}

static uint32_t speed_loss_ppm(const struct pf_probe_speed *s)
{
	if (s->received_datagrams >= s->wire_packets_sent)
		return 0;
	return (uint32_t)((s->wire_packets_sent - s->received_datagrams) * 1000000 / s->wire_packets_sent);
}

static void print_p50_p95(const char *name, const struct pf_histogram *h)
{
	printf("%s %u/%u ", name, pf_histogram_at(h, 50), pf_histogram_at(h, 95));
}

static void print_latency(const struct pf_probe_report *r)
{
	printf("latency    capture->received p50 %u p95 %u p99 %u max %u us, skew_corrected=%s\n",
		pf_histogram_at(&r->latency, 50), pf_histogram_at(&r->latency, 95),
		pf_histogram_at(&r->latency, 99), r->latency.max_us, r->skew_corrected ? "true" : "false");
	if (r->clock_suspect > 0)
		printf("           clock offset suspect: %" PRIu64 " frames came before they were captured\n",
			r->clock_suspect);
	if (r->timings == 0)
		return;
	printf("           p50/p95 us: ");
	print_p50_p95("host", &r->host);
	print_p50_p95("network", &r->network);
	printf("| ");
	print_p50_p95("queue", &r->queue);
	print_p50_p95("encode", &r->encode);
	print_p50_p95("xfer", &r->xfer);
	print_p50_p95("pace", &r->pace);
	printf("\n");
}

static void print_sound(const struct pf_probe_sound_figures *f)
{
	const struct pf_sound_receiver_stats *s = &f->receiver;
	printf("sound      %s: %" PRIu64 " packets (%" PRIu64 " redundant), %.1f kB\n", f->format,
		s->received, s->redundant, (double)f->bytes / 1e3);
	printf("           lost %" PRIu64 ", concealed %" PRIu64 ", recovered %" PRIu64 ", late %" PRIu64
	       ", duplicates %" PRIu64 ", pauses %" PRIu64 ", undecodable %" PRIu64 "\n",
		s->lost, s->concealed, s->recovered, s->late, s->duplicates, s->pauses, f->undecodable);
	printf("           captured->received p50 %u p95 %u p99 %u max %u us\n",
		pf_histogram_at(&f->latency, 50), pf_histogram_at(&f->latency, 95),
		pf_histogram_at(&f->latency, 99), f->latency.max_us);
}

static void print_changes(const struct pf_probe_report *r)
{
	for (unsigned i = 0; i < r->mode_changes; i++) {
		const struct pf_probe_mode_change *c = &r->mode_change[i];
		printf("mode       %ux%u@%u %s at %.1f s\n", c->mode.width_px, c->mode.height_px,
			c->mode.refresh_hz, c->accepted ? "in force" : "kept (the change was refused)",
			c->at_s);
	}
	for (unsigned i = 0; i < r->rate_changes; i++)
		printf("bitrate    %u kbit/s at %.1f s\n", r->rate_change[i].kbps, r->rate_change[i].at_s);
	for (unsigned i = 0; i < r->mute_changes; i++)
		printf("sound      %s at %.1f s\n", r->mute_change[i].muted ? "muted" : "no longer muted",
			r->mute_change[i].at_s);
}

static void print_tests(const struct pf_probe_report *r)
{
	const struct pf_probe_speed *s = &r->speed;
	if (s->asked_kbps && !s->answered)
		printf("speed test the host did not answer\n");
	else if (s->asked_kbps && s->wire_packets_sent == 0)
		printf("speed test the host sent nothing: it does not measure\n");
	else if (s->asked_kbps)
		printf("speed test %u kbit/s delivered on the wire in %u ms (%u asked, before parity and "
		       "headers), loss %u ppm, %u refused by the host's socket\n",
			delivered_kbps(s), s->duration_ms, s->asked_kbps, speed_loss_ppm(s), s->send_dropped);
	if (r->resync.wanted && !r->resync.done)
		printf("clock      the second handshake did not finish\n");
	else if (r->resync.wanted)
		printf("clock      offset %.3f ms, then %.3f ms: they %s\n", (double)r->resync.first_ns / 1e6,
			(double)r->resync.second_ns / 1e6,
			pf_probe_report_clocks_agree(r) ? "agree" : "DISAGREE");
}

static void print_av_sync(const struct pf_av_sync_result *a)
{
	printf("av sync    sound after picture %.1f ms (deviation %.1f, %.1f to %.1f): %u pairs of %u "
	       "flashes and "
	       "%u beeps\n",
		a->mean_ms, a->deviation_ms, a->min_ms, a->max_ms, a->pairs, a->flashes, a->beeps);
}

void pf_probe_report_print(const struct pf_probe_report *r)
{
	const struct pf_receiver_stats *s = &r->receiver;
	printf("end        %s\n", r->end);
	if (!r->welcomed)
		return;
	printf("session    %ux%u@%u %s %u bit, %u kbit/s, shards of %u bytes\n", r->mode.width_px,
		r->mode.height_px, r->mode.refresh_hz, pf_codec_name(r->codec), r->bit_depth, r->bitrate_kbps,
		r->shard_payload);
	printf("frames     %" PRIu64 " (%" PRIu64 " new, %" PRIu64 " repeats, %" PRIu64 " keys) in %.1f s: "
	       "%.2f new per second\n",
		s->units, r->new_frames, r->repeat_frames, r->key_frames, r->seconds,
		pf_probe_report_new_fps(r));
	printf("           lost %" PRIu64 ", repaired %" PRIu64 ", mismatched %" PRIu64 ", %.2f MB\n",
		s->units_lost, s->units_repaired, r->mismatched, mb(r->bytes));
	print_latency(r);
	printf("recovery   %" PRIu64 " times, loss -> clean picture p50 %u max %u us; asked for %" PRIu64
	       " keyframes, %" PRIu64 " ranges\n",
		r->recovery.count, pf_histogram_at(&r->recovery, 50), r->recovery.max_us, r->keyframe_asks,
		r->rfi_asks);
	printf("datagrams  %" PRIu64 " (%.2f MB), shards recovered %" PRIu64 " late %" PRIu64
	       ", auth failed %" PRIu64 ", replayed %" PRIu64 ", malformed %" PRIu64 "\n",
		s->datagrams, mb(s->bytes), s->recovered, s->late, s->auth_failed, s->replayed, s->malformed);
	printf("input      %" PRIu64 " events sent; %" PRIu64 " rumble and %" PRIu64
	       " HID output packets received\n",
		r->inputs, r->rumbles, r->hid_outputs);
	if (r->microphone.sent || r->microphone.dropped)
		printf("microphone %" PRIu64 " packets sent, %" PRIu64 " left out\n", r->microphone.sent,
			r->microphone.dropped);
	print_sound(&r->sound);
	if (r->av_sync_wanted)
		print_av_sync(&r->av_sync);
	print_changes(r);
	print_tests(r);
	if (r->decoding)
		printf("decoder    %" PRIu64 " pictures, last %ux%u, %" PRIu64 " errors, %" PRIu64
		       " units left out\n",
			r->output.pictures, r->output.width_px, r->output.height_px, r->output.decoder_errors,
			r->output.left_out);
}

static json_t *json_percentiles(const struct pf_histogram *h)
{
	return json_pack("{s:I, s:i, s:i, s:i, s:i}", "count", (json_int_t)h->count, "p50",
		(int)pf_histogram_at(h, 50), "p95", (int)pf_histogram_at(h, 95), "p99",
		(int)pf_histogram_at(h, 99), "max", (int)h->max_us);
}

static json_t *json_mode(struct pf_mode m)
{
	return json_pack("{s:i, s:i, s:i}", "width", (int)m.width_px, "height", (int)m.height_px, "hz",
		(int)m.refresh_hz);
}

static json_t *json_mode_changes(const struct pf_probe_report *r)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < r->mode_changes; i++) {
		const struct pf_probe_mode_change *c = &r->mode_change[i];
		json_array_append_new(list, json_pack("{s:b, s:o, s:f}", "accepted", c->accepted, "mode",
						    json_mode(c->mode), "at_s", c->at_s));
	}
	return list;
}

static json_t *json_rate_changes(const struct pf_probe_report *r)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < r->rate_changes; i++)
		json_array_append_new(
			list, json_pack("{s:I, s:f}", "kbps", (json_int_t)r->rate_change[i].kbps, "at_s",
				      r->rate_change[i].at_s));
	return list;
}

static json_t *json_mute_changes(const struct pf_probe_report *r)
{
	json_t *list = json_array();
	for (unsigned i = 0; i < r->mute_changes; i++)
		json_array_append_new(list, json_pack("{s:b, s:f}", "muted", r->mute_change[i].muted, "at_s",
						    r->mute_change[i].at_s));
	return list;
}

static json_t *json_sound(const struct pf_probe_report *r)
{
	const struct pf_probe_sound_figures *f = &r->sound;
	const struct pf_sound_receiver_stats *s = &f->receiver;
	return json_pack("{s:s, s:I, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "format",
		f->format, "packets", (json_int_t)s->received, "kb", (double)f->bytes / 1e3, "redundant",
		(json_int_t)s->redundant, "recovered", (json_int_t)s->recovered, "lost", (json_int_t)s->lost,
		"concealed", (json_int_t)s->concealed, "late", (json_int_t)s->late, "duplicates",
		(json_int_t)s->duplicates, "pauses", (json_int_t)s->pauses, "undecodable",
		(json_int_t)f->undecodable, "latency_us", json_percentiles(&f->latency), "mute_changes",
		json_mute_changes(r));
}

static json_t *json_session(const struct pf_probe_report *r)
{
	return json_pack("{s:o, s:s, s:i, s:I, s:i, s:i, s:I, s:s}", "mode", json_mode(r->mode), "codec",
		pf_codec_name(r->codec), "bit_depth", (int)r->bit_depth, "bitrate_kbps",
		(json_int_t)r->bitrate_kbps, "shard_payload", (int)r->shard_payload, "fec_percent",
		(int)r->fec_percent, "expected_frames", (json_int_t)r->expected_frames, "fingerprint",
		r->fingerprint);
}

static json_t *json_datagrams(const struct pf_receiver_stats *s)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "count",
		(json_int_t)s->datagrams, "bytes", (json_int_t)s->bytes, "noise", (json_int_t)s->noise,
		"auth_failed", (json_int_t)s->auth_failed, "replayed", (json_int_t)s->replayed, "malformed",
		(json_int_t)s->malformed, "stale", (json_int_t)s->stale, "over_budget",
		(json_int_t)s->over_budget, "shards_received", (json_int_t)s->received, "shards_recovered",
		(json_int_t)s->recovered, "shards_late", (json_int_t)s->late);
}

static json_t *json_latencies(const struct pf_probe_report *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "capture_to_received",
		json_percentiles(&r->latency), "host", json_percentiles(&r->host), "network",
		json_percentiles(&r->network), "queue", json_percentiles(&r->queue), "encode",
		json_percentiles(&r->encode), "xfer", json_percentiles(&r->xfer), "pace",
		json_percentiles(&r->pace));
}

static json_t *json_speed(const struct pf_probe_speed *s)
{
	if (!s->asked_kbps)
		return json_null();
	return json_pack("{s:I, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "asked_kbps",
		(json_int_t)s->asked_kbps, "asked_ms", (json_int_t)s->asked_ms, "answered", s->answered,
		"delivered_kbps", (json_int_t)delivered_kbps(s), "loss_ppm", (json_int_t)speed_loss_ppm(s),
		"received_datagrams", (json_int_t)s->received_datagrams, "wire_packets_sent",
		(json_int_t)s->wire_packets_sent, "send_dropped", (json_int_t)s->send_dropped, "duration_ms",
		(json_int_t)s->duration_ms);
}

static json_t *json_clock(const struct pf_probe_report *r)
{
	json_t *resync = json_null();
	if (r->resync.wanted)
		resync = json_pack("{s:b, s:I, s:I, s:I, s:b}", "done", r->resync.done, "first_ns",
			(json_int_t)r->resync.first_ns, "second_ns", (json_int_t)r->resync.second_ns,
			"uncertainty_ns", (json_int_t)r->resync.uncertainty_ns, "agree",
			pf_probe_report_clocks_agree(r));
	return json_pack("{s:b, s:I, s:I, s:I, s:o}", "skew_corrected", r->skew_corrected, "offset_ns",
		(json_int_t)r->clock_offset_ns, "rtt_ns", (json_int_t)r->clock_rtt_ns, "suspect_frames",
		(json_int_t)r->clock_suspect, "resync", resync);
}

static json_t *json_decoder(const struct pf_probe_report *r)
{
	if (!r->decoding)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:i, s:i}", "pictures", (json_int_t)r->output.pictures, "errors",
		(json_int_t)r->output.decoder_errors, "left_out", (json_int_t)r->output.left_out, "width",
		(int)r->output.width_px, "height", (int)r->output.height_px);
}

static json_t *json_asks(const struct pf_probe_report *r)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "keyframes", (json_int_t)r->keyframe_asks,
		"ranges", (json_int_t)r->rfi_asks, "flushes", (json_int_t)r->flushes, "loss_reports",
		(json_int_t)r->loss_reports, "loss_ppm_max", (json_int_t)r->loss_ppm_max, "host_gap_ms",
		(json_int_t)r->host_gap_ms);
}

static json_t *json_input(const struct pf_probe_report *r)
{
	return json_pack("{s:I, s:I, s:I}", "events", (json_int_t)r->inputs, "rumble", (json_int_t)r->rumbles,
		"hid_output", (json_int_t)r->hid_outputs);
}

static json_t *json_av_sync(const struct pf_probe_report *r)
{
	const struct pf_av_sync_result *a = &r->av_sync;
	if (!r->av_sync_wanted)
		return json_null();
	return json_pack("{s:i, s:i, s:i, s:f, s:f, s:f, s:f}", "flashes", (int)a->flashes, "beeps",
		(int)a->beeps, "pairs", (int)a->pairs, "mean_ms", a->mean_ms, "deviation_ms", a->deviation_ms,
		"min_ms", a->min_ms, "max_ms", a->max_ms);
}

static json_t *json_microphone(const struct pf_probe_microphone_stats *m)
{
	return json_pack("{s:I, s:I}", "sent", (json_int_t)m->sent, "dropped", (json_int_t)m->dropped);
}

static void set_frames(json_t *object, const struct pf_probe_report *r)
{
	json_object_set_new(object, "frames", json_integer((json_int_t)r->receiver.units));
	json_object_set_new(object, "new_frames", json_integer((json_int_t)r->new_frames));
	json_object_set_new(object, "repeat_frames", json_integer((json_int_t)r->repeat_frames));
	json_object_set_new(object, "key_frames", json_integer((json_int_t)r->key_frames));
	json_object_set_new(object, "new_fps", json_real(pf_probe_report_new_fps(r)));
	json_object_set_new(object, "seconds", json_real(r->seconds));
	json_object_set_new(object, "lost", json_integer((json_int_t)r->receiver.units_lost));
	json_object_set_new(object, "repaired", json_integer((json_int_t)r->receiver.units_repaired));
	json_object_set_new(object, "mismatched", json_integer((json_int_t)r->mismatched));
	json_object_set_new(object, "mb", json_real(mb(r->bytes)));
}

int pf_probe_report_print_json(const struct pf_probe_report *r)
{
	char end[sizeof(r->end)]; /* it may name a path, which need not be UTF-8 */
	pf_text_sanitise(end, sizeof(end) - 1, r->end, strlen(r->end));
	json_t *object = json_pack("{s:s, s:i, s:b, s:I}", "end", end, "status", pf_probe_report_status(r),
		"refused", r->refused, "close_code", (json_int_t)r->close_code);
	if (!object)
		return PF_ERR_NOMEM;
	if (r->welcomed) {
		json_object_set_new(object, "session", json_session(r));
		set_frames(object, r);
		json_object_set_new(object, "latency_us", json_latencies(r));
		json_object_set_new(object, "recovery_us", json_percentiles(&r->recovery));
		json_object_set_new(object, "clock", json_clock(r));
		json_object_set_new(object, "asks", json_asks(r));
		json_object_set_new(object, "datagrams", json_datagrams(&r->receiver));
		json_object_set_new(object, "input", json_input(r));
		json_object_set_new(object, "av_sync", json_av_sync(r));
		json_object_set_new(object, "microphone", json_microphone(&r->microphone));
		json_object_set_new(object, "sound", json_sound(r));
		json_object_set_new(object, "mode_changes", json_mode_changes(r));
		json_object_set_new(object, "bitrate_changes", json_rate_changes(r));
		json_object_set_new(object, "speed_test", json_speed(&r->speed));
		json_object_set_new(object, "decoder", json_decoder(r));
	}
	int err = json_dumpf(object, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6)) ? PF_ERR_NOMEM : PF_OK;
	putchar('\n');
	json_decref(object);
	return err;
}
