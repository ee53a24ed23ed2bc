/* Answers of a host that keep no state: each is one datagram, not longer than what it answers, so nobody
 * can be flooded through us. Private to net/. Thread-safety: the loop's thread. */
#pragma once

#include <ngtcp2/ngtcp2.h>

#include "net/quic_endpoint.h"

/* To a version that we do not speak. */
void pf_quic_answer_version(
	struct pf_quic_endpoint *e, const struct pf_quic_packet *packet, const ngtcp2_version_cid *vc);
/* Asks the client to prove its address. */
void pf_quic_answer_retry(
	struct pf_quic_endpoint *e, const struct pf_quic_packet *packet, const ngtcp2_pkt_hd *header);
/* Refuses with a transport error code. */
void pf_quic_answer_refusal(struct pf_quic_endpoint *e, const struct pf_quic_packet *packet,
	const ngtcp2_pkt_hd *header, uint64_t code);
/* Tells a peer that we do not know its connection (any more). */
void pf_quic_answer_reset(
	struct pf_quic_endpoint *e, const struct pf_quic_packet *packet, const ngtcp2_version_cid *vc);

/* Does the token prove the address of the packet? Gives the id of the client's first attempt.
 * Errors: PF_ERR_AUTH (forged, too old, or of another address). */
int pf_quic_check_token(const struct pf_quic_endpoint *e, const struct pf_quic_packet *packet,
	const ngtcp2_pkt_hd *header, ngtcp2_cid *original_dcid);
