/*
 * Capture of one output over a Wayland connection of its own: ext-image-copy-capture-v1 where it is
 * offered, else wlr-screencopy v2 or later (product 5.2). Pictures come in shared memory and with the
 * cursor painted in. The next request is with the compositor before a picture is handed out; the
 * compositor holds it until something changes. A compositor that stops answering is told from an idle one
 * by a sync once a second.
 */
#pragma once

#include "capture/capture.h"

#define PF_IMAGE_COPY_HUNG_MS 5000 /* without an answer to a sync; noticed at most a second later */

enum pf_image_copy_protocol { PF_IMAGE_COPY_BEST, PF_IMAGE_COPY_EXT, PF_IMAGE_COPY_WLR };

struct pf_image_copy_params {
	const char *socket_path; /* of the compositor, absolute */
	const char *output_name; /* NULL = the first output */
	enum pf_image_copy_protocol protocol;
	/* Told of each picture when the next is asked for, so that what it does delays none; NULL = nobody.
	 * Called on the capture's thread; ready_ns is of pf_now_ns. */
	void (*on_picture)(void *user, int64_t ready_ns);
	void *user;
};

/* Takes at most 3 s.
 * Errors: PF_ERR_NOT_FOUND (no compositor, or no such output), PF_ERR_UNSUPPORTED (no protocol, or no picture
 * format that we read), PF_ERR_TIMEOUT, PF_ERR_CLOSED, PF_ERR_NOMEM, PF_ERR_IO. */
int pf_capture_image_copy_create(
	struct pf_capture **out, const struct pf_image_copy_params *params, struct pf_reason *reason);
