#include "plain_path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fec/fec16.h"
#include "media/batch.h"
#include "openssl_seal.h"
#include "os/clock.h"
#include "os/udp.h"
#include "sink.h"

#define DATA         PF_PLAIN_PATH_DATA
#define PARITY       (DATA / 5)
#define WORTH_A_WAIT 500000 /* ns */

struct pf_plain_path {
	struct pf_udp_sender socket;
	struct pf_fec16 *fec;
	struct pf_openssl_seal *seal;
	uint64_t seq;
	struct pf_plain_path_counts counts;
	uint8_t packet[DATA + PARITY][PF_SINK_DATAGRAM];
};

static uint8_t *shard(struct pf_plain_path *p, size_t i)
{
	return p->packet[i] + PF_DATAGRAM_SHARD_OFFSET;
}

struct pf_plain_path *pf_plain_path_create(const struct sockaddr *to)
{
	struct sockaddr_in name;
	struct pf_plain_path *p = calloc(1, sizeof(*p));
	if (!p || pf_fec16_create(&p->fec, NULL) < 0)
		abort();
	p->socket.fd = pf_sink_open_socket(&name);
	p->seal = pf_openssl_seal_create(pf_sink_key, pf_sink_salt);
	if (pf_udp_connect(p->socket.fd, to) < 0)
		abort();
	return p;
}

void pf_plain_path_destroy(struct pf_plain_path *p)
{
	close(p->socket.fd);
	pf_fec16_destroy(p->fec);
	pf_openssl_seal_destroy(p->seal);
	free(p);
}

/* Fills in the packets of one block; only its last shard may be short. */
static void fill_block(
	struct pf_plain_path *p, const uint8_t *data, size_t bytes, struct pf_packet_header *header)
{
	const uint8_t *from[DATA] = {NULL};
	uint8_t *parity[PARITY] = {NULL};
	unsigned k = header->data_shards, m = header->recovery_shards;
	for (unsigned i = 0; i < k; i++) {
		size_t at = (size_t)i * PF_SINK_SHARD, left = bytes - at;
		size_t len = left < PF_SINK_SHARD ? left : PF_SINK_SHARD;
		memcpy(shard(p, i), data + at, len);
		memset(shard(p, i) + len, 0, PF_SINK_SHARD - len);
		from[i] = shard(p, i);
	}
	for (unsigned j = 0; j < m; j++)
		parity[j] = shard(p, k + j);
	if (pf_fec16_encode(p->fec, from, k, parity, m, PF_SINK_SHARD) < 0)
		abort();
	for (unsigned i = 0; i < k + m; i++) {
		header->shard_index = (uint16_t)i;
		header->stream_seq = (uint32_t)p->seq;
		pf_packet_header_write(p->packet[i] + PF_SEAL_SEQ_BYTES, header);
		pf_openssl_seal_datagram(
			p->seal, p->seq++, p->packet[i], PF_SINK_DATAGRAM - PF_SEAL_OVERHEAD);
	}
}

static void send_packets(struct pf_plain_path *p, unsigned count, int64_t start_ns, int64_t each_ns)
{
	uint8_t *datagram[PF_UDP_SEND_MAX];
	for (unsigned done = 0, n; done < count; done += n) {
		struct pf_udp_sent sent;
		int64_t due_ns = start_ns + done * each_ns;
		if (due_ns - pf_now_ns() >= WORTH_A_WAIT)
			pf_sleep_until_ns(due_ns);
		for (n = 0; n < PF_UDP_SEND_MAX && done + n < count; n++)
			datagram[n] = p->packet[done + n];
		pf_udp_send_batch(&p->socket, datagram, n, PF_SINK_DATAGRAM, &sent);
		p->counts.datagrams += sent.accepted;
		p->counts.refused += sent.refused;
		p->counts.calls += sent.calls;
	}
}

void pf_plain_path_send(struct pf_plain_path *p, const struct pf_cut *unit, int64_t spread_ns)
{
	size_t shards = (unit->len + PF_SINK_SHARD - 1) / PF_SINK_SHARD;
	int64_t start_ns = pf_now_ns(), each_ns = spread_ns / (int64_t)(shards + shards / 5 + 1);
	struct pf_packet_header h = {
		.pts_ns = unit->pts_ns,
		.frame_index = unit->frame_index,
		.frame_bytes = (uint32_t)unit->len,
		.user_flags = PF_UNIT_PIC,
		.block_count = (uint16_t)((shards + DATA - 1) / DATA),
		.shard_bytes = PF_SINK_SHARD,
		.fec_scheme = 1,
		.flags = PF_PACKET_PICTURE,
	};
	for (size_t first = 0; first < shards; first += DATA, h.block_index++) {
		size_t at = first * PF_SINK_SHARD;
		h.data_shards = (uint16_t)(shards - first < DATA ? shards - first : DATA);
		h.recovery_shards = (uint16_t)((h.data_shards + 4) / 5);
		fill_block(p, unit->data + at, unit->len - at, &h);
		send_packets(p, h.data_shards + h.recovery_shards,
			start_ns + (int64_t)(first * 6 / 5) * each_ns, each_ns);
	}
}

struct pf_plain_path_counts pf_plain_path_counts(const struct pf_plain_path *p)
{
	return p->counts;
}
