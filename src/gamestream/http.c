/*
 * nvhttp's two servers (gamestream 1.3, 2.2): plain, and TLS with a client certificate that anybody may present. What
 * a request means is decided on the net loop; the threads here read, ask and answer.
 */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "gamestream/plane.h"
#include "net/listen.h"
#include "os/file.h"

#define CONNECTIONS_MAX      128
#define CONNECTIONS_PER_PEER 32
#define TIMEOUT_S            30
#define PICTURE_BYTES_MAX    ((size_t)8 * 1024 * 1024)
#define PRIORITIES           "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct pf_gs_http {
	struct pf_gamestream *g;
	struct MHD_Daemon *plain, *tls;
};

/* One request. A waiting one is touched by the net loop until it is finished. */
struct request {
	struct MHD_Connection *connection;
	int fd;
	bool ready; /* the answer stands below; written before the connection is resumed */
	struct pf_gs_answer answer;
};

/* The smallest picture there is, for apps without one (1.7). */
static const uint8_t no_picture[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d,
	0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00,
	0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x30, 0x00,
	0x00, 0x00, 0x32, 0x00, 0x31, 0x69, 0xc8, 0x98, 0xfa, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44,
	0xae, 0x42, 0x60, 0x82};

/* --- answers --- */

static enum MHD_Result send_body(struct MHD_Connection *c, void *body, size_t len, const char *type)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	enum MHD_Result queued = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result send_picture(struct MHD_Connection *c, const struct pf_gs_answer *a)
{
	char *data = NULL;
	size_t len = 0;
	if (!a->picture || pf_file_read(a->picture, PICTURE_BYTES_MAX, &data, &len) < 0)
		return send_body(c, (void *)no_picture, sizeof(no_picture), "image/png");
	enum MHD_Result sent = send_body(c, data, len, "image/png");
	free(data);
	return sent;
}

static enum MHD_Result send_answer(struct MHD_Connection *c, const struct pf_gs_answer *a)
{
	if (a->is_picture)
		return send_picture(c, a);
	return a->body ? send_body(c, a->body, a->len, "application/xml") : MHD_NO;
}

/* --- requests --- */

struct work {
	struct pf_gamestream *g;
	struct pf_gs_request rq;
	struct pf_gs_answer answer;
};

static void run_on_loop(void *arg, struct pf_host *h)
{
	struct work *w = arg;
	pf_gs_answer(w->g, &w->rq, &w->answer);
}

static const char *lookup(void *user, const char *name)
{
	return MHD_lookup_connection_value(user, MHD_GET_ARGUMENT_KIND, name);
}

static struct in_addr ipv4_of(const struct sockaddr *a)
{
	return a && a->sa_family == AF_INET ? ((const struct sockaddr_in *)(const void *)a)->sin_addr
					    : (struct in_addr){0};
}

static void read_addresses(struct MHD_Connection *c, struct pf_gs_request *rq)
{
	const union MHD_ConnectionInfo *peer = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct sockaddr_storage local = {0};
	socklen_t len = sizeof(local);
	if (peer)
		rq->peer = ipv4_of(peer->client_addr);
	if (fd && getsockname(fd->connect_fd, (struct sockaddr *)&local, &len) == 0)
		rq->local = ipv4_of((struct sockaddr *)&local);
}

static void read_certificate(struct MHD_Connection *c, struct pf_gs_request *rq)
{
	unsigned count = 0;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const gnutls_datum_t *chain = info ? gnutls_certificate_get_peers(info->tls_session, &count) : NULL;
	rq->has_certificate = chain && count > 0 &&
			      pf_fingerprint_of(&rq->certificate, chain[0].data, chain[0].size) == PF_OK;
}

static int fd_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	return fd ? fd->connect_fd : -1;
}

/* Pairing's first phase waits for a person: it is suspended before the net loop hears of it, because that may answer at
 * once. */
static bool may_wait(struct MHD_Connection *c, const char *path)
{
	const char *phrase = lookup(c, "phrase");
	return !strcmp(path, "/pair") && phrase && !strcmp(phrase, "getservercert");
}

static enum MHD_Result serve(
	struct pf_gs_http *http, struct MHD_Connection *c, const char *path, bool https, struct request *r)
{
	struct work w = {.g = http->g, .rq = {.path = path, .https = https, .get = lookup, .user = c}};
	bool waits = may_wait(c, path);
	read_addresses(c, &w.rq);
	if (https)
		read_certificate(c, &w.rq);
	if (waits) {
		r->connection = c;
		r->fd = fd_of(c);
		w.rq.waiter = r;
		MHD_suspend_connection(c);
	}
	if (pf_host_ask(http->g->p.host, run_on_loop, &w) < 0)
		pf_gs_refuse(&w.answer, 503, "The host is busy or ending; try again", NULL);
	if (w.answer.waits)
		return MHD_YES; /* r belongs to the net loop now */
	r->answer = w.answer;
	r->ready = true;
	if (!waits)
		return send_answer(c, &r->answer);
	MHD_resume_connection(c);
	return MHD_YES;
}

static enum MHD_Result handle(struct pf_gs_http *http, struct MHD_Connection *c, const char *path,
	const char *method, size_t *len, void **state, bool https)
{
	struct request *r = *state;
	if (!r) {
		*state = calloc(1, sizeof(*r));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*len > 0) {
		*len = 0; /* no request has a body that matters */
		return MHD_YES;
	}
	return r->ready ? send_answer(c, &r->answer) : serve(http, c, path, https, r);
}

static enum MHD_Result handle_plain(void *cls, struct MHD_Connection *c, const char *path, const char *method,
	const char *version, const char *data, size_t *len, void **state)
{
	return handle(cls, c, path, method, len, state, false);
}

static enum MHD_Result handle_tls(void *cls, struct MHD_Connection *c, const char *path, const char *method,
	const char *version, const char *data, size_t *len, void **state)
{
	return handle(cls, c, path, method, len, state, true);
}

static void handle_completed(
	void *cls, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	struct request *r = *state;
	if (!r)
		return;
	free(r->answer.body);
	free(r->answer.picture);
	free(r);
	*state = NULL;
}

/* The client's certificate is asked for, of whatever issuer, and no session is ever resumed (2.2). */
static void handle_connection(
	void *cls, struct MHD_Connection *c, void **socket_state, enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info;
	if (what != MHD_CONNECTION_NOTIFY_STARTED)
		return;
	info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	if (!info || !info->tls_session)
		return;
	gnutls_certificate_server_set_request(info->tls_session, GNUTLS_CERT_REQUEST);
	gnutls_certificate_send_x509_rdn_sequence(info->tls_session, 1);
}

/* --- the net loop's side of a waiting request --- */

void pf_gs_http_finish(void *waiter, char *body, size_t len)
{
	struct request *r = waiter;
	r->answer = (struct pf_gs_answer){.body = body, .len = len};
	r->ready = true;
	MHD_resume_connection(r->connection);
}

bool pf_gs_http_is_gone(void *waiter)
{
	const struct request *r = waiter;
	char byte;
	ssize_t n = recv(r->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* --- life --- */

__attribute__((format(printf, 2, 0))) static void handle_log(void *cls, const char *format, va_list args)
{
	char text[256];
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	pf_debug("gamestream", "%s", text);
}

static int listen_at(const struct pf_gamestream *g, uint16_t wanted, uint16_t *port, const char *what,
	struct pf_reason *reason)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr = g->p.bind, .sin_port = htons(wanted)};
	return pf_listen_tcp((struct sockaddr *)&address, what, port, reason);
}

/* The logger is said first, as the library wants it. */
#define LOGGER MHD_OPTION_EXTERNAL_LOGGER, handle_log, NULL
#define COMMON_OPTIONS                                                                              \
	MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT, \
		(unsigned)CONNECTIONS_PER_PEER, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, \
		MHD_OPTION_NOTIFY_COMPLETED, handle_completed, NULL

static int start_plain(struct pf_gs_http *h, struct pf_reason *reason)
{
	struct pf_gamestream *g = h->g;
	int fd = listen_at(g, g->p.port, &g->http_port,
		"GameStream's HTTP; choose others with --gamestream-port", reason);
	if (fd < 0)
		return fd;
	h->plain = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		handle_plain, h, LOGGER, MHD_OPTION_LISTEN_SOCKET, fd, COMMON_OPTIONS, MHD_OPTION_END);
	return h->plain ? PF_OK : pf_reason(reason, PF_ERR_IO, "GameStream's HTTP server cannot be started");
}

static int start_tls(struct pf_gs_http *h, struct pf_reason *reason)
{
	struct pf_gamestream *g = h->g;
	int fd = listen_at(g, g->p.port ? g->p.port - 5 : 0, &g->https_port,
		"GameStream's HTTPS; choose others with --gamestream-port", reason);
	if (fd < 0)
		return fd;
	h->tls = MHD_start_daemon(
		MHD_USE_TLS | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0,
		NULL, NULL, handle_tls, h, LOGGER, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_HTTPS_MEM_CERT,
		g->pem.certificate, MHD_OPTION_HTTPS_MEM_KEY, g->pem.key, MHD_OPTION_HTTPS_PRIORITIES,
		PRIORITIES, MHD_OPTION_NOTIFY_CONNECTION, handle_connection, NULL, COMMON_OPTIONS,
		MHD_OPTION_END);
	return h->tls ? PF_OK : pf_reason(reason, PF_ERR_IO, "GameStream's HTTPS server cannot be started");
}

int pf_gs_http_start(struct pf_gamestream *g, struct pf_reason *reason)
{
	struct pf_gs_http *h = calloc(1, sizeof(*h));
	if (!h)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	h->g = g;
	g->http = h;
	int rc = start_plain(h, reason);
	return rc < 0 ? rc : start_tls(h, reason);
}

void pf_gs_http_stop(struct pf_gamestream *g)
{
	if (!g->http)
		return;
	if (g->http->plain)
		MHD_stop_daemon(g->http->plain);
	if (g->http->tls)
		MHD_stop_daemon(g->http->tls);
	free(g->http);
	g->http = NULL;
}
