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

/* Touch and motion have no device behind them yet: clients send the mouse instead. No encoder invalidates references. */
void pf_gs_stream_describe(struct pf_gs_stream *s, struct pf_wr *w)
{
	const struct pf_gs_describe d = {
		.encryption_supported = supported_encryption(s->g),
		.encryption_requested = requested_encryption(s->g),
		.codecs = pf_gs_codecs(s->g),
		.clients_choice = s->launch.has_surround ? &s->launch.surround : NULL,
	};
	pf_gs_describe_write(w, &d);
}

uint32_t pf_gs_audio_kbps(const struct pf_gs_stream *s)
{
	bool high = s->terms.audio_channels == 2 ? !s->normal_quality : s->terms.audio_high_quality;
	return s->terms.audio_channels * (high ? AUDIO_KBPS_A_CHANNEL_HIGH : AUDIO_KBPS_A_CHANNEL);
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

static void choose_layout(struct pf_gs_stream *s)
{
	bool surround = s->terms.audio_channels > 2;
	bool high = surround ? s->terms.audio_high_quality : !s->normal_quality;
	if (s->launch.has_surround && s->launch.surround.channels == s->terms.audio_channels) {
		/* Told as normal and as high quality; clients rotate the digits of the normal one only when they read
		 * it, and what they then have is what we meant. */
		s->surround = s->launch.surround;
		s->surround.kbps = pf_surround_find(s->terms.audio_channels, high)->kbps;
	} else {
		s->surround = *pf_surround_find(s->terms.audio_channels, high);
	}
}

unsigned pf_gs_stream_announce(struct pf_gs_stream *s, const struct pf_rtsp_request *rq)
{
	struct pf_reason reason = {0};
	unsigned codecs = pf_gs_codecs(s->g);
	if (pf_gs_announce_read(&s->terms, rq->body, &reason) < 0) {
		pf_warn("gamestream", "%s: refused: %s", s->label, reason.text);
		return 400;
	}
	if (!(codecs & s->terms.codec) || s->terms.ten_bit || s->terms.yuv444) {
		pf_warn("gamestream", "%s: refused: no encoder for %s%s%s", s->label,
			pf_codec_name(s->terms.codec), s->terms.ten_bit ? " 10-bit" : "",
			s->terms.yuv444 ? " 4:4:4" : "");
		return 400;
	}
	if (s->g->p.encrypt == PF_GS_ENCRYPT_REQUIRED && s->terms.encryption != PF_GS_ENCRYPT_ALL) {
		pf_warn("gamestream", "%s: refused: it does not encrypt everything, which this host requires",
			s->label);
		return 403;
	}
	choose_layout(s);
	s->announced = true;
	s->channel.legacy = !(s->terms.encryption & PF_GS_ENCRYPT_CONTROL);
	s->wire_kbps = s->terms.bitrate_kbps ? s->terms.bitrate_kbps : s->terms.max_bitrate_kbps;
	atomic_store_explicit(&s->media.control.rate,
		pf_encode_rate(
			pf_gs_encoder_kbps(&s->terms, s->fec.percent, pf_gs_audio_kbps(s)), s->fec.percent),
		memory_order_release);
	if (s->media.display)
		pf_display_thread_set_mode(s->media.display, s->terms.mode);
	return 200;
}
