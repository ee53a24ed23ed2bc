#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "encode/encoder.h"
#include "os/clock.h"
#include "os/udp.h"
#include "packet/header.h"
#include "proto/native/name.h"
#include "proto/native/pcm.h"
#include "proto/native/welcome.h"
#include "session/negotiate.h"
#include "session/session.h"

#define START_MS     10000
#define OLDER_MS     1500
#define SLOT_WAIT_MS 180000

/* --- Hello --- */

void pf_session_set_label(struct pf_session *s)
{
	char address[INET6_ADDRSTRLEN] = "?";
	char name[PF_HELLO_NAME_MAX + 1];
	const struct sockaddr *remote = pf_quic_remote(s->quic);
	if (remote->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)remote)->sin6_addr, address,
			sizeof(address));
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)remote)->sin_addr, address, sizeof(address));
	pf_name_sanitise(
		name, s->hello.name, strlen(s->hello.name), s->has_fingerprint ? s->fingerprint.bytes : NULL);
	snprintf(s->label, sizeof(s->label), "#%llu %s (%s)", (unsigned long long)s->number, name, address);
}

static bool negotiate(struct pf_session *s)
{
	const struct pf_host_params *params = pf_host_get_params(s->host);
	const struct pf_hello *h = &s->hello;
	struct pf_reason reason = {0};
	if (pf_mode_check(h->mode, &reason) < 0) {
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "%s", reason.text);
		return false;
	}
	unsigned host_codecs = pf_encoder_codecs(params->encoder);
	s->terms.codec = pf_negotiate_codec(
		h->video_codecs, h->preferred_codec, host_codecs, pf_encoder_slow_codecs(params->encoder));
	if (s->terms.codec == PF_CODEC_NONE) {
		pf_session_close(s, PF_CLOSE_SETUP_FAILED,
			"no common codec: the client decodes 0x%02x, this host encodes 0x%02x (1 H.264, 2 "
			"HEVC, 4 AV1)",
			h->video_codecs ? h->video_codecs : PF_CODEC_HEVC, host_codecs);
		return false;
	}
	struct pf_shard_path path = pf_session_path(s);
	s->terms.shard_payload = pf_negotiate_shard_payload(&path);
	if (s->terms.shard_payload == 0) {
		pf_session_close(s, PF_CLOSE_SETUP_FAILED,
			"the client's packet size limit of %u bytes is too small", h->max_shard_payload);
		return false;
	}
	s->terms.mode = h->mode;
	s->terms.wire_kbps = pf_negotiate_bitrate(h->bitrate_kbps);
	pf_fec_law_init(&s->fec, params->fec_percent);
	s->terms.fec_percent = s->fec.percent;
	pf_keyframe_gate_init(&s->gate, PF_KEYFRAME_COOLDOWN_SMALL_NS);
	return true;
}

void pf_session_handle_hello(struct pf_session *s, const uint8_t *data, size_t len)
{
	struct pf_pair_message pair;
	if (pf_pair_read(&pair, data, len) == PF_OK && pair.type == PF_PAIR_REQUEST) {
		pf_session_pair(s, &pair);
		return;
	}
	if (pf_hello_read(&s->hello, data, len) < 0) {
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "the first message is not a Hello");
		return;
	}
	pf_session_set_label(s);
	if (s->hello.abi_version != PF_WIRE_VERSION)
		pf_session_close(s, PF_CLOSE_WIRE_VERSION, "this host speaks wire version %d, the client %u",
			PF_WIRE_VERSION, s->hello.abi_version);
	else if (pf_session_admit(s))
		pf_session_enter(s);
}

void pf_session_enter(struct pf_session *s)
{
	if (s->hello.launch[0] && !(pf_grants_mask(&s->grants) & PF_GRANT_LAUNCH)) {
		pf_session_close(s, PF_CLOSE_LAUNCH_NOT_PERMITTED, "this device may not launch games");
		return;
	}
	if (!negotiate(s))
		return;
	struct pf_session *older = pf_host_find_older(s->host, s);
	if (older)
		pf_session_close(older, PF_CLOSE_SUPERSEDED, "the same device connected again");
	s->state = PF_SESSION_WAIT_OLDER;
	pf_session_set_deadline(s, OLDER_MS);
	pf_host_emit(s->host, "client.connected", s, NULL);
	if (!pf_host_is_winding_down(s->host, s))
		pf_session_proceed(s);
}

/* --- display --- */

/* The display's programs play what the client can get; whether it does is decided later. */
static struct pf_audio_shape wanted_sound(const struct pf_session *s)
{
	bool hires =
		pf_host_get_params(s->host)->sound.hires && (s->hello.client_caps & PF_CLIENT_AUDIO_HIRES);
	return (struct pf_audio_shape){
		.channels = s->hello.audio_channels,
		.rate_hz = hires && pf_pcm_rate_known(s->hello.audio_rate_hz) ? s->hello.audio_rate_hz
									      : PF_AUDIO_RATE_HZ,
	};
}

static void start_display(struct pf_session *s)
{
	const struct pf_host_params *host = pf_host_get_params(s->host);
	struct pf_display_thread_params params = {
		.pool = pf_host_pool(s->host),
		.owner = s->has_fingerprint ? &s->fingerprint : NULL,
		.backend = host->display,
		.display =
			{
				.mode = s->terms.mode,
				.runtime_root = host->runtime_root,
				.session_command = host->session_command,
				.client_label = s->label,
				.audio = wanted_sound(s),
			},
	};
	s->state = PF_SESSION_WAIT_DISPLAY;
	pf_session_set_deadline(s, 0); /* making a display has its own limits */
	if (pf_media_start_display(&s->media, &params) < 0)
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "out of memory");
}

void pf_session_proceed(struct pf_session *s)
{
	if (s->state == PF_SESSION_WAIT_OLDER || s->state == PF_SESSION_WAIT_SLOT) {
		if (pf_host_has_slot(s->host)) {
			start_display(s);
		} else if (s->state != PF_SESSION_WAIT_SLOT) {
			pf_info("session", "%s waits: all streams are taken", s->label);
			s->state = PF_SESSION_WAIT_SLOT;
			pf_session_set_deadline(s, SLOT_WAIT_MS);
		}
	}
}

/* --- Welcome --- */

static uint16_t port_of(const struct sockaddr_storage *address)
{
	return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
						    : ((const struct sockaddr_in *)address)->sin_port);
}

static void copy_with_port(struct sockaddr_storage *out, const struct sockaddr *address, uint16_t port)
{
	memcpy(out, address, pf_udp_address_bytes(address));
	if (address->sa_family == AF_INET6)
		((struct sockaddr_in6 *)out)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)out)->sin_port = htons(port);
}

/* Bound to the address the client dialled: it takes video from nowhere else (native-media 1.1). */
static int open_media_socket(struct pf_session *s, int *fd, uint16_t *port, struct pf_reason *reason)
{
	struct sockaddr_storage local;
	copy_with_port(&local, pf_quic_local(s->quic), 0);
	int rc = pf_udp_open(fd, (struct sockaddr *)&local, reason);
	if (rc < 0)
		return rc;
	socklen_t len = sizeof(local);
	if (getsockname(*fd, (struct sockaddr *)&local, &len) < 0) {
		close(*fd);
		return pf_reason(reason, PF_ERR_IO, "the media socket has no address: %s", strerror(errno));
	}
	*port = port_of(&local);
	return PF_OK;
}

static int create_sender(struct pf_session *s, int fd, const struct pf_welcome *w)
{
	static const enum pf_udp_marking marking[] = {
		[PF_CHOICE_AUTO] = PF_UDP_MARK_PRIVATE,
		[PF_CHOICE_ON] = PF_UDP_MARK_ALWAYS,
		[PF_CHOICE_OFF] = PF_UDP_MARK_NEVER,
	};
	const struct pf_host_params *host = pf_host_get_params(s->host);
	struct pf_sender_params params = {
		.fd = fd,
		.cipher = (enum pf_cipher)w->cipher,
		.key = w->cipher == PF_CIPHER_CHACHA20_POLY1305 ? w->chacha_key : w->key,
		.shard_payload = s->terms.shard_payload,
		.fec_percent = s->terms.fec_percent,
		.bitrate_kbps = s->terms.wire_kbps,
		.refresh_hz = s->terms.mode.refresh_hz,
		.two_parity_shards = true, /* of a small picture one packet is often the loss, or two */
		.gso = host->gso,
		.txtime = host->txtime,
		.marking = marking[host->dscp],
		.drop_percent = host->drop_percent,
	};
	memcpy(params.salt, w->salt, sizeof(params.salt));
	int rc = pf_media_create_sender(&s->media, &params);
	if (rc == PF_OK)
		pf_sender_set_max_unit_bytes(s->media.sender, s->terms.max_unit_bytes);
	return rc;
}

/* False when there is no randomness for the key. */
static bool fill_welcome(const struct pf_session *s, uint16_t port, struct pf_welcome *w)
{
	const struct pf_host_params *host = pf_host_get_params(s->host);
	pf_welcome_init(w);
	w->udp_port = port;
	w->mode = s->terms.mode;
	w->fec_percent = (uint8_t)s->terms.fec_percent;
	w->max_data_per_block = PF_BLOCK_DATA_MAX;
	w->shard_payload = (uint16_t)s->terms.shard_payload;
	w->frames = host->max_frames;
	w->compositor = host->display ? PF_COMPOSITOR_AUTO : PF_COMPOSITOR_WLROOTS;
	w->gamepad = pf_pad_pool_kind(pf_host_pads(s->host), s->hello.gamepad);
	w->bitrate_kbps = s->terms.wire_kbps;
	w->codec = s->terms.codec;
	const struct pf_sound_plan *sound = &s->sound.plan;
	w->audio_channels = (uint8_t)sound->channels;
	w->audio_layout = sound->layout;
	w->audio_codec = sound->codec;
	w->audio_rate_hz = sound->rate_hz;
	w->audio_bits = (uint8_t)sound->bits;
	w->audio_frame_us = sound->frame_us;
	unsigned takes = pf_input_plane_takes(s->media.input);
	w->host_caps = PF_HOST_GAMEPAD_STATE | (takes & PF_INPUT_TAKES_TEXT ? PF_HOST_TEXT_INPUT : 0) |
		       (takes & PF_INPUT_TAKES_PEN ? PF_HOST_PEN : 0) |
		       (sound->may_redundant ? PF_HOST_AUDIO_RED : 0) |
		       (sound->codec == PF_AUDIO_PCM ? PF_HOST_AUDIO_HIRES : 0);
	w->host_caps2 = PF_HOST2_REPEAT_MARK | PF_HOST2_EXT | PF_HOST2_DELIVERY | PF_HOST2_SCROLL |
			PF_HOST2_INPUT_EDGES | (takes & PF_INPUT_TAKES_TOUCH ? PF_HOST2_TOUCH : 0);
	w->mgmt_port = pf_host_mgmt_port(s->host);
	w->grants = pf_grants_mask(&s->grants);
	w->expires_in_secs = pf_grants_seconds_left(&s->grants, pf_wall_s());
	if (s->hello.video_caps & PF_VIDEO_CHACHA20)
		w->cipher = PF_CIPHER_CHACHA20_POLY1305;
	return gnutls_rnd(GNUTLS_RND_KEY, w->key, sizeof(w->key)) == 0 &&
	       gnutls_rnd(GNUTLS_RND_KEY, w->chacha_key, sizeof(w->chacha_key)) == 0 &&
	       gnutls_rnd(GNUTLS_RND_NONCE, w->salt, sizeof(w->salt)) == 0;
}

static void send_welcome(struct pf_session *s, const struct pf_welcome *w)
{
	uint8_t message[PF_WELCOME_BYTES_MAX], framed[PF_FRAME_HEAD_BYTES + PF_WELCOME_BYTES_MAX];
	struct pf_wr body = pf_wr_init(message, sizeof(message));
	struct pf_wr out = pf_wr_init(framed, sizeof(framed));
	pf_welcome_write(&body, w);
	pf_frame_write(&out, message, body.len);
	pf_quic_stream_write(s->quic, s->stream, framed, out.len, false);
	gnutls_memset(message, 0, sizeof(message));
	gnutls_memset(framed, 0, sizeof(framed));
}

void pf_session_display_ready(struct pf_session *s, const struct pf_notice *notice)
{
	if (notice->rc < 0) {
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "%s", notice->reason.text);
		return;
	}
	s->terms.mode = notice->mode;
	/* The client works it out from Welcome alike. */
	s->terms.max_unit_bytes = pf_max_unit_bytes(s->terms.wire_kbps, notice->mode.refresh_hz);
	s->state = PF_SESSION_WAIT_SOUND;
	if (pf_session_plan_sound(s))
		pf_session_sound_settled(s);
}

void pf_session_sound_settled(struct pf_session *s)
{
	struct pf_reason reason = {0};
	uint16_t port = 0;
	int fd = -1;
	if (open_media_socket(s, &fd, &port, &reason) < 0) {
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "%s", reason.text);
		return;
	}
	struct pf_welcome welcome;
	s->media_fd = fd;
	s->media_port = port;
	int rc = fill_welcome(s, port, &welcome) ? create_sender(s, fd, &welcome) : PF_ERR_IO;
	if (rc == PF_OK) {
		send_welcome(s, &welcome);
		s->access_untold = false;
		s->state = PF_SESSION_WAIT_START;
		pf_session_set_deadline(s, START_MS);
	} else {
		close(fd);
		pf_session_close(
			s, PF_CLOSE_SETUP_FAILED, "the send stage cannot be made: %s", pf_strerror(rc));
	}
	gnutls_memset(&welcome, 0, sizeof(welcome));
}

/* --- Start, punch, stream --- */

static void start_pipeline(struct pf_session *s)
{
	const struct pf_host_params *host = pf_host_get_params(s->host);
	pf_session_apply_rate(s);
	pf_media_run(&s->media, host,
		&(struct pf_media_stream){
			.codec = s->terms.codec, .max_unit_bytes = s->terms.max_unit_bytes});
}

static void handle_punched(void *user, const struct sockaddr *client, bool seen)
{
	struct pf_session *s = user;
	if (!seen)
		pf_warn("session",
			"%s: no hole punch arrived; sending to the port it named. Inbound UDP to this host "
			"seems "
			"blocked",
			s->label);
	s->punching = false;
	pf_punch_stop(&s->punch, pf_session_part_gone);
	if (pf_sender_start(s->media.sender, client) < 0) {
		pf_session_close(s, PF_CLOSE_ERROR, "cannot send to the client: %s", strerror(errno));
		return;
	}
	s->state = PF_SESSION_STREAMING;
	pf_session_set_deadline(s, pf_host_get_params(s->host)->max_seconds * 1000);
	pf_session_start_ticking(s);
	start_pipeline(s);
	pf_session_start_sound(s);
	pf_session_set_microphone(s);
	pf_info("session", "%s: streaming %ux%u@%u %s, %u kbit/s, shards of %u bytes, %u %% parity", s->label,
		s->terms.mode.width_px, s->terms.mode.height_px, s->terms.mode.refresh_hz,
		pf_codec_name(s->terms.codec), s->terms.wire_kbps, s->terms.shard_payload,
		s->terms.fec_percent);
}

void pf_session_handle_start(struct pf_session *s, const uint8_t *data, size_t len)
{
	int rc = pf_start_read(&s->start, data, len, true);
	if (rc < 0) {
		pf_session_close(s, PF_CLOSE_SETUP_FAILED, "malformed Start: %s", pf_strerror(rc));
		return;
	}
	pf_session_seat(s);
	if (s->start.label[0])
		pf_info("session", "%s is %s", s->label, s->start.label);

	struct sockaddr_storage fallback;
	copy_with_port(&fallback, pf_quic_remote(s->quic), s->start.client_udp_port);
	pf_session_set_deadline(s, 0);
	if (pf_punch_start(&s->punch, pf_host_loop(s->host), s->media_fd, (struct sockaddr *)&fallback,
		    handle_punched, s) < 0) {
		pf_session_close(s, PF_CLOSE_ERROR, "cannot wait on the media socket");
		return;
	}
	s->open_handles++;
	s->punching = true;
	s->state = PF_SESSION_WAIT_PUNCH;
}
