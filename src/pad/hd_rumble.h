/*
 * HD rumble of the Switch's controllers: two actuators, each with a low and a high band of its own frequency and
 * amplitude, packed into four bytes. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PF_HD_RUMBLE_BYTES 8 /* left actuator, right actuator */

/* As levels of two motors, 65535 what drivers send at most. False: a packing that programs do not send; what was
 * felt before goes on. */
bool pf_hd_rumble_read(const uint8_t data[PF_HD_RUMBLE_BYTES], uint16_t *low, uint16_t *high);
