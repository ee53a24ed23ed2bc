#include "session/media.h"

#include <stdatomic.h>
#include <string.h>

#include "os/clock.h"

int pf_media_init(struct pf_media *m, uv_loop_t *loop, enum pf_key_dialect dialect,
	void (*on_notice)(void *user, const struct pf_notice *notice), void *user)
{
	int rc = pf_input_plane_create(&m->input, loop, dialect);
	if (rc < 0)
		return rc;
	rc = pf_outbox_create(&m->outbox, loop, on_notice, user);
	if (rc < 0)
		pf_input_plane_destroy(m->input);
	return rc;
}

/* --- from the display thread --- */

static void post_display(void *user, int rc, struct pf_mode mode, const struct pf_reason *reason)
{
	struct pf_media *m = user;
	struct pf_notice n = {.kind = PF_NOTICE_DISPLAY, .rc = rc, .mode = mode, .reason = *reason};
	pf_outbox_post(m->outbox, &n);
}

static void post_ports(void *user, const struct pf_display_ports *ports)
{
	struct pf_media *m = user;
	pf_outbox_post(m->outbox, &(struct pf_notice){.kind = PF_NOTICE_PORTS, .ports = ports});
}

static void post_mode(
	void *user, int rc, struct pf_mode mode, bool asked, unsigned gap_ms, const struct pf_reason *reason)
{
	struct pf_media *m = user;
	struct pf_notice n = {.kind = PF_NOTICE_MODE,
		.rc = rc,
		.mode = mode,
		.asked = asked,
		.gap_ms = gap_ms,
		.reason = *reason};
	pf_outbox_post(m->outbox, &n);
}

static void post_failed(void *user, const struct pf_reason *reason)
{
	struct pf_media *m = user;
	pf_outbox_post(m->outbox, &(struct pf_notice){.kind = PF_NOTICE_MEDIA_FAILED, .reason = *reason});
}

static void post_stopped(void *user)
{
	struct pf_media *m = user;
	pf_outbox_post(m->outbox, &(struct pf_notice){.kind = PF_NOTICE_STOPPED});
}

int pf_media_start_display(struct pf_media *m, struct pf_display_thread_params *params)
{
	static const struct pf_display_events events = {
		.on_display = post_display,
		.on_ports = post_ports,
		.on_mode = post_mode,
		.on_failed = post_failed,
		.on_stopped = post_stopped,
	};
	params->events = &events;
	params->user = m;
	return pf_display_thread_start(&m->display, params);
}

bool pf_media_take_ports(struct pf_media *m, const struct pf_display_ports *ports)
{
	bool moved = memcmp(&m->place, &ports->sound, sizeof(m->place)) != 0;
	pf_input_plane_aim(m->input, ports->input);
	m->place = ports->sound;
	return moved;
}

/* --- from encode and send thread --- */

static void post_sent(void *user, const struct pf_unit *unit, const struct pf_stamps *stamps)
{
	struct pf_media *m = user;
	struct pf_notice n = {
		.kind = PF_NOTICE_SENT,
		.sent =
			{
				.frame_index = unit->frame_index,
				.pts_ns = unit->pts_ns,
				.sent_ns = pf_now_ns(),
				.bytes = (uint32_t)unit->len,
				.key = unit->key,
				.repeat = unit->repeat,
				.stamps = *stamps,
			},
	};
	pf_outbox_post(m->outbox, &n);
}

/* What the client misses it cannot predict from: the next picture must stand alone. */
static void post_dropped(void *user, const struct pf_unit *unit)
{
	struct pf_media *m = user;
	atomic_store_explicit(&m->control.force_key, true, memory_order_release);
	pf_outbox_post(m->outbox, &(struct pf_notice){.kind = PF_NOTICE_DROPPED});
}

static void post_probe_done(void *user, const struct pf_probe_result *result)
{
	struct pf_media *m = user;
	pf_outbox_post(m->outbox, &(struct pf_notice){.kind = PF_NOTICE_PROBE_DONE, .probe = *result});
}

static void post_send_failed(void *user, int error)
{
	struct pf_media *m = user;
	pf_outbox_post(m->outbox, &(struct pf_notice){.kind = PF_NOTICE_SEND_FAILED, .rc = error});
}

int pf_media_create_sender(struct pf_media *m, struct pf_sender_params *params)
{
	params->on_sent = post_sent;
	params->on_dropped = post_dropped;
	params->on_probe_done = post_probe_done;
	params->on_failed = post_send_failed;
	params->user = m;
	return pf_sender_create(&m->sender, params);
}

void pf_media_run(struct pf_media *m, const struct pf_host_params *host, const struct pf_media_stream *stream)
{
	const struct pf_pipeline_params params = {
		.sender = m->sender,
		.control = &m->control,
		.encoder = host->encoder,
		.codec = stream->codec,
		.colour = stream->colour,
		.slices = stream->slices,
		.max_unit_bytes = stream->max_unit_bytes,
		.max_frames = host->max_frames,
	};
	pf_display_thread_run(m->display, &params);
}

void pf_media_force_key(struct pf_media *m)
{
	atomic_store_explicit(&m->control.force_key, true, memory_order_release);
	pf_display_thread_wake(m->display);
}

void pf_media_stop(struct pf_media *m, unsigned keep_ms)
{
	pf_input_plane_aim(m->input, NULL);
	pf_input_plane_unseat(m->input, keep_ms);
	pf_display_thread_stop(m->display, m->sender, keep_ms);
}

void pf_media_join(struct pf_media *m)
{
	pf_display_thread_join(m->display);
	m->display = NULL;
	m->sender = NULL;
}

void pf_media_finish(struct pf_media *m, void (*on_gone)(void *user))
{
	pf_input_plane_destroy(m->input);
	m->input = NULL;
	pf_outbox_destroy(m->outbox, on_gone);
	m->outbox = NULL;
}
