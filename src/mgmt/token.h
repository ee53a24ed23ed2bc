/*
 * The files by which an operator's client finds and convinces the API (product 2.1): mgmt-token and mgmt-endpoint in
 * the configuration directory, each one line that systemd reads as an EnvironmentFile. Blocks on the disk.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

#define PF_TOKEN_DIGITS 64 /* of a token that we make */
#define PF_TOKEN_MAX    256
#define PF_URL_MAX      64

/* given: a token to keep, or NULL; then the file's, or a fresh one. Errors, with a reason: PF_ERR_INVALID, PF_ERR_AUTH
 * (a file that is open to others), PF_ERR_IO. */
int pf_token_keep(char out[PF_TOKEN_MAX + 1], const char *dir, const char *given, struct pf_reason *reason);
/* Never makes one. PF_ERR_NOT_FOUND: no host ever ran with this directory. */
int pf_token_read(char out[PF_TOKEN_MAX + 1], const char *dir, struct pf_reason *reason);

int pf_endpoint_write(const char *dir, uint16_t port, struct pf_reason *reason);
/* PF_ERR_NOT_FOUND: no host runs with this directory. */
int pf_endpoint_read(char url[PF_URL_MAX + 1], const char *dir, struct pf_reason *reason);
void pf_endpoint_remove(const char *dir);
