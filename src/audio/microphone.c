#include "audio/microphone.h"

#include <spa/node/io.h>
#include <spa/param/audio/format-utils.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "audio/defaults.h"
#include "audio/drift.h"
#include "audio/graph.h"
#include "audio/mic_buffer.h"
#include "audio/mic_decoder.h"
#include "base/log.h"
#include "os/clock.h"
#include "proto/native/caps.h"

#define FRAME_BYTES (sizeof(float) * PF_MIC_CHANNELS)

struct pf_microphone {
	struct pf_graph_part part;
	struct pf_graph *connection;
	struct pf_mic_buffer *buffer;
	struct pf_audio_defaults *defaults;
	struct pf_audio_claim *claim; /* NULL: it is not the default source */
	char *node, *description;
	void (*on_live)(void *user, bool live, const struct pf_reason *reason);
	void *user;
	/* Written by the graph's thread: somebody records. */
	_Atomic bool recorded;

	/* Of the graph's thread. */
	bool live;
	struct pf_graph *graph; /* once it is up */
	struct pw_stream *stream;
	struct spa_hook listener;

	/* Written by the graph's thread, used by PipeWire's data thread; NULL = the resampler cannot be told. */
	_Atomic(struct spa_io_rate_match *) rate_match;
	struct pf_drift drift; /* of the data thread */
};

static struct pf_microphone *from_part(struct pf_graph_part *p)
{
	return (struct pf_microphone *)p;
}

static void tell(struct pf_microphone *m, bool live, const struct pf_reason *reason)
{
	m->live = live;
	if (m->on_live)
		m->on_live(m->user, live, reason);
}

/* --- data thread --- */

static void fill(struct pf_microphone *m, struct pw_buffer *b)
{
	struct spa_data *data = &b->buffer->datas[0];
	uint32_t room = data->maxsize / FRAME_BYTES;
	unsigned frames = b->requested > 0 && b->requested < room ? (unsigned)b->requested : room;
	double excess = pf_mic_buffer_pull(m->buffer, data->data, frames, pf_now_ns());
	*data->chunk = (struct spa_chunk){.size = (uint32_t)(frames * FRAME_BYTES), .stride = FRAME_BYTES};
	b->size = frames;
	struct spa_io_rate_match *match = atomic_load_explicit(&m->rate_match, memory_order_acquire);
	if (match) {
		match->rate = 1 / pf_drift_update(&m->drift, excess, frames, PF_AUDIO_RATE_HZ);
		SPA_FLAG_SET(match->flags, SPA_IO_RATE_MATCH_FLAG_ACTIVE);
	}
}

static void handle_process(void *data)
{
	struct pf_microphone *m = data;
	struct pw_buffer *b = pw_stream_dequeue_buffer(m->stream);
	if (!b)
		return;
	if (b->buffer->datas[0].data)
		fill(m, b);
	pw_stream_queue_buffer(m->stream, b);
}

/* --- the graph's thread --- */

static void handle_io_changed(void *data, uint32_t id, void *area, uint32_t size)
{
	struct pf_microphone *m = data;
	if (id == SPA_IO_RateMatch)
		atomic_store_explicit(&m->rate_match, area, memory_order_release);
}

static void handle_state_changed(
	void *data, enum pw_stream_state old, enum pw_stream_state state, const char *error)
{
	struct pf_microphone *m = data;
	atomic_store_explicit(&m->recorded, state == PW_STREAM_STATE_STREAMING, memory_order_relaxed);
	if (state == PW_STREAM_STATE_PAUSED && !m->live)
		tell(m, true, &(struct pf_reason){0});
	if (state == PW_STREAM_STATE_ERROR || (state == PW_STREAM_STATE_UNCONNECTED && m->live)) {
		struct pf_reason reason;
		pf_reason(&reason, PF_ERR_CLOSED,
			"PipeWire took the microphone %s away (%s): it is made again in a moment", m->node,
			error ? error : "somebody removed it");
		pf_graph_fail(m->graph, &reason);
	}
}

static const struct pw_stream_events events = {
	PW_VERSION_STREAM_EVENTS,
	.state_changed = handle_state_changed,
	.io_changed = handle_io_changed,
	.process = handle_process,
};

static struct pw_properties *properties(const struct pf_microphone *m)
{
	return pw_properties_new(PW_KEY_MEDIA_CLASS, "Audio/Source", PW_KEY_NODE_NAME, m->node,
		PW_KEY_NODE_DESCRIPTION, m->description, PW_KEY_NODE_VIRTUAL, "true",
		/* A power of two near 5 ms: others would be rounded down to one. */
		PW_KEY_NODE_LATENCY, "256/48000",
		/* Never the default by itself. */
		PW_KEY_PRIORITY_SESSION, "50", PW_KEY_PRIORITY_DRIVER, "0", NULL);
}

static int connect(struct pf_microphone *m)
{
	uint8_t bytes[512];
	struct spa_pod_builder builder = SPA_POD_BUILDER_INIT(bytes, sizeof(bytes));
	const struct spa_pod *format = spa_format_audio_raw_build(&builder, SPA_PARAM_EnumFormat,
		&SPA_AUDIO_INFO_RAW_INIT(.format = SPA_AUDIO_FORMAT_F32, .rate = PF_AUDIO_RATE_HZ,
			.channels = PF_MIC_CHANNELS,
			.position = {SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR}));
	return pw_stream_connect(m->stream, PW_DIRECTION_OUTPUT, PW_ID_ANY,
		PW_STREAM_FLAG_MAP_BUFFERS | PW_STREAM_FLAG_RT_PROCESS, &format, 1);
}

static void up(struct pf_graph_part *p, struct pf_graph *g)
{
	struct pf_microphone *m = from_part(p);
	m->graph = g;
	m->stream = pw_stream_new(pf_graph_core(g), m->description, properties(m));
	if (m->stream)
		pw_stream_add_listener(m->stream, &m->listener, &events, m);
	int rc = m->stream ? connect(m) : -ENOMEM;
	if (rc < 0) {
		struct pf_reason reason;
		pf_reason(&reason, PF_ERR_CLOSED,
			"PipeWire makes no microphone %s (%s): it is tried again soon", m->node,
			strerror(-rc));
		pf_graph_fail(g, &reason);
	}
}

static void down(struct pf_graph_part *p, struct pf_graph *g)
{
	struct pf_microphone *m = from_part(p);
	atomic_store_explicit(&m->recorded, false, memory_order_relaxed);
	m->live = false;
	if (m->stream) {
		spa_hook_remove(&m->listener);
		pw_stream_destroy(m->stream);
	}
	m->stream = NULL;
	atomic_store_explicit(&m->rate_match, NULL, memory_order_relaxed);
}

/* That the daemon answers is not yet a microphone. */
static void handle_graph(void *user, bool graph_up, const struct pf_reason *reason)
{
	if (!graph_up)
		tell(user, false, reason);
}

static const struct pf_graph_part_impl microphone_impl = {.up = up, .down = down};

/* --- from outside --- */

/* Without the claim those programs hear it that name it. */
static void claim_default(struct pf_microphone *m)
{
	if (m->defaults &&
		pf_audio_defaults_claim(m->defaults, &m->claim, PF_AUDIO_DEFAULT_SOURCE, m->node) < 0)
		pf_warn("audio", "%s does not become the default source: its predecessor could not be noted",
			m->node);
}

int pf_microphone_create(
	struct pf_microphone **out, const struct pf_microphone_params *params, struct pf_reason *reason)
{
	struct pf_microphone *m = calloc(1, sizeof(*m));
	if (!m)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory for a microphone");
	*m = (struct pf_microphone){
		.part = {&microphone_impl},
		.node = strdup(params->node),
		.description = strdup(params->description),
		.defaults = params->defaults,
		.on_live = params->on_live,
		.user = params->user,
	};
	int rc = PF_ERR_NOMEM;
	if (!m->node || !m->description || pf_mic_buffer_create(&m->buffer))
		pf_reason(reason, rc, "no memory for a microphone");
	else
		rc = pf_graph_create(&m->connection,
			&(struct pf_graph_params){.remote = params->remote,
				.name = m->description,
				.part = {&m->part},
				.on_state = handle_graph,
				.user = m},
			reason);
	if (rc < 0) {
		pf_microphone_destroy(m);
		return rc;
	}
	claim_default(m);
	*out = m;
	return PF_OK;
}

void pf_microphone_destroy(struct pf_microphone *m)
{
	if (!m)
		return;
	pf_graph_destroy(m->connection);
	if (m->claim)
		pf_audio_defaults_release(m->defaults, m->claim);
	pf_mic_buffer_destroy(m->buffer);
	free(m->node);
	free(m->description);
	free(m);
}

void pf_microphone_take(struct pf_microphone *m, const struct pf_audio_packet *packet, int64_t now_ns)
{
	/* Otherwise a program that begins to record would hear the past. */
	if (atomic_load_explicit(&m->recorded, memory_order_relaxed))
		pf_mic_buffer_push(m->buffer, packet, now_ns);
}

void pf_microphone_stats(const struct pf_microphone *m, struct pf_microphone_stats *out)
{
	pf_mic_buffer_stats(m->buffer, out);
}
