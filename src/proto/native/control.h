/*
 * The typed messages of the control stream and of clipboard streams (native-control 4), whichever they
 * are, in one tagged struct. Slices point into the message. Pairing has its own file. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/slice.h"
#include "base/writer.h"
#include "media/mode.h"
#include "proto/native/caps.h"
#include "proto/native/clip.h"
#include "proto/native/input.h"
#include "proto/native/start.h"

#define PF_CONTROL_HEAD_BYTES 5 /* magic and type */
#define PF_LAUNCH_TEXT_MAX    200
/* The longest message, a CursorShape; anything else fits 2500 bytes. */
#define PF_CONTROL_BYTES_MAX (17 + 4 * PF_CURSOR_SIDE_MAX * PF_CURSOR_SIDE_MAX)

enum pf_control_type {
	PF_CONTROL_RECONFIGURE = 0x01,
	PF_CONTROL_RECONFIGURED = 0x02,
	PF_CONTROL_REQUEST_KEYFRAME = 0x03, /* no fields */
	PF_CONTROL_LOSS_REPORT = 0x04,
	PF_CONTROL_SET_BITRATE = 0x05,
	PF_CONTROL_BITRATE_CHANGED = 0x06,
	PF_CONTROL_RFI_REQUEST = 0x07,
	PF_CONTROL_SHARD_PAYLOAD_CHANGED = 0x08,
	PF_CONTROL_SHARD_PAYLOAD_ACK = 0x09,
	PF_CONTROL_PIPELINE_GAP = 0x0A,
	PF_CONTROL_DELIVERY_REPORT = 0x0B,
	PF_CONTROL_LINK_REPORT = 0x0C,
	PF_CONTROL_SET_DELIVERY = 0x0D,
	PF_CONTROL_DELIVERY_CHANGED = 0x0E,
	PF_CONTROL_HOST_FACTS = 0x0F,
	PF_CONTROL_PROBE_REQUEST = 0x20,
	PF_CONTROL_PROBE_RESULT = 0x21,
	PF_CONTROL_PROBE_SHAPED = 0x22,
	PF_CONTROL_CLOCK_PROBE = 0x30,
	PF_CONTROL_CLOCK_ECHO = 0x31,
	PF_CONTROL_PHASE_REPORT = 0x32,
	PF_CONTROL_CLIP_CONTROL = 0x40,
	PF_CONTROL_CLIP_STATE = 0x41,
	PF_CONTROL_CLIP_OFFER = 0x42,
	PF_CONTROL_CLIP_FETCH = 0x43,     /* on a fetch stream */
	PF_CONTROL_CLIP_FETCH_HDR = 0x44, /* on a fetch stream */
	PF_CONTROL_CURSOR_SHAPE = 0x50,
	PF_CONTROL_CURSOR_RENDER_MODE = 0x51,
	PF_CONTROL_ACCESS_UPDATE = 0x58,
	PF_CONTROL_AUDIO_STATE = 0x59,
	PF_CONTROL_LAUNCH_OUTCOME = 0x5A,
	PF_CONTROL_PAD_SLOTS = 0x5B,
	PF_CONTROL_INPUT_EDGE = 0x5C,
};

enum pf_bitrate_reason {
	PF_BITRATE_GRANTED = 0,
	PF_BITRATE_ENCODER_LIMIT = 1,
	PF_BITRATE_CADENCE = 2,
	PF_BITRATE_GOVERNOR = 3,
	PF_BITRATE_PINNED = 4,
};
enum pf_interface { PF_INTERFACE_UNKNOWN, PF_INTERFACE_ETHERNET, PF_INTERFACE_WIFI, PF_INTERFACE_OTHER };
enum pf_launch_kind {
	PF_LAUNCH_STARTED = 0,
	PF_LAUNCH_ADOPTED = 1,
	PF_LAUNCH_ADOPTED_UNKNOWN = 2,
	PF_LAUNCH_REFUSED = 3,
	PF_LAUNCH_FAILED = 4,
	PF_LAUNCH_SIGN_IN_NEEDED = 5,
};
#define PF_COHERENCE_UNKNOWN 0xFFFF

struct pf_control {
	enum pf_control_type type;
	union {
		struct {
			struct pf_mode mode;
		} reconfigure;
		struct {
			bool accepted;
			struct pf_mode mode; /* now in force */
		} reconfigured;
		struct {
			uint32_t loss_ppm; /* more than a million means all of it */
		} loss_report;
		struct {
			uint32_t kbps; /* wire budget; 0 = the host's default */
		} set_bitrate;
		struct {
			uint32_t kbps;   /* never 0 */
			bool has_reason; /* only toward a client with PF_RATE_READS_REASON */
			uint8_t reason;  /* enum pf_bitrate_reason, or a later one */
		} bitrate_changed;
		struct {
			uint32_t first, last; /* frames, inclusive, wrapping */
		} rfi_request;
		struct {
			uint16_t bytes;
		} shard_payload; /* CHANGED and ACK */
		struct {
			uint32_t gap_ms;
		} pipeline_gap;
		struct {
			uint64_t packets; /* received so far */
		} delivery_report;
		struct {
			uint32_t kbps;
		} link_report;
		struct {
			uint8_t profile; /* enum pf_delivery_profile */
		} set_delivery;
		struct {
			uint8_t profile;
			bool forced;
		} delivery_changed;
		struct {
			uint8_t link_kind; /* enum pf_interface */
			uint32_t link_mbps, send_buffer_kb;
			uint8_t forced_profile; /* or PF_DELIVERY_NONE */
		} host_facts;
		struct {
			uint32_t target_kbps, duration_ms; /* clamped to PF_PROBE_MAX_* */
		} probe_request;
		struct {
			uint64_t bytes_sent;
			uint32_t packets_sent, duration_ms;
			uint32_t wire_packets_sent, send_dropped; /* 0 in the old short form */
		} probe_result;
		struct {
			uint32_t target_kbps, duration_ms;
			uint16_t burst_hz; /* never 0 */
			uint32_t group_bytes, group_kbps;
		} probe_shaped;
		struct {
			uint64_t t1_ns;
		} clock_probe;
		struct {
			uint64_t t1_ns, t2_ns, t3_ns;
		} clock_echo;
		struct {
			uint64_t next_latch_ns; /* host's wall clock */
			uint32_t period_ns;     /* never 0 */
			uint32_t uncertainty_ns, lead_ns;
			uint16_t coherence; /* thousandths, or PF_COHERENCE_UNKNOWN */
		} phase_report;
		struct {
			bool enabled;
			uint8_t flags; /* PF_CLIP_WANT_FILES */
		} clip_control;
		struct {
			bool enabled;
			uint8_t policy; /* PF_CLIP_POLICY_* */
			uint8_t reason; /* enum pf_clip_reason */
		} clip_state;
		struct pf_clip_offer clip_offer;
		struct pf_clip_fetch clip_fetch;
		struct {
			uint8_t status;       /* enum pf_clip_status; unknown ones read as unavailable */
			uint64_t total_bytes; /* 0 unknown */
		} clip_fetch_hdr;
		struct {
			uint32_t serial;
			uint16_t width_px, height_px; /* 1..PF_CURSOR_SIDE_MAX */
			uint16_t hotspot_x, hotspot_y;
			struct pf_slice rgba; /* straight alpha, 4 * width * height bytes */
		} cursor_shape;
		struct {
			bool client_draws;
		} cursor_render_mode;
		struct {
			uint32_t grants, seconds_left; /* 0 = permanent */
		} access_update;
		struct {
			bool muted;
		} audio_state;
		struct {
			uint8_t kind;         /* enum pf_launch_kind; unknown ones read as started */
			struct pf_slice text; /* UTF-8, up to PF_LAUNCH_TEXT_MAX bytes */
		} launch_outcome;
		struct {
			uint16_t mask;
		} pad_slots;
		struct pf_input_event input_edge;
	};
};

/*
 * *out is written on success only. Lengths: messages to a client must have exactly theirs, as released
 * clients demand; messages to a host may be longer (the excess is ignored), but for Reconfigure and those
 * of variable length, where a wrong length is refused (4, 8.7).
 * Errors: PF_ERR_UNSUPPORTED (a type unknown here), PF_ERR_TRUNCATED, PF_ERR_INVALID (magic, length or a
 * value that must be ignored). After each of them the caller skips the message and goes on.
 */
int pf_control_read(struct pf_control *out, const uint8_t *data, size_t len);
/* The exact length. Fails the writer for a type that is not in the enumeration, and for a variable part that
 * breaks its limits. */
void pf_control_write(struct pf_wr *w, const struct pf_control *m);
