#include "mgmt/token.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "os/owner.h"

#define TOKEN_FILE     "mgmt-token"
#define TOKEN_KEY      "PUNKTFUNK_MGMT_TOKEN="
#define ENDPOINT_FILE  "mgmt-endpoint"
#define ENDPOINT_KEY   "PUNKTFUNK_MGMT_URL="
#define FILE_BYTES_MAX 1024

static int make_path(char out[PATH_MAX], const char *dir, const char *name, struct pf_reason *reason)
{
	if (snprintf(out, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
		return pf_reason(reason, PF_ERR_IO, "the directory name is too long");
	return PF_OK;
}

/* The value behind the key of a one-line file; PF_ERR_NOT_FOUND without a reason when there is no file. */
static int read_value(char *out, size_t max, const char *path, const char *key, struct pf_reason *reason)
{
	char *text = NULL;
	size_t len = 0;
	int rc = pf_check_owner(path, S_IRWXG | S_IRWXO, reason);
	if (rc < 0)
		return rc;
	rc = pf_file_read(path, FILE_BYTES_MAX, &text, &len);
	if (rc < 0)
		return pf_reason(reason, rc, "cannot read %s: %s", path,
			rc == PF_ERR_IO ? strerror(errno) : pf_strerror(rc));
	text[strcspn(text, "\r\n")] = '\0';
	const char *value = strncmp(text, key, strlen(key)) == 0 ? text + strlen(key) : "";
	bool good = value[0] && strlen(value) <= max;
	if (good)
		snprintf(out, max + 1, "%s", value);
	sodium_memzero(text, len);
	free(text);
	return good ? PF_OK
		    : pf_reason(reason, PF_ERR_INVALID, "%s is damaged; remove it and start the host anew",
			      path);
}

static int write_value(const char *path, const char *key, const char *value, struct pf_reason *reason)
{
	char line[PF_TOKEN_MAX + 64];
	int n = snprintf(line, sizeof(line), "%s%s\n", key, value);
	int rc = pf_file_write_atomic(path, line, (size_t)n, 0600);
	sodium_memzero(line, sizeof(line));
	return rc < 0 ? pf_reason(reason, rc, "cannot write %s: %s", path, strerror(errno)) : PF_OK;
}

static void draw(char out[PF_TOKEN_MAX + 1])
{
	uint8_t random[PF_TOKEN_DIGITS / 2];
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(out, PF_TOKEN_DIGITS + 1, random, sizeof(random));
	sodium_memzero(random, sizeof(random));
}

/* Printable and without blanks, so that it fits into a header and a line. */
static bool fits(const char *token)
{
	size_t len = strlen(token);
	for (size_t i = 0; i < len; i++) {
		if (token[i] <= ' ' || token[i] > '~')
			return false;
	}
	return len >= 16 && len <= PF_TOKEN_MAX;
}

int pf_token_keep(char out[PF_TOKEN_MAX + 1], const char *dir, const char *given, struct pf_reason *reason)
{
	char path[PATH_MAX];
	int rc = make_path(path, dir, TOKEN_FILE, reason);
	if (rc < 0)
		return rc;
	if (given && !fits(given))
		return pf_reason(reason, PF_ERR_INVALID,
			"PUNKTFUNK_MGMT_TOKEN must have 16 to %d printable characters", PF_TOKEN_MAX);
	if (given)
		snprintf(out, PF_TOKEN_MAX + 1, "%s", given);
	else
		rc = read_value(out, PF_TOKEN_MAX, path, TOKEN_KEY, reason);
	if (rc == PF_ERR_NOT_FOUND)
		draw(out);
	if (given || rc == PF_ERR_NOT_FOUND)
		rc = write_value(path, TOKEN_KEY, out, reason);
	return rc;
}

int pf_token_read(char out[PF_TOKEN_MAX + 1], const char *dir, struct pf_reason *reason)
{
	char path[PATH_MAX];
	int rc = make_path(path, dir, TOKEN_FILE, reason);
	if (rc == PF_OK)
		rc = read_value(out, PF_TOKEN_MAX, path, TOKEN_KEY, reason);
	return rc == PF_ERR_NOT_FOUND ? pf_reason(reason, rc, "no host has run with %s", dir) : rc;
}

int pf_endpoint_write(const char *dir, uint16_t port, struct pf_reason *reason)
{
	char path[PATH_MAX], url[PF_URL_MAX];
	int rc = make_path(path, dir, ENDPOINT_FILE, reason);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u", port);
	return rc < 0 ? rc : write_value(path, ENDPOINT_KEY, url, reason);
}

int pf_endpoint_read(char url[PF_URL_MAX + 1], const char *dir, struct pf_reason *reason)
{
	char path[PATH_MAX];
	int rc = make_path(path, dir, ENDPOINT_FILE, reason);
	if (rc == PF_OK)
		rc = read_value(url, PF_URL_MAX, path, ENDPOINT_KEY, reason);
	if (rc == PF_ERR_NOT_FOUND)
		return pf_reason(reason, rc, "no host runs with %s", dir);
	return rc;
}

void pf_endpoint_remove(const char *dir)
{
	char path[PATH_MAX];
	if (make_path(path, dir, ENDPOINT_FILE, NULL) == PF_OK)
		unlink(path);
}
