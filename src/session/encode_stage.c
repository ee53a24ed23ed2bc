#include "session/encode_stage.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "os/clock.h"
#include "session/idle_cadence.h"

#define REOPEN_SPACING_NS (2 * INT64_C(1000000000))

struct pf_encode_stage {
	struct pf_encode_stage_params p;
	_Atomic bool stopping; /* set by stop (release), read by the thread (acquire) */
	pthread_t thread;

	/* The thread's own. */
	struct pf_frame *held;
	unsigned repeats;
	int64_t last_encode_ns;
	uint64_t rate; /* in force */
	int64_t reopened_ns;
};

/* A new encoder costs an IDR: only for a change that is worth it, and not again at once. */
static bool worth_reopening(const struct pf_encode_stage *s, uint32_t kbps)
{
	uint32_t now = (uint32_t)(s->rate >> 32);
	uint32_t change = kbps > now ? kbps - now : now - kbps;
	return change > now / 10 && pf_now_ns() - s->reopened_ns > REOPEN_SPACING_NS;
}

static int change_rate(struct pf_encode_stage *s, uint32_t kbps)
{
	int rc = pf_encoder_set_rate(s->p.encoder, kbps);
	if (rc != PF_ERR_UNSUPPORTED)
		return rc;
	if (!worth_reopening(s, kbps))
		return PF_ERR_AGAIN;
	s->reopened_ns = pf_now_ns();
	return s->p.reopen(s->p.user, kbps, &s->p.encoder);
}

/* Encoder first: a larger parity share is sent only when there is room for it (native-media 7.4). An encoder
 * that keeps its rate for now is too close to the wanted one to matter. An error leaves no encoder. */
static int apply_rate(struct pf_encode_stage *s)
{
	uint64_t wanted = atomic_load_explicit(&s->p.control->rate, memory_order_acquire);
	if (wanted == s->rate)
		return PF_OK;
	uint32_t before = (uint32_t)(s->rate >> 32), kbps = (uint32_t)(wanted >> 32);
	unsigned fec_percent = (unsigned)(wanted & UINT32_MAX);
	int rc = kbps == before ? PF_OK : change_rate(s, kbps);
	if (rc < 0 && rc != PF_ERR_AGAIN)
		return rc;
	pf_sender_set_fec_percent(s->p.sender, fec_percent);
	s->rate = pf_encode_rate(rc == PF_OK ? kbps : before, fec_percent);
	return PF_OK;
}

static void publish_load(struct pf_encode_stage *s, int64_t spent_ns)
{
	uint32_t now = (uint32_t)(spent_ns * s->p.refresh_hz / 1000000);
	uint32_t old = atomic_load_explicit(&s->p.control->busy_permille, memory_order_relaxed);
	atomic_store_explicit(&s->p.control->busy_permille, (old * 15 + now) / 16, memory_order_relaxed);
}

static bool end_broken(struct pf_encode_stage *s, int rc)
{
	struct pf_reason reason;
	pf_reason(&reason, rc, "the encoder failed: %s", pf_strerror(rc));
	s->p.on_ended(s->p.user, &reason);
	return false;
}

static void stamp_queue(struct pf_stamps *stamps, int64_t now_ns)
{
	int64_t queued_ns = now_ns - stamps->capture_ns - (int64_t)stamps->capture_us * 1000;
	stamps->queue_us = queued_ns > 0 ? (uint32_t)(queued_ns / 1000) : 0;
}

/* False when the stage is at its end. */
static bool encode_held(struct pf_encode_stage *s, bool repeat)
{
	struct pf_encode_control *control = s->p.control;
	int64_t start = pf_now_ns();
	int rc = apply_rate(s);
	if (rc < 0)
		return end_broken(s, rc);

	struct pf_encode_request request = {
		.force_key = atomic_exchange_explicit(&control->force_key, false, memory_order_acq_rel),
		.repeat = repeat,
		.pts_ns = repeat ? pf_wall_ns() : s->held->pts_ns,
		.frame_index = control->next_frame_index,
	};
	if (repeat)
		s->held->stamps = (struct pf_stamps){.capture_ns = start};
	else
		stamp_queue(&s->held->stamps, start);

	struct pf_unit *unit = NULL;
	rc = pf_encoder_encode(s->p.encoder, s->held, &request, &unit);
	s->last_encode_ns = pf_now_ns();
	if (rc == PF_ERR_AGAIN)
		return true;
	if (rc == PF_ERR_LIMIT) { /* every unit waits behind the network: this picture is lost */
		atomic_store_explicit(&control->force_key, true, memory_order_release);
		return true;
	}
	if (rc < 0)
		return end_broken(s, rc);
	if (!repeat)
		publish_load(s, s->last_encode_ns - start);
	unit->frame_index = control->next_frame_index++;
	pf_sender_submit(s->p.sender, unit);
	if (s->p.max_frames && control->next_frame_index >= s->p.max_frames) {
		s->p.on_ended(s->p.user, &(struct pf_reason){0});
		return false;
	}
	return true;
}

static void *run(void *arg)
{
	struct pf_encode_stage *s = arg;
	bool going = true;
	while (going && !atomic_load_explicit(&s->stopping, memory_order_acquire)) {
		int64_t deadline = s->last_encode_ns + pf_idle_interval_ns(s->repeats, s->p.refresh_hz);
		struct pf_frame *frame = NULL;
		int rc = pf_mailbox_take(s->p.mailbox, s->held ? deadline : pf_now_ns() + 1000000000, &frame);
		if (rc == PF_OK) {
			pf_frame_unref(s->held);
			s->held = frame;
			s->repeats = 0;
		} else if (!s->held || (rc == PF_ERR_AGAIN && !atomic_load_explicit(&s->p.control->force_key,
								      memory_order_acquire))) {
			continue;
		} else {
			s->repeats++;
		}
		going = encode_held(s, rc != PF_OK);
	}
	s->held = pf_frame_unref(s->held);
	return NULL;
}

int pf_encode_stage_start(struct pf_encode_stage **out, const struct pf_encode_stage_params *params)
{
	struct pf_encode_stage *s = calloc(1, sizeof(*s));
	if (!s)
		return PF_ERR_NOMEM;
	s->p = *params;
	s->rate = params->rate;
	pf_sender_set_fec_percent(params->sender, (unsigned)(s->rate & 0xffffffff));
	if (pthread_create(&s->thread, NULL, run, s) != 0) {
		free(s);
		return PF_ERR_NOMEM;
	}
	pthread_setname_np(s->thread, "pf-encode");
	*out = s;
	return PF_OK;
}

void pf_encode_stage_stop(struct pf_encode_stage *s)
{
	if (!s)
		return;
	atomic_store_explicit(&s->stopping, true, memory_order_release);
	pf_mailbox_wake(s->p.mailbox);
	pthread_join(s->thread, NULL);
	free(s);
}
