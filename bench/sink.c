#include "sink.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/udp.h"

#define DATAGRAM_MAX 2048

const uint8_t pf_sink_key[16] = {1, 2, 3};
const uint8_t pf_sink_salt[PF_SEAL_SALT_BYTES] = {4, 5, 6, 7};

struct pf_sink {
	int fd;
	struct sockaddr_in address;
	pthread_t thread;
	_Atomic bool stop;
	struct pf_receiver *receiver; /* the thread's; NULL when it only swallows */
	struct pf_sink_result result; /* the thread's */
};

int pf_sink_open_socket(struct sockaddr_in *name)
{
	int fd = -1;
	socklen_t len = sizeof(*name);
	*name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (pf_udp_open(&fd, (void *)name, NULL) < 0 || getsockname(fd, (void *)name, &len) < 0)
		abort();
	return fd;
}

static void count_unit(void *user, const struct pf_received_unit *unit)
{
	struct pf_sink *s = user;
	s->result.units++;
	pf_histogram_add(&s->result.age_us, ((uint64_t)pf_now_ns() - unit->pts_ns) / 1000);
}

static void *run(void *arg)
{
	struct pf_sink *s = arg;
	struct pf_udp_receiver *r;
	struct pf_udp_datagram d;
	if (pf_udp_receiver_create(&r, DATAGRAM_MAX) < 0)
		abort();
	while (!atomic_load(&s->stop)) {
		struct pollfd p = {.fd = s->fd, .events = POLLIN};
		poll(&p, 1, 20);
		if (pf_udp_receive_batch(r, s->fd) <= 0 || !s->receiver)
			continue;
		int64_t now_ns = pf_now_ns();
		while (pf_udp_next(r, &d))
			pf_receiver_feed(s->receiver, d.data, d.len, now_ns);
	}
	pf_udp_receiver_destroy(r);
	return NULL;
}

static void create_receiver(struct pf_sink *s, unsigned data_per_block)
{
	struct pf_receiver_params params = {
		.sealed = true,
		.cipher = PF_CIPHER_AES128_GCM,
		.key = pf_sink_key,
		.fec_scheme = 1,
		.max_data_per_block = data_per_block,
		.shard_payload = PF_SINK_SHARD,
		.max_unit_bytes = 64 << 20,
	};
	const struct pf_receiver_events events = {.on_unit = count_unit};
	memcpy(params.salt, pf_sink_salt, sizeof(params.salt));
	if (pf_receiver_create(&s->receiver, &params, &events, s) < 0)
		abort();
}

struct pf_sink *pf_sink_start(const struct pf_sink_params *params)
{
	struct pf_sink *s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->fd = pf_sink_open_socket(&s->address);
	if (params->gro)
		pf_udp_receive_trains(s->fd);
	if (params->data_per_block > 0)
		create_receiver(s, params->data_per_block);
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		abort();
	return s;
}

const struct sockaddr *pf_sink_address(const struct pf_sink *s)
{
	return (const void *)&s->address;
}

double pf_sink_cpu_s(const struct pf_sink *s)
{
	clockid_t clock;
	struct timespec t;
	if (pthread_getcpuclockid(s->thread, &clock) != 0 || clock_gettime(clock, &t) < 0)
		abort();
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void pf_sink_stop(struct pf_sink *s, struct pf_sink_result *result)
{
	atomic_store(&s->stop, true);
	pthread_join(s->thread, NULL);
	close(s->fd);
	pf_receiver_destroy(s->receiver);
	if (result)
		*result = s->result;
	free(s);
}
