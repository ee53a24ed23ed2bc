/*
 * Clients that want to pair (gamestream 2.3, 2.4). A client is its unique id at its address; it gets one try with the
 * PIN that an operator types, and everything it sends out of order ends the attempt.
 */
#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "gamestream/plane.h"
#include "os/clock.h"
#include "proto/gamestream/xml.h"
#include "session/planes.h"

#define WAIT_NS      (300 * INT64_C(1000000000)) /* for a person */
#define PHASE_NS     (10 * INT64_C(1000000000))  /* for a program */
#define PER_PEER_MAX 4

enum step { WAITS_FOR_PIN, WAITS_FOR_CHALLENGE, WAITS_FOR_HASH, WAITS_FOR_PROOF };

struct pf_gs_attempt {
	enum step step;
	char unique_id[33];
	char name[PF_NAME_BYTES_MAX + 1];
	struct in_addr peer;
	struct pf_gs_certificate client;
	struct pf_fingerprint fingerprint;
	uint8_t salt[PF_GS_SALT_BYTES];
	struct pf_gs_ceremony ceremony;
	void *waiter; /* phase 1's connection */
	int64_t begun_ns, moved_ns;
};

static void print_address(const struct pf_gs_attempt *t, char out[INET_ADDRSTRLEN])
{
	inet_ntop(AF_INET, &t->peer, out, INET_ADDRSTRLEN);
}

/* --- answers --- */

static void answer_paired(struct pf_gs_answer *a, const char *element, const uint8_t *data, size_t len)
{
	struct pf_gs_xml x;
	x.w = pf_wr_init(x.bytes, sizeof(x.bytes));
	pf_xml_begin(&x.w, 200, NULL);
	pf_xml_number(&x.w, "paired", 1);
	if (element)
		pf_xml_hex(&x.w, element, data, len);
	pf_gs_xml_done(&x, a);
}

static void answer_waiter(struct pf_gs_attempt *t, struct pf_gs_answer *a)
{
	if (t->waiter)
		pf_gs_http_finish(t->waiter, a->body, a->len);
	t->waiter = NULL;
}

/* --- attempts --- */

static struct pf_gs_attempt **find(struct pf_gamestream *g, const char *unique_id, struct in_addr peer)
{
	for (size_t i = 0; i < PF_GS_ATTEMPTS_MAX; i++) {
		struct pf_gs_attempt *t = g->attempts[i];
		if (t && t->peer.s_addr == peer.s_addr && !strcmp(t->unique_id, unique_id))
			return &g->attempts[i];
	}
	return NULL;
}

static void drop(struct pf_gs_attempt **at, const char *why)
{
	struct pf_gs_attempt *t = *at;
	struct pf_gs_answer a = {0};
	*at = NULL;
	if (t->waiter) {
		pf_gs_refuse(&a, 400, why, "paired");
		answer_waiter(t, &a);
	}
	pf_gs_certificate_finish(&t->client);
	sodium_memzero(t, sizeof(*t));
	free(t);
}

/* A place for one more; NULL: the address, or the host, has too many. */
static struct pf_gs_attempt **free_place(struct pf_gamestream *g, struct in_addr peer)
{
	struct pf_gs_attempt **place = NULL;
	unsigned of_peer = 0;
	for (size_t i = 0; i < PF_GS_ATTEMPTS_MAX; i++) {
		if (!g->attempts[i])
			place = &g->attempts[i];
		else
			of_peer += g->attempts[i]->peer.s_addr == peer.s_addr;
	}
	return of_peer < PER_PEER_MAX ? place : NULL;
}

void pf_gs_pairing_tick(struct pf_gamestream *g, int64_t now_ns)
{
	for (size_t i = 0; i < PF_GS_ATTEMPTS_MAX; i++) {
		struct pf_gs_attempt *t = g->attempts[i];
		if (!t)
			continue;
		int64_t limit = t->step == WAITS_FOR_PIN ? WAIT_NS : PHASE_NS;
		if (now_ns - t->moved_ns > limit)
			drop(&g->attempts[i], "Nobody entered the PIN in time");
		else if (t->waiter && pf_gs_http_is_gone(t->waiter))
			drop(&g->attempts[i], "The client has gone");
	}
}

void pf_gs_pairing_end(struct pf_gamestream *g)
{
	for (size_t i = 0; i < PF_GS_ATTEMPTS_MAX; i++) {
		if (g->attempts[i])
			drop(&g->attempts[i], "The host is ending");
	}
}

/* --- phase 1 --- */

static bool valid_id(const char *id)
{
	size_t n = strlen(id);
	return n >= 1 && n <= 32 && strspn(id, "0123456789abcdefABCDEF-") == n;
}

/* A certificate in the hexadecimal form of the query. */
static int read_certificate(struct pf_gs_attempt *t, const char *hex)
{
	size_t n = strlen(hex) / 2;
	if (n == 0 || n > PF_GS_CERT_PEM_MAX || strlen(hex) % 2)
		return PF_ERR_INVALID;
	uint8_t *pem = malloc(n);
	if (!pem)
		return PF_ERR_NOMEM;
	int rc = pf_hex_decode(pem, n, hex) ? pf_gs_certificate_read(&t->client, (char *)pem, n)
					    : PF_ERR_INVALID;
	free(pem);
	return rc < 0 ? rc : pf_fingerprint_of(&t->fingerprint, t->client.der, t->client.der_len);
}

static int read_first(struct pf_gs_attempt *t, const struct pf_gs_request *rq)
{
	const char *salt = rq->get(rq->user, "salt"), *certificate = rq->get(rq->user, "clientcert"),
		   *name = rq->get(rq->user, "devicename");
	if (!salt || !certificate || !pf_hex_decode(t->salt, sizeof(t->salt), salt))
		return PF_ERR_INVALID;
	/* Every client but one calls itself "roth": no name to tell devices by. */
	if (!name || !strcmp(name, "roth"))
		name = "Moonlight";
	int rc = read_certificate(t, certificate);
	pf_name_sanitise(t->name, name, strlen(name), t->fingerprint.bytes);
	return rc;
}

static void begin_attempt(struct pf_gamestream *g, const struct pf_gs_request *rq, const char *unique_id,
	struct pf_gs_answer *a)
{
	char address[INET_ADDRSTRLEN];
	struct pf_gs_attempt **at = find(g, unique_id, rq->peer);
	if (at)
		drop(at, "The client began to pair anew");
	at = free_place(g, rq->peer);
	struct pf_gs_attempt *t = at ? calloc(1, sizeof(*t)) : NULL;
	if (!t) {
		pf_gs_refuse(
			a, 503, "Too many clients wait for their PIN; answer or wait for them", "paired");
		return;
	}
	*at = t;
	memcpy(t->unique_id, unique_id, strlen(unique_id));
	t->peer = rq->peer;
	t->begun_ns = t->moved_ns = pf_now_ns();
	if (read_first(t, rq) < 0 || gnutls_rnd(GNUTLS_RND_KEY, t->ceremony.secret, PF_GS_SECRET_BYTES) < 0 ||
		gnutls_rnd(GNUTLS_RND_KEY, t->ceremony.challenge, PF_GS_SECRET_BYTES) < 0) {
		drop(at, "");
		pf_gs_refuse(a, 400, "The salt or the certificate is malformed", "paired");
		return;
	}
	t->waiter = rq->waiter;
	a->waits = true;
	print_address(t, address);
	pf_info("gamestream", "%s at %s wants to pair: type the PIN it shows: punktfunk-host ctl pin PIN",
		t->name, address);
	pf_host_tell(g->p.host,
		&(struct pf_host_event){
			.kind = "pairing.pending", .fingerprint = &t->fingerprint, .name = t->name});
}

/* --- phases 2 to 4 --- */

static bool take_hex(const struct pf_gs_request *rq, const char *name, uint8_t *out, size_t n)
{
	const char *hex = rq->get(rq->user, name);
	return hex && pf_hex_decode(out, n, hex);
}

static bool challenge(struct pf_gamestream *g, struct pf_gs_attempt *t, const struct pf_gs_request *rq,
	struct pf_gs_answer *a)
{
	uint8_t in[PF_GS_CHALLENGE_BYTES], out[PF_GS_RESPONSE_BYTES];
	if (t->step != WAITS_FOR_CHALLENGE || !take_hex(rq, "clientchallenge", in, sizeof(in)))
		return false;
	pf_gs_ceremony_challenge(
		&t->ceremony, g->certificate.signature, g->certificate.signature_len, in, out);
	t->step = WAITS_FOR_HASH;
	answer_paired(a, "challengeresponse", out, sizeof(out));
	return true;
}

static bool reveal(struct pf_gamestream *g, struct pf_gs_attempt *t, const struct pf_gs_request *rq,
	struct pf_gs_answer *a)
{
	uint8_t in[PF_GS_HASH_BYTES], out[PF_GS_SECRET_BYTES + PF_GS_SIGNATURE_MAX];
	size_t len;
	if (t->step != WAITS_FOR_HASH || !take_hex(rq, "serverchallengeresp", in, sizeof(in)) ||
		pf_gs_ceremony_reveal(&t->ceremony, g->key, in, out, &len) < 0)
		return false;
	t->step = WAITS_FOR_PROOF;
	answer_paired(a, "pairingsecret", out, len);
	return true;
}

static void tell_result(struct pf_gamestream *g, const struct pf_gs_attempt *t, bool paired, const char *why)
{
	char address[INET_ADDRSTRLEN];
	print_address(t, address);
	if (paired)
		pf_info("gamestream", "%s at %s is paired", t->name, address);
	else
		pf_warn("gamestream", "%s at %s is not paired: %s", t->name, address, why);
	pf_host_tell(
		g->p.host, &(struct pf_host_event){.kind = paired ? "pairing.completed" : "pairing.denied",
				   .fingerprint = &t->fingerprint,
				   .name = t->name,
				   .reason = paired ? NULL : why});
}

/* The attempt is over, whatever comes of it. */
static void prove(struct pf_gamestream *g, struct pf_gs_attempt *t, const struct pf_gs_request *rq,
	struct pf_gs_answer *a)
{
	uint8_t proof[PF_GS_SECRET_BYTES + PF_GS_SIGNATURE_MAX];
	struct pf_reason reason = {0};
	const char *hex = rq->get(rq->user, "clientpairingsecret");
	size_t len = hex ? strlen(hex) / 2 : 0;
	bool right = t->step == WAITS_FOR_PROOF && len > 0 && len <= sizeof(proof) &&
		     pf_hex_decode(proof, len, hex) &&
		     pf_gs_ceremony_verify(&t->ceremony, &t->client, proof, len);
	if (right &&
		pf_devices_pair(g->devices, &t->fingerprint, t->name, NULL, pf_wall_s(), &reason) == PF_OK) {
		answer_paired(a, NULL, NULL, 0);
		tell_result(g, t, true, NULL);
		return;
	}
	tell_result(g, t, false, right ? reason.text : "wrong PIN");
	pf_gs_refuse(a, right ? 500 : 200, right ? reason.text : NULL, "paired");
}

static void next_phase(struct pf_gamestream *g, struct pf_gs_attempt **at, const struct pf_gs_request *rq,
	struct pf_gs_answer *a)
{
	struct pf_gs_attempt *t = *at;
	t->moved_ns = pf_now_ns();
	if (rq->get(rq->user, "clientpairingsecret")) {
		prove(g, t, rq, a);
		drop(at, "");
		return;
	}
	if (rq->get(rq->user, "clientchallenge") ? challenge(g, t, rq, a) : reveal(g, t, rq, a))
		return;
	drop(at, "The client went on before the PIN was entered");
	pf_gs_refuse(a, 400, "This phase of pairing is not due, or malformed", "paired");
}

void pf_gs_pair(struct pf_gamestream *g, const struct pf_gs_request *rq, struct pf_gs_answer *a)
{
	const char *unique_id = rq->get(rq->user, "uniqueid"), *phrase = rq->get(rq->user, "phrase");
	const char *damage = pf_devices_damage(g->devices);
	if (rq->https) {
		answer_paired(a, NULL, NULL, 0); /* phase 5: that it got here is the answer */
		return;
	}
	if (!unique_id || !valid_id(unique_id)) {
		pf_gs_refuse(a, 400, unique_id ? "Invalid uniqueid" : "Missing uniqueid parameter", "paired");
	} else if (phrase && !strcmp(phrase, "getservercert")) {
		if (damage)
			pf_gs_refuse(a, 500, damage, "paired");
		else
			begin_attempt(g, rq, unique_id, a);
	} else {
		struct pf_gs_attempt **at = find(g, unique_id, rq->peer);
		if (at)
			next_phase(g, at, rq, a);
		else
			pf_gs_refuse(a, 400, "Pairing begins with its first phase", "paired");
	}
}

/* --- operators --- */

size_t pf_gamestream_waiting(const struct pf_gamestream *g, struct pf_gs_waiting *out, size_t cap)
{
	size_t n = 0;
	for (size_t i = 0; i < PF_GS_ATTEMPTS_MAX; i++) {
		const struct pf_gs_attempt *t = g->attempts[i];
		if (!t || t->step != WAITS_FOR_PIN)
			continue;
		if (n < cap) {
			struct pf_gs_waiting *w = &out[n];
			*w = (struct pf_gs_waiting){.fingerprint = t->fingerprint,
				.age_s = (unsigned)((pf_now_ns() - t->begun_ns) / 1000000000)};
			memcpy(w->unique_id, t->unique_id, sizeof(w->unique_id));
			memcpy(w->name, t->name, sizeof(w->name));
			print_address(t, w->address);
		}
		n++;
	}
	return n;
}

static bool is_meant(const struct pf_gs_attempt *t, const struct pf_gs_pin *pin)
{
	char address[INET_ADDRSTRLEN];
	print_address(t, address);
	return t->step == WAITS_FOR_PIN && (!pin->unique_id || !strcmp(t->unique_id, pin->unique_id)) &&
	       (!pin->fingerprint || pf_fingerprint_equal(&t->fingerprint, pin->fingerprint)) &&
	       (!pin->address || !strcmp(address, pin->address));
}

int pf_gamestream_pin(struct pf_gamestream *g, const struct pf_gs_pin *pin, struct pf_reason *reason)
{
	struct pf_gs_attempt *meant = NULL;
	struct pf_gs_answer a = {0};
	if (strlen(pin->pin) != PF_GS_PIN_DIGITS || strspn(pin->pin, "0123456789") != PF_GS_PIN_DIGITS)
		return pf_reason(reason, PF_ERR_INVALID, "a PIN has %d digits", PF_GS_PIN_DIGITS);
	for (size_t i = 0; i < PF_GS_ATTEMPTS_MAX; i++) {
		if (!g->attempts[i] || !is_meant(g->attempts[i], pin))
			continue;
		if (meant)
			return pf_reason(reason, PF_ERR_LIMIT,
				"several clients wait for a PIN: say which one is meant (see `ctl pair "
				"status`)");
		meant = g->attempts[i];
	}
	if (!meant)
		return pf_reason(reason, PF_ERR_NOT_FOUND, "no such Moonlight client waits for a PIN");
	if (pin->name)
		pf_name_sanitise(meant->name, pin->name, strlen(pin->name), meant->fingerprint.bytes);
	pf_gs_ceremony_key(&meant->ceremony, meant->salt, pin->pin);
	meant->step = WAITS_FOR_CHALLENGE;
	meant->moved_ns = pf_now_ns();
	answer_paired(&a, "plaincert", (const uint8_t *)g->pem.certificate, strlen(g->pem.certificate));
	answer_waiter(meant, &a);
	return PF_OK;
}
