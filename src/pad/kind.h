/* The controllers that exist here, by name and by what clients call theirs (native-control 3.4.6, product 2.3). Pure. */
#pragma once

#include <stdbool.h>

#include "proto/native/caps.h"

/* The kind that the host makes for a client's controller: kinds that it cannot be are the nearest one that can. */
enum pf_gamepad pf_pad_kind_nearest(enum pf_gamepad kind);
/* Has it motion sensors? */
bool pf_pad_kind_has_motion(enum pf_gamepad kind);
/* What settings call the kinds that are made here, "auto" too; NULL-terminated, for pf_option.words. */
extern const char *const pf_pad_kind_words[];
enum pf_gamepad pf_pad_kind_of_word(unsigned index);
