/* H.264's arithmetic coder (9.3.4), for slices of nothing but skipped macroblocks. */
#pragma once

#include "encode/bits.h"

/* Slice data of a P slice of `count` skipped macroblocks with its trailing bits, behind a header with slice
 * QP 51 and cabac_init_idc 0. */
void cabac_write_skips(struct bit_writer *w, uint32_t count);
