#include "probe/known_hosts.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "os/file.h"

#define FILE_BYTES_MAX ((size_t)1024 * 1024)
#define KEY_BYTES      300

/* {"address:port": "fingerprint", ...}; an empty one when there is no file. Fills in its path. */
static int load(json_t **out, char path[PATH_MAX], const char *dir, struct pf_reason *reason)
{
	char *text = NULL;
	size_t len;
	if (snprintf(path, PATH_MAX, "%s/hosts.json", dir) >= PATH_MAX)
		return pf_reason(reason, PF_ERR_IO, "the directory name is too long");
	int rc = pf_file_read(path, FILE_BYTES_MAX, &text, &len);
	if (rc == PF_ERR_NOT_FOUND)
		*out = json_object();
	else if (rc < 0)
		return pf_reason(reason, rc, "cannot read %s: %s", path,
			rc == PF_ERR_IO ? strerror(errno) : pf_strerror(rc));
	else
		*out = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	free(text);
	if (json_is_object(*out))
		return PF_OK;
	json_decref(*out);
	return pf_reason(reason, PF_ERR_INVALID,
		"%s is damaged; mend it, or remove it and meet all hosts again", path);
}

static void make_key(char out[KEY_BYTES], const char *host, uint16_t port)
{
	snprintf(out, KEY_BYTES, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
}

int pf_known_host_get(struct pf_fingerprint *out, const char *dir, const char *host, uint16_t port,
	struct pf_reason *reason)
{
	char path[PATH_MAX], key[KEY_BYTES];
	json_t *hosts = NULL;
	int rc = load(&hosts, path, dir, reason);
	if (rc < 0)
		return rc;
	make_key(key, host, port);
	const json_t *known = json_object_get(hosts, key);
	const char *hex = json_string_value(known);
	if (!known)
		rc = pf_reason(reason, PF_ERR_NOT_FOUND, "%s is not known yet", key);
	else if (!hex || !pf_hex_decode(out->bytes, sizeof(out->bytes), hex))
		rc = pf_reason(reason, PF_ERR_INVALID, "%s has no fingerprint of %s", path, key);
	json_decref(hosts);
	return rc;
}

int pf_known_host_put(const char *dir, const char *host, uint16_t port, const struct pf_fingerprint *fp,
	struct pf_reason *reason)
{
	char path[PATH_MAX], key[KEY_BYTES], hex[2 * PF_FINGERPRINT_BYTES + 1];
	json_t *hosts = NULL;
	int rc = load(&hosts, path, dir, reason);
	if (rc < 0)
		return rc;
	make_key(key, host, port);
	pf_hex_encode(hex, fp->bytes, sizeof(fp->bytes));
	char *text = NULL;
	if (json_object_set_new(hosts, key, json_string(hex)) == 0)
		text = json_dumps(hosts, JSON_INDENT(2) | JSON_SORT_KEYS);
	json_decref(hosts);
	if (!text)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	if (pf_dir_ensure(dir) < 0 || pf_file_write_atomic(path, text, strlen(text), 0600) < 0)
		rc = pf_reason(reason, PF_ERR_IO, "cannot write %s: %s", path, strerror(errno));
	free(text);
	return rc;
}
