/* What a run found out, as plain data, and how it is told (product 1.5, 12). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/histogram.h"
#include "client/receiver.h"
#include "client/sound_receiver.h"
#include "media/codec.h"
#include "media/mode.h"
#include "probe/av_sync.h"
#include "probe/microphone.h"
#include "probe/output.h"

#define PF_PROBE_CHANGES_MAX 64

struct pf_probe_mode_change {
	bool accepted;
	struct pf_mode mode; /* in force from then on */
	double at_s;         /* after the first frame */
};

struct pf_probe_rate_change {
	uint32_t kbps;
	double at_s;
};

struct pf_probe_mute_change {
	bool muted;
	double at_s;
};

struct pf_probe_sound_figures {
	char format[48]; /* in force */
	uint64_t bytes;  /* of packets, whether they came once or twice */
	uint64_t undecodable;
	struct pf_sound_receiver_stats receiver;
	struct pf_histogram latency; /* pts -> received */
};

struct pf_probe_speed {
	uint32_t asked_kbps, asked_ms; /* 0 = not asked */
	bool answered;
	uint64_t received_bytes, received_datagrams;
	uint64_t bytes_sent;
	uint32_t duration_ms, wire_packets_sent, send_dropped;
};

struct pf_probe_resync {
	bool wanted, done;
	int64_t first_ns, second_ns; /* host clock - our clock */
	uint64_t uncertainty_ns;     /* how far apart they may be */
};

struct pf_probe_report {
	char end[400]; /* why the run ended, a sentence */
	bool failed;   /* it could not run, the host broke down, or an output file could not be written */
	bool refused;
	bool welcomed;
	bool decoding;
	bool skew_corrected;
	uint64_t close_code; /* of the host, when it closed */

	/* The session, as Welcome says. */
	struct pf_mode mode;
	enum pf_codec codec;
	uint32_t bitrate_kbps;
	unsigned bit_depth, shard_payload, fec_percent;
	uint32_t expected_frames; /* 0 = unbounded */
	char fingerprint[65];

	/* Frames. */
	uint64_t new_frames, repeat_frames, key_frames, mismatched;
	uint64_t bytes; /* of access units */
	int64_t first_new_ns, last_new_ns;
	double seconds; /* from the first frame to the end */
	struct pf_receiver_stats receiver;
	struct pf_probe_output_stats output;
	struct pf_probe_sound_figures sound;

	/* Times. */
	int64_t clock_offset_ns;
	uint64_t clock_rtt_ns;
	uint64_t clock_suspect; /* frames that seemed to arrive before they were captured */
	uint64_t timings;       /* host timing datagrams */
	struct pf_histogram latency, host, network;
	struct pf_histogram queue, encode, xfer, pace;
	struct pf_histogram recovery; /* from a loss to the next clean picture */

	/* What was asked and told. */
	uint64_t inputs;               /* events sent */
	uint64_t rumbles, hid_outputs; /* received */
	struct pf_probe_microphone_stats microphone;
	bool av_sync_wanted;
	struct pf_av_sync_result av_sync;
	uint64_t keyframe_asks, rfi_asks, flushes, loss_reports;
	uint64_t host_gap_ms;
	uint32_t loss_ppm_max;
	unsigned mode_changes, rate_changes, mute_changes;
	struct pf_probe_mode_change mode_change[PF_PROBE_CHANGES_MAX];
	struct pf_probe_rate_change rate_change[PF_PROBE_CHANGES_MAX];
	struct pf_probe_mute_change mute_change[PF_PROBE_CHANGES_MAX];
	struct pf_probe_speed speed;
	struct pf_probe_resync resync;
};

double pf_probe_report_new_fps(const struct pf_probe_report *r);
bool pf_probe_report_clocks_agree(const struct pf_probe_report *r);
/* The exit status: 0 or 1. */
int pf_probe_report_status(const struct pf_probe_report *r);
/* Lines for people on stdout. */
void pf_probe_report_print(const struct pf_probe_report *r);
/* One JSON object on stdout. Errors: PF_ERR_NOMEM. */
int pf_probe_report_print_json(const struct pf_probe_report *r);
