/*
 * flood PORT handshakes N   first packets of N handshakes that nobody goes on with, each from an address of its own
 * flood PORT pairings N     N requests to pair, each on a connection of its own, with a point that is none
 *
 * Against a host on 127.0.0.1; from addresses of this machine only. Prints what became of them.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "net/quic.h"
#include "proto/native/framing.h"
#include "proto/native/pairing.h"

#define AT_ONCE   8
#define FIRST_MAX 4
#define CODES     256

struct flood {
	uv_loop_t loop;
	struct sockaddr_in host;
	struct pf_identity *id;
	unsigned left, open;
	unsigned code[CODES], lost;
};

static void handle_stream(
	void *user, struct pf_quic *q, int64_t stream, const uint8_t *data, size_t len, bool fin)
{
}

static void handle_datagram(void *user, struct pf_quic *q, const uint8_t *data, size_t len)
{
}

static void open_next(struct flood *f);

static void handle_connected(void *user, struct pf_quic *q)
{
	static const uint8_t nonsense[PF_PAIR_SPAKE_BYTES] = {0x41, 2};
	struct pf_pair_message m = {
		.type = PF_PAIR_REQUEST, .request = {.name = "flood", .spake = {nonsense, sizeof(nonsense)}}};
	uint8_t buf[PF_FRAME_HEAD_BYTES + PF_PAIR_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	int64_t stream;
	size_t at = pf_frame_begin(&w);
	pf_pair_write(&w, &m);
	pf_frame_end(&w, at);
	if (pf_quic_stream_open(q, &stream) == PF_OK)
		pf_quic_stream_write(q, stream, buf, w.len, false);
}

static void handle_closed(void *user, struct pf_quic *q, const struct pf_quic_close *close)
{
	struct flood *f = user;
	f->open--;
	if (close->origin == PF_CLOSED_BY_PEER && close->code < CODES)
		f->code[close->code]++;
	else
		f->lost++;
	open_next(f);
}

static const struct pf_quic_events events = {
	.on_connected = handle_connected,
	.on_stream_data = handle_stream,
	.on_datagram = handle_datagram,
	.on_closed = handle_closed,
};

static void open_next(struct flood *f)
{
	struct pf_quic_client_params params = {.id = f->id};
	struct pf_quic *q;
	memcpy(&params.remote, &f->host, sizeof(f->host));
	while (f->left > 0 && f->open < AT_ONCE) {
		f->left--;
		if (pf_quic_connect(&q, &f->loop, &params, &events, f, NULL) < 0)
			f->lost++;
		else
			f->open++;
	}
}

static int send_pairings(struct flood *f, unsigned count)
{
	if (uv_loop_init(&f->loop) < 0 || pf_identity_generate(&f->id, "flood", NULL) < 0)
		return 1;
	f->left = count;
	open_next(f);
	uv_run(&f->loop, UV_RUN_DEFAULT);
	uv_loop_close(&f->loop);
	pf_identity_destroy(f->id);
	printf("rate limited %u, not armed %u, malformed %u, lost %u\n", f->code[PF_CLOSE_RATE_LIMITED],
		f->code[PF_CLOSE_NOT_ARMED], f->code[PF_CLOSE_SETUP_FAILED], f->lost);
	return 0;
}

/* What a client sends first, caught by a socket of our own. */
static unsigned catch_first(uint8_t first[FIRST_MAX][1500], size_t len[FIRST_MAX])
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t name_len = sizeof(name);
	struct flood f = {0};
	struct pf_quic_client_params params = {0};
	struct pf_quic *q;
	unsigned n = 0;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0 ||
		getsockname(fd, (struct sockaddr *)&name, &name_len) < 0 || uv_loop_init(&f.loop) < 0)
		return 0;
	memcpy(&params.remote, &name, sizeof(name));
	if (pf_quic_connect(&q, &f.loop, &params, &events, &f, NULL) < 0)
		return 0;
	f.open = 1;
	for (int turn = 0; turn < 50 && n < FIRST_MAX; turn++) {
		uv_run(&f.loop, UV_RUN_NOWAIT);
		ssize_t got = recv(fd, first[n], sizeof(first[n]), MSG_DONTWAIT);
		if (got > 0)
			len[n++] = (size_t)got;
		usleep(2000);
	}
	pf_quic_close(q, PF_CLOSE_NORMAL, "");
	uv_run(&f.loop, UV_RUN_DEFAULT);
	uv_loop_close(&f.loop);
	close(fd);
	return n;
}

/* Each from 127.x.y.z: all of these are this machine. */
static int send_handshakes(const struct flood *f, unsigned count)
{
	static uint8_t first[FIRST_MAX][1500];
	size_t len[FIRST_MAX];
	unsigned packets = catch_first(first, len), answered = 0, sent = 0;
	for (unsigned i = 0; i < count; i++) {
		struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f010001u + i)};
		uint8_t answer[1500];
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
			return 1;
		for (unsigned p = 0; p < packets; p++)
			sent += sendto(fd, first[p], len[p], 0, (const struct sockaddr *)&f->host,
					sizeof(f->host)) > 0;
		usleep(200);
		answered += recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0;
		close(fd);
	}
	printf("sent %u packets, %u addresses were answered\n", sent, answered);
	return packets == 0;
}

int main(int argc, char **argv)
{
	struct flood f = {0};
	if (argc != 4)
		return 2;
	f.host = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(argv[1])),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	unsigned count = (unsigned)atoi(argv[3]);
	return strcmp(argv[2], "pairings") == 0 ? send_pairings(&f, count) : send_handshakes(&f, count);
}
