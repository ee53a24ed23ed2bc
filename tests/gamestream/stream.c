#include "stream.h"

#include "audio.h"
#include "bytes.h"
#include "control.h"
#include "input.h"
#include "live.h"
#include "report.h"
#include "session.h"
#include "video.h"
#include "violations.h"

#include <arpa/inet.h>
#include <math.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CONTROL_PING_MS = 100, UDP_PING_MS = 500, TURN_MS = 20, GIVE_UP_MS = 10000, DATAGRAM_MAX = 4096 };

static volatile int stop;

/* A media socket and its pings (spec 6.1). */
struct flow {
	int fd;
	const char *name;
	const uint16_t *port;
	const char *payload;
	uint32_t counter;
	double next_ping;
};

struct run {
	struct gsc_session session;
	struct gsc_control control;
	struct gsc_video video;
	struct gsc_audio audio;
	struct gsc_input input;
	struct gsc_live live;
	struct flow video_flow, audio_flow;
	double start_ms, next_control_ping, first_packet_ms;
};

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool open_flow(struct flow *f, const char *name, const uint16_t *port, const char *payload)
{
	int size = 8 << 20;
	*f = (struct flow){.name = name, .port = port, .payload = payload};
	f->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->fd < 0)
		return false;
	if (setsockopt(f->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(f->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return true;
}

static void ping(struct run *r, struct flow *f, double now)
{
	uint8_t bytes[20] = "PING";
	size_t len = 4;
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_addr = r->session.host, .sin_port = htons(*f->port)};
	if (now < f->next_ping)
		return;
	f->next_ping = now + UDP_PING_MS;
	if (f->payload[0] && !r->session.options->legacy_ping) {
		memcpy(bytes, f->payload, 16);
		gsc_put_be32(bytes + 16, ++f->counter);
		len = sizeof(bytes);
	}
	sendto(f->fd, bytes, len, 0, (struct sockaddr *)&to, sizeof(to));
}

static void ping_audio(void *ctx)
{
	struct run *r = ctx;
	ping(r, &r->audio_flow, gsc_now_ms());
}

static bool is_from_host(const struct run *r, const struct flow *f, const struct sockaddr_in *from)
{
	if (from->sin_addr.s_addr == r->session.host.s_addr && from->sin_port == htons(*f->port))
		return true;
	gsc_violation("6.1: %s packet from another address or port (%u)", f->name, ntohs(from->sin_port));
	return false;
}

static void receive_flow(struct run *r, struct flow *f)
{
	uint8_t data[DATAGRAM_MAX];
	for (int i = 0; i < 1024; i++) {
		struct sockaddr_in from;
		socklen_t from_len = sizeof(from);
		ssize_t len = recvfrom(f->fd, data, sizeof(data), 0, (struct sockaddr *)&from, &from_len);
		if (len < 0)
			return;
		double now = gsc_now_ms();
		if (!is_from_host(r, f, &from))
			continue;
		if (f == &r->audio_flow) {
			gsc_audio_datagram(&r->audio, data, (size_t)len, now);
			continue;
		}
		r->first_packet_ms = r->first_packet_ms > 0 ? r->first_packet_ms : now;
		gsc_video_datagram(&r->video, data, (size_t)len, now);
	}
}

static void on_lost(void *ctx, uint32_t first, uint32_t last, bool had_idr)
{
	struct run *r = ctx;
	if (r->video.frames.rfi && had_idr)
		gsc_control_invalidate(&r->control, first, last);
	else
		gsc_control_ask_idr(&r->control);
}

static void on_fec(void *ctx, const uint8_t status[21])
{
	struct run *r = ctx;
	gsc_control_fec_status(&r->control, status);
}

static void do_due(struct run *r, double now)
{
	ping(r, &r->video_flow, now);
	ping(r, &r->audio_flow, now);
	gsc_input_run(&r->input, &r->control, now - r->start_ms);
	if (now >= r->next_control_ping) {
		gsc_control_ping(&r->control);
		r->next_control_ping = now + CONTROL_PING_MS;
	}
}

/* The client's own ends: nothing came for 10 s. */
static bool gives_up(const struct run *r, double now)
{
	if (r->first_packet_ms <= 0 && now - r->start_ms > GIVE_UP_MS)
		gsc_violation("6.1: no video packet within 10 s (-100)");
	else if (r->first_packet_ms > 0 && r->video.frames.stats.first_frame_ms <= 0 &&
		 now - r->first_packet_ms > GIVE_UP_MS)
		gsc_violation("6.1: no complete frame within 10 s (-101)");
	else
		return false;
	return true;
}

static void loop(struct run *r)
{
	double end = r->start_ms + r->session.options->seconds * 1000;
	for (;;) {
		double now = gsc_now_ms();
		if (stop || r->control.ended || now >= end || gives_up(r, now))
			return;
		do_due(r, now);
		gsc_control_service(&r->control);
		struct pollfd fds[] = {{.fd = r->video_flow.fd, .events = POLLIN},
			{.fd = r->audio_flow.fd, .events = POLLIN},
			{.fd = r->control.enet->socket, .events = POLLIN},
			{.fd = r->live.fd, .events = POLLIN}};
		int wait = (int)ceil(fmin(TURN_MS, end - now));
		if (r->control.ended || poll(fds, 4, wait) <= 0)
			continue;
		if (fds[0].revents)
			receive_flow(r, &r->video_flow);
		if (fds[1].revents)
			receive_flow(r, &r->audio_flow);
		if (fds[3].revents)
			gsc_live_read(&r->live, &r->input);
	}
}

static bool resolve(struct gsc_session *s, const char *name)
{
	struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
	if (getaddrinfo(name, NULL, &hints, &found) != 0 || !found) {
		fprintf(stderr, "no IPv4 address of %s\n", name);
		return false;
	}
	s->host = ((struct sockaddr_in *)found->ai_addr)->sin_addr;
	freeaddrinfo(found);
	return true;
}

static bool open_all(struct run *r)
{
	struct gsc_session *s = &r->session;
	if (!open_flow(&r->video_flow, "video", &s->video_port, s->video_ping) ||
		!open_flow(&r->audio_flow, "audio", &s->audio_port, s->audio_ping)) {
		fprintf(stderr, "no UDP socket\n");
		return false;
	}
	if (!gsc_handshake(s, ping_audio, r))
		return false;
	if (!gsc_video_open(&r->video, s) || !gsc_audio_open(&r->audio, s)) {
		fprintf(stderr, "the decoders or the output files cannot be opened\n");
		return false;
	}
	r->video.frames.on_lost = on_lost;
	r->video.frames.on_fec = on_fec;
	r->video.frames.ctx = r;
	return gsc_control_connect(&r->control, s, &stop);
}

static int finish(struct run *r)
{
	const struct gsc_options *o = r->session.options;
	gsc_control_close(&r->control, o->vanish);
	gsc_inspector_end(&r->video.inspector);
	gsc_audio_end(&r->audio);
	gsc_report_print(&r->session, &r->video, &r->audio, &r->control);
	bool good = r->video.frames.stats.frames > 0 && !gsc_violation_count();
	gsc_video_close(&r->video);
	gsc_audio_close(&r->audio);
	gsc_input_free(&r->input);
	json_decref(r->control.messages);
	close(r->video_flow.fd);
	close(r->audio_flow.fd);
	return good ? 0 : 1;
}

int gsc_stream(const struct gsc_options *o, struct gsc_http *http)
{
	static struct run run;
	struct run *r = &run;
	r->session.options = o;
	r->session.packet_size = o->packet_size - (o->encrypt & GSC_ENCRYPT_VIDEO ? 32 : 0);
	if (r->session.packet_size < 64 || r->session.packet_size > 2048) {
		fprintf(stderr, "the packet size has to be 64 to 2048\n");
		return 2;
	}
	catch_signals();
	if (!resolve(&r->session, o->host) || !gsc_launch(&r->session, http) || !open_all(r))
		return 2;
	gsc_input_plan(&r->input, o);
	r->live.fd = o->live ? STDIN_FILENO : -1;
	r->start_ms = gsc_now_ms();
	gsc_control_start(&r->control);
	loop(r);
	return finish(r);
}
