#include "audio/out.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "audio/cadence.h"
#include "audio/level.h"
#include "os/clock.h"
#include "os/thread.h"

struct pf_audio_out {
	struct pf_audio_out_params p;
	struct pf_cadence cadence;
	float *samples;
	_Atomic bool stopping, muted;
	pthread_t thread;
};

static size_t samples_of(const struct pf_audio_out *o)
{
	return (size_t)o->p.frame_frames * o->p.source->channels;
}

static void read_frame(struct pf_audio_out *o, unsigned available)
{
	unsigned frames = available < o->p.frame_frames ? available : o->p.frame_frames;
	size_t read = (size_t)frames * o->p.source->channels;
	o->p.source->impl->read(o->p.source, o->samples, frames);
	memset(o->samples + read, 0, (samples_of(o) - read) * sizeof(*o->samples));
}

static void give(struct pf_audio_out *o, const struct pf_cadence_order *order, unsigned available)
{
	unsigned channels = o->p.source->channels;
	read_frame(o, available);
	if (order->fade_in)
		pf_level_fade_in(o->samples, o->p.frame_frames, channels, o->p.source->rate_hz);
	if (order->fade_out && available < o->p.frame_frames)
		pf_level_fade_out(o->samples, available, channels, o->p.source->rate_hz);
	if (atomic_load_explicit(&o->muted, memory_order_relaxed))
		memset(o->samples, 0, samples_of(o) * sizeof(*o->samples));
	bool silent = pf_level_is_silent(o->samples, samples_of(o));
	if (!silent && o->p.gain != 0 && o->p.gain != 1)
		pf_level_amplify(o->samples, samples_of(o), o->p.gain);
	const struct pf_audio_frame frame = {
		.samples = o->samples,
		.pts_ns = order->pts_ns,
		.silent = silent,
		.broken = order->broken,
	};
	o->p.on_frame(o->p.user, &frame);
}

static void *run(void *arg)
{
	struct pf_audio_out *o = arg;
	struct pf_audio_source *source = o->p.source;
	pf_thread_enter("pf-audio");
	while (!atomic_load_explicit(&o->stopping, memory_order_acquire)) {
		struct pf_audio_news news;
		int64_t now_ns = pf_now_ns();
		source->impl->look(source, now_ns, &news);
		const struct pf_cadence_order order = pf_cadence_next(&o->cadence, &news, now_ns);
		if (order.step == PF_CADENCE_WAIT)
			source->impl->wait(source, order.until_ns);
		else
			give(o, &order, news.frames);
	}
	return NULL;
}

/* A source may have been open for a while; all that follows would be as late as what it has stored. */
static void forget_stored(struct pf_audio_out *o)
{
	struct pf_audio_news news;
	o->p.source->impl->look(o->p.source, pf_now_ns(), &news);
	for (unsigned n; news.frames > 0; news.frames -= n) {
		n = news.frames < o->p.frame_frames ? news.frames : o->p.frame_frames;
		o->p.source->impl->read(o->p.source, o->samples, n);
	}
}

int pf_audio_out_start(struct pf_audio_out **out, const struct pf_audio_out_params *params)
{
	struct pf_audio_out *o = calloc(1, sizeof(*o));
	if (!o)
		return PF_ERR_NOMEM;
	o->p = *params;
	pf_cadence_init(&o->cadence, params->source->rate_hz, params->frame_frames, params->endless);
	atomic_init(&o->muted, params->muted);
	o->samples = calloc(samples_of(o), sizeof(*o->samples));
	if (o->samples)
		forget_stored(o);
	if (!o->samples || pthread_create(&o->thread, NULL, run, o) != 0) {
		free(o->samples);
		free(o);
		return PF_ERR_NOMEM;
	}
	*out = o;
	return PF_OK;
}

void pf_audio_out_mute(struct pf_audio_out *o, bool muted)
{
	atomic_store_explicit(&o->muted, muted, memory_order_relaxed);
}

void pf_audio_out_quit(struct pf_audio_out *o)
{
	if (!o)
		return;
	atomic_store_explicit(&o->stopping, true, memory_order_release);
	o->p.source->impl->wake(o->p.source);
}

void pf_audio_out_stop(struct pf_audio_out *o)
{
	if (!o)
		return;
	pf_audio_out_quit(o);
	pthread_join(o->thread, NULL);
	o->p.source->impl->destroy(o->p.source);
	free(o->samples);
	free(o);
}
