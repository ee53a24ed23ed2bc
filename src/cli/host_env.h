/*
 * Settings from the environment and from host.env in the configuration directory (product 2.1, 2.2). The file
 * holds KEY=value lines as systemd's EnvironmentFile reads them: blank lines and lines that begin with # or ;
 * are skipped; a value may be quoted, '...' as it stands or "..." with \" \\ \$ \` as escapes; without quotes a
 * backslash takes the next character as it stands; a backslash at the end of a line continues it.
 * Thread-safety: unsafe. Both change the process environment, so they run before any thread exists.
 */
#pragma once

#include "base/error.h"

#define PF_HOST_ENV_BYTES_MAX 65536

/* Wipes and removes the secrets that a service manager may have put into the environment, so that no child inherits
 * them. What main() does first. */
void pf_host_env_hide_secrets(void);
/* The management token that was among them, once; NULL = none was. Wipe and free() it. */
char *pf_host_env_take_token(void);

/*
 * Sets each PUNKTFUNK_ variable of the file that the environment does not have (one that is set but empty is
 * had); of two lines for one variable the last counts. No file is fine. Other keys, secrets and the
 * configuration directory itself are skipped with a warning that names the line.
 * Errors, with a reason, and then nothing is set: PF_ERR_INVALID (a malformed line, which the reason names),
 * PF_ERR_LIMIT (over PF_HOST_ENV_BYTES_MAX), PF_ERR_IO, PF_ERR_NOMEM.
 */
int pf_host_env_load(const char *config_dir, struct pf_reason *reason);
