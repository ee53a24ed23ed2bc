/* Media sockets of tests that send over loopback. Fails the running test when there is none. */
#pragma once

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "os/udp.h"

/* A socket on a free port, which *name then has; close() it. */
static inline int open_loopback(struct sockaddr_in *name)
{
	int fd = -1;
	socklen_t len = sizeof(*name);
	*name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	assert_int_equal(pf_udp_open(&fd, (void *)name, NULL), PF_OK);
	assert_int_equal(getsockname(fd, (void *)name, &len), 0);
	return fd;
}
