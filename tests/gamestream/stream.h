/* The stream command. */
#pragma once

#include "http.h"
#include "options.h"

/* Exit status: 0 frames and no violation, 1 otherwise, 2 when no stream came about. */
int gsc_stream(const struct gsc_options *o, struct gsc_http *http);
