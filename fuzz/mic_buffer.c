/*
 * A microphone's packets as a hostile client could send them. Input: records of seq (4 bytes), milliseconds since the
 * record before (1 byte), frames to pull then, in tens (1 byte), length (2 bytes), all little endian, and the packet.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audio/mic_buffer.h"
#include "base/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void pull(struct pf_mic_buffer *b, unsigned frames, int64_t now_ns)
{
	float out[2 * 2550];
	memset(out, 0xFF, sizeof(out)); /* not numbers: what is left of them was not written */
	double excess = pf_mic_buffer_pull(b, out, frames, now_ns);
	struct pf_microphone_stats s;
	pf_mic_buffer_stats(b, &s);
	if (!isfinite(excess) || s.delay_us > 64 * 2 * 120000)
		abort();
	for (unsigned i = 0; i < 2 * frames; i++)
		if (!isfinite(out[i]))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_rd rd = pf_rd_init(data, size);
	struct pf_mic_buffer *b = NULL;
	if (pf_mic_buffer_create(&b))
		abort();
	int64_t now_ns = INT64_C(1000000000);
	while (rd.left > 0 && !rd.failed) {
		uint32_t seq = pf_rd_u32(&rd);
		now_ns += pf_rd_u8(&rd) * INT64_C(1000000);
		unsigned frames = pf_rd_u8(&rd) * 10u;
		size_t len = pf_rd_u16(&rd);
		len = len < rd.left ? len : rd.left;
		struct pf_slice packet = pf_rd_slice(&rd, len);
		pf_mic_buffer_push(b,
			&(struct pf_audio_packet){seq, seq * UINT64_C(0x9E3779B97F4A7C15), packet}, now_ns);
		pull(b, frames, now_ns);
	}
	pf_mic_buffer_destroy(b);
	return 0;
}
