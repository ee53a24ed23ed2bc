/*
 * The routes of the management API and what answers them. A handler runs on the net loop, where the host may be
 * asked and changed, and only turns JSON into calls of session/admin.h and back. Private to src/mgmt.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "gamestream/gamestream.h"
#include "session/admin.h"

/* Who may call: an operator has the token and comes from this machine. */
enum pf_lane { PF_LANE_OPEN, PF_LANE_ADMIN };

struct pf_api_call {
	const char *argument; /* what stands for {} in the path; "" without one */
	const json_t *body;   /* an object with known members only; NULL = none was sent */
	uint16_t mgmt_port;
	struct pf_gamestream *gamestream; /* NULL: off */
};

struct pf_api_answer {
	unsigned status; /* of HTTP */
	json_t *body;    /* the reader's to free; NULL: none */
};

struct pf_route {
	const char *method;
	const char *path; /* below /api/v1/; {} stands for one segment */
	enum pf_lane lane;
	const char *members; /* that the body may have, each followed by a blank; NULL: no body */
	/* NULL: the stream of events, which the server serves by itself. */
	void (*handle)(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
};

/* The closed list. */
const struct pf_route *pf_routes(size_t *count);
/* argument has room for cap bytes. NULL: no such path, or (other_method) the path has other methods only. */
const struct pf_route *pf_route_find(
	const char *method, const char *path, char *argument, size_t cap, bool *other_method);

/* {"error": "..."} */
__attribute__((format(printf, 3, 4))) void pf_api_refuse(
	struct pf_api_answer *answer, unsigned status, const char *fmt, ...);
/* By the code of a call that failed. */
void pf_api_fail(struct pf_api_answer *answer, int rc, const struct pf_reason *reason);
/* Reads and checks a body; NULL and a refusal when it is not what the route takes. */
json_t *pf_api_parse(
	const struct pf_route *route, const char *text, size_t len, struct pf_api_answer *answer);

/*
 * The access that a body asks for: preset or grants, expires_in_secs, clear_expiry, until_disconnect, over `former`.
 * *given: one of them is there. False after a refusal.
 */
bool pf_api_access(const json_t *body, const struct pf_access *former, struct pf_access *out, bool *given,
	struct pf_api_answer *answer);
/* full, controller, view or custom. */
const char *pf_api_preset(uint32_t grants);
/* A fingerprint of 64 digits. False after a refusal. */
bool pf_api_fingerprint(const char *text, struct pf_fingerprint *out, struct pf_api_answer *answer);
json_t *pf_api_hex(const struct pf_fingerprint *fp);

/* --- host_api.c --- */
void pf_api_health(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_host(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_status(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_stop_all(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_mute_session(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_stop_session(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
/* --- devices_api.c --- */
void pf_api_clients(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_change_client(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_unpair(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_unpair_all(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
/* --- pairing_api.c --- */
void pf_api_window(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_arm(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_disarm(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_pending(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_approve(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_deny(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
/* --- gamestream_api.c --- */
void pf_api_gs_clients(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_gs_change_client(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_gs_unpair(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_gs_unpair_all(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_gs_waiting(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
void pf_api_gs_pin(struct pf_host *h, const struct pf_api_call *call, struct pf_api_answer *answer);
