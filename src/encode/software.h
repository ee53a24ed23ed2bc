/* Which libavcodec encoders the software backend uses and how each is tuned for latency. */
#pragma once

#include <libavcodec/avcodec.h>

#include "encode/encoder.h"

struct software_codec {
	enum pf_codec codec;
	const char *lavc_name;
	enum AVPixelFormat format; /* NV12 where the encoder takes it, as it does inside */
	bool live_rate;            /* a changed bit rate in the context is picked up at the next picture */
	int settled_qp; /* a repeat at this quantiser has all the quality there will be; -1 = none */
	/* Fills options for avcodec_open2; threads is never 0. */
	int (*options)(AVDictionary **options, const struct pf_encoder_params *params, unsigned threads);
};

/* NULL when there is none for this codec. */
const struct software_codec *software_codec(enum pf_codec codec);

/* The stage's own choice when params->threads is 0. */
unsigned software_threads(const struct pf_encoder_params *params);

/* Writes rate, ceiling and buffer of about one picture (product 6.2) into the context. */
void software_set_rate(AVCodecContext *c, const struct pf_encoder_params *params, uint32_t bitrate_kbps);
