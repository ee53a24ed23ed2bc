#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "encode/encoder.h"
#include "mgmt/api.h"
#include "proto/native/caps.h"

#define SESSIONS_MAX 64

void pf_api_health(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	answer->body = json_pack(
		"{s:s, s:s, s:i}", "status", "ok", "version", PF_VERSION, "abi_version", PF_WIRE_VERSION);
}

static json_t *list_codecs(struct pf_host *h)
{
	static const enum pf_codec all[] = {PF_CODEC_H264, PF_CODEC_HEVC, PF_CODEC_AV1, PF_CODEC_PYROWAVE};
	unsigned mask = pf_encoder_codecs(pf_host_encoder(h));
	json_t *list = json_array();
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (mask & all[i])
			json_array_append_new(list, json_string(pf_codec_name(all[i])));
	}
	return list;
}

void pf_api_host(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	char name[65] = "";
	gethostname(name, sizeof(name) - 1);
	answer->body = json_pack("{s:s, s:s, s:i, s:o, s:o, s:{s:i, s:i}}", "hostname", name, "version",
		PF_VERSION, "abi_version", PF_WIRE_VERSION, "fingerprint", pf_api_hex(pf_host_fingerprint(h)),
		"codecs", list_codecs(h), "ports", "native", (int)pf_host_port(h), "mgmt",
		(int)call->mgmt_port);
}

static json_t *describe(const struct pf_session_status *s)
{
	json_t *o = json_pack(
		"{s:I, s:s, s:s, s:s, s:i, s:i, s:i, s:I, s:i, s:s, s:I, s:i, s:I, s:I, s:I, s:I, s:I, s:b}",
		"id", (json_int_t)s->id, "name", s->name, "address", s->address, "state", s->state, "width",
		(int)s->mode.width_px, "height", (int)s->mode.height_px, "refresh_hz",
		(int)s->mode.refresh_hz, "bitrate_kbps", (json_int_t)s->bitrate_kbps, "grants",
		(int)s->grants, "access_level", pf_api_preset(s->grants), "expires_unix",
		(json_int_t)s->expires_unix, "seconds", (int)s->seconds, "frames", (json_int_t)s->frames,
		"repeats", (json_int_t)s->repeats, "dropped", (json_int_t)s->dropped, "events_taken",
		(json_int_t)s->events_taken, "events_refused", (json_int_t)s->events_refused, "muted",
		s->muted);
	if (o && s->has_fingerprint)
		json_object_set_new(o, "fingerprint", pf_api_hex(&s->fingerprint));
	if (o && s->codec != PF_CODEC_NONE)
		json_object_set_new(o, "codec", json_string(pf_codec_name(s->codec)));
	return o;
}

void pf_api_status(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_session_status s[SESSIONS_MAX];
	size_t n = pf_host_sessions(h, s, SESSIONS_MAX), streaming = 0;
	json_t *list = json_array();
	for (size_t i = 0; i < n && i < SESSIONS_MAX; i++) {
		json_array_append_new(list, describe(&s[i]));
		streaming += strcmp(s[i].state, "streaming") == 0;
	}
	answer->body = json_pack("{s:b, s:I, s:I, s:b, s:I, s:b, s:o}", "video_streaming", streaming > 0,
		"native_paired_clients", (json_int_t)pf_devices_count(pf_host_devices(h)),
		"pending_approvals", (json_int_t)pf_host_knocks(h, NULL, 0), "pairing_armed",
		pf_host_window(h).armed, "active_sessions", (json_int_t)n, "open", pf_host_is_open(h),
		"sessions", list);
}

void pf_api_stop_all(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	answer->body = json_pack("{s:i}", "stopped", (int)pf_host_stop_all(h));
}

static bool read_session(const struct pf_api_call *call, uint64_t *id, struct pf_api_answer *answer)
{
	char *end;
	*id = strtoull(call->argument, &end, 10);
	if (*end)
		pf_api_refuse(answer, 400, "a session has a number");
	return !*end;
}

void pf_api_mute_session(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	const json_t *muted = json_object_get(call->body, "muted");
	struct pf_reason reason = {0};
	uint64_t id;
	if (!read_session(call, &id, answer))
		return;
	if (!json_is_boolean(muted)) {
		pf_api_refuse(answer, 400, "muted must be true or false");
		return;
	}
	int rc = pf_host_mute_session(h, id, json_is_true(muted), &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer->body = json_pack("{s:b}", "muted", json_is_true(muted));
}

void pf_api_stop_session(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer)
{
	struct pf_reason reason = {0};
	uint64_t id;
	if (!read_session(call, &id, answer))
		return;
	int rc = pf_host_stop_session(h, id, &reason);
	if (rc < 0)
		pf_api_fail(answer, rc, &reason);
	else
		answer->body = json_pack("{s:i}", "stopped", 1);
}
