#include "video.h"

#include "bytes.h"
#include "crypto.h"
#include "fec/fec8.h"
#include "violations.h"

#include <string.h>

enum { SEALED_HEAD = 32 };

bool gsc_video_open(struct gsc_video *v, const struct gsc_session *s)
{
	const struct gsc_options *o = s->options;
	size_t shard_len = (size_t)s->packet_size + 16;
	memset(v, 0, sizeof(*v));
	v->session = s;
	v->sealed = o->encrypt & GSC_ENCRYPT_VIDEO;
	if (pf_fec8_create(&v->fec, PF_FEC8_CAUCHY, NULL) != 0)
		return false;
	gsc_inspector_init(&v->inspector, v->fec, shard_len, o->min_fec);
	gsc_loss_init(&v->loss, o->drop, o->burst, o->seed);
	v->frames.fec = v->fec;
	v->frames.packet_size = s->packet_size;
	v->frames.codec = o->codec;
	v->frames.slices = o->slices;
	v->frames.rfi = o->rfi && s->rfi;
	v->frames.ready_file = o->ready_file;
	gsc_frames_init(&v->frames, shard_len);
	if (o->out)
		v->frames.out = fopen(o->out, "wb");
	return !o->out || v->frames.out;
}

void gsc_video_close(struct gsc_video *v)
{
	if (v->frames.out)
		fclose(v->frames.out);
	gsc_frames_free(&v->frames);
	gsc_inspector_free(&v->inspector);
	pf_fec8_destroy(v->fec);
}

static void check_counter(struct gsc_video *v, const uint8_t *p)
{
	uint64_t counter = gsc_le64(p);
	if (p[8] || p[9] || p[10] || p[11] != 'V')
		gsc_violation("6.10: IV ends in %02x%02x%02x%02x", p[8], p[9], p[10], p[11]);
	if (v->any_counter && counter <= v->counter)
		gsc_violation("6.10: IV counter %llu after %llu", (unsigned long long)counter,
			(unsigned long long)v->counter);
	if (!v->any_counter && counter)
		gsc_violation("6.10: the first IV counter is %llu", (unsigned long long)counter);
	v->any_counter = true;
	v->counter = counter;
}

/* Opens in place; the shard, NULL when it cannot be opened. */
static uint8_t *unseal(struct gsc_video *v, uint8_t *p, size_t len)
{
	uint8_t *shard = p + SEALED_HEAD;
	check_counter(v, p);
	if (!gsc_gcm_open(v->session->key, p, 12, shard, len - SEALED_HEAD, shard, p + 16)) {
		gsc_violation("6.10: packet %llu fails its tag", (unsigned long long)v->counter);
		return NULL;
	}
	if (gsc_le32(p + 12) != gsc_le32(shard + 20))
		gsc_violation("6.10: clear frameIndex %u, inner %u", gsc_le32(p + 12), gsc_le32(shard + 20));
	/* The counter and the sequence number both count all packets. */
	if ((uint16_t)v->counter != gsc_be16(shard + 2))
		gsc_violation("6.10: IV counter %llu at sequence %u", (unsigned long long)v->counter,
			gsc_be16(shard + 2));
	return shard;
}

void gsc_video_datagram(struct gsc_video *v, uint8_t *data, size_t len, double now_ms)
{
	size_t wanted = (size_t)v->session->packet_size + 16 + (v->sealed ? SEALED_HEAD : 0);
	struct gsc_shard shard;
	v->packets++;
	bool drop = gsc_loss_next(&v->loss);
	v->dropped += drop;
	if (len != wanted) {
		gsc_violation("6.2: video packet of %zu bytes, not %zu", len, wanted);
		return;
	}
	uint8_t *p = v->sealed ? unseal(v, data, len) : data;
	if (!p)
		return;
	gsc_shard_read(&shard, p);
	if (gsc_inspector_see(&v->inspector, &shard, now_ms) && !drop)
		gsc_frames_add(&v->frames, &shard);
}
