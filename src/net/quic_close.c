#include "net/quic_close.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

/* RFC 9000 20.1 */
static const char *const transport_errors[] = {
	"no error",
	"internal error",
	"connection refused",
	"flow control error",
	"stream limit error",
	"stream state error",
	"final size error",
	"frame encoding error",
	"transport parameter error",
	"connection ID limit error",
	"protocol violation",
	"invalid token",
	"application error",
	"crypto buffer exceeded",
	"key update error",
	"AEAD limit reached",
	"no viable path",
	"version negotiation error",
};

/* Announced by the first byte; 0: no character begins with it. */
static size_t lead_length(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Length of the well-formed character at p, 0 when malformed (RFC 3629). */
static size_t utf8_length(const uint8_t *p, size_t left)
{
	size_t n = lead_length(p[0]);
	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
	bool surrogate = p[0] == 0xed && p[1] >= 0xa0;
	bool beyond = p[0] == 0xf4 && p[1] >= 0x90;
	return overlong || surrogate || beyond ? 0 : n;
}

/* C0, DEL and C1. */
static bool is_control(const uint8_t *p)
{
	return p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

void pf_quic_close_scrub(char out[PF_QUIC_REASON_MAX + 1], const void *text, size_t len)
{
	const uint8_t *p = text;
	size_t used = 0;
	while (len > 0) {
		size_t n = utf8_length(p, len);
		bool bad = n == 0 || is_control(p);
		size_t step = n == 0 ? 1 : n;
		size_t need = bad ? 1 : n;
		if (need > PF_QUIC_REASON_MAX - used)
			break;
		if (bad)
			out[used] = '?';
		else
			memcpy(out + used, p, n);
		used += need;
		p += step;
		len -= step;
	}
	out[used] = 0;
}

static void name_transport_error(char *out, size_t cap, uint64_t code)
{
	if (code >= NGTCP2_CRYPTO_ERROR && code < NGTCP2_CRYPTO_ERROR + 256) {
		unsigned alert = (unsigned)(code - NGTCP2_CRYPTO_ERROR);
		const char *name = gnutls_alert_get_name((gnutls_alert_description_t)alert);
		snprintf(out, cap, "TLS alert %u: %s", alert, name ? name : "unknown");
	} else if (code < sizeof(transport_errors) / sizeof(transport_errors[0])) {
		snprintf(out, cap, "QUIC: %s", transport_errors[code]);
	} else {
		snprintf(out, cap, "QUIC error 0x%llx", (unsigned long long)code);
	}
}

void pf_quic_close_from_transport(struct pf_quic_close *out, uint64_t code)
{
	out->origin = PF_CLOSED_BY_TRANSPORT;
	out->code = code;
	name_transport_error(out->reason, sizeof(out->reason), code);
}

void pf_quic_close_from_peer(struct pf_quic_close *out, const ngtcp2_ccerr *peer)
{
	if (peer->type == NGTCP2_CCERR_TYPE_APPLICATION) {
		out->origin = PF_CLOSED_BY_PEER;
		out->code = peer->error_code;
		pf_quic_close_scrub(out->reason, peer->reason, peer->reasonlen);
		return;
	}
	pf_quic_close_from_transport(out, peer->error_code);
	if (peer->reasonlen == 0)
		return;
	char whole[2 * PF_QUIC_REASON_MAX + 8], said[PF_QUIC_REASON_MAX + 1];
	pf_quic_close_scrub(said, peer->reason, peer->reasonlen);
	int n = snprintf(whole, sizeof(whole), "%s (%s)", out->reason, said);
	pf_quic_close_scrub(out->reason, whole, (size_t)n);
}
