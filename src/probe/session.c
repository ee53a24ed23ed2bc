#include "probe/session.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "base/hex.h"
#include "base/log.h"
#include "os/clock.h"
#include "probe/ending.h"
#include "probe/feedback.h"
#include "probe/link.h"
#include "probe/media.h"
#include "probe/microphone.h"
#include "probe/player.h"
#include "probe/pump.h"
#include "probe/sound.h"
#include "probe/steps.h"

#define TICK_MS             5
#define PUNCH_FAST_NS       200000000LL
#define PUNCH_FAST_COUNT    15
#define PUNCH_SLOW_NS       2000000000LL
#define SILENCE_LIMIT_NS    45000000000LL
#define QUIET_AFTER_LAST_NS 300000000LL /* for what is still on its way when the host has closed */

#define UNIT_BYTES_MIN ((uint64_t)8 << 20) /* bounds of M, native-media 3.1 */
#define UNIT_BYTES_MAX ((uint64_t)64 << 20)

struct session {
	const struct pf_probe_options *options;
	struct pf_probe_report *report;
	uv_loop_t loop;
	uv_timer_t tick;
	uv_async_t wake; /* the media thread has events */
	uv_signal_t interrupt, terminate;
	struct pf_probe_link *link;
	struct pf_probe_media *media;
	struct pf_probe_output *output;
	struct pf_probe_pump *pump; /* NULL before the media plane runs */
	struct pf_probe_steps steps;
	struct pf_probe_player player;
	struct pf_probe_feedback feedback;
	struct pf_probe_microphone *microphone;
	struct pf_probe_sound *sound; /* NULL before Welcome */
	struct pf_av_sync av_sync;
	uint8_t host_caps2;
	bool ending;       /* we have asked for the end */
	int64_t closed_ns; /* the connection is gone since; 0 = it stands */
	int64_t ready_ns;
	unsigned punches;
	int64_t next_punch_ns;
};

static void fail(struct session *s, const char *why)
{
	s->report->failed = true;
	pf_probe_say_end(s->report, why);
	s->ending = true;
}

static void ask_to_end(struct session *s)
{
	if (s->ending)
		return;
	s->ending = true;
	pf_probe_link_close(s->link, s->options->quit ? PF_CLOSE_QUIT : PF_CLOSE_NORMAL, "probe done");
}

static void stop_microphone(struct session *s)
{
	if (!s->microphone)
		return;
	s->report->microphone = pf_probe_microphone_stats(s->microphone);
	pf_probe_microphone_close(s->microphone);
	s->microphone = NULL;
}

static void close_handles(struct session *s)
{
	uv_close((uv_handle_t *)&s->tick, NULL);
	uv_close((uv_handle_t *)&s->wake, NULL);
	uv_close((uv_handle_t *)&s->interrupt, NULL);
	uv_close((uv_handle_t *)&s->terminate, NULL);
	s->report->inputs = s->player.sent;
	pf_probe_player_close(&s->player);
	stop_microphone(s);
}

static int64_t first_ns(const struct session *s)
{
	return s->pump ? pf_probe_pump_first_ns(s->pump) : 0;
}

static int64_t since_first_ns(const struct session *s, int64_t now_ns)
{
	int64_t first = first_ns(s);
	return first ? now_ns - first : -1;
}

static uint32_t unit_bytes_max(const struct pf_welcome *w)
{
	if (w->bitrate_kbps == 0 || w->mode.refresh_hz == 0)
		return UNIT_BYTES_MAX;
	uint64_t bytes = 4 * ((uint64_t)w->bitrate_kbps * 125 / w->mode.refresh_hz);
	if (bytes < UNIT_BYTES_MIN)
		bytes = UNIT_BYTES_MIN;
	return (uint32_t)(bytes < UNIT_BYTES_MAX ? bytes : UNIT_BYTES_MAX);
}

static void note_welcome(struct session *s, const struct pf_welcome *w)
{
	struct pf_probe_report *r = s->report;
	r->welcomed = true;
	r->mode = w->mode;
	r->codec = w->codec;
	r->bitrate_kbps = w->bitrate_kbps;
	r->bit_depth = w->bit_depth;
	r->shard_payload = w->shard_payload;
	r->fec_percent = w->fec_percent;
	r->expected_frames = w->frames;
	s->host_caps2 = w->host_caps2;
	const struct pf_fingerprint *fp = pf_probe_link_fingerprint(s->link);
	if (fp)
		pf_hex_encode(r->fingerprint, fp->bytes, sizeof(fp->bytes));
	pf_info("probe", "%ux%u@%u %s at %u kbit/s from host %s", w->mode.width_px, w->mode.height_px,
		w->mode.refresh_hz, pf_codec_name(w->codec), w->bitrate_kbps, r->fingerprint);
}

/* NULL: it is not asked for. */
static struct pf_av_sync *sync_of(struct session *s)
{
	return s->options->av_sync ? &s->av_sync : NULL;
}

static int start_output(struct session *s, enum pf_codec codec, struct pf_reason *reason)
{
	const struct pf_probe_options *o = s->options;
	s->report->decoding = o->decode || o->snapshot || o->av_sync;
	if (!o->out && !s->report->decoding)
		return PF_OK;
	const struct pf_probe_output_params params = {.path = o->out,
		.codec = codec,
		.decode = o->decode,
		.snapshot = o->snapshot,
		.sync = sync_of(s)};
	return pf_probe_output_start(&s->output, &params, reason);
}

static void wake_loop(void *user)
{
	struct session *s = user;
	uv_async_send(&s->wake);
}

/* The socket receives from here on, but nothing comes before we punch. */
static int start_media(
	struct session *s, const struct pf_welcome *w, const struct sockaddr *host, struct pf_reason *reason)
{
	struct pf_probe_media_params params = {
		.receiver = {.sealed = w->encrypt,
			.cipher = (enum pf_cipher)w->cipher,
			.key = w->cipher == PF_CIPHER_CHACHA20_POLY1305 ? w->chacha_key : w->key,
			.fec_scheme = w->fec_scheme,
			.fec_percent = w->fec_percent,
			.max_data_per_block = w->max_data_per_block,
			.shard_payload = w->shard_payload,
			.max_unit_bytes = unit_bytes_max(w)},
		.host = host,
		.verify = s->options->verify,
		.output = s->output,
		.on_events = wake_loop,
		.user = s,
	};
	memcpy(params.receiver.salt, w->salt, sizeof(params.receiver.salt));
	int err = pf_probe_media_open(&s->media, host->sa_family, reason);
	return err ? err : pf_probe_media_start(s->media, &params, reason);
}

static int handle_welcome(void *user, const struct pf_welcome *w, const struct sockaddr *host,
	uint16_t *media_port, struct pf_reason *reason)
{
	struct session *s = user;
	note_welcome(s, w);
	int err = start_output(s, w->codec, reason);
	if (!err)
		err = pf_probe_sound_open(&s->sound, w, s->options->audio_out, sync_of(s), s->report, reason);
	if (!err)
		err = start_media(s, w, host, reason);
	if (err) {
		fail(s, reason->text[0] ? reason->text : pf_strerror(err));
		return err;
	}
	*media_port = pf_probe_media_port(s->media);
	return PF_OK;
}

static int start_microphone(struct session *s)
{
	const struct pf_probe_options *o = s->options;
	const struct pf_probe_microphone_params params = {.burst = o->mic_burst,
		.stereo = o->mic_stereo,
		.drop_percent = o->mic_drop_percent,
		.link = s->link};
	if (!pf_probe_has_microphone(o))
		return PF_OK;
	return pf_probe_microphone_start(&s->microphone, &s->loop, &params);
}

static void handle_ready(void *user)
{
	struct session *s = user;
	const struct pf_probe_pump_params params = {.link = s->link,
		.media = s->media,
		.output = s->output,
		.report = s->report,
		.host_caps2 = s->host_caps2};
	s->ready_ns = s->next_punch_ns = pf_now_ns();
	if (pf_probe_pump_create(&s->pump, &params, s->ready_ns) || start_microphone(s)) {
		fail(s, "no memory");
		pf_probe_link_close(s->link, PF_CLOSE_ERROR, "no memory");
		return;
	}
	s->steps = (struct pf_probe_steps){.options = s->options,
		.report = s->report,
		.link = s->link,
		.media = s->media,
		.pump = s->pump};
}

static void handle_clock(void *user)
{
	struct session *s = user;
	pf_probe_steps_clock(&s->steps);
}

static void handle_message(void *user, const struct pf_control *m)
{
	struct session *s = user;
	int64_t now_ns = pf_now_ns();
	if (!s->pump)
		return;
	if (m->type == PF_CONTROL_PIPELINE_GAP) {
		s->report->host_gap_ms += m->pipeline_gap.gap_ms;
		pf_probe_pump_skip_window(s->pump, now_ns);
	} else if (m->type == PF_CONTROL_SHARD_PAYLOAD_CHANGED) {
		struct pf_control ack = *m;
		ack.type = PF_CONTROL_SHARD_PAYLOAD_ACK;
		uint16_t bytes = m->shard_payload.bytes;
		if (bytes % 2 == 0 && bytes >= PF_SHARD_MIN && bytes <= PF_SHARD_MAX)
			pf_probe_link_send(s->link, &ack);
	} else {
		pf_probe_steps_message(&s->steps, m, now_ns, since_first_ns(s, now_ns));
	}
}

static void handle_timing(void *user, const struct pf_host_timing *t)
{
	struct session *s = user;
	if (s->pump)
		pf_probe_pump_timing(s->pump, t);
}

static void handle_feedback(void *user, const struct pf_datagram *d)
{
	struct session *s = user;
	pf_probe_feedback_take(&s->feedback, d, pf_now_ns());
}

static void handle_sound(void *user, const struct pf_datagram *d)
{
	struct session *s = user;
	const struct pf_clock_sync *clock = pf_probe_link_clock(s->link);
	if (s->sound)
		pf_probe_sound_take(
			s->sound, d, pf_wall_ns() + (uint64_t)(clock->valid ? clock->offset_ns : 0));
}

static void handle_script_error(void *user, const char *why)
{
	struct session *s = user;
	fail(s, why);
	pf_probe_link_close(s->link, PF_CLOSE_NORMAL, "bad input script");
}

static void handle_closed(void *user, const struct pf_quic_close *close)
{
	struct session *s = user;
	pf_probe_say_close(s->report, close, s->options->remembered);
	s->closed_ns = pf_now_ns();
	stop_microphone(s);
}

static void punch(struct session *s, int64_t now_ns)
{
	if (now_ns < s->next_punch_ns)
		return;
	pf_probe_media_punch(s->media);
	s->next_punch_ns = now_ns + (++s->punches < PUNCH_FAST_COUNT ? PUNCH_FAST_NS : PUNCH_SLOW_NS);
}

static void check_end(struct session *s, int64_t now_ns)
{
	int64_t first = first_ns(s), last = pf_probe_pump_last_ns(s->pump);
	const struct pf_probe_report *r = s->report;
	char text[80];
	if (r->expected_frames && r->new_frames + r->repeat_frames >= r->expected_frames)
		snprintf(text, sizeof(text), "all %u frames came", r->expected_frames);
	else if (now_ns - (first ? first : s->ready_ns) >= s->options->seconds * 1000000000LL)
		snprintf(text, sizeof(text), "the %u seconds are over", s->options->seconds);
	else if (now_ns - (last ? last : s->ready_ns) >= SILENCE_LIMIT_NS)
		snprintf(text, sizeof(text), "no frame came for 45 seconds");
	else
		return;
	pf_probe_say_end(s->report, text);
	ask_to_end(s);
}

/* The connection is gone: wait for what is still under way, unless the end was ours. */
static bool is_over(const struct session *s, int64_t now_ns)
{
	if (s->closed_ns == 0)
		return false;
	int64_t last = s->pump ? pf_probe_pump_last_ns(s->pump) : 0;
	return s->ending || !s->pump ||
	       now_ns - (last > s->closed_ns ? last : s->closed_ns) >= QUIET_AFTER_LAST_NS;
}

/* Before the loop's handles go: the media thread signals one of them. */
static void finish_media(struct session *s)
{
	if (!s->media)
		return;
	pf_probe_media_stop(s->media);
	if (s->pump)
		pf_probe_pump_take(s->pump);
	s->report->receiver = pf_probe_media_stats(s->media);
	int64_t first = first_ns(s);
	if (first)
		s->report->seconds = (double)((s->closed_ns ? s->closed_ns : pf_now_ns()) - first) / 1e9;
	pf_probe_media_close(s->media);
	s->media = NULL;
}

static void handle_tick(uv_timer_t *timer)
{
	struct session *s = timer->data;
	int64_t now_ns = pf_now_ns();
	if (is_over(s, now_ns)) {
		finish_media(s);
		close_handles(s);
		return;
	}
	if (s->closed_ns)
		return;
	pf_probe_link_tick(s->link, now_ns);
	if (!s->pump)
		return;
	punch(s, now_ns);
	if (s->player.open && !s->player.start_ns && first_ns(s))
		pf_probe_player_start(&s->player, s->link, now_ns);
	pf_probe_pump_tick(s->pump, now_ns);
	pf_probe_steps_tick(&s->steps, now_ns, since_first_ns(s, now_ns));
	check_end(s, now_ns);
}

static void handle_wake(uv_async_t *async)
{
	struct session *s = async->data;
	if (s->pump)
		pf_probe_pump_take(s->pump);
}

static void handle_signal(uv_signal_t *handle, int signum)
{
	struct session *s = handle->data;
	pf_probe_say_end(s->report, "interrupted");
	ask_to_end(s);
}

/* The handles of a fresh loop; each can only fail for want of memory or descriptors. */
static int open_handles(struct session *s)
{
	if (uv_loop_init(&s->loop))
		return PF_ERR_NOMEM;
	if (uv_timer_init(&s->loop, &s->tick) || uv_async_init(&s->loop, &s->wake, handle_wake) ||
		uv_signal_init(&s->loop, &s->interrupt) || uv_signal_init(&s->loop, &s->terminate))
		return PF_ERR_NOMEM;
	s->tick.data = s->wake.data = s->interrupt.data = s->terminate.data = s;
	if (uv_timer_start(&s->tick, handle_tick, TICK_MS, TICK_MS) ||
		uv_signal_start(&s->interrupt, handle_signal, SIGINT) ||
		uv_signal_start(&s->terminate, handle_signal, SIGTERM))
		return PF_ERR_NOMEM;
	return PF_OK;
}

/* What the options ask for beside the stream. */
static int open_extras(struct session *s, struct pf_script *script, struct pf_reason *reason)
{
	const struct pf_probe_options *o = s->options;
	int err = pf_probe_feedback_open(&s->feedback, s->report, o->feedback, pf_now_ns(), reason);
	if (err || (!script->count && !pf_probe_script_is_live(o)))
		return err;
	s->player.on_error = handle_script_error;
	s->player.user = s;
	return pf_probe_player_open(&s->player, &s->loop, script, pf_probe_script_is_live(o), reason);
}

static void finish_output(struct session *s)
{
	struct pf_reason reason = {0};
	if (pf_probe_feedback_close(&s->feedback)) {
		pf_error_log("probe", "rumble and HID output could not be written");
		s->report->failed = true;
	}
	if (pf_probe_sound_close(s->sound)) {
		pf_error_log("probe", "the sound could not be written");
		s->report->failed = true;
	}
	if (pf_probe_output_finish(s->output, &s->report->output, &reason)) {
		pf_error_log("probe", "%s", reason.text);
		s->report->failed = true;
	}
	s->report->av_sync_wanted = s->options->av_sync;
	s->report->av_sync = pf_av_sync_result(&s->av_sync);
}

static void note_clock(struct pf_probe_report *r, const struct pf_clock_sync *clock)
{
	r->skew_corrected = clock->valid;
	r->clock_offset_ns = clock->offset_ns;
	r->clock_rtt_ns = clock->rtt_ns;
}

void pf_probe_session_run(struct pf_probe_report *report, const struct pf_probe_options *options,
	const struct pf_identity *id, struct pf_script *script)
{
	static const struct pf_probe_link_events events = {
		.on_welcome = handle_welcome,
		.on_ready = handle_ready,
		.on_clock = handle_clock,
		.on_message = handle_message,
		.on_timing = handle_timing,
		.on_feedback = handle_feedback,
		.on_sound = handle_sound,
		.on_closed = handle_closed,
	};
	struct session s = {.options = options, .report = report};
	struct pf_reason reason = {0};
	memset(report, 0, sizeof(*report));
	if (open_handles(&s)) {
		fail(&s, "cannot set up the event loop: too many files are open, or memory is short");
		return;
	}
	int err = open_extras(&s, script, &reason);
	if (!err)
		err = pf_probe_link_open(&s.link, &s.loop, options, id, &events, &s, &reason);
	if (err) {
		fail(&s, reason.text[0] ? reason.text : pf_strerror(err));
		close_handles(&s);
	}
	uv_run(&s.loop, UV_RUN_DEFAULT);
	uv_loop_close(&s.loop);
	finish_output(&s);
	if (s.link)
		note_clock(report, pf_probe_link_clock(s.link));
	pf_probe_pump_destroy(s.pump);
	pf_probe_link_destroy(s.link);
}
