/* The command line. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { GSC_ENCRYPT_CONTROL = 1, GSC_ENCRYPT_VIDEO = 2, GSC_ENCRYPT_AUDIO = 4 };
enum { GSC_H264, GSC_HEVC, GSC_AV1 };

struct gsc_options {
	const char *host, *state, *command, *path;
	int http_port;
	bool https;
	const char *pin;
	bool wrong_hash_ignored;
	/* stream */
	const char *app;
	bool resume;
	int width, height, fps;
	double seconds;
	int codec;
	unsigned encrypt;
	bool plain_rtsp;
	int channels;
	bool high_quality;
	int packet_duration;
	int packet_size; /* before the reduction for encryption */
	int bitrate;
	int slices;
	int csc; /* encoderCscMode */
	int min_fec;
	bool legacy_ping;
	bool rfi;
	double drop, audio_drop; /* 0..1 */
	int burst;
	uint32_t seed;
	const char *out, *pcm, *ready_file;
	bool live; /* input lines from standard input */
	bool inputs, click, vanish, has_move;
	const char *type, *text;
	int move_x, move_y;
};

/* False with a line on stderr. */
bool gsc_options_parse(struct gsc_options *o, int argc, char **argv);
