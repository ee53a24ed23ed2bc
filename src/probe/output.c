#include "probe/output.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ring.h"
#include "os/thread.h"
#include "os/wake.h"
#include "probe/snapshot.h"

#define BARREN_UNITS_MAX 3 /* units without a picture, then a keyframe is wanted */

struct copy {
	size_t len;
	uint64_t pts_ns;
	uint8_t data[];
};

struct pf_probe_output {
	FILE *file;
	const char *path, *snapshot;
	struct pf_probe_decoder *decoder;
	struct pf_av_sync *sync; /* NULL: none */
	struct pf_ring ring;     /* of struct copy; producer: the media thread */
	struct pf_wake wake;
	pthread_t thread;
	_Atomic bool ending;    /* set before the last wake signal */
	_Atomic bool wants_key; /* set by the worker, taken by any thread */
	_Atomic uint64_t left_out;
	/* The worker's, and _finish's once it is joined. */
	struct pf_probe_output_stats stats;
	unsigned barren;
	int write_error; /* errno of the dump */
};

static void tell_sync(struct pf_probe_output *o)
{
	uint64_t pts_ns;
	float luma = pf_probe_decoder_luma(o->decoder, &pts_ns);
	pf_av_sync_picture(o->sync, pts_ns, luma);
}

static void decode(struct pf_probe_output *o, const struct copy *c)
{
	struct pf_probe_decoded d = pf_probe_decoder_feed(o->decoder, c->data, c->len, c->pts_ns);
	if (d.pictures && o->sync)
		tell_sync(o);
	o->stats.pictures += d.pictures;
	o->stats.decoder_errors += d.errors;
	o->barren = d.pictures ? 0 : o->barren + 1;
	if (o->barren == BARREN_UNITS_MAX) {
		o->barren = 0;
		atomic_store(&o->wants_key, true);
	}
}

static void work_off(struct pf_probe_output *o)
{
	struct copy *c;
	while ((c = pf_ring_pop(&o->ring))) {
		if (o->file) {
			if (fwrite(c->data, 1, c->len, o->file) == c->len)
				o->stats.written++;
			else if (!o->write_error)
				o->write_error = errno;
		}
		if (o->decoder)
			decode(o, c);
		free(c);
	}
}

static void *run(void *user)
{
	struct pf_probe_output *o = user;
	pf_thread_enter("probe-output");
	bool ending;
	do {
		pf_wake_wait(&o->wake, PF_WAKE_FOREVER);
		ending = atomic_load(&o->ending); /* read before the ring: then nothing is left in it */
		work_off(o);
	} while (!ending);
	return NULL;
}

static void output_free(struct pf_probe_output *o)
{
	if (o->file)
		fclose(o->file);
	pf_probe_decoder_destroy(o->decoder);
	free(o);
}

int pf_probe_output_start(
	struct pf_probe_output **out, const struct pf_probe_output_params *params, struct pf_reason *reason)
{
	struct pf_probe_output *o = calloc(1, sizeof(*o));
	if (!o)
		return PF_ERR_NOMEM;
	int err = PF_OK;
	o->path = params->path;
	o->snapshot = params->snapshot;
	o->sync = params->sync;
	pf_ring_init(&o->ring, PF_RING_MAX);
	if (params->path && !(o->file = fopen(params->path, "wb")))
		err = pf_reason(reason, PF_ERR_IO, "cannot write %s: %s", params->path, strerror(errno));
	if (!err && (params->decode || params->snapshot || params->sync))
		err = pf_probe_decoder_create(&o->decoder, params->codec, reason);
	if (err) {
		output_free(o);
		return err;
	}
	if (pthread_create(&o->thread, NULL, run, o)) {
		output_free(o);
		return pf_reason(reason, PF_ERR_NOMEM, "cannot start the output thread");
	}
	*out = o;
	return PF_OK;
}

void pf_probe_output_put(struct pf_probe_output *o, const uint8_t *data, size_t len, uint64_t pts_ns)
{
	struct copy *c = malloc(sizeof(*c) + len);
	if (c) {
		c->len = len;
		c->pts_ns = pts_ns;
		if (len > 0)
			memcpy(c->data, data, len);
	}
	if (!c || !pf_ring_push(&o->ring, c)) {
		free(c);
		atomic_fetch_add(&o->left_out, 1);
		atomic_store(&o->wants_key, true);
	}
	pf_wake_signal(&o->wake);
}

bool pf_probe_output_wants_key(struct pf_probe_output *o)
{
	return o && atomic_exchange(&o->wants_key, false);
}

int pf_probe_output_finish(
	struct pf_probe_output *o, struct pf_probe_output_stats *stats, struct pf_reason *reason)
{
	*stats = (struct pf_probe_output_stats){0};
	if (!o)
		return PF_OK;
	atomic_store(&o->ending, true);
	pf_wake_signal(&o->wake);
	pthread_join(o->thread, NULL);
	int err = PF_OK;
	if (o->file && fflush(o->file) && !o->write_error)
		o->write_error = errno;
	if (o->write_error)
		err = pf_reason(
			reason, PF_ERR_IO, "cannot write all of %s: %s", o->path, strerror(o->write_error));
	if (o->decoder)
		pf_probe_decoder_size(o->decoder, &o->stats.width_px, &o->stats.height_px);
	if (!err && o->snapshot)
		err = pf_probe_decoder_snapshot(o->decoder, o->snapshot, reason);
	*stats = o->stats;
	stats->left_out = atomic_load(&o->left_out);
	output_free(o);
	return err;
}
