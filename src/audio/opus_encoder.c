#include "audio/opus_encoder.h"

#include <opus_multistream.h>
#include <stdlib.h>

#include "proto/native/caps.h"

struct pf_opus_encoder {
	OpusMSEncoder *opus;
	unsigned frames;
	bool variable;
	size_t packet_bytes; /* of the first packet; every other one must equal it unless variable */
};

/* bit/s that a packet of the largest size amounts to. */
static opus_int32 rate_of(const struct pf_opus_params *p)
{
	opus_int32 wanted = (opus_int32)p->kbps * 1000,
		   most = PF_OPUS_PACKET_MAX * 8 * (1000 / (int)p->packet_ms);
	return wanted < most ? wanted : most;
}

int pf_opus_encoder_create(struct pf_opus_encoder **out, const struct pf_opus_params *params)
{
	int error = OPUS_OK;
	struct pf_opus_encoder *e = calloc(1, sizeof(*e));
	if (!e)
		return PF_ERR_NOMEM;
	e->variable = params->variable;
	e->frames = PF_AUDIO_RATE_HZ / 1000 * params->packet_ms;
	e->opus =
		opus_multistream_encoder_create(PF_AUDIO_RATE_HZ, (int)params->channels, (int)params->streams,
			(int)params->coupled, params->mapping, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
	if (e->opus && error == OPUS_OK)
		error = opus_multistream_encoder_ctl(e->opus, OPUS_SET_VBR(params->variable));
	if (e->opus && error == OPUS_OK)
		error = opus_multistream_encoder_ctl(e->opus, OPUS_SET_BITRATE(rate_of(params)));
	if (!e->opus || error != OPUS_OK) {
		pf_opus_encoder_destroy(e);
		return error == OPUS_ALLOC_FAIL ? PF_ERR_NOMEM : PF_ERR_INVALID;
	}
	*out = e;
	return PF_OK;
}

void pf_opus_encoder_destroy(struct pf_opus_encoder *e)
{
	if (!e)
		return;
	if (e->opus)
		opus_multistream_encoder_destroy(e->opus);
	free(e);
}

unsigned pf_opus_encoder_frames(const struct pf_opus_encoder *e)
{
	return e->frames;
}

int pf_opus_encoder_encode(
	struct pf_opus_encoder *e, const float *samples, uint8_t *out, size_t cap, size_t *len)
{
	opus_int32 most = cap < PF_OPUS_PACKET_MAX ? (opus_int32)cap : PF_OPUS_PACKET_MAX;
	int n = opus_multistream_encode_float(e->opus, samples, (int)e->frames, out, most);
	if (n <= 0)
		return PF_ERR_INVALID;
	*len = (size_t)n;
	if (e->packet_bytes == 0)
		e->packet_bytes = *len;
	return e->variable || *len == e->packet_bytes ? PF_OK : PF_ERR_INVALID;
}
