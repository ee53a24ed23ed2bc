/*
 * Datagrams of sound as a hostile host could send them. Input: the length of a frame in ms (1 byte), then records of
 * length (2 bytes, little endian) and a datagram. Whatever comes: numbers only go up, and a gap is made up for 50 ms
 * at most.
 */
#include <stdlib.h>

#include "base/reader.h"
#include "client/sound_receiver.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct player {
	uint64_t frame_ns, made_up_ns;
	bool began;
	uint32_t last;
	unsigned sum;
};

static void play(void *user, const struct pf_sound_event *e)
{
	struct player *p = user;
	if (e->kind == PF_SOUND_PAUSE)
		return;
	if (e->kind == PF_SOUND_CONCEAL) {
		p->made_up_ns += p->frame_ns;
		if (p->made_up_ns > UINT64_C(50000000))
			abort();
		return;
	}
	if (p->began && e->packet.seq - p->last - 1 > INT32_MAX)
		abort();
	p->began = true;
	p->last = e->packet.seq;
	p->made_up_ns = 0;
	for (size_t i = 0; i < e->packet.data.len; i++)
		p->sum += e->packet.data.data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_rd rd = pf_rd_init(data, size);
	struct pf_sound_receiver r;
	struct player player = {.frame_ns = (pf_rd_u8(&rd) % 120 + 1) * UINT64_C(1000000)};
	pf_sound_receiver_init(&r, player.frame_ns, play, &player);
	while (rd.left > 0 && !rd.failed) {
		size_t len = pf_rd_u16(&rd);
		len = len < rd.left ? len : rd.left;
		const uint8_t *bytes = pf_rd_bytes(&rd, len);
		struct pf_datagram d;
		if (bytes && pf_datagram_read(&d, bytes, len) == PF_OK)
			pf_sound_receiver_feed(&r, &d);
	}
	pf_sound_receiver_flush(&r);
	return 0;
}
