#include "client/sound_receiver.h"

#include <string.h>

#define CONCEAL_MOST_NS UINT64_C(50000000)
#define PAUSE_LEAST_NS  20000000 /* less is how the host follows its device's clock */
#define HISTORY_BITS    64

void pf_sound_receiver_init(struct pf_sound_receiver *r, uint64_t frame_ns,
	void (*on_event)(void *user, const struct pf_sound_event *e), void *user)
{
	memset(r, 0, sizeof(*r));
	r->frame_ns = frame_ns;
	r->on_event = on_event;
	r->user = user;
}

static void tell(struct pf_sound_receiver *r, const struct pf_sound_event *e)
{
	r->on_event(r->user, e);
}

/* Packets from next up to seq are given up. */
static void conceal(struct pf_sound_receiver *r, uint32_t seq)
{
	uint32_t lost = seq - r->next;
	r->stats.lost += lost;
	r->history = lost < HISTORY_BITS ? r->history << lost : 0;
	for (uint64_t made_ns = r->frame_ns; lost > 0 && made_ns <= CONCEAL_MOST_NS; made_ns += r->frame_ns) {
		tell(r, &(struct pf_sound_event){.kind = PF_SOUND_CONCEAL});
		r->stats.concealed++;
		r->due_ns += r->frame_ns;
		lost--;
	}
	r->next = seq;
}

/* Follows the host's time. Behind a gap in the numbers any missing frame counts. */
static void follow(struct pf_sound_receiver *r, uint64_t pts_ns, bool gap)
{
	int64_t ahead_ns = (int64_t)(pts_ns - r->due_ns);
	int64_t least_ns = gap ? (int64_t)r->frame_ns / 2 : PAUSE_LEAST_NS;
	if (ahead_ns > least_ns) {
		r->stats.pauses += !gap;
		tell(r, &(struct pf_sound_event){.kind = PF_SOUND_PAUSE, .pause_ns = (uint64_t)ahead_ns});
	}
	if (ahead_ns > least_ns || ahead_ns < -PAUSE_LEAST_NS)
		r->due_ns = pts_ns;
}

static void play(struct pf_sound_receiver *r, const struct pf_audio_packet *p)
{
	bool gap = p->seq != r->next;
	conceal(r, p->seq);
	follow(r, p->pts_ns, gap);
	tell(r, &(struct pf_sound_event){
			.kind = p->data.len ? PF_SOUND_PACKET : PF_SOUND_SILENCE, .packet = *p});
	r->due_ns += r->frame_ns;
	r->next = p->seq + 1;
	r->history = r->history << 1 | 1;
}

/* The first of held is out of it before it is played. */
static void play_first(struct pf_sound_receiver *r)
{
	struct pf_sound_held first = r->held[0];
	r->held_count--;
	memmove(&r->held[0], &r->held[1], r->held_count * sizeof(r->held[0]));
	first.packet.data.data = first.bytes;
	play(r, &first.packet);
}

static void drain(struct pf_sound_receiver *r)
{
	while (r->held_count && (r->held_count == PF_SOUND_HELD_MAX || r->held[0].packet.seq == r->next))
		play_first(r);
}

/* Index of the first that is not before seq. */
static unsigned place_of(const struct pf_sound_receiver *r, uint32_t seq)
{
	unsigned i = 0;
	while (i < r->held_count && r->held[i].packet.seq - r->next < seq - r->next)
		i++;
	return i;
}

static bool holds(const struct pf_sound_receiver *r, uint32_t seq)
{
	unsigned i = place_of(r, seq);
	return i < r->held_count && r->held[i].packet.seq == seq;
}

/* There is room: drain leaves some. */
static void hold(struct pf_sound_receiver *r, const struct pf_audio_packet *p)
{
	unsigned i = place_of(r, p->seq);
	memmove(&r->held[i + 1], &r->held[i], (r->held_count - i) * sizeof(r->held[0]));
	r->held[i].packet = *p;
	if (p->data.len)
		memcpy(r->held[i].bytes, p->data.data, p->data.len);
	r->held_count++;
}

static bool was_played(const struct pf_sound_receiver *r, uint32_t seq)
{
	uint32_t back = r->next - 1 - seq;
	return back < HISTORY_BITS && (r->history >> back & 1);
}

/* Not played yet, and not there. */
static bool is_missing(const struct pf_sound_receiver *r, uint32_t seq)
{
	return r->started && (int32_t)(seq - r->next) >= 0 && !holds(r, seq);
}

static void put(struct pf_sound_receiver *r, const struct pf_audio_packet *p)
{
	if (p->seq == r->next)
		play(r, p);
	else
		hold(r, p);
	drain(r);
}

static void take(struct pf_sound_receiver *r, const struct pf_audio_packet *p)
{
	if (p->data.len > PF_SOUND_PACKET_MAX)
		return;
	if (!r->started) {
		r->started = true;
		r->next = p->seq;
		r->due_ns = p->pts_ns;
	}
	if (is_missing(r, p->seq))
		put(r, p);
	else if (holds(r, p->seq) || was_played(r, p->seq))
		r->stats.duplicates++;
	else
		r->stats.late++;
}

static void take_redundant(struct pf_sound_receiver *r, const struct pf_red_packet *red)
{
	const struct pf_audio_packet now = {red->seq, red->pts_ns, red->primary};
	const struct pf_audio_packet before = {red->seq - 1, red->pts_ns - r->frame_ns, red->previous};
	r->stats.redundant++;
	if (before.data.len && before.data.len <= PF_SOUND_PACKET_MAX && is_missing(r, before.seq)) {
		r->stats.recovered++;
		put(r, &before);
	}
	take(r, &now);
}

void pf_sound_receiver_feed(struct pf_sound_receiver *r, const struct pf_datagram *d)
{
	if (d->tag != PF_DATAGRAM_AUDIO && d->tag != PF_DATAGRAM_PCM && d->tag != PF_DATAGRAM_AUDIO_RED)
		return;
	r->stats.received++;
	if (d->tag == PF_DATAGRAM_AUDIO_RED)
		take_redundant(r, &d->red);
	else
		take(r, &d->audio);
}

void pf_sound_receiver_flush(struct pf_sound_receiver *r)
{
	while (r->held_count)
		play_first(r);
}
