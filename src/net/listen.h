/* Listening TCP sockets that can say which port is taken. */
#pragma once

#include <netinet/in.h>
#include <stdint.h>

#include "base/error.h"

/* A listening, non-blocking socket; *port is the one it got (0 in the address: any). what: for whom, in the reason.
 * Errors: PF_ERR_IO; a port in use is named. */
int pf_listen_tcp(const struct sockaddr *address, const char *what, uint16_t *port, struct pf_reason *reason);
