/*
 * Where a frame's time went. Each stage fills its own field; durations, not clock readings, so they can
 * cross machines. The native client gets a part of them as host timing (native-media 6.7).
 */
#pragma once

#include <stdint.h>

struct pf_stamps {
	int64_t capture_ns;    /* pf_now_ns() when the picture was complete at the source */
	uint32_t wait_us;      /* request sent to the compositor -> picture complete */
	uint32_t capture_us;   /* picture complete -> handed to the encode mailbox */
	uint32_t queue_us;     /* in the mailbox, until the encoder took it */
	uint32_t convert_us;   /* colour conversion */
	uint32_t encode_us;    /* submit -> access unit ready, without the conversion */
	uint32_t packetise_us; /* packets, parity and seals */
	uint32_t pace_us;      /* first -> last packet handed to the kernel */
	uint32_t send_us;      /* time inside the send system calls */
};
