/*
 * One client's connection, from its first packet to the last thread's end (native-control 2). Private to
 * src/session. Everything here belongs to the net loop; other threads speak through the outbox.
 *
 *   session.c    states, time limits, teardown
 *   admission.c  who is let in, what it may do, until when
 *   pairing.c    the pairing ceremony
 *   handshake.c  Hello -> Welcome -> Start -> punch -> stream
 *   control.c    typed messages of a running session
 *   feedback.c   what games say to the client's controllers
 *   sound.c      what the client hears, and its microphone
 *   rate.c       wire budget, parity, encoder rate, recovery requests
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "audio/microphone.h"
#include "net/quic.h"
#include "proto/native/control.h"
#include "proto/native/framing.h"
#include "proto/native/hello.h"
#include "proto/native/pairing.h"
#include "proto/native/start.h"
#include "session/delivery.h"
#include "session/fec_law.h"
#include "session/grants.h"
#include "session/host.h"
#include "session/keyframe_gate.h"
#include "session/loss_gauge.h"
#include "session/media.h"
#include "session/negotiate.h"
#include "session/path_memory.h"
#include "session/planes.h"
#include "session/punch.h"
#include "session/redundancy.h"
#include "session/rumble.h"
#include "session/sound_out.h"
#include "session/trust.h"

enum pf_session_state {
	PF_SESSION_HANDSHAKE, /* TLS */
	PF_SESSION_WAIT_HELLO,
	PF_SESSION_PAIRING,    /* a challenge is out */
	PF_SESSION_PAIRED,     /* or not: the result is out */
	PF_SESSION_PARKED,     /* an operator decides; from the next one on the device is admitted */
	PF_SESSION_WAIT_OLDER, /* an older session of the same device is ending */
	PF_SESSION_WAIT_SLOT,  /* all streams are taken */
	PF_SESSION_WAIT_DISPLAY,
	PF_SESSION_WAIT_SOUND, /* whether the device runs at the rate of lossless sound */
	PF_SESSION_WAIT_START,
	PF_SESSION_WAIT_PUNCH,
	PF_SESSION_STREAMING,
	PF_SESSION_ENDING, /* closed towards the client, threads still winding down */
};

/* What negotiation granted, frozen for the connection but for what is said to change. */
struct pf_session_terms {
	enum pf_codec codec;
	struct pf_mode mode; /* changes with Reconfigure */
	uint32_t wire_kbps;  /* changes with SetBitrate */
	uint32_t audio_kbps;
	unsigned shard_payload;
	unsigned fec_percent; /* in force; changes with loss */
	uint32_t max_unit_bytes;
};

struct pf_session {
	struct pf_host *host;
	struct pf_session *next; /* in the host's list, oldest first */
	uint64_t number;
	struct pf_quic *quic; /* NULL once closed */
	enum pf_session_state state;
	bool closing;    /* pf_session_close was called */
	char label[128]; /* for logs: name and address */
	bool has_fingerprint;
	struct pf_fingerprint fingerprint;

	struct pf_grants grants; /* once admitted */
	bool access_untold;      /* it has changed since Welcome */
	unsigned knock_id;       /* while parked */
	struct {
		uint8_t owed[PF_PAIR_CONFIRM_BYTES]; /* the proof that the client owes */
		bool has_access;
		struct pf_access access;
		char name[PF_PAIR_NAME_MAX + 1];
	} pairing;

	int64_t stream; /* control stream, -1 before it is open */
	struct pf_framer framer;
	struct pf_hello hello;
	struct pf_start start;
	struct pf_session_terms terms;

	uv_timer_t deadline; /* of the state */
	uv_timer_t tick;     /* every second while streaming */
	unsigned open_handles;
	struct pf_media media;
	struct pf_rumble_law rumble;
	struct {
		struct pf_pad_feedback last;
		uint8_t left; /* times to be said again */
	} lights[PF_PADS_MAX][PF_PAD_FEEDBACKS];
	int64_t lights_due_ns;     /* 0: nothing is left */
	uv_timer_t feedback_timer; /* of rumble and lights */

	struct {
		struct pf_sound_plan plan;
		struct pf_audio_source *source; /* open, but nothing takes it out yet */
		int64_t prove_until_ns;
		struct pf_sound_out *out; /* NULL: there is none */
		struct pf_sound_stats stats;
		struct pf_redundancy redundancy;
		uint32_t next_seq;
		bool muted, dead, told_muted;     /* by the operator; the device is gone; the client knows */
		struct pf_microphone *microphone; /* NULL: not granted */
		struct pf_microphone_stats heard; /* of those before it */
	} sound;

	int media_fd; /* the sender's, once there is one */
	uint16_t media_port;
	bool punching;
	struct pf_punch punch;

	struct pf_fec_law fec;
	struct pf_loss_gauge gauge;
	uint32_t measured_loss_ppm; /* by the gauge */
	struct pf_keyframe_gate gate;
	uint32_t last_key_index; /* of the last IDR that left */
	int64_t mode_changed_ns;
	struct pf_mode mode_told; /* of the last change, to the client */
	bool mode_pending, probe_running;
	struct pf_delivery delivery;
	int64_t probe_started_ns;

	unsigned path_samples; /* of the path MTU: two per session */
	int64_t streaming_since_ns, first_sent_ns, ticked_ns;
};

/* --- session.c --- */
int pf_session_create(struct pf_session **out, struct pf_host *host, struct pf_quic *q);
/* Closes the connection with the code; teardown follows by itself. Once; later calls do nothing. */
__attribute__((format(printf, 3, 4))) void pf_session_close(
	struct pf_session *s, uint64_t code, const char *fmt, ...);
/* A part with handles of its own (user = the session) has closed them. */
void pf_session_part_gone(void *user);
void pf_session_set_deadline(struct pf_session *s, unsigned ms);
/* Frames are flowing from now on: statistics and the tick start. */
void pf_session_start_ticking(struct pf_session *s);
/* Sends a typed message on the control stream. */
void pf_session_send(struct pf_session *s, const struct pf_control *m);

static inline bool pf_session_is_admitted(const struct pf_session *s)
{
	return s->state >= PF_SESSION_WAIT_OLDER && s->state != PF_SESSION_ENDING;
}
static inline bool pf_session_is_of(const struct pf_session *s, const struct pf_fingerprint *fp)
{
	return s->has_fingerprint && pf_fingerprint_equal(&s->fingerprint, fp);
}

/* --- admission.c --- */
/* The pairing gate, after Hello: true lets the session go on; else it was refused, or waits for a decision. */
bool pf_session_admit(struct pf_session *s);
void pf_session_parked_decided(struct pf_session *s, bool approved);
/* A parked connection is gone. */
void pf_session_leave_queue(struct pf_session *s);
/* The operator changed it. */
void pf_session_set_access(struct pf_session *s, const struct pf_access *access);
/* The stream begins: whatever changed since Welcome is told. */
void pf_session_begin_access(struct pf_session *s);
/* Once a second: warns, and ends what has no time left. */
void pf_session_watch_access(struct pf_session *s);
/* A datagram of the client: checked against its grants. */
void pf_session_take_datagram(struct pf_session *s, const uint8_t *data, size_t len);
/* An event that came on the control stream instead (4.10); checked alike. */
void pf_session_take_edge(struct pf_session *s, const struct pf_input_event *e);

/* --- pairing.c --- */
void pf_session_pair(struct pf_session *s, const struct pf_pair_message *request);
void pf_session_handle_proof(struct pf_session *s, const uint8_t *data, size_t len);

/* --- handshake.c --- */
/* Admitted: negotiates, ends an older session of the device, and goes on to the display. */
void pf_session_enter(struct pf_session *s);
/* From what is known so far: number, name, address. */
void pf_session_set_label(struct pf_session *s);
void pf_session_handle_hello(struct pf_session *s, const uint8_t *data, size_t len);
void pf_session_handle_start(struct pf_session *s, const uint8_t *data, size_t len);
/* An older session ended or a stream's place became free: go on if that was waited for. */
void pf_session_proceed(struct pf_session *s);
void pf_session_display_ready(struct pf_session *s, const struct pf_notice *notice);
/* The sound's rate is proven, or will not be in time. */
void pf_session_sound_settled(struct pf_session *s);

/* --- control.c --- */
void pf_session_handle_control(struct pf_session *s, const uint8_t *data, size_t len);
void pf_session_mode_changed(struct pf_session *s, const struct pf_notice *notice);
void pf_session_probe_done(struct pf_session *s, const struct pf_probe_result *result);
void pf_session_unit_sent(struct pf_session *s, const struct pf_sent *sent);

/* --- feedback.c --- */
/* The client may have controllers from now on. */
void pf_session_seat(struct pf_session *s);

/* --- sound.c --- */
/* What Welcome says of it. False: pf_session_prove_sound has to be asked when the deadline is over. */
bool pf_session_plan_sound(struct pf_session *s);
bool pf_session_prove_sound(struct pf_session *s);
void pf_session_start_sound(struct pf_session *s);
void pf_session_stop_sound(struct pf_session *s);
#define PF_SOUND_TEXT 256
/* For the log: what was sent and heard, "" for nothing. */
void pf_session_describe_sound(const struct pf_session *s, char out[PF_SOUND_TEXT]);
/* Once a second. */
void pf_session_watch_sound(struct pf_session *s);
/* An operator's wish; the client is told. */
void pf_session_mute(struct pf_session *s, bool muted);
/* The grants changed, or the stream began: there is one exactly while the client may talk. */
void pf_session_set_microphone(struct pf_session *s);
void pf_session_ports_changed(struct pf_session *s, const struct pf_display_ports *ports);
void pf_session_sound_live(struct pf_session *s, const struct pf_notice *notice);
void pf_session_microphone_live(struct pf_session *s, const struct pf_notice *notice);

/* --- rate.c --- */
/* Gives encoder and sender what follows from terms; encoder first (native-media 7.4). */
void pf_session_apply_rate(struct pf_session *s);
/* What is known of the way to the client. */
struct pf_shard_path pf_session_path(const struct pf_session *s);
/* Looks at the path MTU when it is time; shrinks the shards of a path that proved small. */
void pf_session_watch_path(struct pf_session *s, int64_t now_ns);
/* Returns the reason of a BitrateChanged. */
uint8_t pf_session_set_bitrate(struct pf_session *s, uint32_t kbps);
/* A DeliveryReport: the client's count of media packets. */
void pf_session_gauge_loss(struct pf_session *s, uint64_t delivered);
void pf_session_loss_report(struct pf_session *s, uint32_t loss_ppm);
void pf_session_request_keyframe(struct pf_session *s);
/* An RfiRequest whose range begins with that frame. */
void pf_session_frames_lost(struct pf_session *s, uint32_t first_index);

/* --- host.c --- */
struct pf_path_memory *pf_host_paths(struct pf_host *h);
struct pf_trust *pf_host_trust(struct pf_host *h);
uint16_t pf_host_mgmt_port(const struct pf_host *h);
/* The oldest session; they are linked by next. */
struct pf_session *pf_host_first(struct pf_host *h);
/* Another parked connection of the same device, or NULL. */
struct pf_session *pf_host_find_parked(struct pf_host *h, const struct pf_session *s);
/* Stores the device as paired (access NULL: what it had, else everything) and lets in its parked connection. */
int pf_host_admit_device(struct pf_host *h, const struct pf_fingerprint *fp, const char *name,
	const struct pf_access *access, struct pf_reason *reason);
void pf_host_decide_parked(struct pf_host *h, const struct pf_fingerprint *fp, bool approved);
/* Tells the operator's interfaces what happened; reason may be NULL. */
void pf_host_emit(struct pf_host *h, const char *kind, const struct pf_session *s, const char *reason);
void pf_host_emit_device(
	struct pf_host *h, const char *kind, const struct pf_fingerprint *fp, const char *name);
/* Another session of the same device that is not ending yet, or NULL. */
struct pf_session *pf_host_find_older(const struct pf_host *h, const struct pf_session *s);
/* Is one of the same device still winding down? */
bool pf_host_is_winding_down(const struct pf_host *h, const struct pf_session *s);
/* The session is gone and freed by the host; whoever waited for its end or its place goes on. */
void pf_host_session_gone(struct pf_host *h, struct pf_session *s);
