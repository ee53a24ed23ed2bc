/* Row of the registry: libavcodec's CPU encoders (x264, x265, libaom). Use through encode/encoder.h. */
#pragma once

#include "encode/encoder.h"

extern const struct pf_encoder_impl pf_encoder_software;
