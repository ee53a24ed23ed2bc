/*
 * A UDP socket on a libuv loop for QUIC: batched receiving with the local address of every datagram,
 * replies from that address, Don't Fragment set. IPv4 addresses are AF_INET everywhere above this file,
 * also on a dual-stack socket. Private to net/. Thread-safety: the loop's thread.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"

union pf_quic_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

socklen_t pf_quic_address_len(const struct sockaddr *a);
/* Same IPv4 address or same IPv6 /64, which is what one subscriber has. Ports are not looked at. */
bool pf_quic_address_same_owner(const struct sockaddr *a, const struct sockaddr *b);

/* One received datagram; everything in it lives for the call. */
struct pf_quic_packet {
	const uint8_t *data;
	size_t len;
	union pf_quic_address local, remote;
};

struct pf_quic_receive_area;

struct pf_quic_socket {
	int fd;
	int family;
	bool connected;
	union pf_quic_address local; /* as bound; the host part may be the wildcard */
	struct pf_quic_receive_area *area;
};

/* Bound to the address. Errors: PF_ERR_IO with a reason and remedy, PF_ERR_NOMEM, PF_ERR_INVALID (family). */
int pf_quic_socket_bind(struct pf_quic_socket *s, const struct sockaddr *addr, struct pf_reason *reason);
/* Connected to the address from a free port. Errors as above. */
int pf_quic_socket_connect(struct pf_quic_socket *s, const struct sockaddr *addr, struct pf_reason *reason);
void pf_quic_socket_finish(struct pf_quic_socket *s);

typedef void (*pf_quic_on_packet)(void *user, const struct pf_quic_packet *packet);
/* Receives one batch. True when there may be more. */
bool pf_quic_socket_receive(struct pf_quic_socket *s, pf_quic_on_packet on_packet, void *user);
/* A datagram that the system does not take now is lost, as on any network. */
void pf_quic_socket_send(struct pf_quic_socket *s, const struct sockaddr *local,
	const struct sockaddr *remote, const uint8_t *data, size_t len);
