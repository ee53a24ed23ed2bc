/* Start, with which the client takes the Welcome (native-control 3.6). Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/writer.h"

#define PF_START_LABEL_MAX       96
#define PF_START_PRESET_ID_MAX   32
#define PF_START_PRESET_NAME_MAX 64
#define PF_START_BYTES_MAX       (6 + 4096)

#define PF_RATE_READS_REASON    0x01 /* rate_features: the client reads BitrateChanged's reason byte */
#define PF_DELIVERY_WANTS_FACTS 0x01 /* delivery_flags */
#define PF_DELIVERY_PROBE_ONLY  0x02

enum pf_delivery_profile { PF_DELIVERY_BURST = 0, PF_DELIVERY_CAPPED = 1, PF_DELIVERY_SMOOTH = 2 };
#define PF_DELIVERY_NONE 0xFF /* HostFacts: no profile is forced */

struct pf_start {
	uint16_t client_udp_port;
	char label[PF_START_LABEL_MAX + 1];             /* sanitised, for logs; "" = absent */
	uint8_t rate_features;                          /* PF_RATE_*; 0 = absent */
	char preset_id[PF_START_PRESET_ID_MAX + 1];     /* printable ASCII; "" = no preset */
	char preset_name[PF_START_PRESET_NAME_MAX + 1]; /* sanitised */
	bool has_delivery;
	uint8_t delivery_profile; /* enum pf_delivery_profile */
	uint8_t delivery_flags;   /* PF_DELIVERY_WANTS_FACTS ... */
};

/* with_ext: the host announced PF_HOST2_EXT; otherwise bytes behind the port are ignored. *out is written
 * on success only. Errors: PF_ERR_TRUNCATED, PF_ERR_INVALID, PF_ERR_LIMIT; each ends the handshake. */
int pf_start_read(struct pf_start *out, const uint8_t *data, size_t len, bool with_ext);
/* An extension block is written when a field of it is set; only toward a host with PF_HOST2_EXT. */
void pf_start_write(struct pf_wr *w, const struct pf_start *s);
