/*
 * Repeats of a picture without the encoder. A screen that stands still must still be sent about once per
 * frame interval (native-media 5.7), and x264 needs some milliseconds per picture even to find that nothing
 * changed. An H.264 picture that says "all as before" is a few dozen bytes that depend on nothing but the
 * parameter sets, so the host writes it itself. It becomes the reference of the next picture, with the same
 * pixels; the encoder knows nothing of it, so frame_num of the encoder's pictures is moved on by the number
 * of pictures put in since the last IDR.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define H264_SKIP_GROWTH    256  /* bytes that h264_skip_follow may add to a unit */
#define H264_SKIP_BYTES_MAX 2048 /* any repeat of a picture of our sizes fits */

struct h264_skip {
	bool usable; /* parameter sets seen, of a kind that we write for */
	bool cabac, deblocking_control;
	unsigned frame_num_bits, sps_id, pps_id;
	int init_qp;
	uint32_t macroblocks;
	uint32_t pictures; /* of the stream since the last IDR, which is 0: frame_num before its wrap */
	uint32_t inserted; /* of them, ours */
};

/* To be called with every unit of the encoder, in order: learns from keys, renumbers the others in place.
 * data has room for H264_SKIP_GROWTH more bytes. Returns the new length, or 0 when a slice is not as
 * expected: only an IDR of a new encoder can go on from there. */
size_t h264_skip_follow(struct h264_skip *s, uint8_t *data, size_t len, bool key);
/* Writes the next picture of the stream as a repeat of the last. Returns its length, or 0 (nothing happened)
 * when this stream cannot have one. out holds H264_SKIP_BYTES_MAX bytes. */
size_t h264_skip_write(struct h264_skip *s, uint8_t *out);
