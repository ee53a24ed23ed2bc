#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <microhttpd.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "mgmt/api.h"
#include "mgmt/mgmt.h"
#include "mgmt/token.h"
#include "mgmt/watchers.h"
#include "net/listen.h"

#define BODY_BYTES_MAX       ((size_t)64 * 1024)
#define ARGUMENT_MAX         80
#define TIMEOUT_S            30
#define CONNECTIONS_MAX      128
#define CONNECTIONS_PER_PEER 64
#define THREADS              2
#define BEAT_S               15
#define PRIORITIES           "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct pf_mgmt {
	struct MHD_Daemon *daemon;
	struct pf_host *host;
	struct pf_gamestream *gamestream;
	struct pf_watchers *watchers;
	char token[PF_TOKEN_MAX + 1];
	char *config_dir;
	uint16_t port;

	pthread_t beater; /* keeps streams without events alive */
	pthread_mutex_t lock;
	pthread_cond_t ending;
	bool ended;
};

/* One request, from its head to its end. */
struct request {
	const struct pf_route *route; /* NULL: answered already */
	char argument[ARGUMENT_MAX];
	char *body;
	size_t len;
	bool too_large;
};

/* --- answers --- */

static enum MHD_Result send_answer(struct MHD_Connection *c, struct pf_api_answer *answer)
{
	char *text = answer->body ? json_dumps(answer->body, JSON_COMPACT) : NULL;
	json_decref(answer->body);
	answer->body = NULL;
	size_t len = text ? strlen(text) : 0;
	struct MHD_Response *r = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_COPY);
	if (text)
		sodium_memzero(text, len); /* it may hold a PIN */
	free(text);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	enum MHD_Result queued = MHD_queue_response(c, answer->status, r);
	MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status, const char *text)
{
	struct pf_api_answer answer = {0};
	pf_api_refuse(&answer, status, "%s", text);
	return send_answer(c, &answer);
}

/* --- who may --- */

static bool is_loopback(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24 == 127;
	const struct in6_addr *v6 = &((const struct sockaddr_in6 *)a)->sin6_addr;
	return a->sa_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127));
}

static bool token_is_right(const struct pf_mgmt *m, struct MHD_Connection *c)
{
	const char *header = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	size_t len = strlen(m->token);
	return header && strncmp(header, "Bearer ", 7) == 0 && strlen(header + 7) == len &&
	       sodium_memcmp(header + 7, m->token, len) == 0;
}

/* 0: may; else the status of the refusal, with its text. */
static unsigned check_lane(
	const struct pf_mgmt *m, struct MHD_Connection *c, enum pf_lane lane, const char **text)
{
	if (lane == PF_LANE_OPEN)
		return 0;
	const union MHD_ConnectionInfo *peer = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (!peer || !is_loopback(peer->client_addr)) {
		*text = "this is for the host's own machine only";
		return MHD_HTTP_FORBIDDEN;
	}
	if (!token_is_right(m, c)) {
		*text = "the token is missing or wrong; it is in the file mgmt-token of the host's "
			"configuration";
		return MHD_HTTP_UNAUTHORIZED;
	}
	return 0;
}

/* --- work --- */

struct work {
	const struct pf_route *route;
	struct pf_api_call call;
	struct pf_api_answer answer;
};

static void run_handler(void *arg, struct pf_host *h)
{
	struct work *w = arg;
	w->route->handle(h, &w->call, &w->answer);
	if (w->answer.status == 200 && !w->answer.body)
		pf_api_refuse(&w->answer, 500, "out of memory");
}

static enum MHD_Result serve_call(struct pf_mgmt *m, struct MHD_Connection *c, const struct request *rq)
{
	struct work w = {.route = rq->route,
		.call = {.argument = rq->argument, .mgmt_port = m->port, .gamestream = m->gamestream},
		.answer = {.status = 200}};
	json_t *body = NULL;
	if (rq->route->members) {
		bool none = rq->len == 0;
		body = pf_api_parse(rq->route, none ? "{}" : rq->body, none ? 2 : rq->len, &w.answer);
		if (!body)
			return send_answer(c, &w.answer);
	}
	w.call.body = body;
	int rc = pf_host_ask(m->host, run_handler, &w);
	json_decref(body);
	if (rc < 0)
		return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE,
			rc == PF_ERR_CLOSED ? "the host is ending" : "the host did not answer in time");
	return send_answer(c, &w.answer);
}

/* The place to begin at: ?since= or Last-Event-ID; without them everything that is left. */
static bool read_since(struct MHD_Connection *c, uint64_t *from)
{
	const char *since = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "since");
	if (!since)
		since = MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Last-Event-ID");
	*from = UINT64_MAX;
	if (!since)
		return true;
	if (!since[0] || strlen(since) > 18 || since[strspn(since, "0123456789")])
		return false;
	*from = strtoull(since, NULL, 10);
	return true;
}

static enum MHD_Result serve_events(struct pf_mgmt *m, struct MHD_Connection *c)
{
	uint64_t from;
	const char *kinds = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "kinds");
	if (!read_since(c, &from))
		return refuse(c, MHD_HTTP_BAD_REQUEST, "since must be the number of an event");
	if (kinds && strlen(kinds) >= PF_EVENT_KINDS_MAX)
		return refuse(c, MHD_HTTP_BAD_REQUEST, "kinds is too long");
	struct MHD_Response *r = pf_watchers_stream(m->watchers, c, kinds ? kinds : "", from);
	if (!r)
		return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE, "too many watch already");
	enum MHD_Result queued = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return queued;
}

/* --- requests --- */

/* The head is read: what is refused is refused before a body is taken. */
static enum MHD_Result begin(
	struct pf_mgmt *m, struct MHD_Connection *c, const char *path, const char *method, void **state)
{
	bool other_method;
	const char *text = NULL;
	struct request *rq = calloc(1, sizeof(*rq));
	if (!rq)
		return MHD_NO;
	*state = rq;
	const struct pf_route *route =
		pf_route_find(method, path, rq->argument, sizeof(rq->argument), &other_method);
	if (!route)
		return refuse(c, other_method ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND,
			other_method ? "this path takes other methods" : "there is no such path");
	unsigned status = check_lane(m, c, route->lane, &text);
	if (status)
		return refuse(c, status, text);
	rq->route = route;
	return MHD_YES;
}

static void take_body(struct request *rq, const char *data, size_t len)
{
	if (rq->too_large || !rq->route || len > BODY_BYTES_MAX - rq->len) {
		rq->too_large = rq->route != NULL;
		return;
	}
	char *grown = realloc(rq->body, rq->len + len);
	if (!grown) {
		rq->too_large = true;
		return;
	}
	memcpy(grown + rq->len, data, len);
	rq->body = grown;
	rq->len += len;
}

static enum MHD_Result handle_request(void *cls, struct MHD_Connection *c, const char *path,
	const char *method, const char *version, const char *data, size_t *len, void **state)
{
	struct pf_mgmt *m = cls;
	struct request *rq = *state;
	if (!rq)
		return begin(m, c, path, method, state);
	if (*len > 0) {
		take_body(rq, data, *len);
		*len = 0;
		return MHD_YES;
	}
	if (!rq->route)
		return MHD_YES; /* refused at its head */
	if (rq->too_large)
		return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than 64 KiB");
	if (rq->len > 0 && !rq->route->members)
		return refuse(c, MHD_HTTP_BAD_REQUEST, "this path takes no body");
	return rq->route->handle ? serve_call(m, c, rq) : serve_events(m, c);
}

static void handle_completed(
	void *cls, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	struct request *rq = *state;
	if (!rq)
		return;
	free(rq->body);
	free(rq);
	*state = NULL;
}

__attribute__((format(printf, 2, 0))) static void handle_log(void *cls, const char *format, va_list args)
{
	char text[256];
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	pf_debug("mgmt", "%s", text);
}

/* --- life --- */

static void *beat(void *arg)
{
	struct pf_mgmt *m = arg;
	pthread_mutex_lock(&m->lock);
	while (!m->ended) {
		struct timespec until;
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += BEAT_S;
		if (pthread_cond_timedwait(&m->ending, &m->lock, &until) == ETIMEDOUT)
			pf_watchers_beat(m->watchers);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

static int start_daemon(struct pf_mgmt *m, const struct pf_mgmt_params *params, struct pf_reason *reason)
{
	int fd = pf_listen_tcp((const struct sockaddr *)&params->bind,
		"the management API; choose another with --mgmt-bind IP:PORT", &m->port, reason);
	if (fd < 0)
		return fd;
	unsigned flags =
		MHD_USE_TLS | MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	m->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle_request, m, MHD_OPTION_EXTERNAL_LOGGER,
		handle_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_HTTPS_MEM_CERT, params->cert_pem,
		MHD_OPTION_HTTPS_MEM_KEY, params->key_pem, MHD_OPTION_HTTPS_PRIORITIES, PRIORITIES,
		MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)CONNECTIONS_PER_PEER,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S, MHD_OPTION_NOTIFY_COMPLETED,
		handle_completed, NULL, MHD_OPTION_END);
	if (m->daemon)
		return PF_OK;
	close(fd);
	return pf_reason(reason, PF_ERR_IO, "the management API cannot be started");
}

static void free_mgmt(struct pf_mgmt *m)
{
	pf_watchers_destroy(m->watchers);
	pthread_cond_destroy(&m->ending);
	pthread_mutex_destroy(&m->lock);
	free(m->config_dir);
	sodium_memzero(m, sizeof(*m));
	free(m);
}

int pf_mgmt_start(struct pf_mgmt **out, const struct pf_mgmt_params *params, struct pf_reason *reason)
{
	struct pf_mgmt *m = calloc(1, sizeof(*m));
	if (!m)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->ending, NULL);
	m->host = params->host;
	m->gamestream = params->gamestream;
	m->config_dir = strdup(params->config_dir);
	int rc = m->config_dir && pf_watchers_create(&m->watchers) == PF_OK ? PF_OK : PF_ERR_NOMEM;
	if (rc == PF_OK)
		rc = pf_token_keep(m->token, params->config_dir, params->token, reason);
	if (rc == PF_OK)
		rc = start_daemon(m, params, reason);
	if (rc < 0) {
		free_mgmt(m);
		return rc;
	}
	if (pthread_create(&m->beater, NULL, beat, m) != 0)
		rc = pf_reason(reason, PF_ERR_NOMEM, "cannot start a thread");
	else if ((rc = pf_endpoint_write(params->config_dir, m->port, reason)) < 0)
		pf_mgmt_stop(m);
	else
		*out = m;
	return rc;
}

uint16_t pf_mgmt_port(const struct pf_mgmt *m)
{
	return m->port;
}

void pf_mgmt_tell(struct pf_mgmt *m, const struct pf_host_event *e)
{
	pf_watchers_tell(m->watchers, e);
}

void pf_mgmt_stop(struct pf_mgmt *m)
{
	if (!m)
		return;
	pf_endpoint_remove(m->config_dir);
	pthread_mutex_lock(&m->lock);
	m->ended = true;
	pthread_cond_signal(&m->ending);
	pthread_mutex_unlock(&m->lock);
	pthread_join(m->beater, NULL);
	pf_watchers_end(m->watchers);
	MHD_stop_daemon(m->daemon);
	free_mgmt(m);
}
