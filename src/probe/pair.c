#include "probe/pair.h"

#include <poll.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "net/quic.h"
#include "probe/address.h"
#include "proto/native/framing.h"

#define PIN_WAIT_MS  90000
#define ANSWER_MS    20000 /* for the whole ceremony */
#define PIN_LINE_MAX 64

int pf_probe_read_pin(FILE *in, char pin[PF_PIN_DIGITS + 1], struct pf_reason *reason)
{
	char line[PIN_LINE_MAX];
	struct pollfd p = {.fd = fileno(in), .events = POLLIN};
	if (poll(&p, 1, PIN_WAIT_MS) == 0)
		return pf_reason(reason, PF_ERR_TIMEOUT, "no PIN was typed within %d s", PIN_WAIT_MS / 1000);
	if (!fgets(line, sizeof(line), in))
		return pf_reason(reason, PF_ERR_INVALID, "no PIN came on standard input");
	line[strcspn(line, "\r\n")] = '\0';
	bool good = strlen(line) == PF_PIN_DIGITS && strspn(line, "0123456789") == PF_PIN_DIGITS;
	if (good)
		memcpy(pin, line, PF_PIN_DIGITS + 1);
	sodium_memzero(line, sizeof(line));
	return good ? PF_OK : pf_reason(reason, PF_ERR_INVALID, "a PIN has %d digits", PF_PIN_DIGITS);
}

struct attempt {
	const struct pf_probe_options *options;
	const struct pf_identity *id;
	const char *pin;
	struct pf_quic *quic;
	int64_t stream;
	struct pf_framer framer;
	struct pf_pairing_client half;
	struct pf_fingerprint host;
	bool proven; /* the host knows the PIN, and has our proof */
	uv_timer_t limit;
	int rc;
	struct pf_reason *reason;
};

/* The first outcome stays. */
static void end(struct attempt *a, uint64_t code, int rc, const char *text)
{
	if (a->rc != PF_ERR_AGAIN)
		return;
	a->rc = rc;
	pf_reason(a->reason, rc, "%s", text);
	if (a->quic)
		pf_quic_close(a->quic, code, rc == PF_OK ? "pair done" : text);
}

static void send_message(struct attempt *a, const struct pf_pair_message *m)
{
	uint8_t buf[PF_FRAME_HEAD_BYTES + PF_PAIR_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	size_t at = pf_frame_begin(&w);
	pf_pair_write(&w, m);
	pf_frame_end(&w, at);
	pf_quic_stream_write(a->quic, a->stream, buf, w.len, false);
}

static void handle_connected(void *user, struct pf_quic *q)
{
	struct attempt *a = user;
	struct pf_pairing_ends ends;
	const struct pf_slice pin = {(const uint8_t *)a->pin, strlen(a->pin)};
	a->host = *pf_quic_peer_fingerprint(q);
	memcpy(ends.client, pf_identity_fingerprint(a->id)->bytes, sizeof(ends.client));
	memcpy(ends.host, a->host.bytes, sizeof(ends.host));
	if (pf_quic_stream_open(q, &a->stream) < 0 || pf_pairing_client_start(&a->half, pin, &ends) < 0) {
		end(a, PF_CLOSE_ERROR, PF_ERR_IO, "pairing cannot be started");
		return;
	}
	struct pf_pair_message m = {.type = PF_PAIR_REQUEST};
	snprintf(m.request.name, sizeof(m.request.name), "%s", a->options->name);
	m.request.spake = (struct pf_slice){a->half.spake.message, sizeof(a->half.spake.message)};
	send_message(a, &m);
}

static void take_challenge(struct attempt *a, const struct pf_pair_message *challenge)
{
	struct pf_pair_message proof;
	if (pf_pairing_client_prove(&a->half, challenge, &proof) < 0) {
		end(a, PF_CLOSE_ERROR, PF_ERR_AUTH,
			"the host does not know this PIN: it was mistyped or is spent, or somebody stands in "
			"between. "
			"Ask the host for a new one");
		return;
	}
	a->proven = true;
	send_message(a, &proof);
}

static bool take_message(void *user, const uint8_t *data, size_t len)
{
	struct attempt *a = user;
	struct pf_pair_message m;
	if (a->rc != PF_ERR_AGAIN)
		return false;
	if (pf_pair_read(&m, data, len) < 0)
		end(a, PF_CLOSE_ERROR, PF_ERR_AUTH, "the host's answer is malformed");
	else if (m.type == PF_PAIR_CHALLENGE && !a->proven)
		take_challenge(a, &m);
	else if (m.type == PF_PAIR_RESULT && a->proven && m.result.paired)
		end(a, PF_CLOSE_NORMAL, PF_OK, "");
	else if (m.type == PF_PAIR_RESULT && a->proven)
		end(a, PF_CLOSE_ERROR, PF_ERR_AUTH, "the host did not store this device; its log says why");
	else
		end(a, PF_CLOSE_ERROR, PF_ERR_AUTH, "the host's answer does not belong here");
	return true;
}

static void handle_stream_data(
	void *user, struct pf_quic *q, int64_t stream, const uint8_t *data, size_t len, bool fin)
{
	struct attempt *a = user;
	if (stream == a->stream)
		pf_framer_feed(&a->framer, data, len, take_message, a);
}

static void handle_datagram(void *user, struct pf_quic *q, const uint8_t *data, size_t len)
{
}

static void handle_closed(void *user, struct pf_quic *q, const struct pf_quic_close *close)
{
	struct attempt *a = user;
	a->quic = NULL;
	if (close->origin == PF_CLOSED_UNREACHABLE)
		end(a, 0, PF_ERR_TIMEOUT,
			"the host does not answer: is it running, and does a firewall let its UDP port "
			"through?");
	else
		end(a, 0, PF_ERR_AUTH, close->reason[0] ? close->reason : "the host ended the connection");
	uv_close((uv_handle_t *)&a->limit, NULL);
}

static void handle_limit(uv_timer_t *timer)
{
	end(timer->data, PF_CLOSE_ERROR, PF_ERR_TIMEOUT, "the host did not answer in time");
}

int pf_probe_pair(struct pf_fingerprint *host, const struct pf_probe_options *options,
	const struct pf_identity *id, const char *pin, struct pf_reason *reason)
{
	static const struct pf_quic_events events = {
		.on_connected = handle_connected,
		.on_stream_data = handle_stream_data,
		.on_datagram = handle_datagram,
		.on_closed = handle_closed,
	};
	struct pf_quic_client_params params = {.id = id};
	struct attempt a = {
		.options = options, .id = id, .pin = pin, .stream = -1, .rc = PF_ERR_AGAIN, .reason = reason};
	uv_loop_t loop;
	int rc = pf_probe_resolve(options, &params.remote, reason);
	if (rc < 0)
		return rc;
	if (uv_loop_init(&loop) < 0)
		return pf_reason(reason, PF_ERR_NOMEM, "no event loop");
	rc = pf_quic_connect(&a.quic, &loop, &params, &events, &a, reason);
	if (rc == PF_OK) {
		uv_timer_init(&loop, &a.limit);
		a.limit.data = &a;
		uv_timer_start(&a.limit, handle_limit, ANSWER_MS, 0);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	pf_spake2_wipe(&a.half.spake);
	if (rc == PF_OK)
		rc = a.rc;
	if (rc == PF_OK)
		*host = a.host;
	return rc;
}
