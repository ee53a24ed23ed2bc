/* Files that must be ours alone. Thread-safety: safe. */
#pragma once

#include <sys/types.h>

#include "base/error.h"

/* forbidden: mode bits it must not have. Errors: PF_ERR_NOT_FOUND without a reason (absent), PF_ERR_AUTH with the
 * command that mends it, PF_ERR_IO. */
int pf_check_owner(const char *path, mode_t forbidden, struct pf_reason *reason);
