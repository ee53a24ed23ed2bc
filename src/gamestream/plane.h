/*
 * What the files of src/gamestream share; everything on the net loop.
 *
 *   gamestream.c  the plane: start, tick, end
 *   http.c        the two HTTP servers; threads that ask the net loop
 *   nvhttp.c      what each path answers: serverinfo, applist, launch, resume, cancel
 *   pairing.c     clients that want to pair, phase by phase
 *   apps.c        what can be launched
 *   runs.c        what was launched, with or without a client
 *   rtsp.c        the RTSP server
 *   describe.c    what a stream is, from DESCRIBE and ANNOUNCE
 *   flow.c        the UDP ports of video and audio, and the pings on them
 *   control.c     ENet
 *   translate.c   input packets to the router's events
 *   audio.c       the audio thread of a stream
 *   input.c       a stream's input, as far as its device may send it
 *   feedback.c    what games say to its controllers
 *   stream.c      one client's stream, from launch to end
 */
#pragma once

#include <enet/enet.h>
#include <gnutls/abstract.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "gamestream/apps.h"
#include "gamestream/gamestream.h"
#include "gamestream/translate.h"
#include "packet/gs_audio.h"
#include "proto/gamestream/control.h"
#include "proto/gamestream/launch.h"
#include "proto/gamestream/pairing.h"
#include "proto/gamestream/rtsp.h"
#include "proto/gamestream/sdp.h"
#include "session/admin.h"
#include "session/fec_law.h"
#include "session/grants.h"
#include "session/media.h"

#define PF_GS_RUNS_MAX     16
#define PF_GS_ATTEMPTS_MAX 16
#define PF_GS_ENETS_MAX    8
#define PF_GS_PING_BYTES   16
#define PF_GS_CHANNELS     48

/* --- runs: an app that was launched, and its display --- */

struct pf_gs_run {
	bool used;
	uint32_t app;
	char title[PF_GS_TITLE_MAX + 1];
	struct pf_fingerprint owner;  /* under which its display is kept: random, of this run alone */
	struct pf_gs_stream *stream;  /* NULL: nobody is there */
	struct pf_fingerprint client; /* who is, or was last */
	int64_t left_ns;              /* since when nobody is */
};

/* --- streams --- */

enum pf_gs_state {
	PF_GS_LAUNCHED, /* until RTSP's PLAY; the display is being made */
	PF_GS_PLAYING,  /* until display, video ping and control are there */
	PF_GS_STREAMING,
	PF_GS_ENDING,
};

/* A UDP flow of the host to a client's port. */
struct pf_gs_flow {
	bool known;
	bool by_address; /* the ping was of the old form, which says nothing but where it came from */
	struct sockaddr_in client; /* where the last right ping came from */
};

struct pf_gs_stream {
	struct pf_gamestream *g;
	struct pf_gs_stream *next; /* in the plane's list, oldest first */
	uint64_t number;
	enum pf_gs_state state;
	char label[128];
	struct pf_fingerprint client;
	struct in_addr peer, local;  /* of the HTTP connection that launched it */
	struct pf_gs_run *run;       /* NULL once it is given back */
	struct pf_fingerprint owner; /* the run's */
	char command[PF_GS_COMMAND_MAX];
	struct pf_gs_launch launch;
	struct pf_gs_announce terms;
	bool announced, display_ready, normal_quality;
	bool waits_for_older; /* another stream of the run is ending, and has its display */
	struct pf_surround surround;

	struct pf_gs_gcm rtsp_key;
	uint32_t rtsp_replies;
	char ping_payload[PF_GS_PING_BYTES + 1];
	uint32_t connect_data;

	struct pf_gs_flow video, audio;
	struct pf_gs_audio_stage *audio_stage;
	bool muted;             /* by the operator */
	ENetPeer *peer_control; /* NULL: not connected */
	struct pf_gs_channel channel;
	unsigned undecipherable; /* control packets in a row */
	struct pf_gs_translator translator;
	uint16_t triggers_on; /* pads whose trigger motors run */

	struct pf_grants grants;
	struct pf_media media;
	bool key_owed;       /* one was asked for too soon after the last */
	int64_t last_key_ns; /* when the last IDR was asked of the encoder */
	struct pf_fec_law fec;
	uint64_t packets_lost;             /* since the last tick, by FEC status reports */
	uint64_t packets_sent, units_sent; /* until then */
	uint32_t wire_kbps;
	int64_t launched_ns, played_ns, heard_ns, streaming_since_ns, ticked_ns;
};

/* --- the plane --- */

struct pf_gs_attempt; /* pairing.c */
struct pf_gs_http;    /* http.c */

struct pf_gs_enet {
	struct pf_gamestream *g;
	ENetHost *host;
	struct in_addr local;
	uv_poll_t poll;
	uv_timer_t timer;
};

struct pf_gs_port {
	struct pf_gamestream *g;
	uint16_t port;
	int fd;
	uv_poll_t poll;
};

struct pf_gamestream {
	struct pf_gamestream_params p;
	uv_loop_t *loop;
	struct pf_identity *identity;
	struct pf_identity_pem pem;
	gnutls_privkey_t key;
	struct pf_gs_certificate certificate;
	char unique_id[17];
	struct pf_devices *devices;
	struct pf_gs_attempt *attempts[PF_GS_ATTEMPTS_MAX];
	struct pf_gs_apps apps;
	struct pf_gs_run runs[PF_GS_RUNS_MAX];
	struct pf_gs_stream *streams;

	struct pf_gs_http *http;
	uint16_t http_port, https_port, rtsp_port;
	uv_tcp_t rtsp;
	unsigned rtsp_connections;
	struct pf_gs_port video, audio;
	struct pf_gs_enet *enets[PF_GS_ENETS_MAX];
	uint16_t control_port;

	uv_timer_t tick;
	unsigned open_handles;
	bool stopping;
	void (*on_gone)(void *user);
	void *user;
};

/* --- http.c --- */

struct pf_gs_request {
	const char *path;
	bool https, has_certificate;
	struct pf_fingerprint certificate;
	struct in_addr peer, local;
	const char *(*get)(void *user, const char *name); /* decoded parameter or NULL */
	void *user;
	void *waiter; /* phase 1 of pairing: the connection is suspended until pf_gs_http_finish */
};

#define PF_GS_ANSWER_MAX 65536

struct pf_gs_answer {
	char *body; /* malloc; XML, or the bytes of a picture */
	size_t len;
	bool is_picture;
	char *picture; /* path of a picture that the HTTP thread reads; malloc */
	bool waits;    /* nothing is answered now */
};

int pf_gs_http_start(struct pf_gamestream *g, struct pf_reason *reason);
/* Answers a waiting connection; it must not be touched again. Takes over the body. */
void pf_gs_http_finish(void *waiter, char *body, size_t len);
/* Has the waiting client gone? */
bool pf_gs_http_is_gone(void *waiter);
void pf_gs_http_stop(struct pf_gamestream *g);

/* --- nvhttp.c --- */
void pf_gs_answer(struct pf_gamestream *g, const struct pf_gs_request *rq, struct pf_gs_answer *a);
/* An XML reply of a status with a message and, unless NULL, one element that holds 0. */
void pf_gs_refuse(struct pf_gs_answer *a, unsigned status, const char *message, const char *zero);
/* Wraps what was written into an answer. */
struct pf_gs_xml {
	struct pf_wr w;
	uint8_t bytes[PF_GS_ANSWER_MAX];
};
void pf_gs_xml_done(struct pf_gs_xml *x, struct pf_gs_answer *a);

/* --- pairing.c --- */
void pf_gs_pair(struct pf_gamestream *g, const struct pf_gs_request *rq, struct pf_gs_answer *a);
/* Drops what is over, or whose client has gone. */
void pf_gs_pairing_tick(struct pf_gamestream *g, int64_t now_ns);
void pf_gs_pairing_end(struct pf_gamestream *g);

/* --- runs.c --- */
/* The app that this client's serverinfo tells of: its own, else one that nobody streams. NULL: none. */
struct pf_gs_run *pf_gs_run_for(struct pf_gamestream *g, const struct pf_fingerprint *client);
/* Errors: PF_ERR_LIMIT. */
int pf_gs_run_begin(struct pf_gamestream *g, struct pf_gs_run **out, const struct pf_gs_app *app,
	const struct pf_fingerprint *client);
/* Its stream has ended; the app goes on, or (over) is gone. */
void pf_gs_run_left(struct pf_gs_run *run, bool over);
/* Ends it: its stream, and the display if that is kept. */
void pf_gs_run_quit(struct pf_gamestream *g, struct pf_gs_run *run);
/* Is it still the run whose displays have that owner? */
static inline bool pf_gs_run_holds(const struct pf_gs_run *run, const struct pf_fingerprint *owner)
{
	return run && run->used && pf_fingerprint_equal(&run->owner, owner);
}
/* Takes down the kept display of a run that is over. */
void pf_gs_run_release(struct pf_gamestream *g, const struct pf_fingerprint *owner);
void pf_gs_runs_tick(struct pf_gamestream *g, int64_t now_ns);

/* --- rtsp.c --- */
int pf_gs_rtsp_start(struct pf_gamestream *g, struct pf_reason *reason);

/* --- describe.c --- */
/* What clients are offered: bits of enum pf_codec. They take the newest one they know by themselves. */
unsigned pf_gs_codecs(const struct pf_gamestream *g);
/* The body of DESCRIBE. */
void pf_gs_stream_describe(struct pf_gs_stream *s, struct pf_wr *w);
/* Gives the encoder what follows from the terms and the parity in force, and the sender that parity. */
void pf_gs_stream_apply_rate(struct pf_gs_stream *s);
/* Takes an ANNOUNCE; returns the status of the reply. */
unsigned pf_gs_stream_announce(struct pf_gs_stream *s, const struct pf_rtsp_request *rq);
/* What the encoder gets of the client's bit rate (3.5). */
uint32_t pf_gs_encoder_kbps(const struct pf_gs_announce *a, unsigned fec_percent, uint32_t audio_kbps);

/* --- flow.c --- */
int pf_gs_port_open(struct pf_gs_port *p, struct pf_gamestream *g, uint16_t port, struct pf_reason *reason);
/* A socket for the flow, bound to the port at the address the client dialled, and connected to the client. */
int pf_gs_flow_open(
	const struct pf_gs_flow *f, struct in_addr local, uint16_t port, int *fd, struct pf_reason *reason);

/* --- control.c --- */
/* An ENet host at that address: the one there is, or a new one. */
int pf_gs_control_listen(struct pf_gamestream *g, struct in_addr local, struct pf_reason *reason);
void pf_gs_control_close(struct pf_gamestream *g);
/* Type, length and payload; dropped without a connection. */
void pf_gs_control_send(struct pf_gs_stream *s, const uint8_t *text, size_t len);
/* Tells why (0: nothing) and lets go of the peer. */
void pf_gs_control_disconnect(struct pf_gs_stream *s, uint32_t why);

/* --- audio.c --- */
/* Begins to send. Errors: those of its parts, with a reason. */
int pf_gs_audio_start(struct pf_gs_stream *s, struct pf_reason *reason);
void pf_gs_audio_redirect(struct pf_gs_audio_stage *a, const struct sockaddr_in *client);
/* The display plays elsewhere: the same row of packets goes on with that. If that fails, the next ping begins anew. */
void pf_gs_audio_move(struct pf_gs_stream *s);
/* Also before there is a stage. */
void pf_gs_audio_mute(struct pf_gs_stream *s, bool muted);
/* It sends no more, soon. NULL is fine, here and below. */
void pf_gs_audio_quit(struct pf_gs_audio_stage *a);
void pf_gs_audio_stop(struct pf_gs_audio_stage *a);

/* --- input.c --- */
/* The payload of an input message. */
void pf_gs_stream_input(struct pf_gs_stream *s, struct pf_slice data);

/* --- feedback.c --- */
/* The client may have controllers from now on. */
void pf_gs_stream_seat(struct pf_gs_stream *s);

/* --- stream.c --- */
/* A stream for the run; its display is being made from now on. Errors: PF_ERR_NOMEM, PF_ERR_LIMIT. */
int pf_gs_stream_create(struct pf_gamestream *g, struct pf_gs_run *run, const struct pf_gs_app *app,
	const struct pf_gs_launch *launch, const struct pf_gs_request *rq, struct pf_reason *reason);
/* RTSP's PLAY. */
void pf_gs_stream_play(struct pf_gs_stream *s);
/* A ping from there, for its video or audio flow. */
void pf_gs_stream_pinged(
	struct pf_gs_stream *s, struct pf_gs_flow *flow, bool by_address, const struct sockaddr_in *from);
/* A decrypted control message. */
void pf_gs_stream_message(struct pf_gs_stream *s, const struct pf_gs_message *m);
void pf_gs_stream_control_connected(struct pf_gs_stream *s, ENetPeer *peer);
/* Ends it once; why as in pf_gs_control_disconnect. quit: the app goes too. */
__attribute__((format(printf, 4, 5))) void pf_gs_stream_end(
	struct pf_gs_stream *s, uint32_t why, bool quit, const char *fmt, ...);
void pf_gs_stream_tick(struct pf_gs_stream *s, int64_t now_ns);

static inline bool pf_gs_stream_lives(const struct pf_gs_stream *s)
{
	return s->state != PF_GS_ENDING;
}

/* An older stream of the same run has ended. */
void pf_gs_stream_older_gone(struct pf_gs_stream *s);
/* For pf_host_sessions. */
void pf_gs_stream_status(const struct pf_gs_stream *s, struct pf_session_status *out);

/* --- gamestream.c --- */
/* A stream's last thread has ended. */
void pf_gs_stream_gone(struct pf_gamestream *g, struct pf_gs_stream *s);
/* A handle of the plane is closed. */
void pf_gs_handle_closed(struct pf_gamestream *g);
bool pf_gs_is_paired(
	const struct pf_gamestream *g, const struct pf_fingerprint *fp, struct pf_access *access);
