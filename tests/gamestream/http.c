#include "http.h"

#include "bytes.h"
#include "violations.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct exchange {
	struct gsc_body *body;
	bool has_length;
	bool says_close;
};

static size_t on_data(char *data, size_t size, size_t n, void *arg)
{
	struct gsc_body *body = ((struct exchange *)arg)->body;
	n *= size;
	if (body->len + n > 16u << 20)
		return 0;
	body->data = realloc(body->data, body->len + n + 1);
	memcpy(body->data + body->len, data, n);
	body->len += n;
	body->data[body->len] = 0;
	return n;
}

static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	n *= size;
	if (n > 15 && strncasecmp(line, "content-length:", 15) == 0)
		x->has_length = true;
	if (n > 17 && strncasecmp(line, "connection: close", 17) == 0)
		x->says_close = true;
	return n;
}

/* The pinned certificate has to be the only one and equal byte by byte. */
static bool peer_is_pinned(CURL *curl, const struct gsc_http *http, char why[256])
{
	struct curl_certinfo *info = NULL;
	char *pinned = gsc_read_file(http->identity->host_path);
	bool ok = false;
	if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) == CURLE_OK && info && info->num_of_certs > 0 &&
		pinned) {
		if (info->num_of_certs != 1)
			gsc_violation("2.1: host sends a chain of %d certificates", info->num_of_certs);
		for (struct curl_slist *l = info->certinfo[0]; l; l = l->next)
			if (strncmp(l->data, "Cert:", 5) == 0)
				ok = gsc_certificate_equal(l->data + 5, pinned);
	}
	free(pinned);
	if (!ok)
		snprintf(why, 256, "the host's certificate is not the pinned one");
	return ok;
}

static char *make_url(const struct gsc_http *http, bool https, const char *path_query)
{
	uint8_t id[16];
	char uuid[33];
	gsc_random(id, sizeof(id));
	gsc_hex(uuid, id, sizeof(id));
	return gsc_format("http%s://%s:%d/%s%cuniqueid=0123456789ABCDEF&uuid=%s", https ? "s" : "",
		http->host, https ? http->https_port : http->http_port, path_query + (path_query[0] == '/'),
		strchr(path_query, '?') ? '&' : '?', uuid);
}

static void set_options(CURL *curl, const struct gsc_http *http, bool https, long seconds, struct exchange *x)
{
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 5L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
	if (!https)
		return;
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
	curl_easy_setopt(curl, CURLOPT_SSLCERT, http->identity->cert_path);
	curl_easy_setopt(curl, CURLOPT_SSLKEY, http->identity->key_path);
}

static void check_http(CURL *curl, const struct exchange *x, const char *path)
{
	long status = 0;
	int name_len = (int)strcspn(path, "?");
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		gsc_violation("1.3: HTTP status %ld for %.*s", status, name_len, path);
	if (!x->has_length)
		gsc_violation("1.3: no Content-Length for %.*s", name_len, path);
	if (!x->says_close)
		gsc_violation("1.3: no Connection: close for %.*s", name_len, path);
}

bool gsc_http_get(struct gsc_http *http, bool https, const char *path_query, long seconds,
	struct gsc_body *body, char why[256])
{
	*body = (struct gsc_body){calloc(1, 1), 0};
	if (https && !http->https_port && !gsc_http_find_https(http, why))
		return false;
	CURL *curl = curl_easy_init();
	char *url = make_url(http, https, path_query);
	struct exchange x = {.body = body};
	set_options(curl, http, https, seconds, &x);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	CURLcode rc = curl_easy_perform(curl);
	bool ok = rc == CURLE_OK;
	if (ok)
		check_http(curl, &x, path_query);
	else
		snprintf(why, 256, "%.60s: %s", path_query, curl_easy_strerror(rc));
	ok = ok && (!https || peer_is_pinned(curl, http, why));
	free(url);
	curl_easy_cleanup(curl);
	return ok;
}

bool gsc_http_xml(struct gsc_http *http, bool https, const char *path_query, long seconds,
	struct gsc_xml *xml, char why[256])
{
	struct gsc_body body = {NULL, 0};
	*xml = (struct gsc_xml){0};
	bool ok = gsc_http_get(http, https, path_query, seconds, &body, why);
	if (ok && !gsc_xml_parse(xml, body.data)) {
		snprintf(why, 256, "%.*s: the reply is no XML", (int)strcspn(path_query, "?"), path_query);
		ok = false;
	}
	free(body.data);
	return ok;
}

bool gsc_http_find_https(struct gsc_http *http, char why[256])
{
	struct gsc_xml xml;
	bool ok = gsc_http_xml(http, false, "/serverinfo", 5, &xml, why);
	if (ok) {
		const char *port = gsc_xml_text(&xml, "HttpsPort");
		if (!port)
			gsc_violation("1.4: serverinfo without HttpsPort");
		http->https_port = port ? atoi(port) : http->http_port - 5;
	}
	gsc_xml_free(&xml);
	return ok;
}
