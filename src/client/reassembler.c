#include "client/reassembler.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "client/repair.h"
#include "client/store.h"

#define INDEX_REACH  64                  /* an index further behind the newest is given up */
#define PTS_REACH_NS UINT64_C(120000000) /* so is a unit whose pts is further behind */
#define SLOTS        128                 /* > INDEX_REACH, so that ended units are remembered long enough */
#define BUDGET_UNITS 4

enum slot_state { SLOT_EMPTY, SLOT_OPEN, SLOT_ENDED };

/* One access unit; once ended, what is needed to know its stragglers. */
struct slot {
	enum slot_state state;
	uint32_t index;
	uint32_t user_flags;
	uint64_t pts_ns;
	uint32_t shard_bytes; /* pinned by the first packet, as user_flags and pts_ns are */
	bool totals_known;
	uint32_t frame_bytes;
	uint32_t shards;
	uint32_t block_count;
	uint32_t blocks_done;
	uint32_t sentinel_end; /* highest block seen without totals, plus one */
	int64_t first_ns;
	unsigned repaired_count;
	uint64_t *repaired; /* one bit per data shard that was reconstructed and has not arrived since */
	size_t repaired_words;
	struct pf_body *body; /* while open */
};

/* An index space. */
struct space {
	bool probe;
	bool any;
	uint32_t newest;
	uint64_t newest_pts_ns;
	unsigned open;
	struct slot slot[SLOTS];
};

struct pf_reassembler {
	struct pf_geometry_limits limits;
	struct pf_receiver_events events;
	void *user;
	struct pf_receiver_stats *stats;
	struct pf_repair *repair;
	struct pf_store store;
	size_t repaired_words; /* the most that a slot has */
	struct space video, probe;
	struct slot *likely; /* the unit that most likely gets the next shard, NULL when unknown */
	uint32_t likely_shard;
	const uint8_t *offered;      /* the place that was given for it */
	uint8_t aside[PF_SHARD_MAX]; /* a shard that was put there and belongs elsewhere */
};

/* One packet on its way in. */
struct packet {
	const struct pf_packet_header *h;
	struct pf_placement place;
	const uint8_t *shard;
	int64_t now_ns;
};

int pf_reassembler_create(struct pf_reassembler **out, unsigned fec_scheme,
	const struct pf_geometry_limits *limits, const struct pf_receiver_events *events, void *user,
	struct pf_receiver_stats *stats)
{
	struct pf_reassembler *r = calloc(1, sizeof(*r));
	if (!r)
		return PF_ERR_NOMEM;
	r->limits = *limits;
	r->events = *events;
	r->user = user;
	r->stats = stats;
	r->probe.probe = true;
	pf_store_init(&r->store, (size_t)BUDGET_UNITS * limits->unit_bytes_max);
	int err = pf_repair_create(&r->repair, fec_scheme, limits->data_max, limits->total_max);
	if (err) {
		pf_reassembler_destroy(r);
		return err;
	}
	*out = r;
	return PF_OK;
}

static void space_finish(struct pf_reassembler *r, struct space *sp)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (sp->slot[i].body)
			pf_store_give(&r->store, sp->slot[i].body);
		free(sp->slot[i].repaired);
	}
}

void pf_reassembler_destroy(struct pf_reassembler *r)
{
	if (!r)
		return;
	space_finish(r, &r->video);
	space_finish(r, &r->probe);
	pf_store_finish(&r->store);
	pf_repair_destroy(r->repair);
	free(r);
}

size_t pf_reassembler_bytes_in_flight(const struct pf_reassembler *r)
{
	return r->store.in_use;
}

static void end_slot(struct pf_reassembler *r, struct space *sp, struct slot *s)
{
	if (r->likely == s)
		r->likely = NULL;
	pf_store_give(&r->store, s->body);
	s->body = NULL;
	s->state = SLOT_ENDED;
	sp->open--;
}

static void give_up(struct pf_reassembler *r, struct space *sp, struct slot *s)
{
	end_slot(r, sp, s);
	if (sp->probe)
		return;
	r->stats->units_lost++;
	if (r->events.on_lost)
		r->events.on_lost(r->user, s->index);
}

static void deliver(struct pf_reassembler *r, struct space *sp, struct slot *s, int64_t now_ns)
{
	if (sp->probe) {
		r->stats->probe_units++;
		end_slot(r, sp, s);
		return;
	}
	r->stats->units++;
	if (s->repaired_count > 0)
		r->stats->units_repaired++;
	const struct pf_received_unit unit = {
		.data = s->body->data,
		.len = s->frame_bytes,
		.frame_index = s->index,
		.user_flags = s->user_flags,
		.pts_ns = s->pts_ns,
		.first_ns = s->first_ns,
		.last_ns = now_ns,
		.shards_repaired = s->repaired_count,
	};
	r->events.on_unit(r->user, &unit);
	end_slot(r, sp, s);
}

static bool pts_too_old(const struct space *sp, uint64_t pts_ns)
{
	return sp->newest_pts_ns > pts_ns && sp->newest_pts_ns - pts_ns > PTS_REACH_NS;
}

/* A newer unit has begun: what lies too far behind it is lost, oldest first. */
static void advance(struct pf_reassembler *r, struct space *sp, const struct pf_packet_header *h)
{
	sp->any = true;
	sp->newest = h->frame_index;
	sp->newest_pts_ns = h->pts_ns;
	for (unsigned i = 1; i <= SLOTS && sp->open > 0; i++) {
		struct slot *s = &sp->slot[(sp->newest + i) % SLOTS];
		if (s->state == SLOT_OPEN &&
			(sp->newest - s->index > INDEX_REACH || pts_too_old(sp, s->pts_ns)))
			give_up(r, sp, s);
	}
}

/* As many for every slot as any has needed: a unit must not allocate because it is the first large one of its slot. */
static int need_repaired(struct pf_reassembler *r, struct slot *s, uint32_t shards)
{
	size_t words = ((size_t)shards + 63) / 64;
	if (r->repaired_words < words)
		r->repaired_words = words;
	words = r->repaired_words;
	if (words <= s->repaired_words)
		return PF_OK;
	uint64_t *grown = realloc(s->repaired, words * sizeof(*grown));
	if (!grown)
		return PF_ERR_NOMEM;
	memset(grown + s->repaired_words, 0, (words - s->repaired_words) * sizeof(*grown));
	s->repaired = grown;
	s->repaired_words = words;
	return PF_OK;
}

/* Forgets what the slot knew of the unit before, except for its memory. */
static bool open_slot(struct pf_reassembler *r, struct space *sp, struct slot *s, const struct packet *p)
{
	if (need_repaired(r, s, 0))
		return false;
	struct pf_body *body = pf_store_take(&r->store, (size_t)p->place.shards * p->h->shard_bytes);
	if (!body)
		return false;
	if (s->repaired_count > 0)
		memset(s->repaired, 0, s->repaired_words * sizeof(*s->repaired));
	*s = (struct slot){
		.state = SLOT_OPEN,
		.index = p->h->frame_index,
		.user_flags = p->h->user_flags,
		.pts_ns = p->h->pts_ns,
		.shard_bytes = p->h->shard_bytes,
		.first_ns = p->now_ns,
		.repaired = s->repaired,
		.repaired_words = s->repaired_words,
		.body = body,
	};
	sp->open++;
	return true;
}

/* A data shard of a block that is already whole: if it was reconstructed, then only because it came late. */
static void straggler(struct pf_reassembler *r, struct space *sp, struct slot *s, const struct packet *p)
{
	uint32_t shard = p->place.base + p->h->shard_index;
	if (p->h->shard_index >= p->h->data_shards || p->h->shard_bytes != s->shard_bytes ||
		shard / 64 >= s->repaired_words || !(s->repaired[shard / 64] >> shard % 64 & 1))
		return;
	s->repaired[shard / 64] &= ~(UINT64_C(1) << shard % 64);
	if (!sp->probe) {
		r->stats->received++;
		r->stats->late++;
	}
}

enum verdict { TAKE, DROP, KILL };

/* Compares what the packet says of the whole unit with what earlier ones said. */
static enum verdict check_totals(struct slot *s, const struct packet *p)
{
	const struct pf_packet_header *h = p->h;
	if (h->block_count == 0) {
		if (s->totals_known &&
			(h->block_index + 1u >= s->block_count || p->place.base + h->data_shards > s->shards))
			return KILL;
		if (s->sentinel_end <= h->block_index)
			s->sentinel_end = h->block_index + 1u;
		return TAKE;
	}
	if (s->totals_known)
		return h->frame_bytes == s->frame_bytes && h->block_count == s->block_count ? TAKE : DROP;
	if (s->sentinel_end >= h->block_count)
		return KILL;
	s->totals_known = true;
	s->frame_bytes = h->frame_bytes;
	s->block_count = h->block_count;
	s->shards = p->place.shards;
	return TAKE;
}

/* Blocks must tile the unit: slices say themselves where they begin. */
static bool touches_neighbours(const struct pf_body *body, uint32_t index, uint32_t base, uint32_t k)
{
	const struct pf_block *before = index > 0 ? &body->block[index - 1] : NULL;
	const struct pf_block *after = index + 1 < body->block_count ? &body->block[index + 1] : NULL;
	return !(before && before->known && before->base + before->k != base) &&
	       !(after && after->known && base + k != after->base);
}

static enum verdict pin_block(struct pf_body *body, const struct packet *p)
{
	const struct pf_packet_header *h = p->h;
	struct pf_block *b = &body->block[h->block_index];
	if (b->known)
		return b->base == p->place.base && b->k == h->data_shards && b->m == h->recovery_shards
			       ? TAKE
			       : DROP;
	if (!touches_neighbours(body, h->block_index, p->place.base, h->data_shards))
		return KILL;
	b->known = true;
	b->base = p->place.base;
	b->k = h->data_shards;
	b->m = h->recovery_shards;
	return TAKE;
}

static int need_data(struct pf_reassembler *r, const struct slot *s, uint32_t shards)
{
	uint32_t m = r->limits.unit_bytes_max;
	size_t unit_shards = s->totals_known ? s->shards : m / s->shard_bytes + (m % s->shard_bytes != 0);
	return pf_body_need_data(
		&r->store, s->body, (size_t)shards * s->shard_bytes, unit_shards * s->shard_bytes);
}

static int put_data(struct pf_reassembler *r, struct space *sp, struct slot *s, struct pf_block *b,
	const struct packet *p)
{
	uint32_t shard = b->base + p->h->shard_index;
	int err = pf_body_need_bits(&r->store, s->body, b->base + b->k);
	if (err)
		return err;
	if (pf_body_has(s->body, shard))
		return PF_OK;
	err = need_data(r, s, shard + 1);
	if (err)
		return err;
	uint8_t *place = s->body->data + (size_t)shard * s->shard_bytes;
	if (place != p->shard)
		memcpy(place, p->shard, s->shard_bytes);
	pf_body_set(s->body, shard);
	b->have++;
	r->likely = s;
	r->likely_shard = shard + 1;
	if (!sp->probe)
		r->stats->received++;
	return PF_OK;
}

static int repair(struct pf_reassembler *r, struct space *sp, struct slot *s, const struct pf_block *b)
{
	int err = need_data(r, s, b->base + b->k);
	if (!err)
		err = pf_body_need_bits(&r->store, s->body, b->base + b->k);
	if (!err)
		err = need_repaired(r, s, b->base + b->k);
	if (!err)
		err = pf_repair_block(r->repair, s->body, b, s->shard_bytes);
	if (err)
		return err;
	for (uint32_t shard = b->base; shard < b->base + b->k; shard++) {
		if (pf_body_has(s->body, shard))
			continue;
		pf_body_set(s->body, shard);
		s->repaired[shard / 64] |= UINT64_C(1) << shard % 64;
		s->repaired_count++;
		if (!sp->probe)
			r->stats->recovered++;
	}
	return PF_OK;
}

/* Takes the shard into its block; finishes the block if that was the last one it needed. */
static int put_shard(struct pf_reassembler *r, struct space *sp, struct slot *s, const struct packet *p)
{
	struct pf_block *b = &s->body->block[p->h->block_index];
	int err = p->h->shard_index < b->k
			  ? put_data(r, sp, s, b, p)
			  : pf_block_hold(&r->store, b, p->h->shard_index - b->k, p->shard, s->shard_bytes);
	if (err || b->have + b->held < b->k)
		return err;
	if (b->have < b->k) {
		err = repair(r, sp, s, b);
		if (err)
			return err;
	}
	b->done = true;
	s->blocks_done++;
	pf_block_drop_parity(&r->store, b);
	return PF_OK;
}

static enum verdict take_packet(
	struct pf_reassembler *r, struct space *sp, struct slot *s, const struct packet *p)
{
	const struct pf_packet_header *h = p->h;
	if (h->shard_bytes != s->shard_bytes || ((h->user_flags ^ s->user_flags) & PF_UNIT_SLICE_STREAM))
		return DROP;
	enum verdict verdict = check_totals(s, p);
	if (verdict != TAKE)
		return verdict;
	if (pf_body_need_block(&r->store, s->body, h->block_index)) {
		r->stats->over_budget++;
		return TAKE;
	}
	verdict = pin_block(s->body, p);
	if (verdict != TAKE)
		return verdict;
	if (s->body->block[h->block_index].done)
		straggler(r, sp, s, p);
	else if (put_shard(r, sp, s, p))
		r->stats->over_budget++;
	return TAKE;
}

/* The slot of the packet's unit, opened if this is its first packet; NULL when the packet is of no more
 * use. */
static struct slot *slot_for(struct pf_reassembler *r, struct space *sp, const struct packet *p)
{
	const struct pf_packet_header *h = p->h;
	if (!sp->any || (int32_t)(h->frame_index - sp->newest) > 0)
		advance(r, sp, h);
	struct slot *s = &sp->slot[h->frame_index % SLOTS];
	if (s->state != SLOT_EMPTY && s->index == h->frame_index) {
		if (s->state == SLOT_OPEN)
			return s;
		straggler(r, sp, s, p);
		return NULL;
	}
	if (sp->newest - h->frame_index > INDEX_REACH || pts_too_old(sp, h->pts_ns)) {
		r->stats->stale++;
		return NULL;
	}
	assert(s->state != SLOT_OPEN);
	if (!open_slot(r, sp, s, p)) {
		r->stats->over_budget++;
		return NULL;
	}
	return s;
}

uint8_t *pf_reassembler_next_place(struct pf_reassembler *r, size_t shard_bytes)
{
	const struct slot *s = r->likely;
	r->offered = NULL;
	if (!s || s->shard_bytes != shard_bytes || (s->totals_known && r->likely_shard >= s->shards))
		return NULL;
	uint8_t *place = pf_body_free_place(s->body, r->likely_shard, shard_bytes);
	r->offered = place;
	return place;
}

static bool belongs_there(const struct pf_reassembler *r, const struct space *sp, const struct packet *p)
{
	const struct pf_packet_header *h = p->h;
	const struct slot *s = &sp->slot[h->frame_index % SLOTS];
	return r->likely == s && s->index == h->frame_index && s->shard_bytes == h->shard_bytes &&
	       h->shard_index < h->data_shards && p->place.base + h->shard_index == r->likely_shard;
}

void pf_reassembler_feed(
	struct pf_reassembler *r, const struct pf_packet_header *h, const uint8_t *shard, int64_t now_ns)
{
	struct packet p = {.h = h, .shard = shard, .now_ns = now_ns};
	if (pf_geometry_place(&p.place, &r->limits, h)) {
		r->stats->malformed++;
		return;
	}
	struct space *sp = h->user_flags & PF_UNIT_PROBE ? &r->probe : &r->video;
	if (shard == r->offered && !belongs_there(r, sp, &p)) {
		/* What happens now may move or free the memory that it lies in. */
		memcpy(r->aside, shard, h->shard_bytes);
		p.shard = r->aside;
	}
	struct slot *s = slot_for(r, sp, &p);
	if (!s)
		return;
	switch (take_packet(r, sp, s, &p)) {
	case TAKE:
		if (s->totals_known && s->blocks_done == s->block_count)
			deliver(r, sp, s, now_ns);
		break;
	case DROP:
		r->stats->malformed++;
		break;
	case KILL:
		r->stats->malformed++;
		give_up(r, sp, s);
		break;
	}
}
