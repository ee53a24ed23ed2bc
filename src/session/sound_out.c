#include "session/sound_out.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "audio/opus_encoder.h"
#include "audio/out.h"
#include "base/writer.h"
#include "os/clock.h"
#include "proto/native/datagram.h"
#include "proto/native/pcm.h"

#define LANE_SLOTS    32 /* 160 ms of Opus: more is too late anyway */
#define DATAGRAM_MAX  1500
#define QUIET_FRAMES  100 /* of silence in a row, then none is sent: half a second of Opus */
#define RED_HEAD_MORE 2   /* what the head of a redundant packet is longer */

/* A datagram from the audio thread to the loop. */
struct parcel {
	uint8_t data[DATAGRAM_MAX];
	uint16_t len;
	bool redundant;
	int64_t pts_ns; /* pf_now_ns() */
};

struct lane {
	_Atomic unsigned head, tail; /* head by the audio thread (release), tail by the loop (release) */
	struct parcel parcel[LANE_SLOTS];
};

struct pf_sound_out {
	struct pf_sound_out_params p;
	struct pf_sound_plan plan;
	struct pf_audio_out *out;
	uv_async_t wake;
	void (*on_gone)(void *user);
	struct pf_sound_stats stats;

	_Atomic size_t room;
	_Atomic bool redundant;
	_Atomic uint64_t dropped; /* by the audio thread */
	struct lane lane;

	/* The audio thread's. */
	struct pf_opus_encoder *opus; /* NULL: PCM */
	uint32_t seq;
	unsigned quiet;
	uint8_t coded[2][DATAGRAM_MAX]; /* this packet and the one before, in turn */
	size_t coded_len[2];            /* 0: there is none */
	unsigned turn;
};

/* --- on the audio thread --- */

/* Half a second of silence is sent, so that the client has no gap to conceal; then nothing. */
static bool is_worth_sending(struct pf_sound_out *o, const struct pf_audio_frame *frame)
{
	o->quiet = frame->silent ? o->quiet + 1 : 0;
	return o->quiet <= QUIET_FRAMES;
}

static size_t encode(struct pf_sound_out *o, const struct pf_audio_frame *frame, uint8_t *out, size_t room)
{
	size_t len = 0;
	if (!o->opus) {
		size_t count = (size_t)pf_sound_frame_frames(&o->plan) * o->plan.channels;
		return count * o->plan.bits / 8 <= room
			       ? pf_pcm_write(out, frame->samples, count, o->plan.bits)
			       : 0;
	}
	return pf_opus_encoder_encode(o->opus, frame->samples, out, room, &len) == PF_OK ? len : 0;
}

/* What the datagram is; the packet before goes along when it is wanted, there and fits. */
static struct pf_datagram describe(struct pf_sound_out *o, uint64_t pts_ns, size_t room)
{
	const struct pf_slice now = {o->coded[o->turn], o->coded_len[o->turn]};
	const struct pf_slice before = {o->coded[!o->turn], o->coded_len[!o->turn]};
	bool fits = PF_AUDIO_HEAD_BYTES + RED_HEAD_MORE + now.len + before.len <= room;
	if (o->opus && fits && before.len && atomic_load_explicit(&o->redundant, memory_order_relaxed))
		return (struct pf_datagram){.tag = PF_DATAGRAM_AUDIO_RED,
			.red = {.seq = o->seq, .pts_ns = pts_ns, .primary = now, .previous = before}};
	return (struct pf_datagram){.tag = o->opus ? PF_DATAGRAM_AUDIO : PF_DATAGRAM_PCM,
		.audio = {.seq = o->seq, .pts_ns = pts_ns, .data = now}};
}

static void count_drop(struct pf_sound_out *o)
{
	atomic_fetch_add_explicit(&o->dropped, 1, memory_order_relaxed);
}

static void post(struct pf_sound_out *o, const struct pf_datagram *d, int64_t pts_ns)
{
	unsigned head = atomic_load_explicit(&o->lane.head, memory_order_relaxed);
	if (head - atomic_load_explicit(&o->lane.tail, memory_order_acquire) == LANE_SLOTS) {
		count_drop(o);
		return;
	}
	struct parcel *parcel = &o->lane.parcel[head % LANE_SLOTS];
	struct pf_wr w = pf_wr_init(parcel->data, sizeof(parcel->data));
	pf_datagram_write(&w, d);
	parcel->len = (uint16_t)w.len;
	parcel->redundant = d->tag == PF_DATAGRAM_AUDIO_RED;
	parcel->pts_ns = pts_ns;
	atomic_store_explicit(&o->lane.head, head + 1, memory_order_release);
	uv_async_send(&o->wake);
}

static void handle_frame(void *user, const struct pf_audio_frame *frame)
{
	struct pf_sound_out *o = user;
	size_t room = atomic_load_explicit(&o->room, memory_order_relaxed);
	size_t most = room < DATAGRAM_MAX ? room : DATAGRAM_MAX;
	bool worth = is_worth_sending(o, frame);
	if (frame->broken || !worth)
		o->coded_len[o->turn] = 0; /* nothing joins it */
	if (!worth)
		return;
	o->turn = !o->turn;
	o->coded_len[o->turn] = most > PF_AUDIO_HEAD_BYTES
					? encode(o, frame, o->coded[o->turn], most - PF_AUDIO_HEAD_BYTES)
					: 0;
	if (o->coded_len[o->turn]) {
		struct pf_datagram d = describe(o, pf_wall_at(frame->pts_ns), most);
		post(o, &d, frame->pts_ns);
	} else {
		count_drop(o); /* the client sees the gap in the numbers */
	}
	o->seq++;
}

/* --- on the loop --- */

static void send_parcel(struct pf_sound_out *o, const struct parcel *parcel)
{
	if (o->p.send(o->p.user, parcel->data, parcel->len) < 0) {
		o->stats.dropped++;
		return;
	}
	o->stats.packets++;
	o->stats.bytes += parcel->len;
	o->stats.redundant += parcel->redundant;
	int64_t sent_us = (pf_now_ns() - parcel->pts_ns) / 1000;
	pf_histogram_add(&o->stats.sent_us, sent_us > 0 ? (uint64_t)sent_us : 0);
}

static void handle_wake(uv_async_t *wake)
{
	struct pf_sound_out *o = wake->data;
	unsigned tail = atomic_load_explicit(&o->lane.tail, memory_order_relaxed);
	while (o->out && tail != atomic_load_explicit(&o->lane.head, memory_order_acquire)) {
		send_parcel(o, &o->lane.parcel[tail % LANE_SLOTS]);
		atomic_store_explicit(&o->lane.tail, ++tail, memory_order_release);
	}
}

static int create_encoder(struct pf_sound_out *o)
{
	const struct pf_audio_arrangement *a = pf_audio_arrange(o->plan.channels, o->plan.layout);
	if (o->plan.codec == PF_AUDIO_PCM)
		return PF_OK;
	return pf_opus_encoder_create(&o->opus, &(struct pf_opus_params){
							.channels = a->channels,
							.streams = a->streams,
							.coupled = a->coupled,
							.mapping = a->mapping,
							.kbps = o->plan.kbps,
							.packet_ms = 5,
							.variable = true,
						});
}

static int start_out(struct pf_sound_out *o)
{
	return pf_audio_out_start(&o->out, &(struct pf_audio_out_params){
						   .source = o->p.source,
						   .frame_frames = pf_sound_frame_frames(&o->plan),
						   .gain = o->p.gain,
						   .muted = o->p.muted,
						   .on_frame = handle_frame,
						   .user = o,
					   });
}

static void handle_closed(uv_handle_t *handle)
{
	struct pf_sound_out *o = handle->data;
	void (*on_gone)(void *user) = o->on_gone;
	void *user = o->p.user;
	pf_opus_encoder_destroy(o->opus);
	free(o);
	if (on_gone)
		on_gone(user);
}

int pf_sound_out_create(struct pf_sound_out **out, const struct pf_sound_out_params *params)
{
	struct pf_sound_out *o = calloc(1, sizeof(*o));
	if (!o)
		return PF_ERR_NOMEM;
	o->p = *params;
	o->plan = *params->plan;
	o->seq = params->first_seq;
	o->stats = params->before;
	atomic_init(&o->room, params->datagram_max);
	int rc = create_encoder(o);
	if (rc < 0 || uv_async_init(params->loop, &o->wake, handle_wake) < 0) {
		pf_opus_encoder_destroy(o->opus);
		free(o);
		return rc < 0 ? rc : PF_ERR_NOMEM;
	}
	o->wake.data = o;
	rc = start_out(o);
	if (rc < 0)
		uv_close((uv_handle_t *)&o->wake, handle_closed);
	else
		*out = o;
	return rc;
}

void pf_sound_out_set_room(struct pf_sound_out *o, size_t datagram_max)
{
	atomic_store_explicit(&o->room, datagram_max, memory_order_relaxed);
}

void pf_sound_out_set_redundant(struct pf_sound_out *o, bool redundant)
{
	atomic_store_explicit(&o->redundant, redundant, memory_order_relaxed);
}

void pf_sound_out_mute(struct pf_sound_out *o, bool muted)
{
	pf_audio_out_mute(o->out, muted);
}

void pf_sound_out_stats(const struct pf_sound_out *o, struct pf_sound_stats *out)
{
	*out = o->stats;
	out->dropped += atomic_load_explicit(&o->dropped, memory_order_relaxed);
}

uint32_t pf_sound_out_device_rate(const struct pf_sound_out *o)
{
	return o->p.source->impl->device_rate(o->p.source);
}

uint32_t pf_sound_out_destroy(struct pf_sound_out *o, void (*on_gone)(void *user))
{
	pf_audio_out_stop(o->out);
	o->out = NULL;
	o->on_gone = on_gone;
	uv_close((uv_handle_t *)&o->wake, handle_closed);
	return o->seq;
}
