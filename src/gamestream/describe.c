#include <stdatomic.h>

#include "base/log.h"
#include "encode/encoder.h"
#include "gamestream/plane.h"

#define AUDIO_KBPS_A_CHANNEL      96
#define AUDIO_KBPS_A_CHANNEL_HIGH 256
#define OVERHEAD_KBPS             500
#define FEC_PERCENT_MOST          80
#define ENCODER_KBPS_MIN          500

unsigned pf_gs_codecs(const struct pf_gamestream *g)
{
	const char *encoder = g->p.host_params->encoder;
	unsigned all = pf_encoder_codecs(encoder);
	return g->p.slow_codecs ? all : all & ~pf_encoder_slow_codecs(encoder);
}

static unsigned supported_encryption(const struct pf_gamestream *g)
{
	return g->p.encrypt == PF_GS_ENCRYPT_OFF ? PF_GS_ENCRYPT_CONTROL : PF_GS_ENCRYPT_ALL;
}

static unsigned requested_encryption(const struct pf_gamestream *g)
{
	switch (g->p.encrypt) {
	case PF_GS_ENCRYPT_WITH_VIDEO:
	case PF_GS_ENCRYPT_REQUIRED:
		return PF_GS_ENCRYPT_ALL;
	case PF_GS_ENCRYPT_SUPPORTED:
	case PF_GS_ENCRYPT_OFF:
		break;
	}
	return PF_GS_ENCRYPT_CONTROL;
}

static bool makes_motion(void)
{
	const struct pf_pad_impl *backend = pf_pad_backend(PF_GAMEPAD_DUALSENSE);
	return backend && backend->probe(NULL) == PF_OK;
}

/* Clients send the mouse instead of touches and pens that the display does not take. No encoder invalidates references. */
void pf_gs_stream_describe(struct pf_gs_stream *s, struct pf_wr *w)
{
	const unsigned touches = PF_INPUT_TAKES_TOUCH | PF_INPUT_TAKES_PEN;
	const struct pf_gs_describe d = {
		.touch = (pf_input_plane_takes(s->media.input) & touches) == touches,
		.pad_motion = makes_motion(),
		.encryption_supported = supported_encryption(s->g),
		.encryption_requested = requested_encryption(s->g),
		.codecs = pf_gs_codecs(s->g),
		.clients_choice = s->launch.has_surround ? &s->launch.surround : NULL,
	};
	pf_gs_describe_write(w, &d);
}

static bool wants_high_quality(const struct pf_gs_stream *s)
{
	return s->terms.audio_channels == 2 ? !s->normal_quality : s->terms.audio_high_quality;
}

uint32_t pf_gs_encoder_kbps(const struct pf_gs_announce *a, unsigned fec_percent, uint32_t audio)
{
	if (a->bitrate_kbps == 0)
		return a->max_bitrate_kbps > ENCODER_KBPS_MIN ? a->max_bitrate_kbps : ENCODER_KBPS_MIN;
	unsigned percent = fec_percent < FEC_PERCENT_MOST ? fec_percent : FEC_PERCENT_MOST;
	uint32_t rest = (uint32_t)((uint64_t)a->bitrate_kbps * (100 - percent) / 100);
	rest -= audio < rest / 5 ? audio : rest / 5;
	rest -= OVERHEAD_KBPS < rest / 10 ? OVERHEAD_KBPS : rest / 10;
	return rest > ENCODER_KBPS_MIN ? rest : ENCODER_KBPS_MIN;
}

/* A client's own layout was told as normal and as high quality; it turns the digits of the normal one back when it reads
 * them, so that it has what we mean either way. */
static void choose_layout(struct pf_gs_stream *s)
{
	const struct pf_surround *ours = pf_surround_find(s->terms.audio_channels, wants_high_quality(s));
	s->surround = *ours;
	if (s->launch.has_surround && s->launch.surround.channels == ours->channels) {
		s->surround = s->launch.surround;
		s->surround.kbps = ours->kbps;
	}
}

void pf_gs_stream_apply_rate(struct pf_gs_stream *s)
{
	uint32_t audio_kbps = s->terms.audio_channels *
			      (wants_high_quality(s) ? AUDIO_KBPS_A_CHANNEL_HIGH : AUDIO_KBPS_A_CHANNEL);
	uint32_t kbps = pf_gs_encoder_kbps(&s->terms, s->fec.percent, audio_kbps);
	atomic_store_explicit(
		&s->media.control.rate, pf_encode_rate(kbps, s->fec.percent), memory_order_release);
}

/* Returns the status of a refusal, 0 for none. */
static unsigned check_terms(const struct pf_gs_stream *s, const struct pf_gs_announce *terms)
{
	if (!(pf_gs_codecs(s->g) & terms->codec) || terms->ten_bit || terms->yuv444) {
		pf_warn("gamestream", "%s: refused: no encoder for %s%s%s", s->label,
			pf_codec_name(terms->codec), terms->ten_bit ? " 10-bit" : "",
			terms->yuv444 ? " 4:4:4" : "");
		return 400;
	}
	if (s->g->p.encrypt == PF_GS_ENCRYPT_REQUIRED && terms->encryption != PF_GS_ENCRYPT_ALL) {
		pf_warn("gamestream", "%s: refused: it does not encrypt everything, which this host requires",
			s->label);
		return 403;
	}
	return 0;
}

/* What is refused leaves the terms as they were. */
unsigned pf_gs_stream_announce(struct pf_gs_stream *s, const struct pf_rtsp_request *rq)
{
	struct pf_reason reason = {0};
	struct pf_gs_announce terms;
	if (pf_gs_announce_read(&terms, rq->body, &reason) < 0) {
		pf_warn("gamestream", "%s: refused: %s", s->label, reason.text);
		return 400;
	}
	unsigned refusal = check_terms(s, &terms);
	if (refusal)
		return refusal;
	s->terms = terms;
	s->announced = true;
	s->channel.legacy = !(terms.encryption & PF_GS_ENCRYPT_CONTROL);
	s->wire_kbps = terms.bitrate_kbps ? terms.bitrate_kbps : terms.max_bitrate_kbps;
	choose_layout(s);
	pf_gs_stream_apply_rate(s);
	if (s->media.display)
		pf_display_thread_set_mode(s->media.display, terms.mode);
	return 200;
}
