/*
 * The host: listens on the native port, makes a session of every connection, and knows all sessions. It
 * lives on one libuv loop (the net loop) and that loop's thread.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "audio/pipewire_source.h"
#include "base/error.h"
#include "media/mode.h"
#include "proto/native/caps.h"
#include "session/audio_plan.h"

struct pf_host;
struct pf_host_event;

#define PF_HOST_SESSIONS_DEFAULT 4

enum pf_choice { PF_CHOICE_AUTO, PF_CHOICE_ON, PF_CHOICE_OFF };

#define PF_SOUND_PIPEWIRE "pipewire"

/* What clients hear and whether they are heard. */
struct pf_sound_settings {
	const char *source; /* PF_SOUND_PIPEWIRE, or of pf_audio_source_create; NULL = "silence" */
	enum pf_audio_routing routing;
	enum pf_audio_tier quality; /* the best */
	bool hires;                 /* PCM for those who ask for it */
	enum pf_choice redundancy;  /* each packet twice */
	float gain;                 /* 0 = 1.0 */
};

/* Strings are borrowed until pf_host_destroy. */
struct pf_host_params {
	struct sockaddr_storage bind; /* native port; port 0 takes a free one */
	bool open;                    /* everybody is let in with full access */
	const char *config_dir;       /* identity; made when absent */
	const char *runtime_root;     /* runtime directories of private displays; made when absent */
	const char *display;          /* backend or NULL */
	const char *encoder;          /* backend or NULL */
	const char *session_command;  /* what runs on a private display; NULL = its default */
	unsigned max_sessions;        /* streaming at a time; 0 = unlimited */
	unsigned keep_display_ms;     /* how long the display of a lost client is kept */
	enum pf_gamepad gamepad;      /* what controllers become; PF_GAMEPAD_AUTO: as clients say */
	unsigned rumble_idle_ms;      /* see pf_pad_pool_params */
	struct pf_sound_settings sound;
	unsigned idle_timeout_ms; /* 0 = 8000 */
	int fec_percent;          /* 0..90 pins the parity; -1 = adaptive */
	uint32_t wire_mtu;        /* known link MTU; 0 = unknown */
	bool gso;                 /* trains of video packets, where the kernel makes them */
	bool txtime;              /* the kernel paces them, where it can */
	enum pf_choice dscp;
	unsigned drop_percent;   /* test loss */
	bool perf;               /* log each stage every second */
	unsigned approval_ms;    /* how long an unpaired device waits for a decision; 0 = 180 s */
	const char *pairing_pin; /* four digits that pair, again and again: for test harnesses; NULL = none */

	/* What happens, see session/admin.h; may be NULL. On the net loop. */
	void (*on_event)(void *event_user, const struct pf_host_event *event);
	void *event_user;

	/* For test hosts. */
	uint32_t max_frames;         /* Welcome.frames; 0 = unbounded */
	unsigned max_seconds;        /* length of a session; 0 = unbounded */
	unsigned total_sessions;     /* end after so many sessions; 0 = never */
	void (*on_done)(void *user); /* total_sessions have ended */
	void *user;
};

/* Restores leftovers of a killed predecessor, loads or makes the identity, then listens.
 * Errors: PF_ERR_IO, PF_ERR_AUTH, PF_ERR_INVALID, PF_ERR_NOMEM, each with its reason. */
int pf_host_create(
	struct pf_host **out, uv_loop_t *loop, const struct pf_host_params *params, struct pf_reason *reason);
uint16_t pf_host_port(const struct pf_host *h);
/* What clients are told; 0 = none (the default). */
void pf_host_set_mgmt_port(struct pf_host *h, uint16_t port);
/* Other threads get no answer any more, see pf_host_ask in session/admin.h. Before they are joined, and before
 * pf_host_destroy. */
void pf_host_stop_answering(struct pf_host *h);
/* Ends every session (their displays too) and frees the host; on_gone (may be NULL) is called from the loop
 * at the end. Bounded to a few seconds, or to the limits of a display that is just being made. */
void pf_host_destroy(struct pf_host *h, void (*on_gone)(void *user), void *user);
