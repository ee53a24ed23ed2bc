/*
 * What a session's threads tell the net loop: a bounded queue and a wake-up. Timings may be lost when the
 * loop is far behind; everything else has room kept for it.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "media/mode.h"
#include "media/stamp.h"
#include "send/sender.h"

enum pf_notice_kind {
	PF_NOTICE_SENT,         /* a unit left: sent */
	PF_NOTICE_DROPPED,      /* a unit was dropped whole */
	PF_NOTICE_PROBE_DONE,   /* probe */
	PF_NOTICE_SEND_FAILED,  /* rc = errno */
	PF_NOTICE_DISPLAY,      /* rc, mode, reason */
	PF_NOTICE_PORTS,        /* ports: of the display from now on */
	PF_NOTICE_SOUND,        /* rc, reason: the device of sound came (PF_OK) or went */
	PF_NOTICE_MICROPHONE,   /* the same, of the microphone */
	PF_NOTICE_MODE,         /* rc, mode, asked, gap_ms, reason */
	PF_NOTICE_MEDIA_FAILED, /* reason */
	PF_NOTICE_STOPPED,      /* the display thread is done */
};

struct pf_sent {
	uint32_t frame_index;
	uint64_t pts_ns;
	int64_t sent_ns; /* pf_now_ns() */
	uint32_t bytes;
	bool key, repeat;
	struct pf_stamps stamps;
};

struct pf_display_ports;

struct pf_notice {
	enum pf_notice_kind kind;
	int rc;
	bool asked;
	unsigned gap_ms;
	struct pf_mode mode;
	struct pf_sent sent;
	struct pf_probe_result probe;
	const struct pf_display_ports *ports; /* the display thread's, used until it is told to stop */
	struct pf_reason reason;
};

struct pf_outbox;

/* on_notice runs on the loop's thread. Errors: PF_ERR_NOMEM. */
int pf_outbox_create(struct pf_outbox **out, uv_loop_t *loop,
	void (*on_notice)(void *user, const struct pf_notice *notice), void *user);
/* No on_notice afterwards; nobody may post any more. on_gone is called from the loop when the handle is
 * closed. */
void pf_outbox_destroy(struct pf_outbox *o, void (*on_gone)(void *user));
/* Thread-safety: safe. Copies. */
void pf_outbox_post(struct pf_outbox *o, const struct pf_notice *notice);
