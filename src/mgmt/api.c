#include "mgmt/api.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/words.h"
#include "os/clock.h"
#include "proto/native/caps.h"

#define EXPIRES_MAX_S (10ll * 366 * 86400)

void pf_api_refuse(struct pf_api_answer *answer, unsigned status, const char *fmt, ...)
{
	char text[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_decref(answer->body);
	answer->status = status;
	answer->body = json_pack("{s:s}", "error", text);
}

void pf_api_fail(struct pf_api_answer *answer, int rc, const struct pf_reason *reason)
{
	const char *text = reason->text[0] ? reason->text : pf_strerror(rc);
	switch (rc) {
	case PF_ERR_NOT_FOUND:
		pf_api_refuse(answer, 404, "%s", text);
		break;
	case PF_ERR_INVALID:
		pf_api_refuse(answer, 400, "%s", text);
		break;
	case PF_ERR_AUTH:
	case PF_ERR_LIMIT:
		pf_api_refuse(answer, 409, "%s", text);
		break;
	default:
		pf_api_refuse(answer, 500, "%s", text);
	}
}

json_t *pf_api_parse(const struct pf_route *route, const char *text, size_t len, struct pf_api_answer *answer)
{
	json_error_t error;
	const char *key;
	json_t *value, *body = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (!body) {
		pf_api_refuse(answer, 400, "the body is no JSON: %s", error.text);
		return NULL;
	}
	if (!json_is_object(body)) {
		pf_api_refuse(answer, 400, "the body must be an object");
		json_decref(body);
		return NULL;
	}
	json_object_foreach(body, key, value)
	{
		if (pf_words_have(route->members, key))
			continue;
		pf_api_refuse(answer, 400, "%.40s is not known here; known are: %s", key, route->members);
		json_decref(body);
		return NULL;
	}
	return body;
}

/* --- access --- */

static const struct {
	const char *name;
	uint32_t grants;
} presets[] = {{"full", PF_GRANT_ALL}, {"controller", PF_GRANT_GAMEPAD}, {"view", 0}};

const char *pf_api_preset(uint32_t grants)
{
	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
		if (presets[i].grants == grants)
			return presets[i].name;
	}
	return "custom";
}

static bool read_preset(const json_t *v, struct pf_access *out, struct pf_api_answer *answer)
{
	const char *name = json_string_value(v);
	for (size_t i = 0; name && i < sizeof(presets) / sizeof(presets[0]); i++) {
		if (strcmp(presets[i].name, name) == 0) {
			out->grants = presets[i].grants;
			return true;
		}
	}
	pf_api_refuse(answer, 400, "preset must be full, controller or view");
	return false;
}

static bool read_grants(const json_t *v, struct pf_access *out, struct pf_api_answer *answer)
{
	json_int_t grants = json_integer_value(v);
	if (!json_is_integer(v) || grants < 0 || grants > UINT32_MAX ||
		(grants & ~(json_int_t)PF_GRANT_ALL)) {
		pf_api_refuse(answer, 400, "grants must be a sum of known bits, 0 to %d", PF_GRANT_ALL);
		return false;
	}
	out->grants = (uint32_t)grants;
	return true;
}

static bool read_expiry(const json_t *v, struct pf_access *out, struct pf_api_answer *answer)
{
	json_int_t seconds = json_integer_value(v);
	if (!json_is_integer(v) || seconds < 1 || seconds > EXPIRES_MAX_S) {
		pf_api_refuse(answer, 400, "expires_in_secs must be 1 to %lld", EXPIRES_MAX_S);
		return false;
	}
	out->expires_unix = pf_wall_s() + seconds;
	return true;
}

static bool read_flag(
	const json_t *body, const char *key, bool *out, bool *given, struct pf_api_answer *answer)
{
	const json_t *v = json_object_get(body, key);
	if (!v)
		return true;
	if (!json_is_boolean(v)) {
		pf_api_refuse(answer, 400, "%s must be true or false", key);
		return false;
	}
	*out = json_is_true(v);
	*given = true;
	return true;
}

bool pf_api_access(const json_t *body, const struct pf_access *former, struct pf_access *out, bool *given,
	struct pf_api_answer *answer)
{
	const json_t *preset = json_object_get(body, "preset"), *grants = json_object_get(body, "grants"),
		     *expiry = json_object_get(body, "expires_in_secs");
	bool clear = false;
	*out = *former;
	*given = preset || grants || expiry;
	if (preset && grants) {
		pf_api_refuse(answer, 400, "preset and grants exclude each other");
		return false;
	}
	if ((preset && !read_preset(preset, out, answer)) || (grants && !read_grants(grants, out, answer)) ||
		(expiry && !read_expiry(expiry, out, answer)) ||
		!read_flag(body, "clear_expiry", &clear, given, answer) ||
		!read_flag(body, "until_disconnect", &out->until_disconnect, given, answer))
		return false;
	if (clear && expiry) {
		pf_api_refuse(answer, 400, "clear_expiry and expires_in_secs exclude each other");
		return false;
	}
	if (clear)
		out->expires_unix = 0;
	return true;
}

bool pf_api_fingerprint(const char *text, struct pf_fingerprint *out, struct pf_api_answer *answer)
{
	if (pf_hex_decode(out->bytes, sizeof(out->bytes), text))
		return true;
	pf_api_refuse(answer, 400, "a fingerprint has %d hexadecimal digits", 2 * PF_FINGERPRINT_BYTES);
	return false;
}

json_t *pf_api_hex(const struct pf_fingerprint *fp)
{
	char hex[2 * PF_FINGERPRINT_BYTES + 1];
	pf_hex_encode(hex, fp->bytes, sizeof(fp->bytes));
	return json_string(hex);
}
