#include "proto/native/hello.h"

#include <string.h>

#include "proto/native/magic.h"
#include "proto/native/name.h"
#include "proto/native/tail.h"

void pf_hello_init(struct pf_hello *h)
{
	*h = (struct pf_hello){
		.abi_version = PF_WIRE_VERSION,
		.audio_channels = 2,
		.audio_rate_hz = PF_AUDIO_RATE_HZ,
		.audio_bits = 16,
	};
}

/* A text too long or malformed counts as absent, but its bytes are stepped over. */
static void take_text(char *out, size_t max, struct pf_rd *r)
{
	size_t len = pf_rd_u8(r);
	const uint8_t *text = pf_rd_bytes(r, len);
	if (!text || len > max || !pf_utf8_valid(text, len))
		len = 0;
	if (len > 0)
		memcpy(out, text, len);
	out[len] = 0;
}

/* Behind the two texts. */
static void take_tail(struct pf_hello *h, struct pf_rd *r)
{
	h->video_caps = (uint8_t)tail_take(r, 1, 0);
	h->audio_channels = (uint8_t)known_channels(tail_take(r, 1, 2));
	h->video_codecs = (uint8_t)tail_take(r, 1, 0);
	h->preferred_codec = (uint8_t)tail_take(r, 1, 0);
	/* Unambiguous: what follows the block never grows to its size. */
	h->has_hdr = !r->failed && r->left >= PF_HDR_BYTES;
	if (h->has_hdr)
		pf_hdr_read(&h->hdr, r);
	h->client_caps = (uint8_t)tail_take(r, 1, 0);
	h->max_shard_payload = (uint16_t)tail_take(r, 2, 0);
	h->audio_rate_hz = (uint32_t)tail_take(r, 4, PF_AUDIO_RATE_HZ);
	if (h->audio_rate_hz == 0)
		h->audio_rate_hz = PF_AUDIO_RATE_HZ;
	h->audio_bits = tail_take(r, 1, 16) == 24 ? 24 : 16;
	h->audio_layout = known_code(tail_take(r, 1, 0), PF_AUDIO_UNCOUPLED);
	h->video_fit = known_code(tail_take(r, 1, 0), PF_FIT_STRETCH);
}

int pf_hello_read(struct pf_hello *out, const uint8_t *data, size_t len)
{
	if (len < PF_HELLO_BYTES_MIN)
		return PF_ERR_TRUNCATED;
	struct pf_rd r = pf_rd_init(data, len);
	if (!pf_magic_take(&r, PF_MAGIC_HANDSHAKE))
		return PF_ERR_INVALID;
	struct pf_hello h = {0};
	h.abi_version = pf_rd_u32(&r);
	h.mode.width_px = pf_rd_u32(&r);
	h.mode.height_px = pf_rd_u32(&r);
	h.mode.refresh_hz = pf_rd_u32(&r);
	h.compositor = known_code(tail_take(&r, 1, 0), PF_COMPOSITOR_LAST);
	h.gamepad = known_code(tail_take(&r, 1, 0), PF_GAMEPAD_LAST);
	h.bitrate_kbps = (uint32_t)tail_take(&r, 4, 0);
	take_text(h.name, PF_HELLO_NAME_MAX, &r);
	take_text(h.launch, PF_HELLO_LAUNCH_MAX, &r);
	take_tail(&h, &r);
	*out = h;
	return PF_OK;
}

static void put_text(struct tail *t, const char *text, size_t max)
{
	size_t len = strnlen(text, max);
	tail_put(t, len, 1, 0);
	pf_wr_bytes(t->w, text, len);
	if (len > 0)
		tail_keep(t);
}

void pf_hello_write(struct pf_wr *w, const struct pf_hello *h)
{
	pf_magic_put(w, PF_MAGIC_HANDSHAKE);
	pf_wr_u32(w, h->abi_version);
	pf_wr_u32(w, h->mode.width_px);
	pf_wr_u32(w, h->mode.height_px);
	pf_wr_u32(w, h->mode.refresh_hz);
	struct tail t = {.w = w, .keep = w->len};
	tail_put(&t, h->compositor, 1, 0);
	tail_put(&t, h->gamepad, 1, 0);
	tail_put(&t, h->bitrate_kbps, 4, 0);
	put_text(&t, h->name, PF_HELLO_NAME_MAX);
	put_text(&t, h->launch, PF_HELLO_LAUNCH_MAX);
	tail_put(&t, h->video_caps, 1, 0);
	tail_put(&t, h->audio_channels, 1, 2);
	tail_put(&t, h->video_codecs, 1, 0);
	tail_put(&t, h->preferred_codec, 1, 0);
	if (h->has_hdr) {
		pf_hdr_write(w, &h->hdr);
		tail_keep(&t);
	}
	tail_put(&t, h->client_caps, 1, 0);
	tail_put(&t, h->max_shard_payload, 2, 0);
	tail_put(&t, h->audio_rate_hz, 4, PF_AUDIO_RATE_HZ);
	tail_put(&t, h->audio_bits, 1, 16);
	tail_put(&t, h->audio_layout, 1, PF_AUDIO_LEGACY);
	tail_put(&t, h->video_fit, 1, PF_FIT_BARS);
	tail_cut(&t);
}
