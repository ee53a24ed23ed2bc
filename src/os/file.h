/*
 * Files that must never be half written or readable by others: identity, stores, tokens.
 * Thread-safety: safe for different paths.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

/* Makes the directory and its parents; the last one gets mode 0700 and must belong to us.
 * Errors: PF_ERR_IO (errno), PF_ERR_AUTH when it exists and belongs to someone else. */
int pf_dir_ensure(const char *path);

/* Reads a whole file of at most max bytes into fresh memory (terminated, not counted); free() it.
 * Errors: PF_ERR_NOT_FOUND, PF_ERR_LIMIT, PF_ERR_NOMEM, PF_ERR_IO. */
int pf_file_read(const char *path, size_t max, char **out, size_t *len);

/* Temporary file beside it, write, fsync, rename, fsync of the directory: a crash leaves the old or the
 * new content. Errors: PF_ERR_IO (errno); the old file is untouched then. */
int pf_file_write_atomic(const char *path, const void *data, size_t len, mode_t mode);

/* Removes a directory tree without following links; absent is fine. Errors: PF_ERR_IO. */
int pf_dir_remove(const char *path);

/* Configuration directory: PUNKTFUNK_CONFIG_DIR, else XDG_CONFIG_HOME/punktfunk, else ~/.config/punktfunk.
 * Errors: PF_ERR_LIMIT (path too long), PF_ERR_NOT_FOUND (no home). */
int pf_config_dir(char *out, size_t cap);
