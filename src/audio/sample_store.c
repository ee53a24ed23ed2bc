#include "audio/sample_store.h"

#include <stdlib.h>
#include <string.h>

int pf_sample_store_init(struct pf_sample_store *s, unsigned channels, uint32_t rate_hz)
{
	memset(s, 0, sizeof(*s));
	s->channels = channels;
	s->kept = (unsigned)((uint64_t)rate_hz * PF_AUDIO_STORE_MS / 1000);
	s->capacity = 2 * s->kept;
	s->samples = calloc((size_t)s->capacity * channels, sizeof(*s->samples));
	return s->samples ? PF_OK : PF_ERR_NOMEM;
}

void pf_sample_store_finish(struct pf_sample_store *s)
{
	free(s->samples);
	s->samples = NULL;
}

static float *place(const struct pf_sample_store *s, uint64_t at)
{
	return s->samples + (size_t)(at % s->capacity) * s->channels;
}

static unsigned until_wrap(const struct pf_sample_store *s, uint64_t at, unsigned frames)
{
	unsigned left = s->capacity - (unsigned)(at % s->capacity);
	return frames < left ? frames : left;
}

static size_t bytes_of(const struct pf_sample_store *s, unsigned frames)
{
	return (size_t)frames * s->channels * sizeof(*s->samples);
}

/* --- the writer --- */

void pf_sample_store_open(struct pf_sample_store *s)
{
	uint64_t head = atomic_load_explicit(&s->head, memory_order_relaxed);
	atomic_store_explicit(&s->begin, head, memory_order_release);
	atomic_fetch_add_explicit(&s->opened, 1, memory_order_release);
}

static void note_chunk(struct pf_sample_store *s, unsigned frames)
{
	unsigned largest = 0;
	s->chunk[s->chunks++ % PF_SAMPLE_CHUNKS] = frames;
	for (unsigned i = 0; i < PF_SAMPLE_CHUNKS; i++)
		largest = s->chunk[i] > largest ? s->chunk[i] : largest;
	atomic_store_explicit(&s->largest, largest, memory_order_relaxed);
}

void pf_sample_store_put(struct pf_sample_store *s, const float *samples, unsigned frames, int64_t now_ns)
{
	uint64_t head = atomic_load_explicit(&s->head, memory_order_relaxed);
	uint64_t used = head - atomic_load_explicit(&s->tail, memory_order_acquire);
	note_chunk(s, frames);
	if (frames > s->capacity - used) {
		atomic_fetch_add_explicit(&s->unstored, frames, memory_order_relaxed);
		return;
	}
	unsigned first = until_wrap(s, head, frames);
	memcpy(place(s, head), samples, bytes_of(s, first));
	memcpy(s->samples, samples + (size_t)first * s->channels, bytes_of(s, frames - first));
	atomic_store_explicit(&s->newest_ns, now_ns, memory_order_relaxed);
	atomic_store_explicit(&s->head, head + frames, memory_order_release);
}

/* --- the reader --- */

/* What was written when the newest was captured: both of the same chunk. */
static uint64_t read_head(struct pf_sample_store *s, int64_t *newest_ns)
{
	uint64_t head, again = atomic_load_explicit(&s->head, memory_order_acquire);
	do {
		head = again;
		*newest_ns = atomic_load_explicit(&s->newest_ns, memory_order_acquire);
		again = atomic_load_explicit(&s->head, memory_order_acquire);
	} while (again != head);
	return head;
}

void pf_sample_store_look(struct pf_sample_store *s, struct pf_audio_news *out)
{
	/* The opening first: what it begins with is then never missed. */
	unsigned opened = atomic_load_explicit(&s->opened, memory_order_acquire);
	uint64_t begin = atomic_load_explicit(&s->begin, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&s->tail, memory_order_relaxed);
	int64_t newest_ns;
	uint64_t head = read_head(s, &newest_ns);
	if (tail < begin)
		tail = begin;
	if (head - tail > s->kept) {
		s->lost += head - tail - s->kept;
		tail = head - s->kept;
	}
	atomic_store_explicit(&s->tail, tail, memory_order_release);
	*out = (struct pf_audio_news){
		.frames = (unsigned)(head - tail),
		.chunk_frames = atomic_load_explicit(&s->largest, memory_order_relaxed),
		.newest_ns = newest_ns,
		.lost_frames = s->lost + atomic_load_explicit(&s->unstored, memory_order_relaxed),
		.opened = opened,
	};
}

void pf_sample_store_take(struct pf_sample_store *s, float *out, unsigned frames)
{
	uint64_t tail = atomic_load_explicit(&s->tail, memory_order_relaxed);
	unsigned first = until_wrap(s, tail, frames);
	memcpy(out, place(s, tail), bytes_of(s, first));
	memcpy(out + (size_t)first * s->channels, s->samples, bytes_of(s, frames - first));
	atomic_store_explicit(&s->tail, tail + frames, memory_order_release);
}
