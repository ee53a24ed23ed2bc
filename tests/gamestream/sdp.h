/* The two SDP bodies: DESCRIBE read (spec 3.4, 7.2), ANNOUNCE written (3.5). */
#pragma once

#include "session.h"

/* False when the host offers no such codec or layout. */
bool gsc_sdp_read(struct gsc_session *s, const char *body);
char *gsc_sdp_write(struct gsc_session *s);
