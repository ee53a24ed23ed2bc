#include "probe/microphone.h"

#include <math.h>
#include <opus.h>
#include <stdlib.h>

#include "base/writer.h"
#include "os/clock.h"
#include "proto/native/caps.h"
#include "proto/native/datagram.h"

#define TONE_HZ        440
#define TONE_LEVEL     0.5
#define LOSS_PERCENT   10 /* that the encoder is to expect */
#define CHANNELS_MAX   2
#define PACKET_MS_MAX  20
#define FRAMES_MAX     (PF_AUDIO_RATE_HZ / 1000 * PACKET_MS_MAX)
#define OPUS_BYTES_MAX 1000 /* fits any path's datagrams */
#define DATAGRAM_MAX   (PF_AUDIO_HEAD_BYTES + OPUS_BYTES_MAX)
#define NS_PER_MS      INT64_C(1000000)
#define DROP_SEED      UINT32_C(0x9e3779b9)

struct pf_probe_microphone {
	struct pf_probe_microphone_params with;
	struct pf_probe_microphone_stats stats;
	uv_timer_t timer;
	OpusEncoder *opus;
	unsigned packet_ms, packets; /* that come at once */
	int64_t start_ns;            /* when the first sample of packet 0 would have been taken */
	uint32_t seq;
	uint32_t dice; /* never 0 */
};

static int64_t begin_ns(const struct pf_probe_microphone *m, uint32_t seq)
{
	return m->start_ns + (int64_t)seq * m->packet_ms * NS_PER_MS;
}

/* A whole number of periods, so that no rounding adds up over a long run. */
static float tone_at(uint64_t frame)
{
	double second = (double)(frame % PF_AUDIO_RATE_HZ) / PF_AUDIO_RATE_HZ;
	return (float)(TONE_LEVEL * sin(2 * M_PI * TONE_HZ * second));
}

/* xorshift */
static bool is_dropped(struct pf_probe_microphone *m)
{
	m->dice ^= m->dice << 13;
	m->dice ^= m->dice >> 17;
	m->dice ^= m->dice << 5;
	return m->dice % 100 < m->with.drop_percent;
}

static struct pf_slice encode(struct pf_probe_microphone *m, uint8_t out[OPUS_BYTES_MAX])
{
	float samples[FRAMES_MAX * CHANNELS_MAX];
	unsigned frames = PF_AUDIO_RATE_HZ / 1000 * m->packet_ms, channels = m->with.stereo ? 2 : 1;
	for (unsigned i = 0; i < frames; i++)
		for (unsigned c = 0; c < channels; c++)
			samples[i * channels + c] = tone_at((uint64_t)m->seq * frames + i);
	int n = opus_encode_float(m->opus, samples, (int)frames, out, OPUS_BYTES_MAX);
	return (struct pf_slice){.data = out, .len = n > 0 ? (size_t)n : 0};
}

static void send_packet(struct pf_probe_microphone *m)
{
	uint8_t opus[OPUS_BYTES_MAX], bytes[DATAGRAM_MAX];
	const struct pf_datagram d = {
		.tag = PF_DATAGRAM_MIC,
		.audio = {.seq = m->seq,
			.pts_ns = pf_wall_at(begin_ns(m, m->seq)),
			.data = encode(m, opus)}, /* dropped or not: the encoder goes on */
	};
	m->seq++;
	if (is_dropped(m)) {
		m->stats.dropped++;
		return;
	}
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_datagram_write(&w, &d);
	pf_probe_link_datagram(m->with.link, bytes, w.len);
	m->stats.sent++;
}

/* When the last sample of the next packets will have been taken. */
static int64_t due_ns(const struct pf_probe_microphone *m)
{
	return begin_ns(m, m->seq + m->packets);
}

static void handle_timer(uv_timer_t *timer)
{
	struct pf_probe_microphone *m = timer->data;
	int64_t now_ns = pf_now_ns();
	while (due_ns(m) <= now_ns)
		for (unsigned i = 0; i < m->packets; i++)
			send_packet(m);
	/* From the beginning of the run each time: the timer's milliseconds do not add up. */
	int64_t wait_ns = due_ns(m) - now_ns;
	uv_update_time(timer->loop);
	uv_timer_start(timer, handle_timer, (uint64_t)((wait_ns + NS_PER_MS - 1) / NS_PER_MS), 0);
}

static int open_encoder(struct pf_probe_microphone *m)
{
	int error = OPUS_OK;
	m->opus =
		opus_encoder_create(PF_AUDIO_RATE_HZ, m->with.stereo ? 2 : 1, OPUS_APPLICATION_VOIP, &error);
	if (error == OPUS_OK)
		error = opus_encoder_ctl(m->opus, OPUS_SET_INBAND_FEC(1));
	if (error == OPUS_OK)
		error = opus_encoder_ctl(m->opus, OPUS_SET_PACKET_LOSS_PERC(LOSS_PERCENT));
	return error == OPUS_OK ? PF_OK : PF_ERR_NOMEM;
}

static void free_microphone(struct pf_probe_microphone *m)
{
	if (m->opus)
		opus_encoder_destroy(m->opus);
	free(m);
}

int pf_probe_microphone_start(
	struct pf_probe_microphone **out, uv_loop_t *loop, const struct pf_probe_microphone_params *params)
{
	struct pf_probe_microphone *m = calloc(1, sizeof(*m));
	if (!m)
		return PF_ERR_NOMEM;
	m->with = *params;
	m->packet_ms = params->burst ? 20 : 10;
	m->packets = params->burst ? 2 : 1;
	m->dice = DROP_SEED;
	m->start_ns = pf_now_ns();
	if (open_encoder(m) || uv_timer_init(loop, &m->timer)) {
		free_microphone(m);
		return PF_ERR_NOMEM;
	}
	m->timer.data = m;
	handle_timer(&m->timer);
	*out = m;
	return PF_OK;
}

struct pf_probe_microphone_stats pf_probe_microphone_stats(const struct pf_probe_microphone *m)
{
	return m->stats;
}

static void handle_timer_closed(uv_handle_t *handle)
{
	free_microphone(handle->data);
}

void pf_probe_microphone_close(struct pf_probe_microphone *m)
{
	uv_close((uv_handle_t *)&m->timer, handle_timer_closed);
}
