/*
 * One client's stream: launched over HTTPS, described over RTSP, begun when its display, its PLAY and its first video
 * ping are there, ended by the client, the operator, the app or silence.
 */
#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/log.h"
#include "gamestream/plane.h"
#include "os/clock.h"
#include "session/loss_gauge.h"
#include "session/planes.h"

#define SECOND_NS      INT64_C(1000000000)
#define PLAY_LIMIT_NS  (30 * SECOND_NS) /* from launch */
#define BEGIN_LIMIT_NS (10 * SECOND_NS) /* from PLAY: control and video ping */
#define SILENCE_NS     (10 * SECOND_NS)
#define KEY_SPACING_NS (150 * INT64_C(1000000))
#define FEC_PERCENT    20 /* what clients leave room for; less or more as the way turns out */

/* --- beginning --- */

static void handle_notice(void *user, const struct pf_notice *notice);

static int draw_secrets(struct pf_gs_stream *s)
{
	uint8_t random[PF_GS_PING_BYTES / 2];
	if (gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random)) < 0 ||
		gnutls_rnd(GNUTLS_RND_NONCE, &s->connect_data, sizeof(s->connect_data)) < 0)
		return PF_ERR_IO;
	pf_hex_encode(s->ping_payload, random, sizeof(random));
	return PF_OK;
}

static void set_label(struct pf_gs_stream *s)
{
	char address[INET_ADDRSTRLEN];
	const struct pf_device *d = pf_devices_find(s->g->devices, &s->client);
	inet_ntop(AF_INET, &s->peer, address, sizeof(address));
	snprintf(s->label, sizeof(s->label), "#%llu %s (%s)", (unsigned long long)s->number,
		d ? d->name : "Moonlight", address);
}

static int start_display(struct pf_gs_stream *s)
{
	const struct pf_host_params *host = s->g->p.host_params;
	struct pf_display_thread_params params = {
		.pool = pf_host_pool(s->g->p.host),
		.owner = &s->owner,
		.backend = host->display,
		.display =
			{
				.mode = s->announced ? s->terms.mode : s->launch.mode,
				.runtime_root = host->runtime_root,
				.session_command = s->command[0] ? s->command : NULL,
				.ends_with_command = s->run->app != PF_GS_DESKTOP_ID,
				.client_label = s->label,
				.audio = {.channels = s->launch.audio_channels},
			},
	};
	s->waits_for_older = false;
	return pf_media_start_display(&s->media, &params);
}

static void append(struct pf_gamestream *g, struct pf_gs_stream *s)
{
	struct pf_gs_stream **at = &g->streams;
	while (*at)
		at = &(*at)->next;
	*at = s;
}

static int fill(struct pf_gs_stream *s, const struct pf_gs_app *app, struct pf_reason *reason)
{
	struct pf_gamestream *g = s->g;
	struct pf_access access;
	pf_gs_translator_init(&s->translator);
	pf_gs_gcm_init(&s->rtsp_key, s->launch.key);
	pf_gs_gcm_init(&s->channel.key, s->launch.key);
	pf_fec_law_init(&s->fec, g->p.host_params->fec_percent);
	if (!s->fec.pinned)
		s->fec.percent = FEC_PERCENT;
	s->launched_ns = s->heard_ns = pf_now_ns();
	set_label(s);
	if (draw_secrets(s) < 0)
		return pf_reason(reason, PF_ERR_IO, "there is no randomness");
	if (!pf_gs_is_paired(g, &s->client, &access))
		return pf_reason(reason, PF_ERR_AUTH, "this device is not paired any more");
	pf_grants_set(&s->grants, &access, pf_wall_s());
	if (!pf_gs_app_command(app, g->p.host_params->session_command, s->launch.mode, s->command))
		return pf_reason(reason, PF_ERR_LIMIT, "the command of %s is too long", app->title);
	return pf_gs_control_listen(g, s->local, reason);
}

int pf_gs_stream_create(struct pf_gamestream *g, struct pf_gs_run *run, const struct pf_gs_app *app,
	const struct pf_gs_launch *launch, const struct pf_gs_request *rq, struct pf_reason *reason)
{
	if (!run->stream && !pf_host_has_slot(g->p.host))
		return pf_reason(reason, PF_ERR_LIMIT,
			"this host already streams to %u clients; end one of them or raise "
			"PUNKTFUNK_MAX_SESSIONS",
			g->p.host_params->max_sessions);
	struct pf_gs_stream *s = calloc(1, sizeof(*s));
	if (!s)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	s->g = g;
	s->number = pf_host_next_number(g->p.host);
	s->client = rq->certificate;
	s->peer = rq->peer;
	s->local = rq->local;
	s->launch = *launch;
	int rc = fill(s, app, reason);
	if (rc == PF_OK && pf_media_init(&s->media, g->loop, PF_KEYS_GAMESTREAM, handle_notice, s) < 0)
		rc = pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	if (rc < 0) {
		pf_gs_gcm_wipe(&s->rtsp_key);
		pf_gs_gcm_wipe(&s->channel.key);
		free(s);
		return rc;
	}
	pf_gs_stream_seat(s);
	append(g, s);
	s->waits_for_older = run->stream != NULL;
	s->run = run;
	s->owner = run->owner;
	run->stream = s;
	run->client = s->client;
	pf_info("gamestream", "%s: %s", s->label, run->title);
	if (!s->waits_for_older && start_display(s) < 0)
		pf_gs_stream_end(s, 0, false, "out of memory");
	return PF_OK;
}

void pf_gs_stream_older_gone(struct pf_gs_stream *s)
{
	if (s->waits_for_older && pf_gs_stream_lives(s) && start_display(s) < 0)
		pf_gs_stream_end(s, 0, false, "out of memory");
}

/* --- streaming --- */

static int create_sender(struct pf_gs_stream *s, struct pf_reason *reason)
{
	const struct pf_host_params *host = s->g->p.host_params;
	const struct pf_wire_gamestream_params wire = {
		.packet_size = s->terms.packet_size,
		.fec_percent = s->fec.percent,
		.min_parity = s->terms.min_parity,
		.key = s->terms.encryption & PF_GS_ENCRYPT_VIDEO ? s->launch.key : NULL,
	};
	struct pf_sender_params params = {
		.fec_percent = s->fec.percent,
		.bitrate_kbps = s->wire_kbps,
		.refresh_hz = s->terms.mode.refresh_hz,
		.marking = !s->terms.video_qos || host->dscp == PF_CHOICE_OFF ? PF_UDP_MARK_NEVER
			   : host->dscp == PF_CHOICE_ON                       ? PF_UDP_MARK_ALWAYS
									      : PF_UDP_MARK_PRIVATE,
		.gso = host->gso,
		.txtime = host->txtime,
		.drop_percent = host->drop_percent,
	};
	int rc = pf_gs_flow_open(&s->video, s->local, s->g->video.port, &params.fd, reason);
	if (rc < 0)
		return rc;
	rc = pf_wire_gamestream_create(&params.wire, &wire);
	if (rc == PF_OK && (rc = pf_media_create_sender(&s->media, &params)) < 0)
		pf_wire_destroy(params.wire);
	if (rc < 0) {
		close(params.fd);
		return pf_reason(reason, rc, "the send stage cannot be made: %s", pf_strerror(rc));
	}
	return pf_sender_start(s->media.sender, (const struct sockaddr *)&s->video.client);
}

/* What a client can put together of one frame's packets. */
static uint32_t max_unit_bytes(const struct pf_gs_stream *s)
{
	return (s->terms.packet_size - 16) * 4 * 1023 - 8;
}

/* What clients set their renderer to is what they asked for (gamestream 6.9). */
static struct pf_colour colour_of(const struct pf_gs_stream *s)
{
	static const struct pf_colour by_matrix[] = {
		{.primaries = 6, .transfer = 6, .matrix = 6},
		{.primaries = 1, .transfer = 1, .matrix = 1},
		{.primaries = 9, .transfer = 1, .matrix = 9},
	};
	struct pf_colour c = by_matrix[s->terms.csc_mode >> 1];
	c.full_range = s->terms.csc_mode & 1;
	return c;
}

static void try_begin(struct pf_gs_stream *s)
{
	struct pf_reason reason = {0};
	const struct pf_media_stream stream = {
		.codec = s->terms.codec,
		.colour = colour_of(s),
		.slices = s->terms.slices,
		.max_unit_bytes = max_unit_bytes(s),
	};
	if (s->state != PF_GS_PLAYING || !s->display_ready || !s->video.known)
		return;
	if (create_sender(s, &reason) < 0) {
		pf_gs_stream_end(s, PF_GS_END_NORMAL, false, "%s", reason.text);
		return;
	}
	s->state = PF_GS_STREAMING;
	s->streaming_since_ns = s->ticked_ns = s->last_key_ns = pf_now_ns();
	pf_media_run(&s->media, s->g->p.host_params, &stream);
	pf_info("gamestream",
		"%s: streaming %ux%u@%u %s, %u kbit/s, packets of %u bytes, %u %% parity%s%s, %u channels",
		s->label, s->terms.mode.width_px, s->terms.mode.height_px, s->terms.mode.refresh_hz,
		pf_codec_name(s->terms.codec), s->wire_kbps, s->terms.packet_size, s->fec.percent,
		s->terms.encryption & PF_GS_ENCRYPT_VIDEO ? ", video encrypted" : "",
		s->terms.audio_encrypted ? ", audio encrypted" : "", s->surround.channels);
	pf_host_tell(s->g->p.host, &(struct pf_host_event){.kind = "session.started",
					   .session = s->number,
					   .fingerprint = &s->client,
					   .name = s->label});
}

static void start_audio(struct pf_gs_stream *s)
{
	struct pf_reason reason = {0};
	if (s->audio_stage || s->state == PF_GS_LAUNCHED || !s->display_ready || !s->audio.known)
		return;
	if (pf_gs_audio_start(s, &reason) < 0) {
		pf_warn("gamestream", "%s: no sound: %s", s->label, reason.text);
		s->audio.known = false; /* the next ping tries again */
	}
}

void pf_gs_stream_play(struct pf_gs_stream *s)
{
	if (s->state != PF_GS_LAUNCHED)
		return;
	s->state = PF_GS_PLAYING;
	s->played_ns = pf_now_ns();
	start_audio(s);
	try_begin(s);
}

static bool same_address(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
	return a->sin_addr.s_addr == b->sin_addr.s_addr && a->sin_port == b->sin_port;
}

void pf_gs_stream_pinged(
	struct pf_gs_stream *s, struct pf_gs_flow *flow, bool by_address, const struct sockaddr_in *from)
{
	bool moved = flow->known && !same_address(&flow->client, from);
	*flow = (struct pf_gs_flow){.known = true, .by_address = by_address, .client = *from};
	if (moved && flow == &s->video && s->media.sender)
		pf_sender_redirect(s->media.sender, (const struct sockaddr *)from);
	if (moved && flow == &s->audio && s->audio_stage)
		pf_gs_audio_redirect(s->audio_stage, from);
	if (flow == &s->video)
		try_begin(s);
	else
		start_audio(s);
}

void pf_gs_stream_control_connected(struct pf_gs_stream *s, ENetPeer *peer)
{
	peer->data = s;
	s->peer_control = peer;
	s->heard_ns = pf_now_ns();
	pf_debug("gamestream", "%s: control is connected", s->label);
}

/* --- recovery and rate --- */

/* Requests come in bunches, and the picture that answers one may still be on its way: those that follow at once are
 * answered together, a moment later. */
static void request_key(struct pf_gs_stream *s, int64_t now_ns)
{
	if (s->state != PF_GS_STREAMING)
		return;
	s->key_owed = now_ns - s->last_key_ns < KEY_SPACING_NS;
	if (s->key_owed)
		return;
	s->last_key_ns = now_ns;
	pf_media_force_key(&s->media);
}

static void apply_parity(struct pf_gs_stream *s, unsigned before)
{
	if (s->fec.percent == before)
		return;
	pf_debug("gamestream", "%s: parity %u %% -> %u %%", s->label, before, s->fec.percent);
	pf_gs_stream_apply_rate(s);
}

/* Silence means no loss: reports come for blocks that lost something. */
static void adapt_parity(struct pf_gs_stream *s, int64_t now_ns)
{
	struct pf_sender_stats sent;
	unsigned before = s->fec.percent;
	pf_sender_get_stats(s->media.sender, &sent);
	uint64_t packets = sent.datagrams + sent.datagrams_test_dropped - s->packets_sent;
	uint64_t units = sent.units - s->units_sent;
	s->packets_sent += packets;
	s->units_sent += units;
	if (packets > 0 && units > 0 && s->terms.client_features & PF_GS_CLIENT_FEC_STATUS) {
		uint64_t lost = s->packets_lost < packets ? s->packets_lost : packets;
		uint32_t ppm = (uint32_t)(lost * 1000000 / packets);
		pf_fec_law_report(&s->fec, ppm, now_ns);
		unsigned shards = (unsigned)(packets * 100 / (100 + before) / units) + 1;
		pf_fec_law_raise(&s->fec, pf_loss_parity_percent(ppm, shards));
		apply_parity(s, before);
	}
	s->packets_lost = 0;
}

/* In mid-stream both kinds of request mean that a picture was beyond repair. */
static void answer_loss(struct pf_gs_stream *s, int64_t now_ns)
{
	unsigned before = s->fec.percent;
	if (s->state == PF_GS_STREAMING && now_ns - s->streaming_since_ns > SECOND_NS)
		pf_fec_law_rfi(&s->fec, now_ns);
	apply_parity(s, before);
	request_key(s, now_ns);
}

/* --- messages of the client --- */

void pf_gs_stream_message(struct pf_gs_stream *s, const struct pf_gs_message *m)
{
	switch (m->kind) {
	case PF_GS_IDR:
	case PF_GS_INVALIDATE:
		answer_loss(s, pf_now_ns());
		break;
	case PF_GS_INPUT:
		pf_gs_stream_input(s, m->input);
		break;
	case PF_GS_FEC_STATUS:
		s->packets_lost += m->fec.missing;
		break;
	case PF_GS_PING:
	case PF_GS_LOSS_STATISTICS:
	case PF_GS_LTR_RECEIVED:
	case PF_GS_START_B:
	case PF_GS_UNKNOWN:
		break;
	}
}

/* --- end --- */

static void log_end(const struct pf_gs_stream *s, const char *why)
{
	const struct pf_session_stats *n = &s->media.stats;
	double seconds = s->streaming_since_ns ? (double)(pf_now_ns() - s->streaming_since_ns) / 1e9 : 0;
	char input[PF_INPUT_PLANE_TEXT];
	pf_input_plane_describe(s->media.input, input);
	pf_info("gamestream",
		"%s: %s after %.1f s: %llu frames (%llu repeats, %llu keys, %llu dropped), %.1f MB, host p50 "
		"%u us, p99 %u us%s",
		s->label, why, seconds, (unsigned long long)n->units, (unsigned long long)n->repeats,
		(unsigned long long)n->keys, (unsigned long long)n->dropped, (double)n->bytes / 1e6,
		pf_histogram_at(&n->host, 50), pf_histogram_at(&n->host, 99), input);
}

static void handle_media_gone(void *user)
{
	struct pf_gs_stream *s = user;
	struct pf_gamestream *g = s->g;
	pf_gs_stream_gone(g, s);
	pf_gs_gcm_wipe(&s->rtsp_key);
	pf_gs_gcm_wipe(&s->channel.key);
	gnutls_memset(&s->launch.key, 0, sizeof(s->launch.key));
	free(s);
}

/* No thread of it runs any more. */
static void finish(struct pf_gs_stream *s)
{
	struct pf_gs_run *run = s->run;
	pf_gs_audio_stop(s->audio_stage);
	s->audio_stage = NULL;
	s->run = NULL;
	if (pf_gs_run_holds(run, &s->owner) && run->stream == s)
		pf_gs_run_left(run, false);
	else if (pf_gs_run_holds(run, &s->owner) && run->stream)
		pf_gs_stream_older_gone(run->stream);
	if (!pf_gs_run_holds(run, &s->owner))
		pf_gs_run_release(s->g, &s->owner);
	pf_media_finish(&s->media, handle_media_gone);
}

void pf_gs_stream_end(struct pf_gs_stream *s, uint32_t why, bool quit, const char *fmt, ...)
{
	char text[200];
	va_list args;
	if (s->state == PF_GS_ENDING)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	log_end(s, text);
	s->state = PF_GS_ENDING;
	pf_gs_control_disconnect(s, why);
	pf_gs_audio_quit(s->audio_stage);
	if (quit && s->run && s->run->stream == s) {
		pf_gs_run_left(s->run, true);
		s->run = NULL;
	}
	if (s->streaming_since_ns)
		pf_host_tell(s->g->p.host, &(struct pf_host_event){.kind = "session.ended",
						   .session = s->number,
						   .fingerprint = &s->client,
						   .name = s->label,
						   .reason = text});
	if (s->media.display)
		pf_media_stop(&s->media, quit ? 0 : s->g->p.keep_s * 1000);
	else
		finish(s);
}

/* --- notices and time --- */

static void handle_failed(struct pf_gs_stream *s, const struct pf_reason *reason)
{
	/* The program of an app that has ended took its display along; that is the normal end of a game. */
	pf_gs_stream_end(
		s, s->media.stats.units ? PF_GS_END_NORMAL : PF_GS_END_CONVERT, false, "%s", reason->text);
}

static void handle_notice(void *user, const struct pf_notice *notice)
{
	struct pf_gs_stream *s = user;
	if (notice->kind == PF_NOTICE_STOPPED) {
		pf_media_join(&s->media);
		finish(s);
		return;
	}
	if (!pf_gs_stream_lives(s))
		return;
	switch (notice->kind) {
	case PF_NOTICE_SENT:
		pf_session_stats_add(&s->media.stats, &notice->sent);
		if (s->key_owed)
			request_key(s, pf_now_ns());
		break;
	case PF_NOTICE_DROPPED:
		pf_session_stats_drop(&s->media.stats);
		break;
	case PF_NOTICE_SEND_FAILED:
		pf_gs_stream_end(
			s, PF_GS_END_NORMAL, false, "the video socket failed: %s", strerror(notice->rc));
		break;
	case PF_NOTICE_DISPLAY:
		if (notice->rc < 0) {
			handle_failed(s, &notice->reason);
		} else {
			s->display_ready = true;
			start_audio(s);
			try_begin(s);
		}
		break;
	case PF_NOTICE_PORTS:
		if (pf_media_take_ports(&s->media, notice->ports))
			pf_gs_audio_move(s);
		break;
	case PF_NOTICE_MEDIA_FAILED:
		handle_failed(s, &notice->reason);
		break;
	case PF_NOTICE_MODE:
	case PF_NOTICE_PROBE_DONE:
	case PF_NOTICE_SOUND:
	case PF_NOTICE_MICROPHONE:
	case PF_NOTICE_STOPPED:
		break;
	}
}

static const char *silence_of(const struct pf_gs_stream *s, int64_t now_ns)
{
	if (s->state == PF_GS_LAUNCHED)
		return now_ns - s->launched_ns > PLAY_LIMIT_NS
			       ? "the client launched, but did not ask for the stream"
			       : NULL;
	if (s->state == PF_GS_PLAYING && !s->video.known && now_ns - s->played_ns > BEGIN_LIMIT_NS)
		return "no video ping arrived: inbound UDP to this host seems blocked";
	if (!s->peer_control)
		return now_ns - s->played_ns > BEGIN_LIMIT_NS ? "no control connection arrived" : NULL;
	return now_ns - s->heard_ns > SILENCE_NS ? "lost: nothing heard from the client" : NULL;
}

/* The end of what is held now may be refused from now on. */
static void apply_access(struct pf_gs_stream *s, const struct pf_access *access)
{
	pf_grants_set(&s->grants, access, pf_wall_s());
	pf_input_plane_release(s->media.input);
	s->translator.held = 0;
	if (!(pf_grants_mask(&s->grants) & PF_GRANT_GAMEPAD))
		pf_input_plane_unplug(s->media.input);
}

/* A native record of the same certificate governs, and it may change or end at any time. */
static bool watch_access(struct pf_gs_stream *s)
{
	struct pf_access access;
	if (!pf_gs_is_paired(s->g, &s->client, &access))
		return false;
	if (access.grants != s->grants.access.grants || access.expires_unix != s->grants.access.expires_unix)
		apply_access(s, &access);
	return true;
}

void pf_gs_stream_tick(struct pf_gs_stream *s, int64_t now_ns)
{
	const char *silence = silence_of(s, now_ns);
	if (silence)
		pf_gs_stream_end(s, PF_GS_END_NORMAL, false, "%s", silence);
	else if (!watch_access(s))
		pf_gs_stream_end(s, PF_GS_END_NORMAL, true, "the device is not paired any more");
	if (s->state != PF_GS_STREAMING)
		return;
	adapt_parity(s, now_ns);
	if (s->g->p.host_params->perf) {
		pf_session_stats_print(
			&s->media.stats, s->label, (unsigned)((now_ns - s->ticked_ns) / 1000000));
		pf_input_plane_print(s->media.input, s->label);
	}
	s->ticked_ns = now_ns;
}

void pf_gs_stream_status(const struct pf_gs_stream *s, struct pf_session_status *out)
{
	static const char *const states[] = {
		[PF_GS_LAUNCHED] = "starting",
		[PF_GS_PLAYING] = "starting",
		[PF_GS_STREAMING] = "streaming",
		[PF_GS_ENDING] = "ending",
	};
	const struct pf_device *d = pf_devices_find(s->g->devices, &s->client);
	*out = (struct pf_session_status){
		.id = s->number,
		.has_fingerprint = true,
		.fingerprint = s->client,
		.state = states[s->state],
		.mode = s->announced ? s->terms.mode : s->launch.mode,
		.codec = s->announced ? s->terms.codec : PF_CODEC_NONE,
		.bitrate_kbps = s->wire_kbps,
		.grants = pf_grants_mask(&s->grants),
		.expires_unix = s->grants.access.expires_unix,
		.seconds = s->streaming_since_ns
				   ? (unsigned)((pf_now_ns() - s->streaming_since_ns) / SECOND_NS)
				   : 0,
		.frames = s->media.stats.units,
		.repeats = s->media.stats.repeats,
		.dropped = s->media.stats.dropped,
		.muted = s->muted,
		.events_taken = s->grants.taken,
		.events_refused = s->grants.refused,
	};
	snprintf(out->name, sizeof(out->name), "%s", d ? d->name : "Moonlight");
	inet_ntop(AF_INET, &s->peer, out->address, sizeof(out->address));
}
