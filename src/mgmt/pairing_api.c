#include <stdlib.h>
#include <string.h>

#include "mgmt/api.h"

static json_t *describe_window(struct pf_host *h)
{
	struct pf_window_status w = pf_host_window(h);
	json_t *o = json_pack("{s:b, s:b, s:I}", "enabled", pf_devices_damage(pf_host_devices(h)) == NULL,
		"armed", w.armed, "paired_clients", (json_int_t)pf_devices_count(pf_host_devices(h)));
	if (o && w.armed) {
		json_object_set_new(o, "pin", json_string(w.pin));
		json_object_set_new(o, "expires_in_secs", json_integer(w.expires_in_s));
		if (w.bound)
			json_object_set_new(o, "fingerprint", pf_api_hex(&w.device));
	}
	return o;
}

void pf_api_window(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	answer->body = describe_window(h);
}

/* False after a refusal. */
static bool read_arm(const json_t *body, struct pf_arm *arm, struct pf_api_answer *answer)
{
	const struct pf_access full = pf_access_full();
	const json_t *ttl = json_object_get(body, "ttl_secs"), *fp = json_object_get(body, "fingerprint");
	json_int_t seconds = json_integer_value(ttl);
	if (ttl && (!json_is_integer(ttl) || seconds < PF_ARM_SECONDS_MIN || seconds > PF_ARM_SECONDS_MAX)) {
		pf_api_refuse(
			answer, 400, "ttl_secs must be %d to %d", PF_ARM_SECONDS_MIN, PF_ARM_SECONDS_MAX);
		return false;
	}
	arm->ttl_s = (unsigned)seconds;
	arm->bound = fp != NULL;
	if (fp && !pf_api_fingerprint(json_is_string(fp) ? json_string_value(fp) : "", &arm->device, answer))
		return false;
	return pf_api_access(body, &full, &arm->access, &arm->has_access, answer);
}

void pf_api_arm(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_arm arm = {0};
	struct pf_reason reason = {0};
	if (!read_arm(call->body, &arm, answer))
		return;
	int rc = pf_host_arm(h, &arm, &reason);
	if (rc < 0)
		pf_api_refuse(answer, 409, "%s", reason.text);
	else
		answer->body = describe_window(h);
}

void pf_api_disarm(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	pf_host_disarm(h);
	answer->body = describe_window(h);
}

void pf_api_pending(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_knock_status k[PF_KNOCKS_MAX];
	size_t n = pf_host_knocks(h, k, PF_KNOCKS_MAX);
	json_t *list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
			json_pack("{s:I, s:s, s:o, s:s, s:s, s:b, s:i, s:i}", "id", (json_int_t)k[i].id,
				"name", k[i].name, "fingerprint", pf_api_hex(&k[i].fingerprint), "address",
				k[i].address, "source", k[i].wan ? "wan" : "lan", "waiting", k[i].waiting,
				"age_secs", (int)k[i].age_s, "expires_in_secs", (int)k[i].expires_in_s));
	answer->body = json_pack("{s:o}", "pending", list);
}

static bool read_id(const char *text, unsigned *out, struct pf_api_answer *answer)
{
	char *end;
	unsigned long id = strtoul(text, &end, 10);
	if (text[strspn(text, "0123456789")] == '\0' && id > 0 && id <= UINT32_MAX) {
		*out = (unsigned)id;
		return true;
	}
	pf_api_refuse(answer, 400, "a waiting device has a number");
	return false;
}

void pf_api_approve(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	const struct pf_access full = pf_access_full();
	struct pf_reason reason = {0};
	struct pf_access access;
	bool given;
	unsigned id;
	const json_t *name = json_object_get(call->body, "name");
	if (!read_id(call->argument, &id, answer) ||
		!pf_api_access(call->body, &full, &access, &given, answer))
		return;
	if (name && !json_is_string(name)) {
		pf_api_refuse(answer, 400, "name must be a text");
		return;
	}
	int rc = pf_host_approve(h, id, json_string_value(name), given ? &access : NULL, &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer->body = json_pack("{s:b}", "approved", true);
}

void pf_api_deny(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_reason reason = {0};
	unsigned id;
	if (!read_id(call->argument, &id, answer))
		return;
	int rc = pf_host_deny(h, id, &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer->body = json_pack("{s:b}", "denied", true);
}
