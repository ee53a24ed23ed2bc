/*
 * Brings the sound of a session into order (native-media 6.1 to 6.3): takes datagrams as they come and tells what is
 * to be played, one after the other, in the host's time. Pure; one thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/native/datagram.h"

#define PF_SOUND_PACKET_MAX 1500 /* bytes; a larger one counts as lost */
#define PF_SOUND_HELD_MAX   4    /* newer packets that came while one is missing: then it is given up */

enum pf_sound_kind {
	PF_SOUND_PACKET,  /* one frame: packet.data */
	PF_SOUND_SILENCE, /* one frame, whose packet is empty */
	PF_SOUND_CONCEAL, /* one frame that is lost; at most 50 ms of them in a row */
	PF_SOUND_PAUSE,   /* nothing for pause_ns: the host sent none, or too much is lost to make it up */
};

struct pf_sound_event {
	enum pf_sound_kind kind;
	struct pf_audio_packet packet; /* PACKET; data lives only during the call */
	uint64_t pause_ns;             /* PAUSE; as the host claims, without a bound */
};

struct pf_sound_receiver_stats {
	uint64_t received;   /* datagrams */
	uint64_t redundant;  /* of these with the packet before */
	uint64_t recovered;  /* packets that came with their successor only */
	uint64_t lost;       /* packets that never came, or too late */
	uint64_t concealed;  /* of these with a CONCEAL */
	uint64_t late;       /* came after they were given up */
	uint64_t duplicates; /* came again */
	uint64_t pauses;     /* of the host's */
};

struct pf_sound_receiver {
	uint64_t frame_ns; /* length of a packet's sound; never 0 */
	void (*on_event)(void *user, const struct pf_sound_event *e);
	void *user;
	struct pf_sound_receiver_stats stats;

	bool started;
	uint32_t next;    /* packet to be played */
	uint64_t due_ns;  /* its pts, if it joins what was played */
	uint64_t history; /* bit n: packet next - 1 - n was played, not given up */

	/* What waits for an older one, by seq. */
	struct pf_sound_held {
		struct pf_audio_packet packet; /* its data is in bytes */
		uint8_t bytes[PF_SOUND_PACKET_MAX];
	} held[PF_SOUND_HELD_MAX];
	unsigned held_count;
};

/* on_event is called by feed and flush. */
void pf_sound_receiver_init(struct pf_sound_receiver *r, uint64_t frame_ns,
	void (*on_event)(void *user, const struct pf_sound_event *e), void *user);
/* AUDIO, AUDIO_RED or PCM; other datagrams are ignored. */
void pf_sound_receiver_feed(struct pf_sound_receiver *r, const struct pf_datagram *d);
/* At the end: what waits is played, and what it waited for is lost. */
void pf_sound_receiver_flush(struct pf_sound_receiver *r);
