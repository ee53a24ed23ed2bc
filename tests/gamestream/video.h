/* Video datagrams: decryption, checks, losses on purpose, frames. */
#pragma once

#include "frames.h"
#include "inspect.h"
#include "loss.h"
#include "session.h"

struct gsc_video {
	const struct gsc_session *session;
	bool sealed;
	struct pf_fec8 *fec;
	struct gsc_inspector inspector;
	struct gsc_loss loss;
	struct gsc_frames frames;
	uint64_t packets, dropped;
	bool any_counter;
	uint64_t counter; /* of the newest sealed packet */
};

bool gsc_video_open(struct gsc_video *v, const struct gsc_session *s);
void gsc_video_close(struct gsc_video *v);
void gsc_video_datagram(struct gsc_video *v, uint8_t *data, size_t len, double now_ms);
