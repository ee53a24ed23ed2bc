#include "session/session.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "os/clock.h"

#define STREAM_OPEN_MS 10000 /* TLS done -> control stream and first frame, each (native-control 2.1) */
#define DRAIN_MS       1000  /* the last frames may still be on their way */

static void handle_deadline(uv_timer_t *timer)
{
	struct pf_session *s = timer->data;
	switch (s->state) {
	case PF_SESSION_WAIT_HELLO:
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "no Hello arrived in time");
		break;
	case PF_SESSION_PAIRING:
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "no proof of the PIN arrived in time");
		break;
	case PF_SESSION_PAIRED:
		pf_session_close(s, PF_CLOSE_NORMAL, "pairing done");
		break;
	case PF_SESSION_PARKED:
		pf_session_close(s, PF_CLOSE_APPROVAL_TIMEOUT, "nobody approved this device in time");
		break;
	case PF_SESSION_WAIT_START:
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "no Start arrived within 10 s of Hello");
		break;
	case PF_SESSION_WAIT_OLDER:
		/* The grace is over; its display may not be free yet, then a new one is made. */
		pf_session_proceed(s);
		break;
	case PF_SESSION_WAIT_SLOT:
		pf_session_close(s, PF_CLOSE_SETUP_FAILED,
			"this host already streams to %u clients; end one of them or raise "
			"PUNKTFUNK_MAX_SESSIONS",
			pf_host_get_params(s->host)->max_sessions);
		break;
	case PF_SESSION_WAIT_SOUND:
		if (pf_session_prove_sound(s))
			pf_session_sound_settled(s);
		break;
	case PF_SESSION_STREAMING:
		pf_session_close(s, PF_CLOSE_NORMAL, "done");
		break;
	case PF_SESSION_HANDSHAKE:
	case PF_SESSION_WAIT_DISPLAY:
	case PF_SESSION_WAIT_PUNCH:
	case PF_SESSION_ENDING:
		break;
	}
}

static void handle_tick(uv_timer_t *timer)
{
	struct pf_session *s = timer->data;
	int64_t now = pf_now_ns();
	pf_session_watch_path(s, now);
	pf_session_watch_access(s);
	pf_session_watch_sound(s);
	if (pf_host_get_params(s->host)->perf) {
		pf_session_stats_print(&s->media.stats, s->label, (unsigned)((now - s->ticked_ns) / 1000000));
		pf_input_plane_print(s->media.input, s->label);
	}
	s->ticked_ns = now;
}

void pf_session_set_deadline(struct pf_session *s, unsigned ms)
{
	if (ms)
		uv_timer_start(&s->deadline, handle_deadline, ms, 0);
	else
		uv_timer_stop(&s->deadline);
}

void pf_session_close(struct pf_session *s, uint64_t code, const char *fmt, ...)
{
	if (s->closing || !s->quic)
		return;
	s->closing = true;
	uv_timer_stop(&s->deadline);
	char text[PF_QUIC_REASON_MAX];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (code != PF_CLOSE_NORMAL)
		pf_warn("session", "%s: refused or ended with 0x%02llx: %s", s->label,
			(unsigned long long)code, text);
	pf_quic_close(s->quic, code, text);
}

void pf_session_send(struct pf_session *s, const struct pf_control *m)
{
	uint8_t buf[PF_FRAME_HEAD_BYTES + 2500];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	size_t at = pf_frame_begin(&w);
	pf_control_write(&w, m);
	pf_frame_end(&w, at);
	if (w.failed || !s->quic || s->stream < 0)
		return;
	/* A client that reads nothing for 256 KiB of answers is not there any more. */
	if (pf_quic_stream_write(s->quic, s->stream, buf, w.len, false) == PF_ERR_LIMIT)
		pf_session_close(s, PF_CLOSE_ERROR, "the control stream is stuck");
}

/* --- teardown: connection, then display thread and sender, then handles, then memory --- */

static void free_when_closed(struct pf_session *s)
{
	if (s->open_handles == 0)
		pf_host_session_gone(s->host, s);
}

static void handle_handle_closed(uv_handle_t *handle)
{
	struct pf_session *s = handle->data;
	s->open_handles--;
	free_when_closed(s);
}

void pf_session_part_gone(void *user)
{
	struct pf_session *s = user;
	s->open_handles--;
	free_when_closed(s);
}

static void close_handles(struct pf_session *s)
{
	uv_close((uv_handle_t *)&s->deadline, handle_handle_closed);
	uv_close((uv_handle_t *)&s->tick, handle_handle_closed);
	uv_close((uv_handle_t *)&s->feedback_timer, handle_handle_closed);
	pf_media_finish(&s->media, pf_session_part_gone);
}

static bool resumable(const struct pf_quic_close *close)
{
	switch (close->origin) {
	case PF_CLOSED_BY_PEER:
		return close->code != PF_CLOSE_QUIT;
	case PF_CLOSED_BY_US:
		return close->code == PF_CLOSE_SUPERSEDED;
	case PF_CLOSED_IDLE:
	case PF_CLOSED_BY_TRANSPORT:
	case PF_CLOSED_UNREACHABLE:
	case PF_CLOSED_WRONG_IDENTITY:
		break;
	}
	return true;
}

static void log_end(const struct pf_session *s, const struct pf_quic_close *close)
{
	static const char *const origins[] = {
		[PF_CLOSED_BY_PEER] = "closed by the client",
		[PF_CLOSED_BY_US] = "closed by the host",
		[PF_CLOSED_IDLE] = "lost: nothing heard from the client",
		[PF_CLOSED_BY_TRANSPORT] = "ended by QUIC",
		[PF_CLOSED_UNREACHABLE] = "unreachable",
		[PF_CLOSED_WRONG_IDENTITY] = "wrong identity",
	};
	if (!pf_session_is_admitted(s) || s->state < PF_SESSION_WAIT_DISPLAY) {
		pf_debug("session", "%s: %s before a session began (0x%02llx %s)", s->label,
			origins[close->origin], (unsigned long long)close->code, close->reason);
		return;
	}
	double seconds = s->streaming_since_ns ? (double)(pf_now_ns() - s->streaming_since_ns) / 1e9 : 0;
	char input[PF_INPUT_PLANE_TEXT], sound[PF_SOUND_TEXT];
	pf_input_plane_describe(s->media.input, input);
	pf_session_describe_sound(s, sound);
	pf_info("session",
		"%s: %s (0x%02llx %s) after %.1f s: %llu frames (%llu repeats, %llu keys, %llu dropped), "
		"%.1f MB, "
		"host p50 %u us, p99 %u us%s%s",
		s->label, origins[close->origin], (unsigned long long)close->code, close->reason, seconds,
		(unsigned long long)s->media.stats.units, (unsigned long long)s->media.stats.repeats,
		(unsigned long long)s->media.stats.keys, (unsigned long long)s->media.stats.dropped,
		(double)s->media.stats.bytes / 1e6, pf_histogram_at(&s->media.stats.host, 50),
		pf_histogram_at(&s->media.stats.host, 99), sound, input);
}

static void tell_end(const struct pf_session *s, const struct pf_quic_close *close)
{
	static const char *const reasons[] = {
		[PF_CLOSED_BY_PEER] = "quit",
		[PF_CLOSED_BY_US] = "ended",
		[PF_CLOSED_IDLE] = "timeout",
		[PF_CLOSED_BY_TRANSPORT] = "error",
		[PF_CLOSED_UNREACHABLE] = "timeout",
		[PF_CLOSED_WRONG_IDENTITY] = "error",
	};
	if (s->state == PF_SESSION_PAIRING) {
		pf_warn("trust", "%s left without a proof of the PIN, which is spent", s->label);
		pf_host_emit(s->host, "pairing.denied", s, reasons[close->origin]);
	}
	if (s->streaming_since_ns)
		pf_host_emit(s->host, "session.ended", s, reasons[close->origin]);
	if (pf_session_is_admitted(s))
		pf_host_emit(s->host, "client.disconnected", s, reasons[close->origin]);
}

static void handle_closed(void *user, struct pf_quic *q, const struct pf_quic_close *close)
{
	struct pf_session *s = user;
	log_end(s, close);
	tell_end(s, close);
	pf_session_leave_queue(s);
	s->closing = true;
	s->quic = NULL;
	s->state = PF_SESSION_ENDING;
	uv_timer_stop(&s->deadline);
	uv_timer_stop(&s->tick);
	if (s->punching)
		pf_punch_stop(&s->punch, pf_session_part_gone);
	s->punching = false;
	pf_session_stop_sound(s);
	if (s->media.display) {
		pf_media_stop(&s->media, resumable(close) ? pf_host_get_params(s->host)->keep_display_ms : 0);
		uv_timer_stop(&s->feedback_timer);
	} else {
		close_handles(s);
	}
}

static void handle_display_stopped(struct pf_session *s)
{
	pf_media_join(&s->media);
	close_handles(s);
}

/* --- events --- */

static void handle_media_failed(struct pf_session *s, const struct pf_reason *reason)
{
	/* Also in mid-stream: it is the code whose sentence clients show as the host wrote it. */
	if (reason->text[0])
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "%s", reason->text);
	else
		pf_session_set_deadline(s, DRAIN_MS); /* all frames were handed to the sender */
}

static void handle_notice(void *user, const struct pf_notice *notice)
{
	struct pf_session *s = user;
	if (notice->kind == PF_NOTICE_STOPPED) {
		handle_display_stopped(s);
		return;
	}
	if (s->closing || s->state == PF_SESSION_ENDING)
		return;
	switch (notice->kind) {
	case PF_NOTICE_SENT:
		pf_session_unit_sent(s, &notice->sent);
		break;
	case PF_NOTICE_DROPPED:
		pf_session_stats_drop(&s->media.stats);
		break;
	case PF_NOTICE_PROBE_DONE:
		pf_session_probe_done(s, &notice->probe);
		break;
	case PF_NOTICE_SEND_FAILED:
		pf_session_close(s, PF_CLOSE_ERROR, "the media socket failed: %s", strerror(notice->rc));
		break;
	case PF_NOTICE_DISPLAY:
		pf_session_display_ready(s, notice);
		break;
	case PF_NOTICE_PORTS:
		pf_session_ports_changed(s, notice->ports);
		break;
	case PF_NOTICE_SOUND:
		pf_session_sound_live(s, notice);
		break;
	case PF_NOTICE_MICROPHONE:
		pf_session_microphone_live(s, notice);
		break;
	case PF_NOTICE_MODE:
		pf_session_mode_changed(s, notice);
		break;
	case PF_NOTICE_MEDIA_FAILED:
		handle_media_failed(s, &notice->reason);
		break;
	case PF_NOTICE_STOPPED:
		break;
	}
}

static void handle_connected(void *user, struct pf_quic *q)
{
	struct pf_session *s = user;
	const struct pf_fingerprint *fp = pf_quic_peer_fingerprint(q);
	s->has_fingerprint = fp != NULL;
	if (fp)
		s->fingerprint = *fp;
	pf_session_set_label(s);
	s->state = PF_SESSION_WAIT_HELLO;
	pf_session_set_deadline(s, STREAM_OPEN_MS);
}

/* False once the session has no use for more. */
static bool handle_message(void *user, const uint8_t *data, size_t len)
{
	struct pf_session *s = user;
	switch (s->state) {
	case PF_SESSION_WAIT_HELLO:
		pf_session_handle_hello(s, data, len);
		break;
	case PF_SESSION_PAIRING:
		pf_session_handle_proof(s, data, len);
		break;
	case PF_SESSION_WAIT_START:
		pf_session_handle_start(s, data, len);
		break;
	case PF_SESSION_WAIT_PUNCH:
	case PF_SESSION_STREAMING:
		pf_session_handle_control(s, data, len);
		break;
	case PF_SESSION_HANDSHAKE:
	case PF_SESSION_PAIRED:
	case PF_SESSION_PARKED:
	case PF_SESSION_WAIT_OLDER:
	case PF_SESSION_WAIT_SLOT:
	case PF_SESSION_WAIT_DISPLAY:
	case PF_SESSION_WAIT_SOUND:
	case PF_SESSION_ENDING:
		break; /* nothing is due from the client now */
	}
	return !s->closing;
}

static void handle_stream_data(
	void *user, struct pf_quic *q, int64_t stream, const uint8_t *data, size_t len, bool fin)
{
	struct pf_session *s = user;
	if (s->stream < 0) {
		s->stream = stream;
		if (s->state == PF_SESSION_WAIT_HELLO)
			pf_session_set_deadline(s, STREAM_OPEN_MS);
	}
	if (s->closing)
		return;
	if (stream != s->stream) {
		pf_quic_stream_cancel(q, stream, PF_STREAM_CANCELLED);
		return;
	}
	pf_framer_feed(&s->framer, data, len, handle_message, s);
	if (fin && pf_framer_in_frame(&s->framer))
		pf_session_close(s, PF_CLOSE_ERROR, "the control stream ended in the middle of a message");
}

static void handle_datagram(void *user, struct pf_quic *q, const uint8_t *data, size_t len)
{
	pf_session_take_datagram(user, data, len);
}

static const struct pf_quic_events quic_events = {
	.on_connected = handle_connected,
	.on_stream_data = handle_stream_data,
	.on_datagram = handle_datagram,
	.on_closed = handle_closed,
};

int pf_session_create(struct pf_session **out, struct pf_host *host, struct pf_quic *q)
{
	struct pf_session *s = calloc(1, sizeof(*s));
	if (!s)
		return PF_ERR_NOMEM;
	uv_loop_t *loop = pf_host_loop(host);
	int rc = pf_media_init(&s->media, loop, PF_KEYS_NATIVE, handle_notice, s);
	if (rc < 0) {
		free(s);
		return rc;
	}
	s->host = host;
	s->quic = q;
	s->stream = -1;
	uv_timer_init(loop, &s->deadline);
	uv_timer_init(loop, &s->tick);
	uv_timer_init(loop, &s->feedback_timer);
	s->deadline.data = s->tick.data = s->feedback_timer.data = s;
	s->open_handles = 4; /* media counts */
	snprintf(s->label, sizeof(s->label), "new client");
	pf_quic_set_events(q, &quic_events, s);
	*out = s;
	return PF_OK;
}

void pf_session_start_ticking(struct pf_session *s)
{
	s->streaming_since_ns = s->ticked_ns = pf_now_ns();
	uv_timer_start(&s->tick, handle_tick, 1000, 1000);
	pf_session_begin_access(s);
	pf_host_emit(s->host, "session.started", s, NULL);
}
