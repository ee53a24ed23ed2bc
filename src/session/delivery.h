/*
 * Does the video arrive? The client counts the media packets it could decrypt and reports the sum
 * (native-control 4.3). Zero while the host is sending means a blocked way: the client is right, the picture
 * stays black, and nobody else can tell the operator.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* From the first frame on; the first reports may have been on their way before anything could arrive. */
#define PF_DELIVERY_PATIENCE_NS (3 * INT64_C(1000000000))

enum pf_delivery_news {
	PF_DELIVERY_NO_NEWS,
	PF_DELIVERY_BLOCKED, /* warn the operator; said once */
	PF_DELIVERY_RESTORED /* packets arrive after all; said once, after BLOCKED */
};

/* Zeroed = nothing is known. */
struct pf_delivery {
	bool blocked; /* BLOCKED was said, RESTORED was not */
	bool settled; /* packets arrived: nothing more is said */
};

/* What a report means. first_sent_ns: when the first frame left, 0 = none did. */
enum pf_delivery_news pf_delivery_report(
	struct pf_delivery *d, uint64_t packets, int64_t first_sent_ns, int64_t now_ns);
