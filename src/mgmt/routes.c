#include <string.h>

#include "mgmt/api.h"

#define ACCESS "preset grants expires_in_secs until_disconnect "

static const struct pf_route routes[] = {
	{"GET", "health", PF_LANE_OPEN, NULL, pf_api_health},
	{"GET", "host", PF_LANE_ADMIN, NULL, pf_api_host},
	{"GET", "status", PF_LANE_ADMIN, NULL, pf_api_status},
	{"GET", "events", PF_LANE_ADMIN, NULL, NULL},
	{"DELETE", "session", PF_LANE_ADMIN, NULL, pf_api_stop_all},
	{"DELETE", "session/{}", PF_LANE_ADMIN, NULL, pf_api_stop_session},
	{"PUT", "session/{}/audio", PF_LANE_ADMIN, "muted ", pf_api_mute_session},
	{"GET", "clients", PF_LANE_ADMIN, NULL, pf_api_gs_clients},
	{"DELETE", "clients", PF_LANE_ADMIN, NULL, pf_api_gs_unpair_all},
	{"PATCH", "clients/{}", PF_LANE_ADMIN, "label ", pf_api_gs_change_client},
	{"DELETE", "clients/{}", PF_LANE_ADMIN, NULL, pf_api_gs_unpair},
	{"GET", "pair", PF_LANE_ADMIN, NULL, pf_api_gs_waiting},
	{"POST", "pair/pin", PF_LANE_ADMIN, "pin uniqueid fingerprint peer name ", pf_api_gs_pin},
	{"GET", "native/clients", PF_LANE_ADMIN, NULL, pf_api_clients},
	{"DELETE", "native/clients", PF_LANE_ADMIN, NULL, pf_api_unpair_all},
	{"PATCH", "native/clients/{}", PF_LANE_ADMIN, "name clear_expiry " ACCESS, pf_api_change_client},
	{"DELETE", "native/clients/{}", PF_LANE_ADMIN, NULL, pf_api_unpair},
	{"GET", "native/pair", PF_LANE_ADMIN, NULL, pf_api_window},
	{"DELETE", "native/pair", PF_LANE_ADMIN, NULL, pf_api_disarm},
	{"POST", "native/pair/arm", PF_LANE_ADMIN, "ttl_secs fingerprint " ACCESS, pf_api_arm},
	{"GET", "native/pending", PF_LANE_ADMIN, NULL, pf_api_pending},
	{"POST", "native/pending/{}/approve", PF_LANE_ADMIN, "name " ACCESS, pf_api_approve},
	{"POST", "native/pending/{}/deny", PF_LANE_ADMIN, NULL, pf_api_deny},
};

const struct pf_route *pf_routes(size_t *count)
{
	*count = sizeof(routes) / sizeof(routes[0]);
	return routes;
}

/* {} takes one segment, which is not empty. */
static bool path_matches(const char *pattern, const char *path, char *argument, size_t cap)
{
	const char *hole = strstr(pattern, "{}");
	if (!hole)
		return strcmp(pattern, path) == 0;
	size_t before = (size_t)(hole - pattern);
	if (strncmp(pattern, path, before) != 0)
		return false;
	size_t len = strcspn(path + before, "/");
	if (len == 0 || len >= cap || strcmp(path + before + len, hole + 2) != 0)
		return false;
	memcpy(argument, path + before, len);
	argument[len] = '\0';
	return true;
}

const struct pf_route *pf_route_find(
	const char *method, const char *path, char *argument, size_t cap, bool *other_method)
{
	static const char root[] = "/api/v1/";
	*other_method = false;
	argument[0] = '\0';
	if (strncmp(path, root, sizeof(root) - 1) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!path_matches(routes[i].path, path + sizeof(root) - 1, argument, cap))
			continue;
		if (strcmp(routes[i].method, method) == 0)
			return &routes[i];
		*other_method = true;
	}
	return NULL;
}
