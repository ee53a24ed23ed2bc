/* What comes in on GameStream's RTSP port: plain, or a frame, which is also made of the bytes so that its inside is
 * reached. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/gamestream/rtsp.h"
#include "proto/gamestream/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const uint8_t *data, size_t size)
{
	struct pf_rtsp_request rq;
	struct pf_gs_announce a;
	struct pf_reason reason = {0};
	size_t total = 0;
	int measured = pf_rtsp_measure(data, size, &total), read = pf_rtsp_read(&rq, data, size);
	if (measured != read || (read == PF_OK && total > size))
		abort();
	if (read == PF_OK && (rq.body.data < data || rq.body.data + rq.body.len > data + size))
		abort();
	if (read < 0 || pf_gs_announce_read(&a, rq.body, &reason) < 0)
		return;
	if (!pf_mode_valid(a.mode) || a.packet_size % 16 || a.packet_size == 0 || a.slices == 0 ||
		!pf_surround_find(a.audio_channels, a.audio_high_quality))
		abort();
}

static void check_frame(const uint8_t *data, size_t size)
{
	static const uint8_t key[PF_GS_KEY_BYTES] = {1, 2, 3};
	struct pf_gs_gcm gcm;
	size_t total, len;
	uint8_t *out = malloc(size + 1);
	pf_gs_gcm_init(&gcm, key);
	if (out && pf_rtsp_frame_measure(data, size, &total) == PF_OK) {
		if (total > size)
			abort();
		pf_rtsp_frame_open(&gcm, data, total, out, &len);
	}
	free(out);
}

static void check_sealed(const uint8_t *data, size_t size)
{
	static const uint8_t key[PF_GS_KEY_BYTES] = {1, 2, 3};
	struct pf_gs_gcm gcm;
	uint8_t *frame = malloc(size + PF_RTSP_FRAME_HEAD);
	struct pf_wr w = pf_wr_init(frame, size + PF_RTSP_FRAME_HEAD);
	size_t total;
	pf_gs_gcm_init(&gcm, key);
	if (frame && size > 0 && size <= PF_RTSP_BYTES_MAX) {
		pf_rtsp_frame_seal(&w, &gcm, 1, data, size);
		if (w.failed || pf_rtsp_frame_measure(frame, w.len, &total) != PF_OK || total != w.len)
			abort();
	}
	free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	check_request(data, size);
	check_frame(data, size);
	check_sealed(data, size);
	return 0;
}
