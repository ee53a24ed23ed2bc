#include "report.h"

#include "violations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void set_count(json_t *o, const char *name, uint64_t n)
{
	json_object_set_new(o, name, json_integer((json_int_t)n));
}

static int by_value(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static json_t *latency(const struct gsc_frame_stats *s)
{
	double sum = 0;
	size_t n = s->latencies;
	if (!n)
		return json_null();
	qsort(s->latency, n, sizeof(*s->latency), by_value);
	for (size_t i = 0; i < n; i++)
		sum += s->latency[i];
	return json_pack("{s:f, s:f, s:f, s:f}", "min", s->latency[0] / 10.0, "avg", sum / (double)n / 10,
		"p99", s->latency[(n - 1) * 99 / 100] / 10.0, "max", s->latency[n - 1] / 10.0);
}

static json_t *frame_types(const struct gsc_frame_stats *s)
{
	json_t *o = json_object();
	for (int i = 0; i < 256; i++) {
		char name[8];
		snprintf(name, sizeof(name), "%d", i);
		if (s->types[i])
			set_count(o, name, s->types[i]);
	}
	return o;
}

static void add_video(json_t *o, const struct gsc_session *s, const struct gsc_video *v)
{
	const struct gsc_frame_stats *f = &v->frames.stats;
	set_count(o, "frames", f->frames);
	set_count(o, "idr_frames", f->idr_frames);
	set_count(o, "frames_lost", f->lost);
	set_count(o, "frames_discarded", f->discarded);
	set_count(o, "frames_recovered", f->recovered);
	set_count(o, "packets", v->packets);
	set_count(o, "packets_dropped", v->dropped);
	set_count(o, "packets_missing", v->inspector.missing);
	set_count(o, "packets_repaired", f->packets_repaired);
	set_count(o, "blocks_max", v->inspector.blocks_max);
	set_count(o, "bytes", f->bytes);
	json_object_set_new(o, "latency_ms", latency(f));
	json_object_set_new(o, "frame_type_counts", frame_types(f));
	json_object_set_new(o, "first_frame_ms",
		f->first_frame_ms > 0 ? json_real(f->first_frame_ms - s->launched_ms) : json_null());
}

static double rms(double square_sum, double samples)
{
	return samples > 0 ? sqrt(square_sum / samples) / 32768 : 0;
}

static void add_audio(json_t *o, const struct gsc_audio *a)
{
	json_t *each = json_array();
	double all = 0;
	int channels = a->session->layout.channels;
	for (int i = 0; i < channels; i++) {
		all += a->square_sum[i];
		json_array_append_new(each, json_real(rms(a->square_sum[i], (double)a->samples)));
	}
	set_count(o, "audio_packets", a->packets);
	set_count(o, "audio_packets_dropped", a->dropped);
	set_count(o, "audio_repaired", a->repaired);
	set_count(o, "audio_lost", a->lost);
	set_count(o, "audio_payload_bytes", a->payload_bytes);
	set_count(o, "audio_payload_len", a->payload_len);
	set_count(o, "audio_samples", a->samples);
	json_object_set_new(o, "audio_rms", json_real(rms(all, (double)a->samples * channels)));
	json_object_set_new(o, "audio_channel_rms", each);
}

void gsc_report_print(const struct gsc_session *s, const struct gsc_video *v, const struct gsc_audio *a,
	const struct gsc_control *c)
{
	json_t *o = json_object();
	add_video(o, s, v);
	add_audio(o, a);
	set_count(o, "idr_requests", c->idr_requests);
	set_count(o, "rfi_requests", c->rfi_requests);
	json_object_set(o, "control_messages", c->messages);
	json_object_set_new(o, "termination", c->termination[0] ? json_string(c->termination) : json_null());
	set_count(o, "http_launch_status", (uint64_t)s->launch_status);
	set_count(o, "rtp_violations", gsc_violation_count());
	json_object_set_new(o, "violations", gsc_violation_texts());
	json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	putchar('\n');
	fflush(stdout);
	json_decref(o);
}
