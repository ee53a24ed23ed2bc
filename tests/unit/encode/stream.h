/* Encodes made-up pictures and looks at what comes out: NAL units, sizes, decoded pictures. */
#pragma once

#include <libavcodec/avcodec.h>
#include <stdbool.h>
#include <stdint.h>

#include "encode/encoder.h"

#define STREAM_NALS_MAX 32

/* A picture source of any size, BGRX. */
struct canvas {
	struct pf_frame frame;
	uint8_t *bytes;
};

struct canvas canvas_new(uint32_t width, uint32_t height);
void canvas_free(struct canvas *c);
void canvas_fill(struct canvas *c, uint8_t r, uint8_t g, uint8_t b);
/* A scene that moves by (3, 1) pixels per step over a fixed grid; detail keeps encoders busy. */
void canvas_scene(struct canvas *c, unsigned step);

/* Opens with the software backend; fails the test when it cannot. */
struct pf_encoder *stream_open(
	enum pf_codec codec, uint32_t width, uint32_t height, uint32_t hz, uint32_t bitrate_kbps);
/* One unit; fails the test on any error. */
struct pf_unit *stream_encode(struct pf_encoder *e, struct canvas *c, bool force_key, uint32_t index);

/* NAL unit types in order (H.264, HEVC) or OBU types (AV1). */
struct nal_list {
	unsigned count;
	uint8_t type[STREAM_NALS_MAX];
};
struct nal_list stream_nals(enum pf_codec codec, const uint8_t *data, size_t len);
bool nals_have(const struct nal_list *l, uint8_t type);
unsigned nals_count(const struct nal_list *l, uint8_t type);

struct decoder {
	AVCodecContext *context;
	AVPacket *packet;
	AVFrame *frame; /* the picture of the last decoder_feed */
};
struct decoder decoder_new(enum pf_codec codec);
/* Fails the test unless exactly this unit gives one picture at once. */
void decoder_feed(struct decoder *d, const struct pf_unit *u);
void decoder_free(struct decoder *d);
