/* GET over HTTP and HTTPS, as the front ends of the clients do it (spec 1.3, 2.2). */
#pragma once

#include "identity.h"
#include "xml.h"

struct gsc_http {
	const char *host;
	int http_port;
	int https_port; /* 0 until serverinfo told it */
	const struct gsc_identity *identity;
};

struct gsc_body {
	char *data;
	size_t len;
};

/* path_query as "/path?a=b"; uniqueid and uuid are added. Seconds 0 = no limit. False with why filled. */
bool gsc_http_get(struct gsc_http *http, bool https, const char *path_query, long seconds,
	struct gsc_body *body, char why[256]);
/* The same, parsed. */
bool gsc_http_xml(struct gsc_http *http, bool https, const char *path_query, long seconds,
	struct gsc_xml *xml, char why[256]);
/* Learns https_port from serverinfo. */
bool gsc_http_find_https(struct gsc_http *http, char why[256]);
