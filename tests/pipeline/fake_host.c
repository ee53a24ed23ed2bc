#include "fake_host.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/unit.h"
#include "os/clock.h"
#include "os/udp.h"
#include "packet/packetiser.h"
#include "proto/native/control.h"
#include "proto/native/datagram.h"
#include "proto/native/framing.h"
#include "proto/native/hello.h"
#include "proto/native/welcome.h"
#include "support/vectors.h"

#define TICK_MS     4 /* one frame each */
#define FRAME_MAX   20000
#define DRAIN_TICKS 50

static const uint8_t KEY[32] = {5, 4, 3, 2, 1, 9};
static const uint8_t SALT[4] = {0x81, 2, 3, 4};

struct fake_host {
	struct fake_host_params params;
	struct fake_host_seen seen;
	uv_loop_t loop;
	uv_timer_t tick;
	uv_async_t stop;
	pthread_t thread;
	struct pf_identity *id;
	struct pf_quic_host *listener;
	uint16_t port;

	struct pf_quic *quic;
	int64_t stream;
	struct pf_framer framer;
	unsigned messages;
	int media;
	bool punched;
	struct pf_packetiser *packetiser;
	struct pf_seal *seal;
	uint64_t seq, seed;
	uint32_t frame;
	bool want_key, want_anchor;
	unsigned drained;
};

static void send_framed(struct fake_host *h, const uint8_t *message, size_t len)
{
	uint8_t buf[4096];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_frame_write(&w, message, len);
	pf_quic_stream_write(h->quic, h->stream, buf, w.len, false);
}

static void send_control(struct fake_host *h, const struct pf_control *m)
{
	uint8_t buf[256];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_control_write(&w, m);
	send_framed(h, buf, w.len);
}

static uint16_t open_media(struct fake_host *h)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in bound;
	socklen_t len = sizeof(bound);
	if (pf_udp_open(&h->media, (const struct sockaddr *)&any, NULL) ||
		getsockname(h->media, (struct sockaddr *)&bound, &len))
		abort();
	return ntohs(bound.sin_port);
}

static void welcome(struct fake_host *h, const uint8_t *message, size_t len)
{
	struct pf_hello hello;
	if (pf_hello_read(&hello, message, len))
		abort();
	memcpy(h->seen.name, hello.name, sizeof(h->seen.name));
	h->seen.anonymous = !pf_quic_peer_fingerprint(h->quic);
	if (h->params.refuse_with) {
		pf_quic_close(h->quic, h->params.refuse_with, h->params.reason);
		return;
	}
	struct pf_welcome w;
	pf_welcome_init(&w);
	w.udp_port = open_media(h);
	w.mode = hello.mode;
	w.fec_percent = 20;
	w.max_data_per_block = 4096;
	w.shard_payload = 1408;
	memcpy(w.key, KEY, sizeof(w.key));
	memcpy(w.salt, SALT, sizeof(w.salt));
	w.frames = h->params.welcome_says;
	w.bitrate_kbps = 20000;
	w.codec = PF_CODEC_H264;
	w.cipher = h->params.chacha;
	memcpy(w.chacha_key, KEY, sizeof(w.chacha_key));
	w.host_caps2 = PF_HOST2_REPEAT_MARK | PF_HOST2_EXT;
	uint8_t buf[PF_WELCOME_BYTES_MAX];
	struct pf_wr out = pf_wr_init(buf, sizeof(buf));
	pf_welcome_write(&out, &w);
	send_framed(h, buf, out.len);
	const struct pf_packetiser_params cut = {
		.shard_payload = 1408, .max_data_per_block = 4096, .fec_percent = 20};
	if (pf_packetiser_create(&h->packetiser, &cut) ||
		pf_seal_create(&h->seal, (enum pf_cipher)w.cipher, KEY, SALT, PF_HOST_TO_CLIENT))
		abort();
}

/* Everything cut so far, less what the link loses. */
static unsigned send_batches(struct fake_host *h)
{
	struct pf_udp_sender sender = {.fd = h->media};
	unsigned sent = 0;
	struct pf_batch b;
	while (pf_packetiser_next(h->packetiser, PF_BATCH_MAX, &b) == 0 && b.count > 0) {
		uint8_t *left[PF_BATCH_MAX];
		unsigned count = 0;
		for (unsigned i = 0; i < b.count; i++) {
			pf_seal_datagram(h->seal, h->seq++, b.datagram[i], pf_batch_plain_bytes(&b));
			if (random_next(&h->seed) % 100 >= h->params.drop_percent)
				left[count++] = b.datagram[i];
		}
		struct pf_udp_sent result;
		pf_udp_send_batch(&sender, left, count, b.datagram_bytes, &result);
		sent += b.count;
	}
	return sent;
}

static void answer_speed_test(struct fake_host *h)
{
	struct pf_control m = {.type = PF_CONTROL_PROBE_RESULT};
	for (unsigned i = 0; i < 20; i++) {
		pf_packetiser_begin_filler(h->packetiser, 16000, pf_wall_ns());
		m.probe_result.wire_packets_sent += send_batches(h);
		m.probe_result.bytes_sent += 16000;
		m.probe_result.packets_sent++;
	}
	m.probe_result.duration_ms = 100;
	send_control(h, &m);
}

static void answer(struct fake_host *h, const struct pf_control *m)
{
	struct pf_control reply = {0};
	switch (m->type) {
	case PF_CONTROL_CLOCK_PROBE:
		h->seen.clock_probes++;
		h->seen.clock_probes_before_punch += !h->punched;
		reply.type = PF_CONTROL_CLOCK_ECHO;
		reply.clock_echo.t1_ns = m->clock_probe.t1_ns;
		reply.clock_echo.t2_ns = pf_wall_ns();
		reply.clock_echo.t3_ns = pf_wall_ns();
		break;
	case PF_CONTROL_RECONFIGURE:
		reply.type = PF_CONTROL_RECONFIGURED;
		reply.reconfigured.accepted = true;
		reply.reconfigured.mode = m->reconfigure.mode;
		break;
	case PF_CONTROL_SET_BITRATE:
		reply.type = PF_CONTROL_BITRATE_CHANGED;
		reply.bitrate_changed.kbps = m->set_bitrate.kbps;
		break;
	case PF_CONTROL_REQUEST_KEYFRAME:
		h->seen.keyframe_requests++;
		h->want_key = true;
		return;
	case PF_CONTROL_RFI_REQUEST:
		if (h->seen.rfi_requests++ == 0) {
			h->seen.rfi_first = m->rfi_request.first;
			h->seen.rfi_last = m->rfi_request.last;
		}
		h->want_anchor = true;
		return;
	case PF_CONTROL_LOSS_REPORT:
		h->seen.loss_reports++;
		if (h->seen.largest_loss_ppm < m->loss_report.loss_ppm)
			h->seen.largest_loss_ppm = m->loss_report.loss_ppm;
		return;
	case PF_CONTROL_DELIVERY_REPORT:
		h->seen.delivery_reports++;
		return;
	case PF_CONTROL_PROBE_REQUEST:
		answer_speed_test(h);
		return;
	default:
		return;
	}
	send_control(h, &reply);
}

static bool take_message(void *user, const uint8_t *message, size_t len)
{
	struct fake_host *h = user;
	struct pf_control m;
	if (h->messages++ == 0)
		welcome(h, message, len);
	else if (h->messages > 2 && pf_control_read(&m, message, len) == 0) /* 2 is Start */
		answer(h, &m);
	return true;
}

static void on_connected(void *user, struct pf_quic *q)
{
	struct fake_host *h = user;
	h->quic = q;
}

static void on_stream_data(
	void *user, struct pf_quic *q, int64_t stream, const uint8_t *data, size_t len, bool fin)
{
	struct fake_host *h = user;
	h->stream = stream;
	pf_framer_feed(&h->framer, data, len, take_message, h);
}

static void on_datagram(void *user, struct pf_quic *q, const uint8_t *data, size_t len)
{
}

static void on_closed(void *user, struct pf_quic *q, const struct pf_quic_close *close)
{
	struct fake_host *h = user;
	h->quic = NULL;
	h->seen.client_closed = close->origin == PF_CLOSED_BY_PEER;
	if (h->seen.client_closed)
		h->seen.close_code = close->code;
}

static bool on_accept(void *user, struct pf_quic *q)
{
	static const struct pf_quic_events events = {.on_connected = on_connected,
		.on_stream_data = on_stream_data,
		.on_datagram = on_datagram,
		.on_closed = on_closed};
	pf_quic_set_events(q, &events, user);
	return true;
}

static void take_punches(struct fake_host *h)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	char buf[64];
	ssize_t n;
	while ((n = recvfrom(h->media, buf, sizeof(buf), MSG_DONTWAIT, (struct sockaddr *)&from, &len)) > 0) {
		if (n < 8 || memcmp(buf, "PFpunch1", 8) != 0)
			continue;
		h->seen.punches++;
		if (!h->punched)
			pf_udp_connect(h->media, (const struct sockaddr *)&from);
		h->punched = true;
	}
}

static void send_timing(struct fake_host *h, uint64_t pts_ns)
{
	struct pf_datagram d = {.tag = PF_DATAGRAM_HOST_TIMING};
	d.timing = (struct pf_host_timing){.pts_ns = pts_ns,
		.host_us = (uint32_t)((pf_wall_ns() - pts_ns) / 1000) + 1,
		.has_stages = true};
	uint8_t buf[64];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	pf_datagram_write(&w, &d);
	pf_quic_datagram_send(h->quic, buf, w.len);
}

static uint32_t take_flags(struct fake_host *h)
{
	uint32_t flags = PF_UNIT_PIC;
	if (h->frame == 0 || h->want_key)
		flags |= PF_UNIT_KEY;
	else if (h->want_anchor)
		flags |= PF_UNIT_RECOVERY_ANCHOR;
	if (h->frame % 4 == 3)
		flags |= PF_UNIT_REPEAT;
	h->want_key = h->want_anchor = false;
	return flags;
}

static void send_frame(struct fake_host *h)
{
	static uint8_t data[FRAME_MAX + PF_UNIT_PADDING];
	size_t len = 4 + (h->frame * 977u) % (FRAME_MAX - 4);
	memset(data, 0, sizeof(data));
	for (size_t i = 0; i < len; i++)
		data[i] = i < 4 ? (uint8_t)(h->frame >> (8 * i)) : (uint8_t)(h->frame + i);
	if (h->params.corrupt && h->frame == h->params.corrupt)
		data[len - 1] ^= 1;
	const struct pf_cut cut = {.data = data,
		.len = len,
		.frame_index = h->frame,
		.user_flags = take_flags(h),
		.pts_ns = pf_wall_ns()};
	h->frame++;
	if (pf_packetiser_begin(h->packetiser, &cut))
		abort();
	if (h->params.hole && cut.frame_index == h->params.hole)
		return;
	send_batches(h);
	send_timing(h, cut.pts_ns);
}

static void on_tick(uv_timer_t *timer)
{
	struct fake_host *h = timer->data;
	if (h->media < 0 || !h->quic)
		return;
	take_punches(h);
	if (!h->punched || h->params.silent)
		return;
	if (h->params.frames == 0 || h->frame < h->params.frames)
		send_frame(h);
	else if (++h->drained == DRAIN_TICKS)
		pf_quic_close(h->quic, PF_CLOSE_NORMAL, "done");
}

static void on_stop(uv_async_t *async)
{
	struct fake_host *h = async->data;
	uv_close((uv_handle_t *)&h->tick, NULL);
	uv_close((uv_handle_t *)&h->stop, NULL);
	pf_quic_host_destroy(h->listener, PF_CLOSE_NORMAL, "test over", NULL, NULL);
}

static void *run(void *user)
{
	struct fake_host *h = user;
	uv_run(&h->loop, UV_RUN_DEFAULT);
	return NULL;
}

struct fake_host *fake_host_start(const struct fake_host_params *params)
{
	struct fake_host *h = calloc(1, sizeof(*h));
	assert_non_null(h);
	h->params = *params;
	h->media = -1;
	h->seed = 12345;
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(pf_identity_generate(&h->id, "punktfunk", NULL), PF_OK);
	assert_int_equal(uv_loop_init(&h->loop), 0);
	assert_int_equal(uv_timer_init(&h->loop, &h->tick), 0);
	assert_int_equal(uv_async_init(&h->loop, &h->stop, on_stop), 0);
	h->tick.data = h->stop.data = h;
	assert_int_equal(uv_timer_start(&h->tick, on_tick, TICK_MS, TICK_MS), 0);
	assert_int_equal(pf_quic_host_create(&h->listener, &h->loop, (const struct sockaddr *)&any, h->id,
				 &(struct pf_quic_limits){0}, on_accept, h, NULL),
		PF_OK);
	h->port = pf_quic_host_port(h->listener);
	assert_int_equal(pthread_create(&h->thread, NULL, run, h), 0);
	return h;
}

uint16_t fake_host_port(const struct fake_host *h)
{
	return h->port;
}

const struct pf_fingerprint *fake_host_fingerprint(const struct fake_host *h)
{
	return pf_identity_fingerprint(h->id);
}

struct fake_host_seen fake_host_stop(struct fake_host *h)
{
	uv_async_send(&h->stop);
	pthread_join(h->thread, NULL);
	uv_loop_close(&h->loop);
	if (h->media >= 0)
		close(h->media);
	pf_packetiser_destroy(h->packetiser);
	pf_seal_destroy(h->seal);
	pf_identity_destroy(h->id);
	struct fake_host_seen seen = h->seen;
	free(h);
	return seen;
}
