/*
 * What host and client tell each other of a stream in RTSP bodies (gamestream 3.4, 3.5). Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/writer.h"
#include "media/codec.h"
#include "media/mode.h"
#include "proto/gamestream/surround.h"

/* Encryption bits. */
enum { PF_GS_ENCRYPT_CONTROL = 1, PF_GS_ENCRYPT_VIDEO = 2, PF_GS_ENCRYPT_AUDIO = 4, PF_GS_ENCRYPT_ALL = 7 };
/* Features of the client (x-ml-general.featureFlags). */
enum { PF_GS_CLIENT_FEC_STATUS = 1, PF_GS_CLIENT_CONNECT_DATA = 2 };

struct pf_gs_describe {
	unsigned encryption_supported, encryption_requested;
	unsigned codecs;                          /* bits of enum pf_codec; H.264 is taken for granted */
	bool invalidates_references;              /* the encoder can leave out what a client lost */
	bool touch, pad_motion;                   /* events that the host takes */
	const struct pf_surround *clients_choice; /* NULL = none; stands before the host's own */
};
void pf_gs_describe_write(struct pf_wr *w, const struct pf_gs_describe *d);

#define PF_GS_PACKET_MIN 64
#define PF_GS_PACKET_MAX 2048

struct pf_gs_announce {
	struct pf_mode mode; /* the exact refresh rate where it is given, rounded */
	enum pf_codec codec;
	unsigned packet_size;  /* S of 6.2 */
	uint32_t bitrate_kbps; /* configured by the user; 0 = only the maximum is given */
	uint32_t max_bitrate_kbps;
	unsigned encryption;      /* PF_GS_ENCRYPT_* in force */
	bool audio_encrypted;     /* what the client acts upon (7.4) */
	unsigned client_features; /* PF_GS_CLIENT_* */
	unsigned min_parity;      /* per block */
	unsigned slices;
	bool ten_bit, yuv444;
	bool video_qos, audio_qos;
	unsigned csc_mode;        /* matrix * 2 + full range (6.9) */
	unsigned max_references;  /* 0 = the host's choice */
	unsigned audio_channels;  /* 2, 6, 8 */
	bool audio_high_quality;  /* for surround */
	unsigned audio_packet_ms; /* 5 or 10 */
};
/* Errors: PF_ERR_INVALID, with a reason: what is missing, absurd or cannot be divided by. */
int pf_gs_announce_read(struct pf_gs_announce *out, struct pf_slice body, struct pf_reason *reason);
