#include "identity/device_json.h"

#include <string.h>

#include "base/hex.h"
#include "proto/native/caps.h"

/* Absent gives the default; another type than expected is damage. */
static bool read_integer(const json_t *object, const char *key, int64_t max, int64_t absent, int64_t *out)
{
	const json_t *v = json_object_get(object, key);
	*out = v ? json_integer_value(v) : absent;
	return !v || (json_is_integer(v) && *out >= 0 && *out <= max);
}

static bool read_bool(const json_t *object, const char *key, bool *out)
{
	const json_t *v = json_object_get(object, key);
	*out = json_is_true(v);
	return !v || json_is_boolean(v);
}

int pf_device_entry_read(struct pf_device_entry *out, json_t *object, struct pf_reason *why)
{
	struct pf_device *d = &out->device;
	const char *name = json_string_value(json_object_get(object, "name"));
	const char *hex = json_string_value(json_object_get(object, "fingerprint"));
	int64_t grants;
	*out = (struct pf_device_entry){.object = object};
	if (!hex || !pf_hex_decode(d->fingerprint.bytes, PF_FINGERPRINT_BYTES, hex))
		return pf_reason(why, PF_ERR_INVALID, "a device has no fingerprint");
	pf_name_sanitise(d->name, name ? name : "", name ? strlen(name) : 0, d->fingerprint.bytes);
	if (!read_integer(object, "grants", UINT32_MAX, PF_GRANT_ALL, &grants) ||
		!read_integer(object, "expires_unix", INT64_MAX, 0, &d->access.expires_unix) ||
		!read_integer(object, "granted_unix", INT64_MAX, 0, &d->granted_unix) ||
		!read_bool(object, "until_disconnect", &d->access.until_disconnect))
		return pf_reason(why, PF_ERR_INVALID, "the access of %s makes no sense", d->name);
	d->access.grants = (uint32_t)grants;
	return PF_OK;
}

/* value is used up; a member that is not wanted goes. */
static bool set(json_t *object, const char *key, json_t *value, bool wanted)
{
	if (!wanted) {
		json_object_del(object, key);
		return true;
	}
	return json_object_set_new(object, key, value) == 0;
}

json_t *pf_device_entry_write(const struct pf_device *d, const json_t *former)
{
	char hex[2 * PF_FINGERPRINT_BYTES + 1];
	const struct pf_access *a = &d->access;
	json_t *o = former ? json_copy((json_t *)former) : json_object();
	pf_hex_encode(hex, d->fingerprint.bytes, PF_FINGERPRINT_BYTES);
	if (o && set(o, "name", json_string(d->name), true) &&
		set(o, "fingerprint", json_string(hex), true) &&
		set(o, "grants", json_integer(a->grants), true) &&
		set(o, "expires_unix", a->expires_unix ? json_integer(a->expires_unix) : NULL,
			a->expires_unix != 0) &&
		set(o, "granted_unix", json_integer(d->granted_unix), true) &&
		set(o, "until_disconnect", a->until_disconnect ? json_true() : NULL, a->until_disconnect))
		return o;
	json_decref(o);
	return NULL;
}
