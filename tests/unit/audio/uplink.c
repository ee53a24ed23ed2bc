#include "uplink.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE_HZ 48000
#define MS      1000000.0

static double chance(struct uplink *u)
{
	u->seed = u->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(u->seed >> 40) / (1 << 24);
}

void uplink_init(struct uplink *u, const struct uplink_network *net)
{
	int error;
	*u = (struct uplink){.net = *net, .seed = 42, .now_ns = 1000000000000, .level = UPLINK_LEVEL};
	u->net.frame_ms = net->frame_ms ? net->frame_ms : 10;
	u->net.channels = net->channels ? net->channels : 1;
	u->net.burst = net->burst ? net->burst : 1;
	u->net.quantum_frames = net->quantum_frames ? net->quantum_frames : 240;
	u->spoken_ns = u->now_ns;
	assert_int_equal(pf_mic_buffer_create(&u->buffer), PF_OK);
	u->encoder = opus_encoder_create(RATE_HZ, (int)u->net.channels, OPUS_APPLICATION_VOIP, &error);
	assert_non_null(u->encoder);
	opus_encoder_ctl(u->encoder, OPUS_SET_BITRATE(32000 * (int)u->net.channels));
	opus_encoder_ctl(u->encoder, OPUS_SET_COMPLEXITY(0)); /* these tests are long */
	opus_encoder_ctl(u->encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
	opus_encoder_ctl(u->encoder, OPUS_SET_INBAND_FEC(1));
	opus_encoder_ctl(u->encoder, OPUS_SET_PACKET_LOSS_PERC(10));
}

void uplink_finish(struct uplink *u)
{
	pf_mic_buffer_destroy(u->buffer);
	opus_encoder_destroy(u->encoder);
	free(u->heard);
}

static void encode(struct uplink *u, struct flight *f)
{
	float pcm[2 * 5760];
	unsigned frames = RATE_HZ / 1000 * u->net.frame_ms;
	for (unsigned i = 0; i < frames; i++) {
		for (unsigned c = 0; c < u->net.channels; c++)
			pcm[u->net.channels * i + c] = (float)(u->level * sin(u->phase));
		u->phase = fmod(u->phase + 2 * M_PI * UPLINK_TONE_HZ / RATE_HZ, 2 * M_PI);
	}
	int len = opus_encode_float(u->encoder, pcm, (int)frames, f->data, sizeof(f->data));
	assert_true(len > 0);
	f->len = u->dtx ? 0 : (size_t)len;
}

static void fly(struct uplink *u, const struct flight *f)
{
	assert_true(u->flights < UPLINK_FLIGHTS);
	unsigned at = u->flights++;
	for (; at > 0 && u->flight[at - 1].arrives_ns > f->arrives_ns; at--)
		u->flight[at] = u->flight[at - 1];
	u->flight[at] = *f;
}

static void speak(struct uplink *u)
{
	struct flight f = {.seq = u->seq, .pts_ns = (uint64_t)u->spoken_ns};
	double length_ns = u->net.frame_ms * MS / (1 + u->net.sender_ppm / 1e6);
	unsigned waits = u->net.burst - 1 - u->sent % u->net.burst;
	encode(u, &f);
	u->spoken_ns += (int64_t)length_ns;
	if (u->stopped)
		return;
	u->seq++;
	u->sent++;
	f.arrives_ns = u->spoken_ns + (int64_t)(waits * length_ns + chance(u) * u->net.jitter_ms * MS);
	if (chance(u) < u->net.reorder)
		f.arrives_ns += (int64_t)(1.5 * length_ns);
	bool twice = chance(u) < u->net.twice;
	if (chance(u) < u->net.loss) {
		u->lost++;
		return;
	}
	fly(u, &f);
	if (twice)
		fly(u, &f);
}

static void land(struct uplink *u)
{
	unsigned landed = 0;
	for (; landed < u->flights && u->flight[landed].arrives_ns <= u->now_ns; landed++) {
		const struct flight *f = &u->flight[landed];
		pf_mic_buffer_push(u->buffer, &(struct pf_audio_packet){f->seq, f->pts_ns, {f->data, f->len}},
			f->arrives_ns);
	}
	u->flights -= landed;
	memmove(u->flight, u->flight + landed, u->flights * sizeof(*u->flight));
}

/* As the resampler of the graph does: a little more or less than one quantum is read. */
static void record(struct uplink *u, double *ratio)
{
	u->owed_frames += u->net.quantum_frames * *ratio;
	unsigned frames = (unsigned)u->owed_frames;
	u->owed_frames -= frames;
	if (u->heard_frames + frames > u->heard_room) {
		u->heard_room = 2 * (u->heard_room + frames);
		u->heard = realloc(u->heard, u->heard_room * 2 * sizeof(float));
		assert_non_null(u->heard);
	}
	double excess = pf_mic_buffer_pull(u->buffer, u->heard + 2 * u->heard_frames, frames, u->now_ns);
	*ratio = pf_drift_update(&u->drift, excess, u->net.quantum_frames, RATE_HZ);
	u->most_excess_ms = fmax(u->most_excess_ms, excess / 48);
	u->heard_frames += frames;
	uint32_t delay_us = uplink_stats(u).delay_us;
	u->most_delay_us = delay_us > u->most_delay_us ? delay_us : u->most_delay_us;
}

void uplink_run(struct uplink *u, double seconds)
{
	int64_t end_ns = u->now_ns + (int64_t)(seconds * 1e9);
	double ratio = 1;
	u->heard_frames = 0;
	u->most_excess_ms = -1000;
	u->most_delay_us = 0;
	while (u->now_ns < end_ns) {
		while (u->spoken_ns <= u->now_ns)
			speak(u);
		land(u);
		record(u, &ratio);
		u->now_ns += (int64_t)u->net.quantum_frames * 1000000000 / RATE_HZ;
	}
}

struct pf_microphone_stats uplink_stats(const struct uplink *u)
{
	struct pf_microphone_stats stats;
	pf_mic_buffer_stats(u->buffer, &stats);
	return stats;
}

double uplink_step(const struct uplink *u)
{
	double step = 0;
	for (size_t i = 1; i < u->heard_frames; i++)
		step = fmax(step, fabs((double)u->heard[2 * i] - (double)u->heard[2 * i - 2]));
	return step;
}

double uplink_peak(const struct uplink *u)
{
	double peak = 0;
	for (size_t i = 0; i < 2 * u->heard_frames; i++)
		peak = fmax(peak, fabs((double)u->heard[i]));
	return peak;
}

double uplink_hz(const struct uplink *u)
{
	unsigned rises = 0;
	for (size_t i = 1; i < u->heard_frames; i++)
		rises += u->heard[2 * i - 2] < 0 && u->heard[2 * i] >= 0;
	return rises / ((double)u->heard_frames / RATE_HZ);
}

double uplink_sounding(const struct uplink *u)
{
	const size_t window = RATE_HZ / 400;
	size_t loud = 0, windows = u->heard_frames / window;
	for (size_t w = 0; w < windows; w++) {
		float peak = 0;
		for (size_t i = w * window; i < (w + 1) * window; i++)
			peak = fmaxf(peak, fabsf(u->heard[2 * i]));
		loud += peak > UPLINK_LEVEL / 2;
	}
	return (double)loud / (double)windows;
}
