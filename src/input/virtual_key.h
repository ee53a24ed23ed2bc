/*
 * Windows virtual keys, which name positions on the US layout, and mouse buttons to evdev codes (native-control 5.1, 5.2,
 * gamestream 5.2). Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/native/input.h"

/* A few keys have other numbers in each protocol. */
enum pf_key_dialect { PF_KEYS_NATIVE, PF_KEYS_GAMESTREAM };

/* 0: no such key. */
unsigned pf_virtual_key_evdev(uint32_t vk, enum pf_key_dialect dialect);
unsigned pf_button_evdev(enum pf_button button);
