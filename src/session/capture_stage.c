#include "session/capture_stage.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "os/clock.h"

struct pf_capture_stage {
	struct pf_capture *capture;
	struct pf_mailbox *mailbox;
	void (*on_failed)(void *user, const struct pf_reason *reason);
	void *user;
	_Atomic bool stopping; /* set by stop (release), read by the thread (acquire) */
	pthread_t thread;
};

static void *run(void *arg)
{
	struct pf_capture_stage *s = arg;
	struct pf_reason reason = {0};
	while (!atomic_load_explicit(&s->stopping, memory_order_acquire)) {
		struct pf_frame *frame = NULL;
		int rc = pf_capture_next(s->capture, 1000, &frame, &reason);
		if (rc == PF_OK) {
			int64_t age_ns = pf_now_ns() - frame->stamps.capture_ns;
			frame->stamps.capture_us = age_ns > 0 ? (uint32_t)(age_ns / 1000) : 0;
			pf_mailbox_put(s->mailbox, frame);
		} else if (rc != PF_ERR_TIMEOUT && rc != PF_ERR_AGAIN) {
			if (!reason.text[0])
				pf_reason(&reason, rc, "capture ended: %s", pf_strerror(rc));
			s->on_failed(s->user, &reason);
			break;
		}
	}
	return NULL;
}

int pf_capture_stage_start(struct pf_capture_stage **out, struct pf_capture *capture,
	struct pf_mailbox *mailbox, void (*on_failed)(void *user, const struct pf_reason *reason), void *user)
{
	struct pf_capture_stage *s = calloc(1, sizeof(*s));
	if (!s)
		return PF_ERR_NOMEM;
	s->capture = capture;
	s->mailbox = mailbox;
	s->on_failed = on_failed;
	s->user = user;
	if (pthread_create(&s->thread, NULL, run, s) != 0) {
		free(s);
		return PF_ERR_NOMEM;
	}
	pthread_setname_np(s->thread, "pf-capture");
	*out = s;
	return PF_OK;
}

void pf_capture_stage_stop(struct pf_capture_stage *s)
{
	if (!s)
		return;
	atomic_store_explicit(&s->stopping, true, memory_order_release);
	pf_capture_wake(s->capture);
	pthread_join(s->thread, NULL);
	free(s);
}
