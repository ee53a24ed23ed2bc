/* "METHOD PATH", a line, and a body: the parts of a request to the management API that are read by our own code. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/api.h"
#include "mgmt/ring.h"
#include "proto/native/caps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_body(const struct pf_route *route, const char *text, size_t len)
{
	struct pf_api_answer answer = {.status = 200};
	const struct pf_access former = pf_access_full();
	struct pf_access access;
	bool given;
	json_t *body = pf_api_parse(route, text, len, &answer);
	if (body && pf_api_access(body, &former, &access, &given, &answer) &&
		(access.grants & ~(uint32_t)PF_GRANT_ALL))
		abort();
	if ((answer.status == 200) != (answer.body == NULL))
		abort();
	json_decref(answer.body);
	json_decref(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char head[256], argument[80];
	bool other;
	const uint8_t *newline = memchr(data, '\n', size);
	size_t len = newline ? (size_t)(newline - data) : size;
	if (len >= sizeof(head))
		return 0;
	memcpy(head, data, len);
	head[len] = '\0';
	char *blank = strchr(head, ' ');
	if (!blank)
		return 0;
	*blank = '\0';
	pf_event_kind_wanted(blank + 1, head);
	const struct pf_route *route = pf_route_find(head, blank + 1, argument, sizeof(argument), &other);
	if (route && strchr(argument, '/'))
		abort();
	if (route && route->members && newline)
		check_body(route, (const char *)newline + 1, size - len - 1);
	return 0;
}
