/* The five phases of pairing (spec 2.3), from the client's side. */
#pragma once

#include "http.h"

/* SHA-256(salt, PIN), halved. */
void gsc_pairing_key(uint8_t key[16], const uint8_t salt[16], const char *pin);

/* Exit status: 0 paired (the host's certificate is then pinned), 1 with a line on stderr. */
int gsc_pair(struct gsc_http *http, struct gsc_identity *identity, const char *pin, bool ignore_wrong_hash);
