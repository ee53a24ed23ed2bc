#include "proto/native/welcome.h"

#include <sodium/utils.h>

#include "packet/header.h"
#include "proto/native/ext.h"
#include "proto/native/magic.h"
#include "proto/native/tail.h"

#define CIPHER_AES    0
#define CIPHER_CHACHA 1

void pf_welcome_init(struct pf_welcome *w)
{
	*w = (struct pf_welcome){
		.abi_version = PF_WIRE_VERSION,
		.fec_scheme = 1,
		.encrypt = true,
		.bit_depth = 8,
		.colour = {.primaries = 1, .transfer = 1, .matrix = 1},
		.chroma = PF_CHROMA_420,
		.audio_channels = 2,
		.codec = PF_CODEC_HEVC,
		.grants = PF_GRANT_ALL,
		.audio_rate_hz = PF_AUDIO_RATE_HZ,
		.audio_bits = 16,
	};
}

static enum pf_codec known_codec(uint64_t bit)
{
	switch (bit) {
	case PF_CODEC_H264:
	case PF_CODEC_AV1:
	case PF_CODEC_PYROWAVE:
		return (enum pf_codec)bit;
	default:
		return PF_CODEC_HEVC;
	}
}

static uint32_t known_rate(uint64_t hz)
{
	switch (hz) {
	case 44100:
	case 88200:
	case 96000:
	case 176400:
		return (uint32_t)hz;
	default:
		return PF_AUDIO_RATE_HZ;
	}
}

static uint16_t at_least_a_millisecond(uint64_t us)
{
	return us > 0 && us < 1000 ? 1000 : (uint16_t)us;
}

static void take_fixed(struct pf_welcome *w, struct pf_rd *r)
{
	w->abi_version = pf_rd_u32(r);
	w->udp_port = pf_rd_u16(r);
	w->mode.width_px = pf_rd_u32(r);
	w->mode.height_px = pf_rd_u32(r);
	w->mode.refresh_hz = pf_rd_u32(r);
	w->fec_scheme = pf_rd_u8(r);
	w->fec_percent = pf_rd_u8(r);
	w->max_data_per_block = pf_rd_u16(r);
	w->shard_payload = pf_rd_u16(r);
	w->encrypt = pf_rd_u8(r) != 0;
	pf_rd_copy(r, w->key, sizeof(w->key));
	pf_rd_copy(r, w->salt, sizeof(w->salt));
	w->frames = pf_rd_u32(r);
}

static void take_picture(struct pf_welcome *w, struct pf_rd *r)
{
	w->compositor = known_code(tail_take(r, 1, 0), PF_COMPOSITOR_LAST);
	w->gamepad = known_code(tail_take(r, 1, 0), PF_GAMEPAD_LAST);
	w->bitrate_kbps = (uint32_t)tail_take(r, 4, 0);
	w->bit_depth = tail_take(r, 1, 8) == 10 ? 10 : 8;
	w->colour.primaries = (uint8_t)tail_take(r, 1, 1);
	w->colour.transfer = (uint8_t)tail_take(r, 1, 1);
	w->colour.matrix = (uint8_t)tail_take(r, 1, 1);
	w->colour.full_range = tail_take(r, 1, 0) != 0;
	w->chroma = tail_take(r, 1, PF_CHROMA_420) == PF_CHROMA_444 ? PF_CHROMA_444 : PF_CHROMA_420;
	w->audio_channels = (uint8_t)known_channels(tail_take(r, 1, 2));
	w->codec = known_codec(tail_take(r, 1, PF_CODEC_HEVC));
	w->host_caps = (uint8_t)tail_take(r, 1, 0);
}

/* A key that ends early, unlike any other field, leaves nothing to fall back to. */
static int take_cipher(struct pf_welcome *w, struct pf_rd *r)
{
	w->cipher = (uint8_t)tail_take(r, 1, CIPHER_AES);
	if (w->cipher > CIPHER_CHACHA)
		return PF_ERR_INVALID;
	if (w->cipher != CIPHER_CHACHA)
		return PF_OK;
	pf_rd_copy(r, w->chacha_key, sizeof(w->chacha_key));
	return r->failed ? PF_ERR_TRUNCATED : PF_OK;
}

static int take_tail(struct pf_welcome *w, struct pf_rd *r)
{
	w->mgmt_port = (uint16_t)tail_take(r, 2, 0);
	w->grants = (uint32_t)tail_take(r, 4, PF_GRANT_ALL);
	w->expires_in_secs = (uint32_t)tail_take(r, 4, 0);
	w->audio_codec = tail_take(r, 1, PF_AUDIO_OPUS) == PF_AUDIO_PCM ? PF_AUDIO_PCM : PF_AUDIO_OPUS;
	w->audio_rate_hz = known_rate(tail_take(r, 4, PF_AUDIO_RATE_HZ));
	w->audio_bits = tail_take(r, 1, 16) == 24 ? 24 : 16;
	w->audio_frame_us = at_least_a_millisecond(tail_take(r, 2, 0));
	w->host_caps2 = (uint8_t)tail_take(r, 1, 0);
	w->audio_layout = known_code(tail_take(r, 1, 0), PF_AUDIO_UNCOUPLED);
	w->has_ext = !r->failed && r->left > 0;
	return w->has_ext ? pf_ext_read(&w->ext, r) : PF_OK;
}

int pf_welcome_read(struct pf_welcome *out, const uint8_t *data, size_t len)
{
	if (len < PF_WELCOME_BYTES_MIN)
		return PF_ERR_TRUNCATED;
	struct pf_rd r = pf_rd_init(data, len);
	if (!pf_magic_take(&r, PF_MAGIC_HANDSHAKE))
		return PF_ERR_INVALID;
	struct pf_welcome w = {0};
	take_fixed(&w, &r);
	take_picture(&w, &r);
	int err = take_cipher(&w, &r);
	if (err == PF_OK)
		err = take_tail(&w, &r);
	if (err == PF_OK)
		*out = w;
	sodium_memzero(&w, sizeof(w));
	return err;
}

static bool is_zero(const uint8_t *bytes, size_t n)
{
	uint8_t any = 0;
	for (size_t i = 0; i < n; i++)
		any |= bytes[i];
	return any == 0;
}

int pf_welcome_check(const struct pf_welcome *w, struct pf_reason *reason)
{
	if (w->abi_version != PF_WIRE_VERSION)
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"the host speaks protocol version %u, this client %d: update the older one",
			w->abi_version, PF_WIRE_VERSION);
	if (w->shard_payload < PF_SHARD_MIN || w->shard_payload > PF_SHARD_MAX || w->shard_payload % 2)
		return pf_reason(reason, PF_ERR_INVALID,
			"the host wants media packets of %u bytes; they must be even and %d to %d",
			w->shard_payload, PF_SHARD_MIN, PF_SHARD_MAX);
	if (w->encrypt && is_zero(w->key, sizeof(w->key)))
		return pf_reason(reason, PF_ERR_INVALID, "the host sent an all-zero media key");
	if (w->encrypt && w->cipher == CIPHER_CHACHA && is_zero(w->chacha_key, sizeof(w->chacha_key)))
		return pf_reason(reason, PF_ERR_INVALID, "the host sent an all-zero ChaCha20 key");
	return PF_OK;
}

static void put_fixed(struct pf_wr *w, const struct pf_welcome *m)
{
	pf_magic_put(w, PF_MAGIC_HANDSHAKE);
	pf_wr_u32(w, m->abi_version);
	pf_wr_u16(w, m->udp_port);
	pf_wr_u32(w, m->mode.width_px);
	pf_wr_u32(w, m->mode.height_px);
	pf_wr_u32(w, m->mode.refresh_hz);
	pf_wr_u8(w, m->fec_scheme);
	pf_wr_u8(w, m->fec_percent);
	pf_wr_u16(w, m->max_data_per_block);
	pf_wr_u16(w, m->shard_payload);
	pf_wr_u8(w, m->encrypt);
	pf_wr_bytes(w, m->key, sizeof(m->key));
	pf_wr_bytes(w, m->salt, sizeof(m->salt));
	pf_wr_u32(w, m->frames);
}

static void put_picture(struct pf_wr *w, const struct pf_welcome *m)
{
	pf_wr_u8(w, (uint8_t)m->compositor);
	pf_wr_u8(w, (uint8_t)m->gamepad);
	pf_wr_u32(w, m->bitrate_kbps);
	pf_wr_u8(w, m->bit_depth);
	pf_wr_u8(w, m->colour.primaries);
	pf_wr_u8(w, m->colour.transfer);
	pf_wr_u8(w, m->colour.matrix);
	pf_wr_u8(w, m->colour.full_range);
	pf_wr_u8(w, (uint8_t)m->chroma);
	pf_wr_u8(w, m->audio_channels);
	pf_wr_u8(w, (uint8_t)m->codec);
	pf_wr_u8(w, m->host_caps);
}

void pf_welcome_write(struct pf_wr *w, const struct pf_welcome *m)
{
	put_fixed(w, m);
	put_picture(w, m);
	struct tail t = {.w = w, .keep = w->len};
	tail_put(&t, m->cipher, 1, CIPHER_AES);
	if (m->cipher == CIPHER_CHACHA) {
		pf_wr_bytes(w, m->chacha_key, sizeof(m->chacha_key));
		tail_keep(&t);
	}
	tail_put(&t, m->mgmt_port, 2, 0);
	tail_put(&t, m->grants, 4, PF_GRANT_ALL);
	tail_put(&t, m->expires_in_secs, 4, 0);
	tail_put(&t, m->audio_codec, 1, PF_AUDIO_OPUS);
	tail_put(&t, m->audio_rate_hz, 4, PF_AUDIO_RATE_HZ);
	tail_put(&t, m->audio_bits, 1, 16);
	tail_put(&t, m->audio_frame_us, 2, 0);
	tail_put(&t, m->host_caps2, 1, 0);
	tail_put(&t, m->audio_layout, 1, PF_AUDIO_LEGACY);
	if (m->has_ext) {
		size_t at = pf_ext_begin(w);
		pf_wr_slice(w, m->ext);
		pf_ext_end(w, at);
		tail_keep(&t);
	}
	tail_cut(&t);
}
