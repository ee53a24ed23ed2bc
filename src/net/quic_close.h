/* Why a connection ended, in words. Private to net/. Thread-safety: safe. */
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <stddef.h>

#include "net/quic.h"

/* Copies at most PF_QUIC_REASON_MAX bytes of valid UTF-8 without control characters, terminated; what is
 * malformed or a control character becomes '?'. Cuts between characters. */
void pf_quic_close_scrub(char out[PF_QUIC_REASON_MAX + 1], const void *text, size_t len);

/* The close that the peer sent, application or transport. */
void pf_quic_close_from_peer(struct pf_quic_close *out, const ngtcp2_ccerr *peer);
/* A QUIC or TLS error found by us: `code` is the transport error code. */
void pf_quic_close_from_transport(struct pf_quic_close *out, uint64_t code);
