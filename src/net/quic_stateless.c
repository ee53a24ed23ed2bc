#include "net/quic_stateless.h"

#include <gnutls/crypto.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "os/clock.h"

#define TOKEN_LIFETIME (10 * NGTCP2_SECONDS)
/* RFC 9000 10.3: shorter resets could be told from ordinary packets. */
#define RESET_MIN_BYTES 43

static void answer(
	struct pf_quic_endpoint *e, const struct pf_quic_packet *to, const uint8_t *data, ngtcp2_ssize len)
{
	if (len > 0 && (size_t)len <= to->len)
		pf_quic_socket_send(&e->socket, &to->local.sa, &to->remote.sa, data, (size_t)len);
}

void pf_quic_answer_version(
	struct pf_quic_endpoint *e, const struct pf_quic_packet *packet, const ngtcp2_version_cid *vc)
{
	static const uint32_t versions[] = {NGTCP2_PROTO_VER_V1};
	uint8_t buf[NGTCP2_MAX_UDP_PAYLOAD_SIZE], random = 0;
	gnutls_rnd(GNUTLS_RND_NONCE, &random, sizeof(random));
	answer(e, packet, buf,
		ngtcp2_pkt_write_version_negotiation(buf, sizeof(buf), random, vc->scid, vc->scidlen,
			vc->dcid, vc->dcidlen, versions, sizeof(versions) / sizeof(versions[0])));
}

void pf_quic_answer_retry(
	struct pf_quic_endpoint *e, const struct pf_quic_packet *packet, const ngtcp2_pkt_hd *header)
{
	ngtcp2_cid scid = {.datalen = PF_QUIC_CID_BYTES};
	if (gnutls_rnd(GNUTLS_RND_NONCE, scid.data, scid.datalen) < 0)
		return;
	uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2], buf[NGTCP2_MAX_UDP_PAYLOAD_SIZE];
	ngtcp2_ssize len = ngtcp2_crypto_generate_retry_token2(token, e->secret, sizeof(e->secret),
		header->version, &packet->remote.sa, pf_quic_address_len(&packet->remote.sa), &scid,
		&header->dcid, (ngtcp2_tstamp)pf_now_ns());
	if (len < 0)
		return;
	answer(e, packet, buf,
		ngtcp2_crypto_write_retry(buf, sizeof(buf), header->version, &header->scid, &scid,
			&header->dcid, token, (size_t)len));
}

void pf_quic_answer_refusal(struct pf_quic_endpoint *e, const struct pf_quic_packet *packet,
	const ngtcp2_pkt_hd *header, uint64_t code)
{
	uint8_t buf[NGTCP2_MAX_UDP_PAYLOAD_SIZE];
	answer(e, packet, buf,
		ngtcp2_crypto_write_connection_close(
			buf, sizeof(buf), header->version, &header->scid, &header->dcid, code, NULL, 0));
}

void pf_quic_answer_reset(
	struct pf_quic_endpoint *e, const struct pf_quic_packet *packet, const ngtcp2_version_cid *vc)
{
	/* One byte shorter than the packet, so that two hosts without memory fall silent. */
	if (packet->len <= RESET_MIN_BYTES || vc->dcidlen > NGTCP2_MAX_CIDLEN)
		return;
	ngtcp2_cid cid;
	ngtcp2_cid_init(&cid, vc->dcid, vc->dcidlen);
	uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN], random[RESET_MIN_BYTES - sizeof(token)], buf[64];
	if (ngtcp2_crypto_generate_stateless_reset_token(token, e->secret, sizeof(e->secret), &cid) != 0)
		return;
	if (gnutls_rnd(GNUTLS_RND_NONCE, random, sizeof(random)) < 0)
		return;
	answer(e, packet, buf,
		ngtcp2_pkt_write_stateless_reset(buf, sizeof(buf), token, random, sizeof(random)));
}

int pf_quic_check_token(const struct pf_quic_endpoint *e, const struct pf_quic_packet *packet,
	const ngtcp2_pkt_hd *header, ngtcp2_cid *original_dcid)
{
	int rc = ngtcp2_crypto_verify_retry_token2(original_dcid, header->token, header->tokenlen, e->secret,
		sizeof(e->secret), header->version, &packet->remote.sa,
		pf_quic_address_len(&packet->remote.sa), &header->dcid, TOKEN_LIFETIME,
		(ngtcp2_tstamp)pf_now_ns());
	return rc == 0 ? PF_OK : PF_ERR_AUTH;
}
