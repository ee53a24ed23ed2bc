/*
 * QUIC datagrams, one message each (native-control 5): whichever they are, in one tagged struct. Slices
 * point into the datagram. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/writer.h"
#include "proto/native/datagram_tag.h"
#include "proto/native/feedback.h"
#include "proto/native/hdr.h"
#include "proto/native/input.h"
#include "proto/native/rich_input.h"

#define PF_AUDIO_HEAD_BYTES 13 /* in front of the sound of AUDIO, MIC, PCM */

/* AUDIO and MIC: one Opus packet, empty = silence. PCM: interleaved samples. */
struct pf_audio_packet {
	uint32_t seq; /* wrapping */
	uint64_t pts_ns;
	struct pf_slice data;
};

struct pf_red_packet {
	uint32_t seq; /* of primary */
	uint64_t pts_ns;
	struct pf_slice primary;
	struct pf_slice previous; /* packet seq - 1; empty = none */
};

struct pf_host_timing {
	uint64_t pts_ns;
	uint32_t host_us; /* capture -> last packet sent */
	bool has_stages;
	uint32_t queue_us, encode_us, pace_us;
	bool has_phase; /* only together with the stages */
	int32_t phase_ns;
};

struct pf_cursor_state {
	uint32_t serial; /* of the CursorShape in use */
	bool visible;
	bool captured;      /* the application has captured the pointer */
	int32_t x_px, y_px; /* hotspot in the video; may be negative */
};

struct pf_datagram {
	enum pf_datagram_tag tag;
	union {
		struct pf_input_event input;
		struct pf_audio_packet audio; /* AUDIO, MIC and PCM */
		struct pf_rumble rumble;
		struct pf_rich_input rich;
		struct pf_hid_output hid;
		struct pf_hdr hdr;
		struct pf_host_timing timing;
		struct pf_cursor_state cursor;
		struct pf_pad_audio pad_audio;
		struct pf_red_packet red;
	};
};

/* *out is written on success only. Errors: PF_ERR_TRUNCATED, PF_ERR_INVALID, PF_ERR_UNSUPPORTED (unknown
 * first byte or kind): drop it, never more. */
int pf_datagram_read(struct pf_datagram *out, const uint8_t *data, size_t len);
void pf_datagram_write(struct pf_wr *w, const struct pf_datagram *d);

/* Which grant a client's datagram needs: one of PF_GRANT_*; 0 for those that only a host sends. */
unsigned pf_datagram_grant(const struct pf_datagram *d);
