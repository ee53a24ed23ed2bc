/*
 * One list of negative error codes for the whole project. 0 is success. A callee returns a code and does
 * not print; the layer that knows what was wanted logs once. What a user is to read travels in a
 * struct pf_reason: what failed, why, and what would help.
 */
#pragma once

#include <stddef.h>

enum pf_error {
	PF_OK = 0,
	PF_ERR_INVALID = -1,   /* the caller or the peer gave something that cannot be right */
	PF_ERR_TRUNCATED = -2, /* the bytes end too early */
	PF_ERR_NOMEM = -3,
	PF_ERR_IO = -4,          /* a system call failed; errno still tells which way */
	PF_ERR_AGAIN = -5,       /* not now; the same call may succeed later */
	PF_ERR_CLOSED = -6,      /* the other side is gone, or this object was ended */
	PF_ERR_AUTH = -7,        /* authentication failed */
	PF_ERR_UNSUPPORTED = -8, /* this machine, library or peer cannot do it */
	PF_ERR_TIMEOUT = -9,
	PF_ERR_LIMIT = -10, /* a named bound was reached */
	PF_ERR_NOT_FOUND = -11,
	PF_ERR_REPLAY = -12,  /* a datagram seen before, or too old to tell */
	PF_ERR_REBUILD = -13, /* this source or encoder is spent: open it anew */
};

/* Never NULL; unknown codes give "unknown error". Thread-safety: safe. */
const char *pf_strerror(int code);

/* A sentence for people. Zero-initialised means "no reason given". */
struct pf_reason {
	char text[256];
};

/* Formats into r->text, cut at its end; r may be NULL. Returns `code`, so that failing reads
 * `return pf_reason(r, PF_ERR_IO, "cannot ...: %s", ...)`. */
__attribute__((format(printf, 3, 4))) int pf_reason(struct pf_reason *r, int code, const char *fmt, ...);
