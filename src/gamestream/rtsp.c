/*
 * The RTSP server (gamestream 3): one request a connection. Whose it is shows in its key, or, without encryption, in
 * its address.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "gamestream/plane.h"
#include "net/listen.h"
#include "session/planes.h"

#define CONNECTIONS_MAX 64
#define REQUEST_MS      15000
#define REPLY_BYTES_MAX 8192
#define REQUEST_MAX     (PF_RTSP_BYTES_MAX + PF_RTSP_FRAME_HEAD)

struct connection {
	struct pf_gamestream *g;
	uv_tcp_t tcp;
	uv_timer_t deadline;
	unsigned open_handles;
	struct in_addr peer;
	size_t len;
	bool answered;
	uint8_t reply[REPLY_BYTES_MAX];
	uv_write_t write;
	uint8_t request[REQUEST_MAX];
};

/* --- life --- */

static void handle_closed(uv_handle_t *handle)
{
	struct connection *c = handle->data;
	if (--c->open_handles > 0)
		return;
	c->g->rtsp_connections--;
	pf_gs_handle_closed(c->g);
	free(c);
}

static void close_connection(struct connection *c)
{
	if (uv_is_closing((uv_handle_t *)&c->tcp))
		return;
	uv_close((uv_handle_t *)&c->tcp, handle_closed);
	uv_close((uv_handle_t *)&c->deadline, handle_closed);
}

static void handle_deadline(uv_timer_t *timer)
{
	close_connection(timer->data);
}

static void handle_written(uv_write_t *write, int status)
{
	close_connection(write->data);
}

/* --- replies --- */

static void fill_setup(struct pf_gs_stream *s, enum pf_rtsp_target target, struct pf_rtsp_reply *r)
{
	r->session = true;
	if (target == PF_RTSP_CONTROL) {
		r->server_port = s->g->control_port;
		r->has_connect_data = true;
		r->connect_data = s->connect_data;
	} else {
		r->server_port = target == PF_RTSP_AUDIO ? s->g->audio.port : s->g->video.port;
		r->ping_payload = s->ping_payload;
	}
}

/* What the request does, and what is answered; body has room for REPLY_BYTES_MAX / 2. */
static void handle_request(
	struct pf_gs_stream *s, const struct pf_rtsp_request *rq, struct pf_rtsp_reply *r, struct pf_wr *body)
{
	s->normal_quality = rq->normal_quality;
	switch (rq->method) {
	case PF_RTSP_OPTIONS:
		r->status = 200;
		break;
	case PF_RTSP_DESCRIBE:
		pf_gs_stream_describe(s, body);
		r->status = body->failed ? 500 : 200;
		r->body = (const char *)body->start;
		r->body_len = body->len;
		break;
	case PF_RTSP_SETUP:
		r->status = rq->target == PF_RTSP_NO_STREAM ? 404 : 200;
		if (r->status == 200)
			fill_setup(s, rq->target, r);
		break;
	case PF_RTSP_ANNOUNCE:
		r->status = pf_gs_stream_announce(s, rq);
		break;
	case PF_RTSP_PLAY:
		r->status = s->announced ? 200 : 400;
		if (s->announced)
			pf_gs_stream_play(s);
		break;
	case PF_RTSP_OTHER:
		r->status = 400;
		break;
	}
}

static void send_reply(struct connection *c, struct pf_gs_stream *s, const struct pf_rtsp_reply *r)
{
	uint8_t text[REPLY_BYTES_MAX - PF_RTSP_FRAME_HEAD];
	struct pf_wr plain = pf_wr_init(text, sizeof(text)), out = pf_wr_init(c->reply, sizeof(c->reply));
	pf_rtsp_reply_write(&plain, r);
	if (s && s->launch.encrypted_rtsp)
		pf_rtsp_frame_seal(&out, &s->rtsp_key, ++s->rtsp_replies, text, plain.len);
	else
		pf_wr_bytes(&out, text, plain.len);
	c->answered = true;
	uv_read_stop((uv_stream_t *)&c->tcp);
	uv_buf_t buf = uv_buf_init((char *)c->reply, (unsigned)out.len);
	c->write.data = c;
	if (plain.failed || out.failed ||
		uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, handle_written) < 0)
		close_connection(c);
}

static void answer(struct connection *c, struct pf_gs_stream *s, const uint8_t *text, size_t len)
{
	uint8_t buffer[REPLY_BYTES_MAX / 2];
	struct pf_wr body = pf_wr_init(buffer, sizeof(buffer));
	struct pf_rtsp_request rq;
	struct pf_rtsp_reply r = {.status = 400};
	if (pf_rtsp_read(&rq, text, len) == PF_OK) {
		r.cseq = rq.cseq;
		if (s)
			handle_request(s, &rq, &r, &body);
	}
	send_reply(c, s, &r);
}

/* --- whose request it is --- */

static bool takes_rtsp(const struct pf_gs_stream *s, const struct connection *c, bool encrypted)
{
	return s->state == PF_GS_LAUNCHED && s->peer.s_addr == c->peer.s_addr &&
	       s->launch.encrypted_rtsp == encrypted;
}

static void answer_plain(struct connection *c, size_t len)
{
	struct pf_gs_stream *last = NULL;
	for (struct pf_gs_stream *s = c->g->streams; s; s = s->next) {
		if (takes_rtsp(s, c, false))
			last = s;
	}
	answer(c, last, c->request, len);
}

/* Nobody's: it is closed, since there is no key to say why with. */
static void answer_frame(struct connection *c, size_t len)
{
	uint8_t *text = malloc(len);
	struct pf_gs_stream *s = c->g->streams;
	size_t text_len = 0;
	for (; text && s; s = s->next) {
		if (takes_rtsp(s, c, true) &&
			pf_rtsp_frame_open(&s->rtsp_key, c->request, len, text, &text_len) == PF_OK)
			break;
	}
	if (text && s)
		answer(c, s, text, text_len);
	else
		close_connection(c);
	free(text);
}

static void handle_bytes(struct connection *c)
{
	bool framed = pf_rtsp_is_framed(c->request);
	size_t total;
	int rc = framed ? pf_rtsp_frame_measure(c->request, c->len, &total)
			: pf_rtsp_measure(c->request, c->len, &total);
	if (rc == PF_ERR_TRUNCATED && c->len < sizeof(c->request))
		return;
	if (rc == PF_OK && framed)
		answer_frame(c, total);
	else if (rc == PF_OK)
		answer_plain(c, total);
	else
		send_reply(c, NULL, &(struct pf_rtsp_reply){.status = 400});
}

static void handle_alloc(uv_handle_t *handle, size_t wish, uv_buf_t *buf)
{
	struct connection *c = handle->data;
	*buf = uv_buf_init((char *)c->request + c->len, (unsigned)(sizeof(c->request) - c->len));
}

static void handle_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct connection *c = stream->data;
	if (n < 0) {
		if (!c->answered)
			close_connection(c);
		return;
	}
	c->len += (size_t)n;
	if (n > 0)
		handle_bytes(c);
}

/* Strangers are not even read (3.1). */
static bool is_expected(const struct pf_gamestream *g, struct in_addr peer)
{
	for (const struct pf_gs_stream *s = g->streams; s; s = s->next) {
		if (s->state == PF_GS_LAUNCHED && s->peer.s_addr == peer.s_addr)
			return true;
	}
	return false;
}

static void handle_connection(uv_stream_t *server, int status)
{
	struct pf_gamestream *g = server->data;
	struct sockaddr_storage peer = {0};
	int len = sizeof(peer);
	struct connection *c = status < 0 || g->stopping ? NULL : calloc(1, sizeof(*c));
	if (!c)
		return;
	c->g = g;
	uv_tcp_init(g->loop, &c->tcp);
	uv_timer_init(g->loop, &c->deadline);
	c->tcp.data = c->deadline.data = c;
	c->open_handles = 2;
	g->open_handles++;
	g->rtsp_connections++;
	if (uv_accept(server, (uv_stream_t *)&c->tcp) < 0 || g->rtsp_connections > CONNECTIONS_MAX ||
		uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&peer, &len) < 0 ||
		peer.ss_family != AF_INET) {
		close_connection(c);
		return;
	}
	c->peer = ((struct sockaddr_in *)&peer)->sin_addr;
	if (!is_expected(g, c->peer)) {
		close_connection(c);
		return;
	}
	uv_timer_start(&c->deadline, handle_deadline, REQUEST_MS, 0);
	uv_read_start((uv_stream_t *)&c->tcp, handle_alloc, handle_read);
}

int pf_gs_rtsp_start(struct pf_gamestream *g, struct pf_reason *reason)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr = g->p.bind,
		.sin_port = htons(g->p.port ? (uint16_t)(g->p.port + 21) : 0)};
	int fd = pf_listen_tcp((struct sockaddr *)&address,
		"GameStream's RTSP; choose others with --gamestream-port", &g->rtsp_port, reason);
	if (fd < 0)
		return fd;
	uv_tcp_init(g->loop, &g->rtsp);
	g->rtsp.data = g;
	g->open_handles++;
	if (uv_tcp_open(&g->rtsp, fd) < 0 ||
		uv_listen((uv_stream_t *)&g->rtsp, CONNECTIONS_MAX, handle_connection) < 0)
		return pf_reason(reason, PF_ERR_IO, "GameStream's RTSP server cannot be started");
	return PF_OK;
}
