#include "mgmt/api.h"
#include "os/clock.h"
#include "proto/native/caps.h"

static json_t *describe(const struct pf_device *d, int64_t now_unix)
{
	uint32_t grants = pf_device_grants(d);
	return json_pack("{s:s, s:o, s:i, s:s, s:I, s:b, s:I, s:b}", "name", d->name, "fingerprint",
		pf_api_hex(&d->fingerprint), "grants", (int)grants, "access_level", pf_api_preset(grants),
		"expires_unix", (json_int_t)d->access.expires_unix, "expired", pf_device_expired(d, now_unix),
		"granted_unix", (json_int_t)d->granted_unix, "until_disconnect", d->access.until_disconnect);
}

void pf_api_clients(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	const struct pf_devices *devices = pf_host_devices(h);
	int64_t now_unix = pf_wall_s();
	json_t *list = json_array();
	for (size_t i = 0; i < pf_devices_count(devices); i++)
		json_array_append_new(list, describe(pf_devices_at(devices, i), now_unix));
	answer->body = json_pack("{s:o}", "clients", list);
	if (answer->body && pf_devices_damage(devices))
		json_object_set_new(answer->body, "damage", json_string(pf_devices_damage(devices)));
}

static void answer_with(struct pf_host *h, const struct pf_fingerprint *fp, struct pf_api_answer *answer)
{
	const struct pf_device *d = pf_devices_find(pf_host_devices(h), fp);
	answer->body = d ? describe(d, pf_wall_s()) : NULL;
}

void pf_api_change_client(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_fingerprint fp;
	struct pf_reason reason = {0};
	struct pf_access access;
	bool given;
	if (!pf_api_fingerprint(call->argument, &fp, answer))
		return;
	const struct pf_device *d = pf_devices_find(pf_host_devices(h), &fp);
	if (!d) {
		pf_api_refuse(answer, 404, "no such device is paired");
		return;
	}
	if (!pf_api_access(call->body, &d->access, &access, &given, answer))
		return;
	const json_t *name = json_object_get(call->body, "name");
	if (name && !json_is_string(name)) {
		pf_api_refuse(answer, 400, "name must be a text");
		return;
	}
	int rc = name ? pf_host_rename_device(h, &fp, json_string_value(name), &reason) : PF_OK;
	if (rc == PF_OK && given)
		rc = pf_host_set_access(h, &fp, &access, &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer_with(h, &fp, answer);
}

void pf_api_unpair(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_fingerprint fp;
	struct pf_reason reason = {0};
	if (!pf_api_fingerprint(call->argument, &fp, answer))
		return;
	int rc = pf_host_unpair(h, &fp, &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer->body = json_pack("{s:i}", "unpaired", 1);
}

void pf_api_unpair_all(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_reason reason = {0};
	size_t count = pf_devices_count(pf_host_devices(h));
	int rc = pf_host_unpair_all(h, &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer->body = json_pack("{s:I}", "unpaired", (json_int_t)count);
}
