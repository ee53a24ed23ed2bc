#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/clock.h"
#include "os/file.h"
#include "proto/native/datagram.h"
#include "proto/native/start.h"
#include "session/negotiate.h"

#define PATIENCE_NS (20 * INT64_C(1000000000))

/* --- place --- */

void place_start(struct place *p, const struct pf_host_params *params)
{
	char config[sizeof(p->config)] = "/tmp/pf-session-XXXXXX";
	assert_non_null(mkdtemp(config));
	place_start_again(p, params, config);
}

void place_start_again(struct place *p, const struct pf_host_params *params, const char *config)
{
	struct pf_reason reason = {0};
	struct sockaddr_in *address = (struct sockaddr_in *)&p->params.bind;
	memset(p, 0, sizeof(*p));
	snprintf(p->config, sizeof(p->config), "%s", config);
	snprintf(p->runtime, sizeof(p->runtime), "%s/run", p->config);
	p->params = *params;
	p->params.config_dir = p->config;
	p->params.runtime_root = p->runtime;
	p->params.display = "synthetic";
	p->params.encoder = "dummy";
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(uv_loop_init(&p->loop), 0);
	if (pf_host_create(&p->host, &p->loop, &p->params, &reason) < 0)
		fail_msg("%s", reason.text);
}

static void handle_gone(void *user)
{
	*(bool *)user = true;
}

void place_end_host(struct place *p)
{
	pf_host_destroy(p->host, handle_gone, &p->gone);
	place_wait(p, &p->gone);
}

void place_stop(struct place *p)
{
	place_stop_keeping(p);
	assert_int_equal(pf_dir_remove(p->config), PF_OK);
}

void place_stop_keeping(struct place *p)
{
	if (!p->gone)
		place_end_host(p);
	uv_run(&p->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&p->loop), 0);
}

static void wake_up(uv_timer_t *timer)
{
}

static void handle_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

/* One turn of at most a few milliseconds, so that waits can look at their condition. */
static void turn(struct place *p)
{
	uv_timer_t *timer = malloc(sizeof(*timer));
	assert_non_null(timer);
	uv_timer_init(&p->loop, timer);
	/* Again and again: the first time may be over before the loop waits, and then nothing else would wake it. */
	uv_timer_start(timer, wake_up, 5, 5);
	uv_run(&p->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)timer, handle_timer_closed);
	uv_run(&p->loop, UV_RUN_NOWAIT);
}

void place_wait(struct place *p, const bool *what)
{
	int64_t deadline = pf_now_ns() + PATIENCE_NS;
	while (!*what) {
		if (pf_now_ns() > deadline)
			fail_msg("waited in vain");
		turn(p);
	}
}

void place_wait_count(struct place *p, const unsigned *count, unsigned at_least)
{
	int64_t deadline = pf_now_ns() + PATIENCE_NS;
	while (*count < at_least) {
		if (pf_now_ns() > deadline)
			fail_msg("waited in vain: %u of %u", *count, at_least);
		turn(p);
	}
}

void place_run(struct place *p, unsigned ms)
{
	int64_t deadline = pf_now_ns() + (int64_t)ms * 1000000;
	while (pf_now_ns() < deadline)
		turn(p);
}

/* --- peer --- */

static void handle_connected(void *user, struct pf_quic *q)
{
	struct peer *c = user;
	c->connected = true;
}

static bool handle_message(void *user, const uint8_t *data, size_t len)
{
	struct peer *c = user;
	struct pf_control m;
	if (!c->welcomed && pf_pair_read(&c->pair, data, len) == PF_OK) {
		c->pair_messages++;
	} else if (!c->welcomed) {
		assert_int_equal(pf_welcome_read(&c->welcome, data, len), PF_OK);
		c->welcomed = true;
	} else if (pf_control_read(&m, data, len) == PF_OK) {
		c->control[m.type] = m;
		c->control_count[m.type]++;
	}
	return true;
}

static void handle_stream(
	void *user, struct pf_quic *q, int64_t stream, const uint8_t *data, size_t len, bool fin)
{
	struct peer *c = user;
	pf_framer_feed(&c->framer, data, len, handle_message, c);
}

static void handle_datagram(void *user, struct pf_quic *q, const uint8_t *data, size_t len)
{
	struct peer *c = user;
	struct pf_datagram d;
	if (pf_datagram_read(&d, data, len) == PF_OK && d.tag == PF_DATAGRAM_HOST_TIMING)
		c->timings++;
}

static void handle_closed(void *user, struct pf_quic *q, const struct pf_quic_close *close)
{
	struct peer *c = user;
	c->close = *close;
	c->quic = NULL;
	c->closed = true;
}

static const struct pf_quic_events events = {
	.on_connected = handle_connected,
	.on_stream_data = handle_stream,
	.on_datagram = handle_datagram,
	.on_closed = handle_closed,
};

void peer_connect_as(struct peer *c, struct place *p, const struct pf_identity *identity)
{
	struct pf_reason reason = {0};
	struct pf_quic_client_params params = {.id = identity};
	struct sockaddr_in *remote = (struct sockaddr_in *)&params.remote;
	memset(c, 0, sizeof(*c));
	c->place = p;
	c->media_fd = -1;
	remote->sin_family = AF_INET;
	remote->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	remote->sin_port = htons(pf_host_port(p->host));
	assert_int_equal(pf_quic_connect(&c->quic, &p->loop, &params, &events, c, &reason), PF_OK);
	place_wait(p, &c->connected);
	assert_int_equal(pf_quic_stream_open(c->quic, &c->stream), PF_OK);
}

void peer_connect(struct peer *c, struct place *p, bool identified)
{
	struct pf_identity *identity = NULL;
	if (identified)
		assert_int_equal(pf_identity_generate(&identity, "punktfunk-client", NULL), PF_OK);
	peer_connect_as(c, p, identity);
	c->identity = identity;
}

void peer_send(struct peer *c, const void *message, size_t len)
{
	uint8_t buf[4096];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_frame_write(&w, message, len);
	assert_false(w.failed);
	if (c->quic)
		pf_quic_stream_write(c->quic, c->stream, buf, w.len, false);
}

void peer_send_control(struct peer *c, const struct pf_control *m)
{
	uint8_t buf[2500];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_control_write(&w, m);
	assert_false(w.failed);
	peer_send(c, buf, w.len);
}

struct pf_hello peer_hello(void)
{
	struct pf_hello h;
	pf_hello_init(&h);
	h.mode = (struct pf_mode){1280, 720, 120};
	h.video_codecs = PF_CODEC_H264 | PF_CODEC_HEVC;
	h.video_caps = PF_VIDEO_HOST_TIMING | PF_VIDEO_PROBE_SEQ;
	h.client_caps = PF_CLIENT_EXT;
	h.max_shard_payload = 9152;
	strcpy(h.name, "test");
	return h;
}

void peer_send_hello(struct peer *c, const struct pf_hello *hello)
{
	uint8_t buf[PF_HELLO_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_hello_write(&w, hello);
	assert_false(w.failed);
	peer_send(c, buf, w.len);
}

/* Content of the dummy encoder (product 1.2). */
static bool content_is_right(const struct pf_received_unit *unit)
{
	uint32_t index = unit->frame_index;
	for (size_t i = 0; i < unit->len; i++) {
		uint8_t wanted = i < 4 ? (uint8_t)(index >> (8 * i)) : (uint8_t)(index + i);
		if (unit->data[i] != wanted)
			return false;
	}
	return unit->len >= 4;
}

static void handle_unit(void *user, const struct pf_received_unit *unit)
{
	struct peer *c = user;
	if (unit->user_flags & PF_UNIT_PROBE)
		return;
	c->units++;
	c->keys += (unit->user_flags & PF_UNIT_KEY) != 0;
	c->mismatched += !content_is_right(unit);
}

static void handle_lost(void *user, uint32_t frame_index)
{
	struct peer *c = user;
	c->lost++;
}

static void handle_readable(uv_poll_t *poll, int status, int what)
{
	struct peer *c = poll->data;
	static uint8_t buf[65536];
	for (int i = 0; i < 256; i++) {
		ssize_t n = recv(c->media_fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n < 0)
			return;
		pf_receiver_feed(c->receiver, buf, (size_t)n, pf_now_ns());
	}
}

void peer_start(struct peer *c)
{
	static const struct pf_receiver_events receiver_events = {
		.on_unit = handle_unit, .on_lost = handle_lost};
	struct pf_receiver_params params = {
		.sealed = true,
		.cipher = (enum pf_cipher)c->welcome.cipher,
		.key = c->welcome.cipher ? c->welcome.chacha_key : c->welcome.key,
		.fec_scheme = c->welcome.fec_scheme,
		.fec_percent = c->welcome.fec_percent,
		.max_data_per_block = c->welcome.max_data_per_block,
		.shard_payload = c->welcome.shard_payload,
		.max_unit_bytes = pf_max_unit_bytes(c->welcome.bitrate_kbps, c->welcome.mode.refresh_hz),
	};
	memcpy(params.salt, c->welcome.salt, sizeof(params.salt));
	assert_int_equal(pf_receiver_create(&c->receiver, &params, &receiver_events, c), PF_OK);

	struct sockaddr_in host = {.sin_family = AF_INET,
		.sin_port = htons(c->welcome.udp_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in own = {.sin_family = AF_INET};
	socklen_t len = sizeof(own);
	int large = 4 << 20;
	c->media_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(c->media_fd >= 0);
	setsockopt(c->media_fd, SOL_SOCKET, SO_RCVBUF, &large, sizeof(large));
	assert_int_equal(connect(c->media_fd, (struct sockaddr *)&host, sizeof(host)), 0);
	assert_int_equal(getsockname(c->media_fd, (struct sockaddr *)&own, &len), 0);
	uv_poll_init(&c->place->loop, &c->poll, c->media_fd);
	c->poll.data = c;
	uv_poll_start(&c->poll, UV_READABLE, handle_readable);

	uint8_t buf[PF_START_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	struct pf_start start = {
		.client_udp_port = ntohs(own.sin_port), .rate_features = PF_RATE_READS_REASON};
	strcpy(start.label, "unit test");
	pf_start_write(&w, &start);
	peer_send(c, buf, w.len);
	assert_int_equal(send(c->media_fd, "PFpunch1", 8, 0), 8);
}

static void handle_poll_closed(uv_handle_t *handle)
{
	*(bool *)handle->data = true;
}

void peer_finish(struct peer *c, uint64_t code)
{
	if (c->quic)
		pf_quic_close(c->quic, code, "test done");
	place_wait(c->place, &c->closed);
	if (c->media_fd >= 0) {
		bool gone = false;
		c->poll.data = &gone;
		uv_close((uv_handle_t *)&c->poll, handle_poll_closed);
		place_wait(c->place, &gone);
		close(c->media_fd);
	}
	if (c->receiver)
		pf_receiver_get_stats(c->receiver, &c->stats);
	pf_receiver_destroy(c->receiver);
	pf_identity_destroy(c->identity);
}
