#include "audio/mic_buffer.h"

#include <opus.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "audio/mic_decoder.h"
#include "audio/mic_jitter.h"
#include "proto/native/caps.h"

#define WINDOW        64  /* packets that can be waiting */
#define BEHIND_MAX    500 /* packets: further back, the sender began anew */
#define LATE_RUN      5   /* late packets in a row are no late packets: the sender began anew */
#define UNIT_FRAMES   480 /* SILK cannot conceal less than 10 ms at a time */
#define QUIET_PEAK    0.004f
#define MS            INT64_C(1000000)
#define SLACK_NS      (2 * MS)  /* what the pulling thread may itself be late */
#define FLOOR_MAX_NS  (20 * MS) /* one packet is always waited for, for the sake of its forward correction */
#define SHRINK        250       /* the wanted delay shrinks by 1 ns per 250 ns: twice what drift takes off */
#define STORED_MAX_NS (60 * MS) /* over what is wanted: a burst; only the newest of it is played */
#define EXCESS_NS     (15 * MS)
#define EXCESS_FOR_NS (2000 * MS)
#define TRIM_EVERY_NS (300 * MS)
#define PAUSE_NS      (600 * MS) /* nothing arrived */
#define UNPULLED_NS   (200 * MS)

struct packet {
	struct pf_mic_arrival came;
	int64_t place_ns; /* on the time line of the jitter */
	unsigned frames;  /* 0 = silence, as long as the packet before */
	size_t len;
	uint8_t data[PF_MIC_PACKET_BYTES_MAX];
};

/* Written by either thread, read by any: only their own values count. */
struct counters {
	_Atomic uint64_t packets, late, lost, concealed, malformed, dropped;
	_Atomic uint32_t delay_us;
};

struct pf_mic_buffer {
	struct counters count;
	/* The queue between the threads: slots from tail to head are filled. */
	_Atomic size_t head; /* written by push (release), read by pull (acquire) */
	_Atomic size_t tail; /* written by pull (release), read by push (acquire) */
	struct packet queue[PF_MIC_QUEUE];

	/* Of the pulling thread. */
	struct pf_mic_jitter jitter;
	struct pf_mic_decoder decoder;
	struct packet window[WINDOW];        /* by seq */
	bool waiting[WINDOW], known[WINDOW]; /* known: also after it was played, for duplicates */
	bool started;
	uint32_t next_seq;    /* to be played */
	unsigned owed_frames; /* concealed since that packet was due */
	unsigned packet_frames;
	uint32_t late_seq;
	unsigned late_run;
	int64_t last_arrival_ns, last_pull_ns;
	int64_t needed_ns; /* delay behind the fastest packets, for all of late to be in time */
	int64_t wanted_ns; /* that, or more as long as it takes to come down to it */
	int64_t excess_ns; /* over what is wanted */
	int64_t over_since_ns, last_trim_ns;
};

static int64_t ns_of(unsigned frames)
{
	return (int64_t)frames * 1000000000 / PF_AUDIO_RATE_HZ;
}

static unsigned frames_of(int64_t ns)
{
	return (unsigned)(ns * PF_AUDIO_RATE_HZ / 1000000000);
}

static int64_t greater(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

int pf_mic_buffer_create(struct pf_mic_buffer **out)
{
	struct pf_mic_buffer *b = calloc(1, sizeof(*b));
	if (!b)
		return PF_ERR_NOMEM;
	if (pf_mic_decoder_init(&b->decoder)) {
		free(b);
		return PF_ERR_NOMEM;
	}
	*out = b;
	return PF_OK;
}

void pf_mic_buffer_destroy(struct pf_mic_buffer *b)
{
	if (!b)
		return;
	pf_mic_decoder_finish(&b->decoder);
	free(b);
}

/* --- pushing --- */

/* Of an Opus packet by its own header; negative for what is none. */
static int frames_in(struct pf_slice data)
{
	if (data.len == 0)
		return 0;
	if (data.len > PF_MIC_PACKET_BYTES_MAX ||
		opus_packet_parse(data.data, (opus_int32)data.len, NULL, NULL, (opus_int16[48]){0}, NULL) < 0)
		return -1;
	return opus_packet_get_nb_samples(data.data, (opus_int32)data.len, PF_AUDIO_RATE_HZ);
}

void pf_mic_buffer_push(struct pf_mic_buffer *b, const struct pf_audio_packet *packet, int64_t now_ns)
{
	size_t head = atomic_load_explicit(&b->head, memory_order_relaxed);
	int frames = frames_in(packet->data);
	count(&b->count.packets, 1);
	if (frames < 0) {
		count(&b->count.malformed, 1);
		return;
	}
	if (head - atomic_load_explicit(&b->tail, memory_order_acquire) >= PF_MIC_QUEUE) {
		count(&b->count.dropped, 1);
		return;
	}
	struct packet *p = &b->queue[head % PF_MIC_QUEUE];
	p->came = (struct pf_mic_arrival){.seq = packet->seq, .pts_ns = packet->pts_ns, .arrived_ns = now_ns};
	p->frames = (unsigned)frames;
	p->len = packet->data.len;
	if (p->len > 0)
		memcpy(p->data, packet->data.data, p->len);
	atomic_store_explicit(&b->head, head + 1, memory_order_release);
}

/* --- from the queue into the window --- */

static struct packet *oldest(struct pf_mic_buffer *b)
{
	for (uint32_t i = 0; i < WINDOW; i++)
		if (b->waiting[(b->next_seq + i) % WINDOW])
			return &b->window[(b->next_seq + i) % WINDOW];
	return NULL;
}

static void restart(struct pf_mic_buffer *b)
{
	for (int i = 0; i < WINDOW; i++)
		count(&b->count.dropped, b->waiting[i]);
	memset(b->waiting, 0, sizeof(b->waiting));
	memset(b->known, 0, sizeof(b->known));
	pf_mic_jitter_restart(&b->jitter);
	pf_mic_decoder_reset(&b->decoder);
	b->started = false;
	b->late_run = 0;
	b->excess_ns = 0;
}

static bool began_anew(struct pf_mic_buffer *b, const struct pf_mic_arrival *a)
{
	int32_t ahead = (int32_t)(a->seq - b->next_seq);
	if (a->arrived_ns - b->last_arrival_ns > PAUSE_NS || ahead >= WINDOW || ahead < -BEHIND_MAX)
		return true;
	b->late_run = ahead >= 0 ? 0 : a->seq == b->late_seq + 1 ? b->late_run + 1 : 1;
	b->late_seq = a->seq;
	return b->late_run >= LATE_RUN;
}

static void arrange(struct pf_mic_buffer *b, struct packet *p)
{
	if (p->frames == 0)
		p->frames = b->packet_frames ? b->packet_frames : UNIT_FRAMES;
	b->packet_frames = p->frames;
	p->came.length_ns = ns_of(p->frames);
	if (b->started && began_anew(b, &p->came))
		restart(b);
	if (!b->started) {
		b->started = true;
		b->next_seq = p->came.seq;
		b->owed_frames = 0;
	}
	b->last_arrival_ns = p->came.arrived_ns;
	unsigned at = p->came.seq % WINDOW;
	if (b->known[at] && b->window[at].came.seq == p->came.seq)
		return;
	p->place_ns = pf_mic_jitter_arrived(&b->jitter, &p->came);
	if ((int32_t)(p->came.seq - b->next_seq) < 0) {
		count(&b->count.late, 1);
		return;
	}
	b->window[at] = *p;
	b->waiting[at] = b->known[at] = true;
}

static void empty_queue(struct pf_mic_buffer *b, bool keep)
{
	size_t tail = atomic_load_explicit(&b->tail, memory_order_relaxed),
	       head = atomic_load_explicit(&b->head, memory_order_acquire);
	for (; tail != head; tail++) {
		if (keep)
			arrange(b, &b->queue[tail % PF_MIC_QUEUE]);
		atomic_store_explicit(&b->tail, tail + 1, memory_order_release);
	}
}

/* --- playing --- */

static void take_out(struct pf_mic_buffer *b, const struct packet *p)
{
	uint32_t missing = p->came.seq - b->next_seq;
	count(&b->count.lost, missing);
	count(&b->count.concealed, missing ? missing : b->owed_frames > 0);
	b->next_seq = p->came.seq + 1;
	b->owed_frames = 0;
	b->waiting[p->came.seq % WINDOW] = false;
}

/* Sound that is missing in front of the packet and has not been concealed yet. */
static unsigned missing_frames(const struct pf_mic_buffer *b, const struct packet *p)
{
	unsigned missing = (p->came.seq - b->next_seq) * p->frames;
	return missing > b->owed_frames ? missing - b->owed_frames : 0;
}

/* From there to the end of the newest packet. */
static int64_t stored_ns(const struct pf_mic_buffer *b, const struct packet *first)
{
	return b->jitter.newest_ns + b->jitter.newest.length_ns - first->place_ns +
	       ns_of(missing_frames(b, first));
}

/* A burst, or what came at once after a hole: the latency must not stay. */
static struct packet *keep_newest(struct pf_mic_buffer *b, struct packet *first)
{
	if (stored_ns(b, first) <= b->wanted_ns + STORED_MAX_NS + first->came.length_ns)
		return first;
	while (first && stored_ns(b, first) > b->wanted_ns + first->came.length_ns) {
		take_out(b, first);
		count(&b->count.dropped, 1);
		pf_mic_decoder_skip(&b->decoder);
		first = oldest(b);
	}
	return first;
}

static unsigned unit_frames(const struct pf_mic_buffer *b)
{
	return b->packet_frames && b->packet_frames < UNIT_FRAMES ? b->packet_frames : UNIT_FRAMES;
}

/* The packet is there too early for the packets that come later than it. */
static bool hold_back(struct pf_mic_buffer *b)
{
	unsigned early = b->excess_ns < 0 ? frames_of(-b->excess_ns) : 0, unit = unit_frames(b);
	if (early == 0 || (early < unit && !b->decoder.silent))
		return false;
	count(&b->count.concealed, !b->decoder.silent);
	pf_mic_decoder_conceal(&b->decoder, early < unit ? early : unit);
	return true;
}

static void fill_gap(struct pf_mic_buffer *b, const struct packet *next, unsigned missing)
{
	unsigned frames = missing;
	if (missing == next->frames) {
		pf_mic_decoder_recover(&b->decoder, next->data, next->len, frames);
	} else {
		frames = missing > next->frames ? missing - next->frames : missing;
		frames = frames < unit_frames(b) ? frames : unit_frames(b);
		pf_mic_decoder_conceal(&b->decoder, frames);
	}
	b->owed_frames += frames;
}

/* Delay that stands is taken off where nobody hears it. */
static void trim(struct pf_mic_buffer *b, int64_t now_ns)
{
	int64_t over_ns = b->excess_ns + b->wanted_ns - b->needed_ns, length_ns = ns_of(b->decoder.frames);
	if (over_ns <= EXCESS_NS)
		b->over_since_ns = now_ns;
	if (now_ns - b->over_since_ns <= EXCESS_FOR_NS || now_ns - b->last_trim_ns <= TRIM_EVERY_NS ||
		over_ns < length_ns || pf_mic_decoder_peak(&b->decoder) >= QUIET_PEAK)
		return;
	b->last_trim_ns = now_ns;
	b->wanted_ns = greater(b->needed_ns, b->wanted_ns - length_ns);
	count(&b->count.dropped, 1);
	pf_mic_decoder_skip(&b->decoder);
}

static void play(struct pf_mic_buffer *b, const struct packet *p, int64_t now_ns)
{
	take_out(b, p);
	if (pf_mic_decoder_play(&b->decoder, p->data, p->len, p->frames))
		count(&b->count.malformed, 1);
	trim(b, now_ns);
}

/* now_ns: when its first frame would be due. */
static void next_chunk(struct pf_mic_buffer *b, int64_t now_ns)
{
	struct packet *first = oldest(b);
	if (first)
		first = keep_newest(b, first);
	if (!first) {
		b->excess_ns = 0;
		b->owed_frames += unit_frames(b);
		pf_mic_decoder_conceal(&b->decoder, unit_frames(b));
		return;
	}
	unsigned missing = missing_frames(b, first);
	b->excess_ns = now_ns - b->jitter.base_ns - (first->place_ns - ns_of(missing)) - b->wanted_ns;
	if (hold_back(b))
		return;
	if (missing > 0)
		fill_gap(b, first, missing);
	else
		play(b, first, now_ns);
}

/* Grows at once, shrinks slowly. */
static void want(struct pf_mic_buffer *b, unsigned frames, int64_t passed_ns)
{
	int64_t packet_ns = ns_of(b->packet_frames ? b->packet_frames : UNIT_FRAMES);
	int64_t floor_ns = packet_ns < FLOOR_MAX_NS ? packet_ns : FLOOR_MAX_NS;
	b->needed_ns = greater(b->jitter.late_ns, floor_ns) + ns_of(frames) + SLACK_NS;
	b->wanted_ns = greater(b->needed_ns, b->wanted_ns - passed_ns / SHRINK);
}

double pf_mic_buffer_pull(struct pf_mic_buffer *b, float *out, unsigned frames, int64_t now_ns)
{
	int64_t passed_ns = now_ns - b->last_pull_ns;
	empty_queue(b, passed_ns <= UNPULLED_NS);
	if (passed_ns > UNPULLED_NS)
		restart(b);
	b->last_pull_ns = now_ns;
	want(b, frames, passed_ns);
	for (unsigned done = 0; done < frames;) {
		if (b->decoder.taken == b->decoder.frames)
			next_chunk(b, now_ns + ns_of(done));
		done += pf_mic_decoder_take(&b->decoder, out + (size_t)PF_MIC_CHANNELS * done, frames - done);
	}
	const struct packet *first = oldest(b);
	int64_t delay_ns = (first ? stored_ns(b, first) : 0) + ns_of(b->decoder.frames - b->decoder.taken);
	atomic_store_explicit(&b->count.delay_us, (uint32_t)(delay_ns / 1000), memory_order_relaxed);
	return (double)b->excess_ns * PF_AUDIO_RATE_HZ / 1e9;
}

static uint64_t read_counter(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void pf_mic_buffer_stats(const struct pf_mic_buffer *b, struct pf_microphone_stats *out)
{
	*out = (struct pf_microphone_stats){
		.packets = read_counter(&b->count.packets),
		.late = read_counter(&b->count.late),
		.lost = read_counter(&b->count.lost),
		.concealed = read_counter(&b->count.concealed),
		.malformed = read_counter(&b->count.malformed),
		.dropped = read_counter(&b->count.dropped),
		.delay_us = atomic_load_explicit(&b->count.delay_us, memory_order_relaxed),
	};
}
