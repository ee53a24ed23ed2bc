#include "audio.h"

#include "bytes.h"
#include "crypto.h"
#include "fec/fec8.h"
#include "violations.h"

#include <opus/opus_multistream.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 12, PARITY_HEAD = 24, DATA_TYPE = 97, PARITY_TYPE = 127 };

bool gsc_audio_open(struct gsc_audio *a, const struct gsc_session *s)
{
	const struct gsc_layout *l = &s->layout;
	int error;
	memset(a, 0, sizeof(*a));
	a->session = s;
	gsc_loss_init(&a->loss, s->options->audio_drop, 1, s->options->seed + 77);
	a->decoder = opus_multistream_decoder_create(
		48000, l->channels, l->streams, l->coupled, l->mapping, &error);
	if (!a->decoder) {
		gsc_violation("7.2: Opus refuses the advertised layout %d/%d/%d", l->channels, l->streams,
			l->coupled);
		return false;
	}
	if (pf_fec8_create(&a->fec, PF_FEC8_AUDIO, NULL) != 0)
		return false;
	if (s->options->pcm)
		a->pcm = fopen(s->options->pcm, "wb");
	return !s->options->pcm || a->pcm;
}

void gsc_audio_close(struct gsc_audio *a)
{
	if (a->decoder)
		opus_multistream_decoder_destroy(a->decoder);
	if (a->fec)
		pf_fec8_destroy(a->fec);
	if (a->pcm)
		fclose(a->pcm);
}

static void take_pcm(struct gsc_audio *a, const opus_int16 *pcm, int frames)
{
	int channels = a->session->layout.channels;
	for (int i = 0; i < frames * channels; i++)
		a->square_sum[i % channels] += (double)pcm[i] * pcm[i];
	a->samples += (uint64_t)frames;
	if (a->pcm)
		fwrite(pcm, sizeof(*pcm), (size_t)(frames * channels), a->pcm);
}

/* payload NULL: lost, to be concealed. */
static void decode(struct gsc_audio *a, uint16_t seq, const uint8_t *payload, size_t len)
{
	opus_int16 pcm[480 * 8];
	uint8_t plain[GSC_AUDIO_SHARD_MAX];
	int wanted = 48 * a->session->options->packet_duration;
	if (payload && a->session->options->encrypt & GSC_ENCRYPT_AUDIO) {
		uint8_t iv[16] = {0};
		gsc_put_be32(iv, (uint32_t)a->session->key_id + seq);
		long n = gsc_cbc_open(a->session->key, iv, payload, len, plain);
		if (n < 0) {
			gsc_violation("7.4: audio packet %u does not decrypt", seq);
			return;
		}
		payload = plain;
		len = (size_t)n;
	}
	/* Restricted low delay is the CELT layer alone: configurations 16 to 31. */
	if (payload && (!len || payload[0] >> 3 < 16))
		gsc_violation("7.2: audio packet %u is no low-delay Opus", seq);
	int got =
		opus_multistream_decode(a->decoder, payload, (opus_int32)(payload ? len : 0), pcm, wanted, 0);
	if (got != wanted)
		gsc_violation("7.2: audio packet %u decodes to %d samples, not %d", seq, got, wanted);
	if (got > 0)
		take_pcm(a, pcm, got);
}

static unsigned count(const struct gsc_audio_block *b, int from, int to)
{
	unsigned n = 0;
	for (int i = from; i < to; i++)
		n += b->have[i];
	return n;
}

static void repair(struct gsc_audio *a, struct gsc_audio_block *b)
{
	uint8_t *data[4] = {b->shards[0], b->shards[1], b->shards[2], b->shards[3]};
	const uint8_t *parity[2] = {b->have[4] ? b->shards[4] : NULL, b->have[5] ? b->shards[5] : NULL};
	unsigned missing = 4 - count(b, 0, 4);
	if (!missing || count(b, 0, 6) < 4)
		return;
	if (pf_fec8_repair(a->fec, data, b->have, 4, parity, 2, b->len) != 0)
		return;
	a->repaired += missing;
	for (int i = 0; i < 4; i++)
		b->have[i] = true;
}

static void finish(struct gsc_audio *a)
{
	struct gsc_audio_block *b = &a->kept;
	if (!b->open)
		return;
	repair(a, b);
	for (int i = 0; i < 4; i++) {
		a->lost += !b->have[i];
		decode(a, (uint16_t)(b->base + i), b->have[i] ? b->shards[i] : NULL, b->len);
	}
	b->open = false;
	a->any_done = true;
	a->next_base = (uint16_t)(b->base + 4);
}

static void check_parity(struct gsc_audio *a)
{
	struct gsc_audio_block *b = &a->seen;
	uint8_t made[2][GSC_AUDIO_SHARD_MAX];
	const uint8_t *data[4] = {b->shards[0], b->shards[1], b->shards[2], b->shards[3]};
	uint8_t *parity[2] = {made[0], made[1]};
	if (!b->open || count(b, 0, 4) != 4)
		return;
	if (pf_fec8_encode(a->fec, data, 4, parity, 2, b->len) != 0)
		return;
	for (int i = 0; i < 2; i++)
		if (b->have[4 + i] && memcmp(made[i], b->shards[4 + i], b->len) != 0)
			gsc_violation("7.3: parity %d of the audio block at %u does not fit", i, b->base);
}

static void begin(struct gsc_audio_block *b, uint16_t base, size_t len)
{
	memset(b->have, 0, sizeof(b->have));
	b->open = true;
	b->base = base;
	b->len = len;
}

static void put(struct gsc_audio_block *b, int index, const uint8_t *payload)
{
	memcpy(b->shards[index], payload, b->len);
	b->have[index] = true;
}

static void check_data(struct gsc_audio *a, const uint8_t *p)
{
	uint16_t seq = gsc_be16(p + 2);
	uint32_t timestamp = gsc_be32(p + 4);
	int step = a->any ? (int16_t)(uint16_t)(seq - a->last_seq) : 1;
	if (!a->any && seq)
		gsc_violation("7.3: the first audio sequence number is %u", seq);
	if (step <= 0)
		gsc_violation("7.3: audio sequence %u after %u", seq, a->last_seq & 0xffff);
	uint32_t full = a->any ? a->last_seq + (uint32_t)step : seq;
	if (timestamp != full * (uint32_t)a->session->options->packet_duration)
		gsc_violation("7.3: audio sequence %u has timestamp %u", full, timestamp);
	if (step > 0)
		a->last_seq = full;
	a->any = true;
}

static void check_parity_head(struct gsc_audio *a, const uint8_t *p)
{
	uint16_t base = gsc_be16(p + 14);
	uint32_t ms = (uint32_t)a->session->options->packet_duration;
	uint32_t full = a->last_seq + (uint32_t)(int16_t)(uint16_t)(base - a->last_seq);
	if (gsc_be16(p + 2) != (uint16_t)(base + 4 + p[12]))
		gsc_violation(
			"7.3: parity %u of audio block %u has sequence %u", p[12], base, gsc_be16(p + 2));
	if (gsc_be32(p + 4))
		gsc_violation("7.3: audio parity with timestamp %u", gsc_be32(p + 4));
	if (p[13] != DATA_TYPE || base % 4 || !gsc_is_zero(p + 20, 4))
		gsc_violation("7.3: audio FEC header of block %u is wrong", base);
	if (a->any && gsc_be32(p + 16) != full * ms)
		gsc_violation("7.3: audio FEC header of block %u has timestamp %u", base, gsc_be32(p + 16));
}

static void check_size(struct gsc_audio *a, const uint8_t *p, size_t payload)
{
	if (payload > 1400)
		gsc_violation("7.3: audio payload of %zu bytes", payload);
	if (a->payload_len && payload != a->payload_len)
		gsc_violation("7.3: audio payloads of %zu and %zu bytes", a->payload_len, payload);
	if (a->session->options->encrypt & GSC_ENCRYPT_AUDIO && payload % 16)
		gsc_violation("7.4: encrypted audio payload of %zu bytes", payload);
	if (p[0] != 0x80 || !gsc_is_zero(p + 8, 4))
		gsc_violation("7.3: audio RTP header 0x%02x, SSRC %08x", p[0], gsc_be32(p + 8));
	if (!a->payload_len)
		a->payload_len = payload;
}

static void see(struct gsc_audio *a, uint16_t base, int index, const uint8_t *payload, size_t len)
{
	if (!a->seen.open || a->seen.base != base) {
		if (a->seen.open && base == (uint16_t)(a->seen.base + 4) && !a->seen.have[5] &&
			a->seen.have[3])
			gsc_violation("7.3: audio block %u came without its parity", a->seen.base);
		check_parity(a);
		begin(&a->seen, base, len);
	}
	if (a->seen.len == len)
		put(&a->seen, index, payload);
}

static void keep(struct gsc_audio *a, uint16_t base, int index, const uint8_t *payload, size_t len)
{
	if (a->kept.open && a->kept.base != base)
		finish(a);
	int ahead = (int16_t)(uint16_t)(base - a->next_base);
	if (a->any_done && ahead < 0)
		return;
	/* Whole blocks that are gone are concealed too. */
	for (; a->any_done && !a->kept.open && a->next_base != base && ahead < 400; a->next_base += 4)
		for (int i = 0; i < 4; i++) {
			a->lost++;
			decode(a, (uint16_t)(a->next_base + i), NULL, 0);
		}
	if (!a->kept.open)
		begin(&a->kept, base, len);
	if (a->kept.len == len)
		put(&a->kept, index, payload);
}

void gsc_audio_datagram(struct gsc_audio *a, const uint8_t *p, size_t len, double now_ms)
{
	bool drop = gsc_loss_next(&a->loss);
	unsigned type = len > HEAD ? p[1] : 0;
	size_t head = type == PARITY_TYPE ? PARITY_HEAD : HEAD;
	a->packets++;
	a->dropped += drop;
	if ((type != DATA_TYPE && type != PARITY_TYPE) || len <= head || len - head > GSC_AUDIO_SHARD_MAX ||
		(type == PARITY_TYPE && p[12] > 1)) {
		gsc_violation("7.3: audio packet of %zu bytes, type %u makes no sense", len, type);
		return;
	}
	check_size(a, p, len - head);
	uint16_t seq = gsc_be16(p + 2);
	uint16_t base = type == DATA_TYPE ? seq & ~3u : gsc_be16(p + 14);
	int index = type == DATA_TYPE ? seq & 3 : 4 + p[12];
	if (type == DATA_TYPE)
		check_data(a, p);
	else
		check_parity_head(a, p);
	a->first_ms = a->first_ms > 0 ? a->first_ms : now_ms;
	a->last_ms = now_ms;
	a->payload_bytes += len - head;
	see(a, base, index, p + head, len - head);
	if (!drop)
		keep(a, base, index, p + head, len - head);
}

void gsc_audio_end(struct gsc_audio *a)
{
	/* What of the last block had no time to come is not lost. */
	if (a->kept.open && count(&a->kept, 0, 6) >= 4)
		finish(a);
	double real = a->last_ms - a->first_ms;
	double told = (double)(a->last_seq + 1) * a->session->options->packet_duration;
	if (real > 1000 && (told > real * 1.1 + 250 || told < real * 0.9 - 250))
		gsc_violation("7.3: %.0f ms of audio in %.0f ms", told, real);
}
