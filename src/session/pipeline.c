#include "session/pipeline.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "os/clock.h"
#include "session/capture_stage.h"

#define FIRST_PICTURE_NS (5 * INT64_C(1000000000))

struct pf_pipeline {
	struct pf_pipeline_params p;
	struct pf_capture *capture;
	struct pf_mailbox mailbox;
	struct pf_encoder *encoder;
	uint64_t rate; /* that the encoder was opened with */
	struct pf_capture_stage *capture_stage;
	struct pf_encode_stage *encode_stage;
	/* Why capture ended before the first picture; written by the capture thread, published by `ended`. */
	struct pf_reason capture_reason;
	_Atomic bool capture_ended;
};

static void handle_capture_failed(void *user, const struct pf_reason *reason)
{
	struct pf_pipeline *p = user;
	p->capture_reason = *reason;
	atomic_store_explicit(&p->capture_ended, true, memory_order_release);
	pf_mailbox_wake(&p->mailbox);
	p->p.on_ended(p->p.user, p->p.generation, reason);
}

static void handle_encode_ended(void *user, const struct pf_reason *reason)
{
	struct pf_pipeline *p = user;
	p->p.on_ended(p->p.user, p->p.generation, reason);
}

static int open_capture(struct pf_pipeline *p, struct pf_reason *reason)
{
	int rc = pf_display_open_capture(p->p.display, &p->capture, reason);
	if (rc < 0)
		return rc;
	rc = pf_capture_stage_start(&p->capture_stage, p->capture, &p->mailbox, handle_capture_failed, p);
	return rc < 0 ? pf_reason(reason, rc, "cannot start the capture thread: %s", pf_strerror(rc)) : PF_OK;
}

static int open_encoder(struct pf_pipeline *p, uint32_t kbps, struct pf_reason *reason)
{
	struct pf_encoder_params params = {
		.codec = p->p.codec,
		.mode = p->p.display->mode,
		.bitrate_kbps = kbps,
		.colour = p->p.colour,
		.slices = p->p.slices,
		.max_unit_bytes = p->p.max_unit_bytes,
	};
	return pf_encoder_open(&p->encoder, p->p.encoder, &params, reason);
}

static int handle_reopen(void *user, uint32_t kbps, struct pf_encoder **encoder)
{
	struct pf_pipeline *p = user;
	pf_encoder_close(p->encoder);
	p->encoder = NULL;
	int rc = open_encoder(p, kbps, NULL);
	*encoder = p->encoder;
	return rc;
}

static int wait_first_picture(struct pf_pipeline *p, struct pf_reason *reason)
{
	int64_t deadline = pf_now_ns() + FIRST_PICTURE_NS;
	for (;;) {
		int rc = pf_mailbox_wait(&p->mailbox, deadline);
		if (rc == PF_OK)
			return PF_OK;
		if (atomic_load_explicit(&p->capture_ended, memory_order_acquire))
			return pf_reason(reason, PF_ERR_CLOSED, "%s", p->capture_reason.text);
		if (rc == PF_ERR_TIMEOUT)
			return pf_reason(reason, rc, "the %s display showed no picture within %d s",
				p->p.display->impl->name, (int)(FIRST_PICTURE_NS / 1000000000));
	}
}

int pf_pipeline_prepare(
	struct pf_pipeline **out, const struct pf_pipeline_params *params, struct pf_reason *reason)
{
	struct pf_pipeline *p = calloc(1, sizeof(*p));
	if (!p)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	p->p = *params;
	pf_mailbox_init(&p->mailbox);
	p->rate = atomic_load_explicit(&params->control->rate, memory_order_acquire);
	int rc = open_capture(p, reason);
	if (rc == PF_OK)
		rc = open_encoder(p, (uint32_t)(p->rate >> 32), reason);
	if (rc == PF_OK)
		rc = wait_first_picture(p, reason);
	if (rc < 0) {
		pf_pipeline_destroy(p);
		return rc;
	}
	*out = p;
	return PF_OK;
}

int pf_pipeline_run(struct pf_pipeline *p, struct pf_reason *reason)
{
	struct pf_encode_stage_params params = {
		.encoder = p->encoder,
		.rate = p->rate,
		.mailbox = &p->mailbox,
		.sender = p->p.sender,
		.control = p->p.control,
		.refresh_hz = p->p.display->mode.refresh_hz,
		.max_frames = p->p.max_frames,
		.reopen = handle_reopen,
		.on_ended = handle_encode_ended,
		.user = p,
	};
	int rc = pf_encode_stage_start(&p->encode_stage, &params);
	if (rc < 0)
		return pf_reason(reason, rc, "cannot start the encode thread: %s", pf_strerror(rc));
	pf_info("pipeline", "%ux%u@%u, %s capture, %s by %s", p->p.display->mode.width_px,
		p->p.display->mode.height_px, p->p.display->mode.refresh_hz, p->capture->impl->name,
		pf_codec_name(p->p.codec), pf_encoder_name(p->encoder));
	return PF_OK;
}

void pf_pipeline_wake(struct pf_pipeline *p)
{
	pf_mailbox_wake(&p->mailbox);
}

void pf_pipeline_force_key(struct pf_pipeline *p)
{
	atomic_store_explicit(&p->p.control->force_key, true, memory_order_release);
	pf_pipeline_wake(p);
}

void pf_pipeline_destroy(struct pf_pipeline *p)
{
	if (!p)
		return;
	pf_encode_stage_stop(p->encode_stage);
	pf_capture_stage_stop(p->capture_stage);
	pf_encoder_close(p->encoder);
	pf_mailbox_finish(&p->mailbox);
	pf_capture_destroy(p->capture);
	free(p);
}
