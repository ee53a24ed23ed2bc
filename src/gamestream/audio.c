/*
 * A stream's audio thread: source, Opus, packets, on the beat of the packets themselves.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "audio/opus_encoder.h"
#include "audio/source.h"
#include "base/log.h"
#include "gamestream/plane.h"
#include "os/clock.h"
#include "os/thread.h"
#include "os/udp.h"

#define LATE_NS 100000000 /* behind by more than this: the beat begins anew */

struct pf_gs_audio_stage {
	int fd;
	struct pf_audio_source *source;
	struct pf_opus_encoder *opus;
	struct pf_gs_audio *packets;
	unsigned channels, packet_ms;
	float *samples;
	_Atomic bool stopping;
	bool started;
	pthread_t thread;
};

/* What the socket refuses is lost, as on the way. */
static void send_packet(struct pf_gs_audio_stage *a)
{
	uint8_t opus[PF_OPUS_PACKET_MAX];
	struct pf_gs_audio_packets p;
	size_t len;
	a->source->impl->read(a->source, a->samples, pf_opus_encoder_frames(a->opus));
	if (pf_opus_encoder_encode(a->opus, a->samples, opus, &len) < 0 ||
		pf_gs_audio_next(a->packets, opus, len, &p) < 0)
		return;
	for (unsigned i = 0; i < p.count; i++)
		(void)!send(a->fd, p.packet[i], p.len[i], MSG_DONTWAIT);
}

static void *run(void *arg)
{
	struct pf_gs_audio_stage *a = arg;
	int64_t next_ns = pf_now_ns();
	pf_thread_enter("pf-audio");
	while (!atomic_load_explicit(&a->stopping, memory_order_acquire)) {
		send_packet(a);
		next_ns += (int64_t)a->packet_ms * 1000000;
		if (pf_now_ns() - next_ns > LATE_NS)
			next_ns = pf_now_ns();
		pf_sleep_until_ns(next_ns);
	}
	return NULL;
}

static int make_parts(struct pf_gs_audio_stage *a, const struct pf_gs_stream *s)
{
	const struct pf_opus_params opus = {
		.channels = s->surround.channels,
		.streams = s->surround.streams,
		.coupled = s->surround.coupled,
		.mapping = s->surround.mapping,
		.kbps = s->surround.kbps,
		.packet_ms = s->terms.audio_packet_ms,
	};
	int rc = pf_audio_source_create(&a->source, s->g->p.audio, s->surround.channels);
	if (rc == PF_OK)
		rc = pf_opus_encoder_create(&a->opus, &opus);
	if (rc == PF_OK)
		rc = pf_gs_audio_create(&a->packets, s->terms.audio_encrypted ? s->launch.key : NULL,
			s->launch.key_id, s->terms.audio_packet_ms);
	if (rc < 0)
		return rc;
	a->samples =
		calloc((size_t)pf_opus_encoder_frames(a->opus) * s->surround.channels, sizeof(*a->samples));
	return a->samples ? PF_OK : PF_ERR_NOMEM;
}

int pf_gs_audio_start(struct pf_gs_stream *s, struct pf_reason *reason)
{
	struct pf_gs_audio_stage *a = calloc(1, sizeof(*a));
	if (!a)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	a->packet_ms = s->terms.audio_packet_ms;
	int rc = pf_gs_flow_open(&s->audio, s->local, s->g->audio.port, &a->fd, reason);
	if (rc < 0) {
		free(a);
		return rc;
	}
	const struct sockaddr *client = (const struct sockaddr *)&s->audio.client;
	pf_udp_mark(a->fd, client, PF_UDP_CLASS_AUDIO,
		s->terms.audio_qos ? PF_UDP_MARK_PRIVATE : PF_UDP_MARK_NEVER);
	pf_udp_stop_receiving(a->fd);
	rc = make_parts(a, s);
	if (rc == PF_OK && pthread_create(&a->thread, NULL, run, a) != 0)
		rc = PF_ERR_NOMEM;
	if (rc < 0) {
		pf_gs_audio_stop(a);
		return pf_reason(reason, rc, "sound cannot be made: %s", pf_strerror(rc));
	}
	a->started = true;
	s->audio_stage = a;
	return PF_OK;
}

void pf_gs_audio_redirect(struct pf_gs_audio_stage *a, const struct sockaddr_in *client)
{
	pf_udp_connect(a->fd, (const struct sockaddr *)client);
}

void pf_gs_audio_quit(struct pf_gs_audio_stage *a)
{
	if (a)
		atomic_store_explicit(&a->stopping, true, memory_order_release);
}

void pf_gs_audio_stop(struct pf_gs_audio_stage *a)
{
	if (!a)
		return;
	pf_gs_audio_quit(a);
	if (a->started)
		pthread_join(a->thread, NULL);
	if (a->source)
		a->source->impl->destroy(a->source);
	pf_opus_encoder_destroy(a->opus);
	pf_gs_audio_destroy(a->packets);
	free(a->samples);
	close(a->fd);
	free(a);
}
