#include "proto/native/hdr.h"

void pf_hdr_read(struct pf_hdr *out, struct pf_rd *r)
{
	struct pf_rd body = pf_rd_sub(r, PF_HDR_BYTES);
	out->green_x = pf_rd_u16(&body);
	out->green_y = pf_rd_u16(&body);
	out->blue_x = pf_rd_u16(&body);
	out->blue_y = pf_rd_u16(&body);
	out->red_x = pf_rd_u16(&body);
	out->red_y = pf_rd_u16(&body);
	out->white_x = pf_rd_u16(&body);
	out->white_y = pf_rd_u16(&body);
	out->max_luminance = pf_rd_u32(&body);
	out->min_luminance = pf_rd_u32(&body);
	out->max_cll = pf_rd_u16(&body);
	out->max_fall = pf_rd_u16(&body);
}

void pf_hdr_write(struct pf_wr *w, const struct pf_hdr *hdr)
{
	pf_wr_u16(w, hdr->green_x);
	pf_wr_u16(w, hdr->green_y);
	pf_wr_u16(w, hdr->blue_x);
	pf_wr_u16(w, hdr->blue_y);
	pf_wr_u16(w, hdr->red_x);
	pf_wr_u16(w, hdr->red_y);
	pf_wr_u16(w, hdr->white_x);
	pf_wr_u16(w, hdr->white_y);
	pf_wr_u32(w, hdr->max_luminance);
	pf_wr_u32(w, hdr->min_luminance);
	pf_wr_u16(w, hdr->max_cll);
	pf_wr_u16(w, hdr->max_fall);
}
