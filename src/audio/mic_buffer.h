/*
 * A client's microphone between its packets and whoever records it: puts them in order, waits as long as they are
 * unevenly late and no longer, fills in what is missing. One thread pushes, another one pulls, and neither ever waits
 * for the other; pulling neither allocates nor locks nor logs. Sound is stereo, interleaved, 48 kHz.
 */
#pragma once

#include <stdint.h>

#include "audio/microphone.h"

#define PF_MIC_PACKET_BYTES_MAX 1500 /* larger ones are malformed */
#define PF_MIC_QUEUE            64   /* packets pushed and not yet pulled; the newest is dropped when full */

struct pf_mic_buffer;

/* Errors: PF_ERR_NOMEM. */
int pf_mic_buffer_create(struct pf_mic_buffer **out);
/* No thread uses it any more. NULL is fine. */
void pf_mic_buffer_destroy(struct pf_mic_buffer *b);

/* now_ns: pf_now_ns() when it arrived; never runs backwards. The packet is copied. */
void pf_mic_buffer_push(struct pf_mic_buffer *b, const struct pf_audio_packet *packet, int64_t now_ns);

/* Always gives all frames, silence where there is none. now_ns: as in push. Returns how many frames more than wanted
 * are stored (negative: fewer), for pf_drift_update. After 200 ms without a pull, what was stored meanwhile is old:
 * dropped. */
double pf_mic_buffer_pull(struct pf_mic_buffer *b, float *out, unsigned frames, int64_t now_ns);

/* Any thread. */
void pf_mic_buffer_stats(const struct pf_mic_buffer *b, struct pf_microphone_stats *out);
