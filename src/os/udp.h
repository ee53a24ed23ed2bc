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

#define PF_UDP_SEND_MAX 64 /* datagrams per send call */

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
	bool gso; /* let the kernel cut trains of datagrams; false once they are too large for the way to this peer; once
		   * the kernel refuses them as such, no sender of the process makes them */
	unsigned train; /* datagrams per train, 2..64: short ones spare the switch queues behind us */
	bool timed;     /* pf_udp_ask_times() said yes: the kernel keeps each train until its time has come */
	int64_t leave_ns; /* on pf_now_ns()'s clock: of the first train of the next batch */
	int64_t step_ns;  /* from one train to the next */
};

/*
 * For a connected socket: its datagrams can have times to leave from now on. Only the queueing discipline "fq" of the
 * device that they leave by keeps to them, so there must be one; a new peer may have another device. What
 * waits lies in the send buffer. Errors: PF_ERR_UNSUPPORTED (no fq, a small buffer), PF_ERR_IO (errno).
 */
int pf_udp_ask_times(int fd, struct pf_reason *reason);

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

/* From now on the kernel may hand over datagrams of one size and one sender as a train, which costs a fraction of
 * single ones. For a socket that is read through a pf_udp_receiver only. A kernel that refuses is ignored. */
void pf_udp_receive_trains(int fd);

/* Errors: PF_ERR_NOMEM. */
int pf_udp_receiver_create(struct pf_udp_receiver **out, size_t max_bytes);
void pf_udp_receiver_destroy(struct pf_udp_receiver *r);
/* Takes what waits in the socket, 32 datagrams or trains at most, without waiting. Returns how many datagrams, 0
 * when there is nothing (or only a passing error), PF_ERR_IO when the socket has failed for good (errno). */
int pf_udp_receive_batch(struct pf_udp_receiver *r, int fd);
/* Whether the last pf_udp_receive_batch() emptied the socket: another call can wait until it is readable. */
bool pf_udp_emptied(const struct pf_udp_receiver *r);
/* The datagrams of the last pf_udp_receive_batch(), each once, in order; false after the last one. */
bool pf_udp_next(struct pf_udp_receiver *r, struct pf_udp_datagram *out);
