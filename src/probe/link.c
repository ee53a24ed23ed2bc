#include "probe/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "os/clock.h"
#include "packet/header.h"
#include "probe/address.h"
#include "proto/native/caps.h"
#include "proto/native/framing.h"
#include "proto/native/hello.h"
#include "proto/native/start.h"

#define WELCOME_LIMIT_NS 185000000000LL /* someone may have to approve us (native-control 2.1) */
#define PATIENCE_NS      3000000000LL   /* then say what we wait for */
#define LAST_WORD_NS     300000000LL    /* for the code that explains why the control stream ended */
#define MESSAGE_MAX      2600           /* all that a client sends */
#define ROUND_START_NS   0LL            /* rounds of the first batch follow one another at once */

enum link_state { LINK_DIALLING, LINK_ASKING, LINK_SYNCING, LINK_RUNNING, LINK_CLOSED };

struct clock_rounds {
	bool active;
	int64_t spacing_ns;
	int64_t sent_ns; /* of the round under way */
	int64_t next_ns; /* when the next one may go out */
};

struct pf_probe_link {
	const struct pf_probe_options *options;
	struct pf_probe_link_events events;
	void *user;
	struct pf_quic *quic; /* NULL once it is closed */
	enum link_state state;
	int64_t asked_ns;
	bool patience_over;
	bool closing; /* we have closed it: what still comes is not listened to */
	int64_t stream;
	int64_t stream_ended_ns; /* 0 = it stands */
	struct pf_clock_sync clock;
	struct clock_rounds rounds;
	struct pf_framer framer;
};

static void send_message(struct pf_probe_link *l, struct pf_wr *w)
{
	int err =
		w->failed ? PF_ERR_LIMIT : pf_quic_stream_write(l->quic, l->stream, w->start, w->len, false);
	if (err)
		pf_warn("probe", "a control message was not sent: %s", pf_strerror(err));
}

void pf_probe_link_send(struct pf_probe_link *l, const struct pf_control *m)
{
	uint8_t buf[MESSAGE_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	if (l->state == LINK_CLOSED || l->closing)
		return;
	size_t at = pf_frame_begin(&w);
	pf_control_write(&w, m);
	pf_frame_end(&w, at);
	send_message(l, &w);
}

void pf_probe_link_datagram(struct pf_probe_link *l, const uint8_t *data, size_t len)
{
	int err = l->state == LINK_CLOSED || l->closing ? PF_OK : pf_quic_datagram_send(l->quic, data, len);
	if (err)
		pf_warn("probe", "a datagram was not sent: %s", pf_strerror(err));
}

static void set_codecs(struct pf_hello *h, enum pf_codec codec)
{
	h->video_codecs = PF_CODEC_H264 | PF_CODEC_HEVC | PF_CODEC_AV1;
	if (codec == PF_CODEC_PYROWAVE)
		h->video_codecs |= PF_CODEC_PYROWAVE;
	h->preferred_codec = (uint8_t)codec;
}

static void set_sound(struct pf_hello *h, const struct pf_probe_options *o)
{
	h->audio_channels = (uint8_t)o->audio_channels;
	h->audio_layout = o->audio_layout;
	h->client_caps |= (o->no_audio_red ? 0 : PF_CLIENT_AUDIO_RED) |
			  (o->keep_host_audio ? PF_CLIENT_KEEP_HOST_AUDIO : 0);
	if (o->audio_rate_hz == 0)
		return;
	h->client_caps |= PF_CLIENT_AUDIO_HIRES;
	h->audio_rate_hz = o->audio_rate_hz;
	h->audio_bits = (uint8_t)o->audio_bits;
}

static void send_hello(struct pf_probe_link *l)
{
	struct pf_hello h;
	pf_hello_init(&h);
	h.mode = l->options->mode;
	h.bitrate_kbps = l->options->bitrate_kbps;
	snprintf(h.name, sizeof(h.name), "%s", l->options->name);
	h.video_caps = PF_VIDEO_HOST_TIMING | PF_VIDEO_PROBE_SEQ | PF_VIDEO_STREAMED_AU;
	set_codecs(&h, l->options->codec);
	h.client_caps = PF_CLIENT_EXT;
	set_sound(&h, l->options);
	h.max_shard_payload = PF_SHARD_MAX;
	uint8_t buf[PF_FRAME_HEAD_BYTES + PF_HELLO_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	size_t at = pf_frame_begin(&w);
	pf_hello_write(&w, &h);
	pf_frame_end(&w, at);
	send_message(l, &w);
	l->asked_ns = pf_now_ns();
	l->state = LINK_ASKING;
}

static void send_start(struct pf_probe_link *l, const struct pf_welcome *welcome, uint16_t port)
{
	struct pf_start start = {.client_udp_port = port};
	if (welcome->host_caps2 & PF_HOST2_EXT) {
		snprintf(start.label, sizeof(start.label), "punktfunk-probe %s", PF_VERSION);
		start.rate_features = PF_RATE_READS_REASON;
	}
	uint8_t buf[PF_FRAME_HEAD_BYTES + PF_START_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	size_t at = pf_frame_begin(&w);
	pf_start_write(&w, &start);
	pf_frame_end(&w, at);
	send_message(l, &w);
}

static void finish_rounds(struct pf_probe_link *l)
{
	bool taken = pf_clock_sync_finish(&l->clock);
	l->rounds.active = false;
	if (l->state == LINK_SYNCING) {
		if (!taken)
			pf_warn("probe", "the host answers no clock probes: latencies are not corrected");
		l->state = LINK_RUNNING;
		l->events.on_ready(l->user);
	} else {
		l->events.on_clock(l->user);
	}
}

static void next_round(struct pf_probe_link *l)
{
	struct pf_control m = {.type = PF_CONTROL_CLOCK_PROBE};
	m.clock_probe.t1_ns = pf_wall_ns();
	if (!pf_clock_sync_probe(&l->clock, m.clock_probe.t1_ns)) {
		finish_rounds(l);
		return;
	}
	l->rounds.sent_ns = pf_now_ns();
	l->rounds.next_ns = INT64_MAX; /* until the echo comes */
	pf_probe_link_send(l, &m);
}

static void start_rounds(struct pf_probe_link *l, int64_t spacing_ns)
{
	pf_clock_sync_begin(&l->clock);
	l->rounds = (struct clock_rounds){.active = true, .spacing_ns = spacing_ns};
	next_round(l);
}

void pf_probe_link_resync(struct pf_probe_link *l)
{
	if (l->state == LINK_RUNNING && !l->rounds.active)
		start_rounds(l, PF_CLOCK_ROUND_SPACING_NS);
}

static void take_echo(struct pf_probe_link *l, const struct pf_control *m, uint64_t t4_ns)
{
	if (!l->rounds.active || !l->clock.waiting)
		return;
	/* An echo whose times cannot be ends its round as well. */
	pf_clock_sync_echo(&l->clock, m->clock_echo.t1_ns, m->clock_echo.t2_ns, m->clock_echo.t3_ns, t4_ns);
	if (l->clock.waiting)
		return;
	if (l->rounds.spacing_ns == ROUND_START_NS)
		next_round(l);
	else
		l->rounds.next_ns = pf_now_ns() + l->rounds.spacing_ns;
}

static void set_port(struct sockaddr_storage *address, uint16_t port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)address)->sin_port = htons(port);
}

/* Returns false when the link is being closed. */
static bool take_welcome(struct pf_probe_link *l, const uint8_t *message, size_t len)
{
	struct pf_welcome w;
	struct pf_reason reason = {0};
	uint16_t port = 0;
	int err = pf_welcome_read(&w, message, len);
	if (err)
		pf_reason(&reason, err, "the host's Welcome cannot be read: %s", pf_strerror(err));
	else
		err = pf_welcome_check(&w, &reason);
	if (!err) {
		struct sockaddr_storage host = {0};
		const struct sockaddr *remote = pf_quic_remote(l->quic);
		memcpy(&host, remote,
			remote->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						      : sizeof(struct sockaddr_in));
		set_port(&host, w.udp_port);
		err = l->events.on_welcome(l->user, &w, (struct sockaddr *)&host, &port, &reason);
	}
	if (err) {
		pf_probe_link_close(l, PF_CLOSE_ERROR, reason.text);
	} else {
		send_start(l, &w, port);
		l->state = LINK_SYNCING;
		start_rounds(l, ROUND_START_NS);
	}
	explicit_bzero(&w, sizeof(w));
	return !err;
}

static bool take_message(void *user, const uint8_t *message, size_t len)
{
	struct pf_probe_link *l = user;
	uint64_t t4_ns = pf_wall_ns();
	if (l->closing)
		return false;
	if (l->state == LINK_ASKING)
		return take_welcome(l, message, len);
	struct pf_control m;
	if (pf_control_read(&m, message, len))
		return true; /* unknown messages are skipped (native-control 1.5) */
	if (m.type == PF_CONTROL_CLOCK_ECHO)
		take_echo(l, &m, t4_ns);
	else
		l->events.on_message(l->user, &m);
	return true;
}

static void handle_connected(void *user, struct pf_quic *q)
{
	struct pf_probe_link *l = user;
	if (pf_quic_stream_open(q, &l->stream)) {
		pf_quic_close(q, PF_CLOSE_ERROR, "no control stream");
		return;
	}
	send_hello(l);
}

static void handle_stream_data(
	void *user, struct pf_quic *q, int64_t stream, const uint8_t *data, size_t len, bool fin)
{
	struct pf_probe_link *l = user;
	if (stream != l->stream)
		return;
	pf_framer_feed(&l->framer, data, len, take_message, l);
	if (fin)
		l->stream_ended_ns = pf_now_ns();
}

static void handle_stream_reset(void *user, struct pf_quic *q, int64_t stream, uint64_t code)
{
	struct pf_probe_link *l = user;
	if (stream == l->stream)
		l->stream_ended_ns = pf_now_ns();
}

static void handle_datagram(void *user, struct pf_quic *q, const uint8_t *data, size_t len)
{
	struct pf_probe_link *l = user;
	struct pf_datagram d;
	if (pf_datagram_read(&d, data, len) < 0)
		return;
	switch (d.tag) {
	case PF_DATAGRAM_HOST_TIMING:
		l->events.on_timing(l->user, &d.timing);
		break;
	case PF_DATAGRAM_RUMBLE:
	case PF_DATAGRAM_HID_OUTPUT:
		l->events.on_feedback(l->user, &d);
		break;
	case PF_DATAGRAM_AUDIO:
	case PF_DATAGRAM_AUDIO_RED:
	case PF_DATAGRAM_PCM:
		l->events.on_sound(l->user, &d);
		break;
	default:
		break;
	}
}

static void handle_closed(void *user, struct pf_quic *q, const struct pf_quic_close *close)
{
	struct pf_probe_link *l = user;
	l->quic = NULL;
	l->state = LINK_CLOSED;
	l->events.on_closed(l->user, close);
}

int pf_probe_link_open(struct pf_probe_link **out, uv_loop_t *loop, const struct pf_probe_options *options,
	const struct pf_identity *id, const struct pf_probe_link_events *events, void *user,
	struct pf_reason *reason)
{
	static const struct pf_quic_events quic_events = {
		.on_connected = handle_connected,
		.on_stream_data = handle_stream_data,
		.on_stream_reset = handle_stream_reset,
		.on_datagram = handle_datagram,
		.on_closed = handle_closed,
	};
	struct pf_quic_client_params params = {.id = id, .pin = options->pinned ? &options->pin : NULL};
	int err = pf_probe_resolve(options, &params.remote, reason);
	if (err)
		return err;
	struct pf_probe_link *l = calloc(1, sizeof(*l));
	if (!l)
		return PF_ERR_NOMEM;
	l->options = options;
	l->events = *events;
	l->user = user;
	err = pf_quic_connect(&l->quic, loop, &params, &quic_events, l, reason);
	if (err) {
		free(l);
		return err;
	}
	*out = l;
	return PF_OK;
}

void pf_probe_link_destroy(struct pf_probe_link *l)
{
	free(l);
}

void pf_probe_link_tick(struct pf_probe_link *l, int64_t now_ns)
{
	if (l->stream_ended_ns && now_ns - l->stream_ended_ns > LAST_WORD_NS) {
		pf_probe_link_close(l, PF_CLOSE_ERROR, "the host ended the control stream");
	} else if (l->state == LINK_ASKING && now_ns - l->asked_ns > WELCOME_LIMIT_NS) {
		pf_probe_link_close(l, PF_CLOSE_ERROR, "the host did not answer in time");
	} else if (l->state == LINK_ASKING && !l->patience_over && now_ns - l->asked_ns > PATIENCE_NS) {
		l->patience_over = true;
		pf_info("probe", "waiting for the host: it may want its user to approve \"%s\"",
			l->options->name);
	}
	if (!l->rounds.active || l->state == LINK_CLOSED || l->closing)
		return;
	bool lost = l->clock.waiting && now_ns - l->rounds.sent_ns > PF_CLOCK_ROUND_LIMIT_NS;
	if (lost || now_ns >= l->rounds.next_ns)
		next_round(l);
}

const struct pf_clock_sync *pf_probe_link_clock(const struct pf_probe_link *l)
{
	return &l->clock;
}

const struct pf_fingerprint *pf_probe_link_fingerprint(const struct pf_probe_link *l)
{
	return l->quic ? pf_quic_peer_fingerprint(l->quic) : NULL;
}

void pf_probe_link_close(struct pf_probe_link *l, uint64_t code, const char *why)
{
	l->closing = true;
	if (l->quic)
		pf_quic_close(l->quic, code, why);
}
