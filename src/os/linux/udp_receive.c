/* Receiving in batches, and taking apart the trains that the kernel hands over whole. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

#include "os/udp.h"

#define MESSAGES      32 /* of one call */
#define MESSAGE_BYTES ((size_t)64 * 1024)

union train_control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int))];
};

struct pf_udp_receiver {
	size_t max_bytes;
	unsigned count;               /* messages of the last call */
	unsigned at;                  /* the message that pf_udp_next() is in */
	size_t offset;                /* what it took of it */
	size_t segment_len[MESSAGES]; /* of each datagram in the message but the last, which may be shorter */
	struct mmsghdr message[MESSAGES];
	struct iovec part[MESSAGES];
	struct sockaddr_storage from[MESSAGES];
	union train_control control[MESSAGES];
	uint8_t bytes[]; /* untouched, hence without memory, where no train reaches */
};

void pf_udp_receive_trains(int fd)
{
	int on = 1;
	setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
}

int pf_udp_receiver_create(struct pf_udp_receiver **out, size_t max_bytes)
{
	struct pf_udp_receiver *r = calloc(1, sizeof(*r) + MESSAGES * MESSAGE_BYTES);
	if (!r)
		return PF_ERR_NOMEM;
	r->max_bytes = max_bytes;
	for (size_t i = 0; i < MESSAGES; i++) {
		r->part[i] =
			(struct iovec){.iov_base = r->bytes + i * MESSAGE_BYTES, .iov_len = MESSAGE_BYTES};
		r->message[i].msg_hdr = (struct msghdr){
			.msg_name = &r->from[i],
			.msg_iov = &r->part[i],
			.msg_iovlen = 1,
			.msg_control = &r->control[i],
		};
	}
	*out = r;
	return PF_OK;
}

void pf_udp_receiver_destroy(struct pf_udp_receiver *r)
{
	free(r);
}

/* A message without the note of a train is one datagram. */
static size_t segment_len_of(struct mmsghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&message->msg_hdr);
	int len = 0;
	if (c && c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
		memcpy(&len, CMSG_DATA(c), sizeof(len));
	return len > 0 && (unsigned)len < message->msg_len ? (size_t)len : message->msg_len;
}

static int datagrams_of(size_t message_len, size_t segment_len)
{
	return message_len == 0 ? 1 : (int)((message_len + segment_len - 1) / segment_len);
}

int pf_udp_receive_batch(struct pf_udp_receiver *r, int fd)
{
	r->count = r->at = 0;
	r->offset = 0;
	for (size_t i = 0; i < MESSAGES; i++) {
		r->message[i].msg_hdr.msg_namelen = sizeof(r->from[i]);
		r->message[i].msg_hdr.msg_controllen = sizeof(r->control[i]);
	}
	int n = recvmmsg(fd, r->message, MESSAGES, MSG_DONTWAIT, NULL);
	if (n < 0)
		return pf_udp_error_passes(errno) ? 0 : PF_ERR_IO;
	r->count = (unsigned)n;
	int datagrams = 0;
	for (unsigned i = 0; i < r->count; i++) {
		r->segment_len[i] = segment_len_of(&r->message[i]);
		datagrams += datagrams_of(r->message[i].msg_len, r->segment_len[i]);
	}
	return datagrams;
}

bool pf_udp_emptied(const struct pf_udp_receiver *r)
{
	return r->count < MESSAGES;
}

bool pf_udp_next(struct pf_udp_receiver *r, struct pf_udp_datagram *out)
{
	if (r->at == r->count)
		return false;
	size_t left = r->message[r->at].msg_len - r->offset;
	size_t len = left < r->segment_len[r->at] ? left : r->segment_len[r->at];
	*out = (struct pf_udp_datagram){
		.data = (uint8_t *)r->part[r->at].iov_base + r->offset,
		.len = len < r->max_bytes ? len : r->max_bytes,
		.from = (const struct sockaddr *)&r->from[r->at],
	};
	r->offset += len;
	if (len == left) {
		r->at++;
		r->offset = 0;
	}
	return true;
}
