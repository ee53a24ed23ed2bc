/* Decoded messages as JSON objects with a member per field, to be compared with the vectors. */
#pragma once

#include <jansson.h>

#include "proto/native/control.h"
#include "proto/native/datagram.h"
#include "proto/native/hello.h"
#include "proto/native/pairing.h"
#include "proto/native/start.h"
#include "proto/native/welcome.h"

/* A fresh object each; json_decref() it. */
json_t *describe_control(const struct pf_control *m);
json_t *describe_datagram(const struct pf_datagram *d);
json_t *describe_hello(const struct pf_hello *h);
json_t *describe_welcome(const struct pf_welcome *w);
json_t *describe_start(const struct pf_start *s);
json_t *describe_pairing(const struct pf_pair_message *m);
