/* Colour volume of a display: the body of datagram 0xCE and a block of Hello (native-control 5.9). Pure. */
#pragma once

#include <stdint.h>

#include "base/reader.h"
#include "base/writer.h"

#define PF_HDR_BYTES 28

struct pf_hdr {
	uint16_t green_x, green_y, blue_x, blue_y, red_x, red_y; /* 1/50000 */
	uint16_t white_x, white_y;                               /* 1/50000 */
	uint32_t max_luminance, min_luminance;                   /* 0.0001 cd/m2 */
	uint16_t max_cll, max_fall;                              /* cd/m2 */
};

/* Zeros when fewer than PF_HDR_BYTES are left, and the reader has failed. */
void pf_hdr_read(struct pf_hdr *out, struct pf_rd *r);
void pf_hdr_write(struct pf_wr *w, const struct pf_hdr *hdr);
