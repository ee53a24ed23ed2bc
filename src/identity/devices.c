#include "identity/devices.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "identity/device_json.h"
#include "os/file.h"
#include "os/owner.h"
#include "proto/native/caps.h"

#define FILE_BYTES_MAX ((size_t)4 * 1024 * 1024)

/* The devices and, beside each, its object of the file: what others wrote there is kept. */
struct list {
	struct pf_device_entry *entry;
	size_t count;
};

struct pf_devices {
	char path[PATH_MAX];
	struct list list;
	struct pf_reason damage;
};

struct pf_access pf_access_full(void)
{
	return (struct pf_access){.grants = PF_GRANT_ALL};
}

uint32_t pf_device_grants(const struct pf_device *d)
{
	return pf_grants_of_stored(d->access.grants) & PF_GRANT_ALL;
}

bool pf_device_expired(const struct pf_device *d, int64_t now_unix)
{
	return d->access.expires_unix != 0 && d->access.expires_unix <= now_unix;
}

/* ---- lists ---- */

static void list_finish(struct list *l)
{
	for (size_t i = 0; i < l->count; i++)
		json_decref(l->entry[i].object);
	free(l->entry);
	*l = (struct list){0};
}

/* A copy with room for one more. */
static int list_copy(struct list *out, const struct list *l)
{
	out->entry = calloc(l->count + 1, sizeof(*out->entry));
	if (!out->entry)
		return PF_ERR_NOMEM;
	out->count = l->count;
	for (size_t i = 0; i < l->count; i++) {
		out->entry[i] = l->entry[i];
		json_incref(out->entry[i].object);
	}
	return PF_OK;
}

static struct pf_device_entry *list_find(const struct list *l, const struct pf_fingerprint *fp)
{
	for (size_t i = 0; i < l->count; i++) {
		if (pf_fingerprint_equal(&l->entry[i].device.fingerprint, fp))
			return &l->entry[i];
	}
	return NULL;
}

static void list_remove(struct list *l, struct pf_device_entry *e)
{
	json_decref(e->object);
	memmove(e, e + 1, (size_t)(l->entry + l->count - (e + 1)) * sizeof(*e));
	l->count--;
}

/* ---- the file ---- */

static int parse_clients(struct list *out, const json_t *clients, struct pf_reason *why)
{
	size_t i;
	json_t *object;
	if (json_array_size(clients) > PF_DEVICES_MAX)
		return pf_reason(why, PF_ERR_LIMIT, "more than %d devices", PF_DEVICES_MAX);
	out->entry = calloc(json_array_size(clients) + 1, sizeof(*out->entry));
	if (!out->entry)
		return pf_reason(why, PF_ERR_NOMEM, "out of memory");
	json_array_foreach(clients, i, object)
	{
		struct pf_device_entry e;
		int rc = pf_device_entry_read(&e, object, why);
		if (rc < 0)
			return rc;
		if (list_find(out, &e.device.fingerprint))
			return pf_reason(why, PF_ERR_INVALID, "%s is there twice", e.device.name);
		json_incref(object);
		out->entry[out->count++] = e;
	}
	return PF_OK;
}

static int parse(struct list *out, const char *text, size_t len, struct pf_reason *why)
{
	json_error_t error;
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return pf_reason(why, PF_ERR_INVALID, "line %d: %s", error.line, error.text);
	const json_t *clients = json_object_get(root, "clients");
	int rc = json_is_array(clients) ? parse_clients(out, clients, why)
					: pf_reason(why, PF_ERR_INVALID, "it has no list of clients");
	json_decref(root);
	return rc;
}

static int load(struct pf_devices *s, struct pf_reason *reason)
{
	char *text = NULL;
	size_t len = 0;
	struct pf_reason why = {0};
	int rc = pf_check_owner(s->path, S_IRWXG | S_IRWXO, reason);
	if (rc == PF_ERR_NOT_FOUND)
		return PF_OK;
	if (rc < 0)
		return rc;
	rc = pf_file_read(s->path, FILE_BYTES_MAX, &text, &len);
	if (rc == PF_ERR_IO || rc == PF_ERR_NOMEM || rc == PF_ERR_NOT_FOUND)
		return pf_reason(reason, rc, "cannot read %s: %s", s->path,
			rc == PF_ERR_IO ? strerror(errno) : pf_strerror(rc));
	if (rc == PF_ERR_LIMIT)
		pf_reason(&why, rc, "it is larger than %zu bytes", FILE_BYTES_MAX);
	else
		rc = parse(&s->list, text, len, &why);
	free(text);
	if (rc == PF_ERR_NOMEM)
		return pf_reason(reason, rc, "out of memory");
	if (rc < 0) {
		list_finish(&s->list);
		pf_reason(&s->damage, rc,
			"%.120s is damaged (%.60s): restore it from a backup, or move it away and pair again",
			s->path, why.text);
	}
	return PF_OK;
}

int pf_devices_open(struct pf_devices **out, const char *dir, const char *file, struct pf_reason *reason)
{
	struct pf_devices *s = calloc(1, sizeof(*s));
	if (!s)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	int n = snprintf(s->path, sizeof(s->path), "%s/%s", dir, file);
	int rc = n < (int)sizeof(s->path) ? load(s, reason)
					  : pf_reason(reason, PF_ERR_IO, "the directory name is too long");
	if (rc < 0) {
		pf_devices_destroy(s);
		return rc;
	}
	*out = s;
	return PF_OK;
}

void pf_devices_destroy(struct pf_devices *s)
{
	if (!s)
		return;
	list_finish(&s->list);
	free(s);
}

static json_t *to_json(const struct list *l)
{
	json_t *root = json_object(), *clients = json_array();
	bool good = root && clients;
	for (size_t i = 0; good && i < l->count; i++)
		good = json_array_append(clients, l->entry[i].object) == 0;
	if (good && json_object_set(root, "clients", clients) == 0) {
		json_decref(clients);
		return root;
	}
	json_decref(clients);
	json_decref(root);
	return NULL;
}

static int write_list(const struct pf_devices *s, const struct list *l, struct pf_reason *reason)
{
	json_t *root = to_json(l);
	char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	json_decref(root);
	if (!text)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	int rc = pf_file_write_atomic(s->path, text, strlen(text), 0600);
	free(text);
	if (rc < 0)
		return pf_reason(
			reason, rc, "cannot write %s: %s; nothing was changed", s->path, strerror(errno));
	return PF_OK;
}

/* The store becomes `fresh` when that could be written; fresh is used up. */
static int commit(struct pf_devices *s, struct list *fresh, struct pf_reason *reason)
{
	int rc = write_list(s, fresh, reason);
	if (rc < 0) {
		list_finish(fresh);
		return rc;
	}
	list_finish(&s->list);
	s->list = *fresh;
	return PF_OK;
}

static int begin(const struct pf_devices *s, struct list *fresh, struct pf_reason *reason)
{
	if (s->damage.text[0])
		return pf_reason(reason, PF_ERR_INVALID, "%s", s->damage.text);
	if (list_copy(fresh, &s->list) < 0)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	return PF_OK;
}

/* ---- reading ---- */

const char *pf_devices_damage(const struct pf_devices *s)
{
	return s->damage.text[0] ? s->damage.text : NULL;
}

size_t pf_devices_count(const struct pf_devices *s)
{
	return s->list.count;
}

const struct pf_device *pf_devices_at(const struct pf_devices *s, size_t index)
{
	return &s->list.entry[index].device;
}

const struct pf_device *pf_devices_find(const struct pf_devices *s, const struct pf_fingerprint *fp)
{
	const struct pf_device_entry *e = list_find(&s->list, fp);
	return e ? &e->device : NULL;
}

/* ---- changes ---- */

/* Puts a device in the place of the one with its fingerprint, or at the end. */
static int replace(
	struct pf_devices *s, struct list *fresh, const struct pf_device *d, struct pf_reason *reason)
{
	assert(fresh->entry); /* begin() made it */
	struct pf_device_entry *e = list_find(fresh, &d->fingerprint);
	if (!e && fresh->count >= PF_DEVICES_MAX) {
		list_finish(fresh);
		return pf_reason(
			reason, PF_ERR_LIMIT, "%d devices are paired; unpair one first", PF_DEVICES_MAX);
	}
	json_t *object = pf_device_entry_write(d, e ? e->object : NULL);
	if (!object) {
		list_finish(fresh);
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	}
	if (e)
		json_decref(e->object);
	else
		e = &fresh->entry[fresh->count++];
	*e = (struct pf_device_entry){.device = *d, .object = object};
	return commit(s, fresh, reason);
}

int pf_devices_pair(struct pf_devices *s, const struct pf_fingerprint *fp, const char *name,
	const struct pf_access *access, int64_t now_unix, struct pf_reason *reason)
{
	struct list fresh = {0};
	int rc = begin(s, &fresh, reason);
	if (rc < 0)
		return rc;
	const struct pf_device_entry *known = list_find(&fresh, fp);
	bool over = known && pf_device_expired(&known->device, now_unix);
	struct pf_device d = {
		.fingerprint = *fp,
		.access = access  ? *access
			  : known ? known->device.access
				  : pf_access_full(),
		.granted_unix = now_unix,
	};
	if (!access && over)
		d.access.expires_unix = 0;
	pf_name_sanitise(d.name, name, strlen(name), fp->bytes);
	return replace(s, &fresh, &d, reason);
}

/* A copy of the store and of the known device in it. */
static int begin_with(const struct pf_devices *s, struct list *fresh, const struct pf_fingerprint *fp,
	struct pf_device *d, struct pf_reason *reason)
{
	int rc = begin(s, fresh, reason);
	if (rc < 0)
		return rc;
	const struct pf_device_entry *e = list_find(fresh, fp);
	if (!e) {
		list_finish(fresh);
		return pf_reason(reason, PF_ERR_NOT_FOUND, "no such device is paired");
	}
	*d = e->device;
	return PF_OK;
}

int pf_devices_rename(
	struct pf_devices *s, const struct pf_fingerprint *fp, const char *name, struct pf_reason *reason)
{
	struct list fresh = {0};
	struct pf_device d = {0};
	int rc = begin_with(s, &fresh, fp, &d, reason);
	if (rc < 0)
		return rc;
	pf_name_sanitise(d.name, name, strlen(name), fp->bytes);
	return replace(s, &fresh, &d, reason);
}

int pf_devices_set_access(struct pf_devices *s, const struct pf_fingerprint *fp,
	const struct pf_access *access, int64_t now_unix, struct pf_reason *reason)
{
	struct list fresh = {0};
	struct pf_device d = {0};
	int rc = begin_with(s, &fresh, fp, &d, reason);
	if (rc < 0)
		return rc;
	d.access = *access;
	d.granted_unix = now_unix;
	return replace(s, &fresh, &d, reason);
}

int pf_devices_remove(struct pf_devices *s, const struct pf_fingerprint *fp, struct pf_reason *reason)
{
	struct list fresh = {0};
	struct pf_device d = {0};
	int rc = begin_with(s, &fresh, fp, &d, reason);
	if (rc < 0)
		return rc;
	list_remove(&fresh, list_find(&fresh, fp));
	return commit(s, &fresh, reason);
}

int pf_devices_remove_all(struct pf_devices *s, struct pf_reason *reason)
{
	struct list fresh = {0};
	int rc = begin(s, &fresh, reason);
	if (rc < 0)
		return rc;
	while (fresh.count > 0)
		list_remove(&fresh, &fresh.entry[fresh.count - 1]);
	return commit(s, &fresh, reason);
}

int pf_devices_remove_until_disconnect(struct pf_devices *s, struct pf_reason *reason)
{
	struct list fresh = {0};
	int rc = begin(s, &fresh, reason);
	if (rc < 0)
		return rc;
	for (size_t i = fresh.count; i > 0; i--) {
		if (fresh.entry[i - 1].device.access.until_disconnect)
			list_remove(&fresh, &fresh.entry[i - 1]);
	}
	if (fresh.count == s->list.count) {
		list_finish(&fresh);
		return PF_OK;
	}
	return commit(s, &fresh, reason);
}
