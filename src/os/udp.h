/*
 * UDP sockets of the media plane (native-media 1): opening, marking, sending and receiving in batches.
 * Nothing here blocks, retries or allocates per datagram. Thread-safety: one thread per object.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"

#define PF_UDP_SEND_MAX    64  /* datagrams per send call */
#define PF_UDP_RECEIVE_MAX 128 /* datagrams per receive call */

/* Whether datagrams carry a DSCP mark: towards private peers only, or as the operator says. */
enum pf_udp_marking { PF_UDP_MARK_PRIVATE, PF_UDP_MARK_ALWAYS, PF_UDP_MARK_NEVER };
enum pf_udp_class {
	PF_UDP_CLASS_VIDEO, /* CS5, priority 5 */
	PF_UDP_CLASS_AUDIO, /* CS6, priority 6 */
};

/*
 * Opens a socket bound to `local` (port 0: ephemeral), with the large buffers of 1.4; a small grant is
 * logged once per process. Close it with close(). On failure *fd is untouched and `reason` (may be NULL) says
 * what would help. Errors: PF_ERR_INVALID (family), PF_ERR_LIMIT (address or port in use), PF_ERR_IO (errno).
 */
int pf_udp_open(int *fd, const struct sockaddr *local, struct pf_reason *reason);
/* As above, for a port that several sockets of this program share: the one that is connected to the sender of a
 * datagram gets it. */
int pf_udp_open_shared(int *fd, const struct sockaddr *local, struct pf_reason *reason);
/* PF_ERR_IO (errno). */
int pf_udp_connect(int fd, const struct sockaddr *peer);
/* RFC 1918, link local, loopback, unique local, and the v4-mapped forms of those. */
bool pf_udp_peer_is_private(const struct sockaddr *peer);
/* Marks what leaves the socket from now on. A kernel that refuses is ignored: the mark is a wish. True when
 * it was set. */
bool pf_udp_mark(int fd, const struct sockaddr *peer, enum pf_udp_class kind, enum pf_udp_marking marking);

/* From now on the kernel throws away what arrives. For a socket that only sends: the client's punches go on for
 * the whole stream (1.2) and would fill the receive buffer. PF_ERR_IO (errno). */
int pf_udp_stop_receiving(int fd);

/* Bytes of the address that the family makes meaningful; 0 for other families. */
socklen_t pf_udp_address_bytes(const struct sockaddr *address);

/*
 * What an errno of a send or receive means for the stream (1.3): true = the datagram is lost, carry on; false
 * = the socket is of no more use.
 */
bool pf_udp_error_passes(int error);

struct pf_udp_sender {
	int fd;
	bool gso;       /* let the kernel cut trains of datagrams; turns itself off when refused */
	unsigned train; /* datagrams per train, 2..64: short ones spare the switch queues behind us */
};

struct pf_udp_sent {
	unsigned accepted; /* by the kernel */
	unsigned refused;  /* dropped: never sent again */
	unsigned calls;
};

/*
 * Sends up to PF_UDP_SEND_MAX datagrams of one size over the connected socket, without waiting. What the
 * kernel does not take is dropped and counted. *sent is written in every case.
 * Errors: PF_ERR_IO when the socket has failed for good (errno).
 */
int pf_udp_send_batch(struct pf_udp_sender *s, uint8_t *const *datagram, unsigned count, size_t bytes,
	struct pf_udp_sent *sent);

struct pf_udp_receiver; /* memory for one receive call */

struct pf_udp_datagram {
	uint8_t *data; /* until the next receive */
	size_t len;    /* longer ones are cut at max_bytes */
	const struct sockaddr *from;
};

/* Errors: PF_ERR_NOMEM. */
int pf_udp_receiver_create(struct pf_udp_receiver **out, size_t max_bytes);
void pf_udp_receiver_destroy(struct pf_udp_receiver *r);
/* Takes what waits in the socket, at most PF_UDP_RECEIVE_MAX, without waiting. Returns how many, 0 when there is
 * nothing (or only a passing error), PF_ERR_IO when the socket has failed for good. */
int pf_udp_receive_batch(struct pf_udp_receiver *r, int fd);
/* index below what the last call returned. */
struct pf_udp_datagram pf_udp_received(const struct pf_udp_receiver *r, unsigned index);
