/*
 * A stream's sound: frames to Opus to packets, all on its audio thread.
 */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audio/opus_encoder.h"
#include "audio/out.h"
#include "base/log.h"
#include "gamestream/plane.h"
#include "os/udp.h"
#include "session/planes.h"
#include "session/sound_source.h"

#define SETTLED 8 /* silent frames after which the code of silence stays as it is */

struct pf_gs_audio_stage {
	int fd;
	struct pf_audio_out *out;
	struct pf_opus_encoder *opus;
	struct pf_gs_audio *packets;
	uint8_t coded[PF_OPUS_PACKET_MAX];
	size_t coded_len;
	unsigned silent; /* frames in a row */
};

/* Clients want packets always; in silence they are all alike. */
static bool encode(struct pf_gs_audio_stage *a, const struct pf_audio_frame *frame)
{
	a->silent = frame->silent ? a->silent + 1 : 0;
	if (a->silent > SETTLED)
		return true;
	return pf_opus_encoder_encode(a->opus, frame->samples, a->coded, sizeof(a->coded), &a->coded_len) ==
	       PF_OK;
}

/* What the socket refuses is lost, as on the way. */
static void send_frame(void *user, const struct pf_audio_frame *frame)
{
	struct pf_gs_audio_stage *a = user;
	struct pf_gs_audio_packets p;
	if (!encode(a, frame) || pf_gs_audio_next(a->packets, a->coded, a->coded_len, &p) < 0)
		return;
	for (unsigned i = 0; i < p.count; i++)
		(void)!send(a->fd, p.packet[i], p.len[i], MSG_DONTWAIT);
}

static int play(struct pf_gs_audio_stage *a, struct pf_gs_stream *s, struct pf_reason *reason)
{
	const struct pf_sound_source_params source = {
		.host = s->g->p.host,
		.place = &s->media.place,
		.number = s->number,
		.channels = s->surround.channels,
		.rate_hz = PF_AUDIO_RATE_HZ,
		.keep_host_audio = s->launch.host_audio,
	};
	struct pf_audio_out_params out = {
		.frame_frames = pf_opus_encoder_frames(a->opus),
		.endless = true,
		.muted = s->muted,
		.gain = pf_host_get_params(s->g->p.host)->sound.gain,
		.on_frame = send_frame,
		.user = a,
	};
	int rc = pf_sound_source_open(&out.source, &source, reason);
	if (rc < 0)
		return rc;
	rc = pf_audio_out_start(&a->out, &out);
	if (rc == PF_OK)
		return rc;
	out.source->impl->destroy(out.source);
	return pf_reason(reason, rc, "sound cannot be taken out: %s", pf_strerror(rc));
}

static int make_parts(struct pf_gs_audio_stage *a, const struct pf_gs_stream *s, struct pf_reason *reason)
{
	const struct pf_opus_params opus = {
		.channels = s->surround.channels,
		.streams = s->surround.streams,
		.coupled = s->surround.coupled,
		.mapping = s->surround.mapping,
		.kbps = s->surround.kbps,
		.packet_ms = s->terms.audio_packet_ms,
	};
	int rc = pf_opus_encoder_create(&a->opus, &opus);
	if (rc == PF_OK)
		rc = pf_gs_audio_create(&a->packets, s->terms.audio_encrypted ? s->launch.key : NULL,
			s->launch.key_id, s->terms.audio_packet_ms);
	return rc < 0 ? pf_reason(reason, rc, "sound cannot be made: %s", pf_strerror(rc)) : rc;
}

int pf_gs_audio_start(struct pf_gs_stream *s, struct pf_reason *reason)
{
	struct pf_gs_audio_stage *a = calloc(1, sizeof(*a));
	if (!a)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	int rc = pf_gs_flow_open(&s->audio, s->local, s->g->audio.port, &a->fd, reason);
	if (rc < 0) {
		free(a);
		return rc;
	}
	const struct sockaddr *client = (const struct sockaddr *)&s->audio.client;
	pf_udp_mark(a->fd, client, PF_UDP_CLASS_AUDIO,
		s->terms.audio_qos ? PF_UDP_MARK_PRIVATE : PF_UDP_MARK_NEVER);
	pf_udp_stop_receiving(a->fd);
	rc = make_parts(a, s, reason);
	if (rc == PF_OK)
		rc = play(a, s, reason);
	if (rc < 0) {
		pf_gs_audio_stop(a);
		return rc;
	}
	s->audio_stage = a;
	return PF_OK;
}

void pf_gs_audio_redirect(struct pf_gs_audio_stage *a, const struct sockaddr_in *client)
{
	pf_udp_connect(a->fd, (const struct sockaddr *)client);
}

void pf_gs_audio_move(struct pf_gs_stream *s)
{
	struct pf_gs_audio_stage *a = s->audio_stage;
	struct pf_reason reason = {0};
	if (!a)
		return;
	pf_audio_out_stop(a->out);
	a->out = NULL;
	if (play(a, s, &reason) == PF_OK)
		return;
	pf_warn("gamestream", "%s: no sound: %s", s->label, reason.text);
	pf_gs_audio_stop(a);
	s->audio_stage = NULL;
}

void pf_gs_audio_mute(struct pf_gs_stream *s, bool muted)
{
	s->muted = muted;
	if (s->audio_stage)
		pf_audio_out_mute(s->audio_stage->out, muted);
}

void pf_gs_audio_quit(struct pf_gs_audio_stage *a)
{
	if (a)
		pf_audio_out_quit(a->out);
}

void pf_gs_audio_stop(struct pf_gs_audio_stage *a)
{
	if (!a)
		return;
	pf_audio_out_stop(a->out);
	pf_opus_encoder_destroy(a->opus);
	pf_gs_audio_destroy(a->packets);
	close(a->fd);
	free(a);
}
