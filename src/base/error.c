#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[] = {
	[-PF_OK] = "success",
	[-PF_ERR_INVALID] = "invalid value",
	[-PF_ERR_TRUNCATED] = "truncated",
	[-PF_ERR_NOMEM] = "out of memory",
	[-PF_ERR_IO] = "input/output error",
	[-PF_ERR_AGAIN] = "try again",
	[-PF_ERR_CLOSED] = "closed",
	[-PF_ERR_AUTH] = "authentication failed",
	[-PF_ERR_UNSUPPORTED] = "not supported",
	[-PF_ERR_TIMEOUT] = "timed out",
	[-PF_ERR_LIMIT] = "limit reached",
	[-PF_ERR_NOT_FOUND] = "not found",
	[-PF_ERR_REPLAY] = "replayed",
	[-PF_ERR_REBUILD] = "must be rebuilt",
};

const char *pf_strerror(int code)
{
	if (code > 0 || code <= -(int)(sizeof(names) / sizeof(names[0])))
		return "unknown error";
	return names[-code];
}

int pf_reason(struct pf_reason *r, int code, const char *fmt, ...)
{
	if (r) {
		va_list args;
		va_start(args, fmt);
		vsnprintf(r->text, sizeof(r->text), fmt, args);
		va_end(args);
	}
	return code;
}
