#include "probe/media.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/thread.h"
#include "os/udp.h"

#define DATAGRAM_MAX 9216

static const char PUNCH[8] = {'P', 'F', 'p', 'u', 'n', 'c', 'h', '1'};

struct pf_probe_media {
	int fd;
	struct pf_udp_receiver *datagrams;
	struct pf_receiver *receiver;
	struct pf_probe_output *output;
	bool verify;
	void (*on_events)(void *user);
	void *user;
	bool running; /* the thread was started */
	pthread_t thread;
	_Atomic bool ending;
	_Atomic bool flush;

	pthread_mutex_t mutex; /* held for a copy only; guards all below */
	struct pf_receiver_stats stats;
	struct pf_probe_event event[PF_PROBE_EVENTS_MAX];
	size_t first, count;
	uint64_t events_lost; /* the loop did not keep up: units are missing from the figures */
};

int pf_probe_media_open(struct pf_probe_media **out, int family, struct pf_reason *reason)
{
	struct pf_probe_media *m = calloc(1, sizeof(*m));
	if (!m)
		return PF_ERR_NOMEM;
	const struct sockaddr_storage any = {.ss_family = (sa_family_t)family};
	m->fd = -1;
	pthread_mutex_init(&m->mutex, NULL);
	int err = pf_udp_open(&m->fd, (const struct sockaddr *)&any, reason);
	if (err) {
		pthread_mutex_destroy(&m->mutex);
		free(m);
		return err;
	}
	pf_udp_receive_trains(m->fd);
	*out = m;
	return PF_OK;
}

uint16_t pf_probe_media_port(const struct pf_probe_media *m)
{
	struct sockaddr_in6 local = {0}; /* an IPv4 address has its port at the same place */
	socklen_t len = sizeof(local);
	if (getsockname(m->fd, (struct sockaddr *)&local, &len))
		return 0;
	return ntohs(local.sin6_port);
}

static void post(struct pf_probe_media *m, const struct pf_probe_event *event)
{
	pthread_mutex_lock(&m->mutex);
	if (m->count < PF_PROBE_EVENTS_MAX)
		m->event[(m->first + m->count++) % PF_PROBE_EVENTS_MAX] = *event;
	else
		m->events_lost++;
	pthread_mutex_unlock(&m->mutex);
	m->on_events(m->user);
}

/* The synthetic source: frame index, then (index + i) of every byte position (product 1.2). */
static bool bytes_as_expected(const struct pf_received_unit *unit)
{
	for (size_t i = 0; i < unit->len; i++) {
		uint8_t want =
			i < 4 ? (uint8_t)(unit->frame_index >> (8 * i)) : (uint8_t)(unit->frame_index + i);
		if (unit->data[i] != want)
			return false;
	}
	return unit->len >= 4;
}

static void handle_unit(void *user, const struct pf_received_unit *unit)
{
	struct pf_probe_media *m = user;
	const struct pf_probe_event event = {
		.kind = PF_PROBE_UNIT,
		.frame_index = unit->frame_index,
		.user_flags = unit->user_flags,
		.pts_ns = unit->pts_ns,
		.received_wall_ns = pf_wall_ns(),
		.len = unit->len,
		.mismatched = m->verify && !bytes_as_expected(unit),
		.at_ns = pf_now_ns(),
	};
	if (m->output)
		pf_probe_output_put(m->output, unit->data, unit->len, unit->pts_ns);
	post(m, &event);
}

static void handle_lost(void *user, uint32_t frame_index)
{
	const struct pf_probe_event event = {
		.kind = PF_PROBE_LOST, .frame_index = frame_index, .at_ns = pf_now_ns()};
	post(user, &event);
}

/* One receive call's worth. Errors: PF_ERR_IO. */
static int receive(struct pf_probe_media *m)
{
	int n = pf_udp_receive_batch(m->datagrams, m->fd);
	if (n <= 0)
		return n;
	int64_t now_ns = pf_now_ns();
	struct pf_udp_datagram d;
	while (pf_udp_next(m->datagrams, &d) && !atomic_load_explicit(&m->flush, memory_order_relaxed))
		pf_receiver_feed(m->receiver, d.data, d.len, now_ns);
	struct pf_receiver_stats stats;
	pf_receiver_get_stats(m->receiver, &stats);
	pthread_mutex_lock(&m->mutex);
	m->stats = stats;
	pthread_mutex_unlock(&m->mutex);
	return n;
}

static void *run(void *user)
{
	struct pf_probe_media *m = user;
	pf_thread_enter("probe-media");
	while (!atomic_load(&m->ending)) {
		struct pollfd readable = {.fd = m->fd, .events = POLLIN};
		if (poll(&readable, 1, -1) < 0 && errno != EINTR)
			break;
		int n;
		do {
			n = receive(m);
		} while (n > 0 && !pf_udp_emptied(m->datagrams) && !atomic_load(&m->ending));
		if (n < 0) {
			pf_error_log("probe", "the media socket failed (%s): no more video will come",
				strerror(errno));
			break;
		}
		atomic_store(&m->flush, false); /* the socket is empty */
	}
	return NULL;
}

int pf_probe_media_start(
	struct pf_probe_media *m, const struct pf_probe_media_params *params, struct pf_reason *reason)
{
	const struct pf_receiver_events events = {.on_unit = handle_unit, .on_lost = handle_lost};
	m->output = params->output;
	m->verify = params->verify;
	m->on_events = params->on_events;
	m->user = params->user;
	int err = pf_receiver_create(&m->receiver, &params->receiver, &events, m);
	if (err)
		return pf_reason(reason, err, "cannot set up the receiver: %s", pf_strerror(err));
	err = pf_udp_receiver_create(&m->datagrams, DATAGRAM_MAX);
	if (err)
		return err;
	if (pf_udp_connect(m->fd, params->host))
		return pf_reason(
			reason, PF_ERR_IO, "cannot reach the host's media port: %s", strerror(errno));
	if (pthread_create(&m->thread, NULL, run, m))
		return pf_reason(reason, PF_ERR_NOMEM, "cannot start the media thread");
	m->running = true;
	return PF_OK;
}

void pf_probe_media_punch(struct pf_probe_media *m)
{
	/* Whatever becomes of it, another one follows. */
	(void)!send(m->fd, PUNCH, sizeof(PUNCH), MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool pf_probe_media_take(struct pf_probe_media *m, struct pf_probe_event *out)
{
	pthread_mutex_lock(&m->mutex);
	bool any = m->count > 0;
	if (any) {
		*out = m->event[m->first];
		m->first = (m->first + 1) % PF_PROBE_EVENTS_MAX;
		m->count--;
	}
	pthread_mutex_unlock(&m->mutex);
	return any;
}

struct pf_receiver_stats pf_probe_media_stats(struct pf_probe_media *m)
{
	pthread_mutex_lock(&m->mutex);
	struct pf_receiver_stats stats = m->stats;
	pthread_mutex_unlock(&m->mutex);
	return stats;
}

void pf_probe_media_flush(struct pf_probe_media *m)
{
	atomic_store(&m->flush, true);
}

void pf_probe_media_stop(struct pf_probe_media *m)
{
	if (!m->running)
		return;
	m->running = false;
	atomic_store(&m->ending, true);
	shutdown(m->fd, SHUT_RD); /* ends the thread's poll */
	pthread_join(m->thread, NULL);
	if (m->events_lost > 0)
		pf_warn("probe", "%llu events came faster than they were counted",
			(unsigned long long)m->events_lost);
}

void pf_probe_media_close(struct pf_probe_media *m)
{
	if (!m)
		return;
	pf_probe_media_stop(m);
	pf_udp_receiver_destroy(m->datagrams);
	pf_receiver_destroy(m->receiver);
	close(m->fd);
	pthread_mutex_destroy(&m->mutex);
	free(m);
}
