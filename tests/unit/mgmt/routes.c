/* The closed list of routes, and what their bodies may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mgmt/api.h"
#include "os/clock.h"
#include "proto/native/caps.h"

/* Every route stands here with who may call it: a new one is a decision. */
static void the_list_is_closed(void **state)
{
	static const struct {
		const char *method, *path;
		enum pf_lane lane;
		bool body;
	} wanted[] = {
		{"GET", "health", PF_LANE_OPEN, false},
		{"GET", "host", PF_LANE_ADMIN, false},
		{"GET", "status", PF_LANE_ADMIN, false},
		{"GET", "events", PF_LANE_ADMIN, false},
		{"DELETE", "session", PF_LANE_ADMIN, false},
		{"DELETE", "session/{}", PF_LANE_ADMIN, false},
		{"PUT", "session/{}/audio", PF_LANE_ADMIN, true},
		{"GET", "clients", PF_LANE_ADMIN, false},
		{"DELETE", "clients", PF_LANE_ADMIN, false},
		{"PATCH", "clients/{}", PF_LANE_ADMIN, true},
		{"DELETE", "clients/{}", PF_LANE_ADMIN, false},
		{"GET", "pair", PF_LANE_ADMIN, false},
		{"POST", "pair/pin", PF_LANE_ADMIN, true},
		{"GET", "native/clients", PF_LANE_ADMIN, false},
		{"DELETE", "native/clients", PF_LANE_ADMIN, false},
		{"PATCH", "native/clients/{}", PF_LANE_ADMIN, true},
		{"DELETE", "native/clients/{}", PF_LANE_ADMIN, false},
		{"GET", "native/pair", PF_LANE_ADMIN, false},
		{"DELETE", "native/pair", PF_LANE_ADMIN, false},
		{"POST", "native/pair/arm", PF_LANE_ADMIN, true},
		{"GET", "native/pending", PF_LANE_ADMIN, false},
		{"POST", "native/pending/{}/approve", PF_LANE_ADMIN, true},
		{"POST", "native/pending/{}/deny", PF_LANE_ADMIN, false},
	};
	size_t count;
	const struct pf_route *routes = pf_routes(&count);
	assert_int_equal(count, sizeof(wanted) / sizeof(wanted[0]));
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(routes[i].method, wanted[i].method);
		assert_string_equal(routes[i].path, wanted[i].path);
		assert_int_equal(routes[i].lane, wanted[i].lane);
		assert_int_equal(routes[i].members != NULL, wanted[i].body);
	}
}

static const struct pf_route *find(const char *method, const char *path, char argument[80], bool *other)
{
	return pf_route_find(method, path, argument, 80, other);
}

static void method_and_path_match_together(void **state)
{
	char argument[80], longer[128] = "/api/v1/session/";
	bool other;
	assert_string_equal(find("DELETE", "/api/v1/session/17", argument, &other)->path, "session/{}");
	assert_string_equal(argument, "17");
	assert_string_equal(find("POST", "/api/v1/native/pending/3/deny", argument, &other)->path,
		"native/pending/{}/deny");
	assert_string_equal(argument, "3");
	assert_non_null(find("GET", "/api/v1/status", argument, &other));
	assert_string_equal(argument, "");

	static const char *const nowhere[] = {"", "/", "/api/v1", "/api/v1/", "/api/v2/status",
		"/api/v1/status/", "/api/v1/session/", "/api/v1/session/1/2", "/api/v1/native/pending//deny",
		"/API/V1/status", "/api/v1/native/pending/1/approve/"};
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		assert_null(find("GET", nowhere[i], argument, &other));
		assert_false(other);
	}
	assert_null(find("POST", "/api/v1/status", argument, &other));
	assert_true(other);
	assert_null(find("get", "/api/v1/status", argument, &other));
	assert_true(other);
	memset(longer + strlen(longer), '1', 100);
	assert_null(find("DELETE", longer, argument, &other));
}

static const struct pf_route *arm_route(void)
{
	char argument[80];
	bool other;
	return find("POST", "/api/v1/native/pair/arm", argument, &other);
}

static void assert_refused(struct pf_api_answer *answer, unsigned status, const char *mentions)
{
	assert_int_equal(answer->status, status);
	const char *text = json_string_value(json_object_get(answer->body, "error"));
	assert_non_null(text);
	if (!strstr(text, mentions))
		fail_msg("'%s' lacks '%s'", text, mentions);
	json_decref(answer->body);
	*answer = (struct pf_api_answer){0};
}

static void bodies_are_objects_with_known_members(void **state)
{
	struct pf_api_answer answer = {0};
	assert_null(pf_api_parse(arm_route(), "", 0, &answer));
	assert_refused(&answer, 400, "JSON");
	assert_null(pf_api_parse(arm_route(), "{", 1, &answer));
	assert_refused(&answer, 400, "JSON");
	assert_null(pf_api_parse(arm_route(), "[]", 2, &answer));
	assert_refused(&answer, 400, "object");
	assert_null(pf_api_parse(arm_route(), "{\"ttl\":5}", 9, &answer));
	assert_refused(&answer, 400, "ttl is not known");
	assert_null(pf_api_parse(arm_route(), "{\"preset\":1,\"preset\":2}", 23, &answer));
	assert_refused(&answer, 400, "JSON");
	json_t *body = pf_api_parse(arm_route(), "{\"ttl_secs\":60}", 15, &answer);
	assert_non_null(body);
	json_decref(body);
}

static bool read_access(const char *text, const struct pf_access *former, struct pf_access *out, bool *given,
	struct pf_api_answer *answer)
{
	json_t *body = json_loads(text, 0, NULL);
	assert_non_null(body);
	bool good = pf_api_access(body, former, out, given, answer);
	json_decref(body);
	return good;
}

static void access_is_read_over_what_was(void **state)
{
	const struct pf_access former = {
		.grants = PF_GRANT_MIC, .expires_unix = 77, .until_disconnect = true};
	struct pf_access a;
	struct pf_api_answer answer = {0};
	bool given;
	assert_true(read_access("{}", &former, &a, &given, &answer));
	assert_false(given);
	assert_memory_equal(&a, &former, sizeof(a));
	assert_true(read_access("{\"preset\":\"view\"}", &former, &a, &given, &answer));
	assert_true(given && a.grants == 0 && a.expires_unix == 77 && a.until_disconnect);
	assert_true(read_access("{\"grants\":5,\"expires_in_secs\":60,\"until_disconnect\":false}", &former,
		&a, &given, &answer));
	assert_true(a.grants == 5 && !a.until_disconnect);
	assert_in_range(a.expires_unix - pf_wall_s(), 58, 60);
	assert_true(read_access("{\"clear_expiry\":true}", &former, &a, &given, &answer));
	assert_true(given && a.expires_unix == 0);

	static const struct {
		const char *text, *mentions;
	} bad[] = {
		{"{\"preset\":\"none\"}", "full, controller or view"},
		{"{\"preset\":3}", "full, controller or view"},
		{"{\"grants\":256}", "known bits"},
		{"{\"grants\":-1}", "known bits"},
		{"{\"grants\":4294967296}", "known bits"},
		{"{\"grants\":\"all\"}", "known bits"},
		{"{\"grants\":1,\"preset\":\"full\"}", "exclude"},
		{"{\"expires_in_secs\":0}", "expires_in_secs"},
		{"{\"expires_in_secs\":1e9}", "expires_in_secs"},
		{"{\"expires_in_secs\":9223372036854775807}", "expires_in_secs"},
		{"{\"until_disconnect\":1}", "until_disconnect"},
		{"{\"clear_expiry\":true,\"expires_in_secs\":5}", "exclude"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(read_access(bad[i].text, &former, &a, &given, &answer));
		assert_refused(&answer, 400, bad[i].mentions);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list_is_closed),
		cmocka_unit_test(method_and_path_match_together),
		cmocka_unit_test(bodies_are_objects_with_known_members),
		cmocka_unit_test(access_is_read_over_what_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
