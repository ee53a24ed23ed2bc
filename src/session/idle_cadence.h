/*
 * When to encode the held picture again because the source shows nothing new (native-media 5.7). Right
 * after motion a few repeats at a quick pace let the rate control sharpen the still picture; then a slow
 * pace keeps the stream alive at next to no cost. Pure.
 */
#pragma once

#include <stdint.h>

#define PF_IDLE_SHARPEN_REPEATS 8

/* Nanoseconds from the last encode to the next repeat. repeats: how many in a row there were already. */
int64_t pf_idle_interval_ns(unsigned repeats, uint32_t refresh_hz);
