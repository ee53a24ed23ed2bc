#include "mgmt/api.h"

#define WAITING_MAX 32

/* False after a refusal. */
static bool is_on(const struct pf_api_call *call, struct pf_api_answer *answer)
{
	if (!call->gamestream)
		pf_api_refuse(answer, 409, "GameStream is off; start the host with --gamestream");
	return call->gamestream != NULL;
}

static json_t *describe(const struct pf_device *d)
{
	return json_pack("{s:s, s:o, s:I}", "label", d->name, "fingerprint", pf_api_hex(&d->fingerprint),
		"granted_unix", (json_int_t)d->granted_unix);
}

void pf_api_gs_clients(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	const struct pf_devices *devices = call->gamestream ? pf_gamestream_devices(call->gamestream) : NULL;
	json_t *list = json_array();
	for (size_t i = 0; devices && i < pf_devices_count(devices); i++)
		json_array_append_new(list, describe(pf_devices_at(devices, i)));
	answer->body = json_pack("{s:o}", "clients", list);
}

void pf_api_gs_change_client(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_fingerprint fp;
	struct pf_reason reason = {0};
	const char *label = json_string_value(json_object_get(call->body, "label"));
	if (!is_on(call, answer) || !pf_api_fingerprint(call->argument, &fp, answer))
		return;
	if (!label) {
		pf_api_refuse(answer, 400, "label must be text");
		return;
	}
	int rc = pf_gamestream_rename(call->gamestream, &fp, label, &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer->body = describe(pf_devices_find(pf_gamestream_devices(call->gamestream), &fp));
}

static void unpair(
	const struct pf_api_call *call, const struct pf_fingerprint *fp, struct pf_api_answer *answer)
{
	struct pf_reason reason = {0};
	size_t before = pf_devices_count(pf_gamestream_devices(call->gamestream));
	int rc = pf_gamestream_unpair(call->gamestream, fp, &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer->body = json_pack("{s:I}", "unpaired",
			(json_int_t)(before - pf_devices_count(pf_gamestream_devices(call->gamestream))));
}

void pf_api_gs_unpair(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_fingerprint fp;
	if (is_on(call, answer) && pf_api_fingerprint(call->argument, &fp, answer))
		unpair(call, &fp, answer);
}

void pf_api_gs_unpair_all(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	if (is_on(call, answer))
		unpair(call, NULL, answer);
}

void pf_api_gs_waiting(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_gs_waiting w[WAITING_MAX];
	size_t n = call->gamestream ? pf_gamestream_waiting(call->gamestream, w, WAITING_MAX) : 0;
	json_t *list = json_array();
	for (size_t i = 0; i < n && i < WAITING_MAX; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:o, s:s, s:s, s:i}", "uniqueid", w[i].unique_id,
				      "fingerprint", pf_api_hex(&w[i].fingerprint), "peer", w[i].address,
				      "name", w[i].name, "age_secs", (int)w[i].age_s));
	answer->body = json_pack("{s:b, s:b, s:o}", "enabled", call->gamestream != NULL, "pin_pending", n > 0,
		"waiting", list);
}

/* A member that may be left out; false after a refusal. */
static bool read_text(const json_t *body, const char *key, const char **out, struct pf_api_answer *answer)
{
	const json_t *v = json_object_get(body, key);
	*out = json_string_value(v);
	if (!v || *out)
		return true;
	pf_api_refuse(answer, 400, "%s must be text", key);
	return false;
}

void pf_api_gs_pin(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_gs_pin pin = {0};
	struct pf_fingerprint fp;
	struct pf_reason reason = {0};
	const char *fingerprint;
	if (!is_on(call, answer) || !read_text(call->body, "pin", &pin.pin, answer) ||
		!read_text(call->body, "uniqueid", &pin.unique_id, answer) ||
		!read_text(call->body, "fingerprint", &fingerprint, answer) ||
		!read_text(call->body, "peer", &pin.address, answer) ||
		!read_text(call->body, "name", &pin.name, answer))
		return;
	if (fingerprint && !pf_api_fingerprint(fingerprint, &fp, answer))
		return;
	if (!pin.pin) {
		pf_api_refuse(answer, 400, "pin is missing");
		return;
	}
	pin.fingerprint = fingerprint ? &fp : NULL;
	int rc = pf_gamestream_pin(call->gamestream, &pin, &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer->body = json_pack("{s:b}", "accepted", 1);
}
