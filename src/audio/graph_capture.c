#include "audio/graph_capture.h"

#include <math.h>
#include <spa/param/audio/format-utils.h>
#include <stdio.h>
#include <string.h>

#include "os/clock.h"

#define RETRY_NS 250000000
#define ASTRAY_S 0.05 /* more than clocks can drift: cycles were missed, count anew */

static const enum spa_audio_channel positions[8] = {SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR,
	SPA_AUDIO_CHANNEL_FC, SPA_AUDIO_CHANNEL_LFE, SPA_AUDIO_CHANNEL_RL, SPA_AUDIO_CHANNEL_RR,
	SPA_AUDIO_CHANNEL_SL, SPA_AUDIO_CHANNEL_SR};

/* Sound is sent by the monotonic clock. A sink of our own is driven by it too and needs no correction; a device has a
 * clock of its own. */
static bool is_ours(const struct spa_io_clock *clock)
{
	return strncmp(clock->name, "clock.system", strlen("clock.system")) == 0;
}

/* How much more was captured than has passed, by the driver's own smoothed time. */
static double correction(struct pf_graph_capture *c, const struct spa_io_clock *clock, unsigned frames)
{
	double passed_s = (double)((int64_t)clock->nsec - c->anchor_ns) / 1e9;
	double excess = (double)(c->since + frames) - passed_s * c->rate_hz;
	if (!c->anchor_ns || c->clock != clock->id || fabs(excess) > ASTRAY_S * c->rate_hz) {
		c->clock = clock->id;
		c->anchor_ns = (int64_t)clock->nsec;
		c->since = 0;
		return 1 + c->drift.held;
	}
	c->since += frames;
	return pf_drift_update(&c->drift, excess, frames, c->rate_hz);
}

static void keep_pace(struct pf_graph_capture *c, const struct spa_io_clock *clock, unsigned frames)
{
	struct spa_io_rate_match *match = atomic_load_explicit(&c->rate_match, memory_order_acquire);
	if (!match)
		return;
	/* PipeWire's ratio is samples out for samples in: above 1 it makes more of them. */
	double rate = is_ours(clock) ? 1 : 1 / correction(c, clock, frames);
	if (rate != 1 || match->flags & SPA_IO_RATE_MATCH_FLAG_ACTIVE) {
		match->rate = rate;
		match->flags |= SPA_IO_RATE_MATCH_FLAG_ACTIVE;
	}
}

static void handle_process(void *data)
{
	struct pf_graph_capture *c = data;
	struct spa_io_position *position = atomic_load_explicit(&c->position, memory_order_acquire);
	int64_t now_ns = pf_now_ns();
	if (!c->joined) {
		c->joined = true;
		c->anchor_ns = 0;
		pf_sample_store_open(c->store);
	}
	if (position) {
		atomic_store_explicit(&c->graph_rate_hz, position->clock.rate.denom, memory_order_relaxed);
		atomic_store_explicit(
			&c->graph_quantum_frames, (uint32_t)position->clock.duration, memory_order_relaxed);
	}
	struct pw_buffer *b;
	while ((b = pw_stream_dequeue_buffer(c->stream)) != NULL) {
		const struct spa_data *d = &b->buffer->datas[0];
		uint32_t offset = SPA_MIN(d->chunk->offset, d->maxsize);
		uint32_t bytes = SPA_MIN(d->chunk->size, d->maxsize - offset);
		unsigned frames = bytes / (unsigned)sizeof(float) / c->store->channels;
		if (d->data && frames) {
			pf_sample_store_put(
				c->store, (const float *)((const char *)d->data + offset), frames, now_ns);
			if (position)
				keep_pace(c, &position->clock, frames);
		}
		pw_stream_queue_buffer(c->stream, b);
	}
	pf_wake_signal(c->wake);
}

static void handle_io(void *data, uint32_t id, void *area, uint32_t size)
{
	struct pf_graph_capture *c = data;
	if (id == SPA_IO_Position)
		atomic_store_explicit(&c->position, area, memory_order_release);
	else if (id == SPA_IO_RateMatch)
		atomic_store_explicit(&c->rate_match, area, memory_order_release);
}

/* The session manager ends a stream whose sink it has not yet seen. */
static void retry(struct pf_graph_capture *c, const char *why)
{
	struct timespec in = {.tv_nsec = RETRY_NS};
	struct pf_reason reason;
	pw_loop_update_timer(pf_graph_loop(c->graph), c->timer, &in, NULL, false);
	pf_reason(&reason, PF_ERR_IO, "PipeWire has ended the recording of %s (%s): it is tried again",
		c->name, why ? why : "it does not say why");
	c->on_live(c->user, false, &reason);
}

static void handle_state(void *data, enum pw_stream_state old, enum pw_stream_state state, const char *error)
{
	struct pf_graph_capture *c = data;
	if (state == PW_STREAM_STATE_STREAMING)
		c->on_live(c->user, true, &(struct pf_reason){0});
	else if (state == PW_STREAM_STATE_ERROR || state == PW_STREAM_STATE_UNCONNECTED)
		retry(c, error);
}

static const struct pw_stream_events events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = handle_state,
	.io_changed = handle_io,
	.process = handle_process,
};

static struct pw_properties *properties(const struct pf_graph_capture *c)
{
	struct pw_properties *p = pw_properties_new(PW_KEY_MEDIA_TYPE, "Audio", PW_KEY_MEDIA_CATEGORY,
		"Capture", PW_KEY_MEDIA_ROLE, "Game", PW_KEY_NODE_NAME, "punktfunk-capture",
		PW_KEY_STREAM_CAPTURE_SINK, "true", PW_KEY_TARGET_OBJECT, c->name,
		/* Only ever this sink, never a microphone. */
		PW_KEY_NODE_DONT_RECONNECT, "true", NULL);
	if (!p)
		return NULL;
	pw_properties_setf(p, PW_KEY_NODE_LATENCY, "%u/%u", c->quantum_frames, c->rate_hz);
	if (c->force) {
		/* A latency alone is rounded to a power of two; PipeWire 0.3 rounds this down too, unless its
		 * configuration says clock.power-of-two-quantum = false. */
		pw_properties_setf(p, PW_KEY_NODE_FORCE_QUANTUM, "%u", c->quantum_frames);
		pw_properties_setf(p, PW_KEY_NODE_FORCE_RATE, "%u", c->rate_hz);
	}
	return p;
}

static int connect_stream(struct pf_graph_capture *c)
{
	uint8_t memory[1024];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(memory, sizeof(memory));
	struct spa_audio_info_raw info = {
		.format = SPA_AUDIO_FORMAT_F32, .rate = c->rate_hz, .channels = c->store->channels};
	for (unsigned i = 0; i < c->store->channels; i++)
		info.position[i] = positions[i];
	const struct spa_pod *format = spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat, &info);
	return pw_stream_connect(c->stream, PW_DIRECTION_INPUT, PW_ID_ANY,
		PW_STREAM_FLAG_AUTOCONNECT | PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS |
			PW_STREAM_FLAG_DONT_RECONNECT,
		&format, 1);
}

static void close_stream(struct pf_graph_capture *c)
{
	if (c->stream) {
		spa_hook_remove(&c->listener);
		pw_stream_destroy(c->stream);
	}
	c->stream = NULL;
	c->position = NULL;
	c->rate_match = NULL;
	c->graph_rate_hz = c->graph_quantum_frames = 0;
	c->joined = false;
}

static void open_stream(struct pf_graph_capture *c)
{
	struct pw_properties *p = properties(c);
	c->stream = p ? pw_stream_new(pf_graph_core(c->graph), "sound of the stream", p) : NULL;
	if (c->stream)
		pw_stream_add_listener(c->stream, &c->listener, &events, c);
	if (!c->stream || connect_stream(c) < 0)
		retry(c, "no memory");
}

void pf_graph_capture_aim(struct pf_graph_capture *c, const char *name, uint32_t sink)
{
	struct pf_reason reason;
	if (c->sink == sink || !c->timer)
		return;
	close_stream(c);
	c->sink = sink;
	if (sink != SPA_ID_INVALID) {
		snprintf(c->name, sizeof(c->name), "%s", name);
		open_stream(c);
		return;
	}
	pf_reason(&reason, PF_ERR_NOT_FOUND, "the sink %s, whose sound is recorded, has gone", c->name);
	c->on_live(c->user, false, &reason);
}

static void handle_timer(void *data, uint64_t expirations)
{
	struct pf_graph_capture *c = data;
	close_stream(c);
	if (c->sink != SPA_ID_INVALID)
		open_stream(c);
}

static void up(struct pf_graph_part *part, struct pf_graph *g)
{
	struct pf_graph_capture *c = (struct pf_graph_capture *)part;
	c->graph = g;
	c->timer = pw_loop_add_timer(pf_graph_loop(g), handle_timer, c);
	if (!c->timer)
		pf_graph_fail(g, &(struct pf_reason){"no memory for the recording of sound"});
}

static void down(struct pf_graph_part *part, struct pf_graph *g)
{
	struct pf_graph_capture *c = (struct pf_graph_capture *)part;
	close_stream(c);
	c->sink = SPA_ID_INVALID;
	if (c->timer)
		pw_loop_destroy_source(pf_graph_loop(g), c->timer);
	c->timer = NULL;
}

void pf_graph_capture_init(struct pf_graph_capture *c, struct pf_sample_store *store, struct pf_wake *wake,
	uint32_t rate_hz, unsigned quantum_frames, bool force,
	void (*on_live)(void *user, bool live, const struct pf_reason *reason), void *user)
{
	static const struct pf_graph_part_impl impl = {up, NULL, NULL, down};
	*c = (struct pf_graph_capture){
		.part = {&impl},
		.store = store,
		.wake = wake,
		.rate_hz = rate_hz,
		.quantum_frames = quantum_frames,
		.force = force,
		.on_live = on_live,
		.user = user,
		.sink = SPA_ID_INVALID,
	};
}
