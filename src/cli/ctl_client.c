#include "cli/ctl_client.h"

#include <curl/curl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mgmt/token.h"

#define ANSWER_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define LINE_BYTES_MAX   4096
#define CALL_TIMEOUT_S   20L

struct pf_ctl_client {
	CURL *curl;
	struct curl_slist *headers;
	char url[PF_URL_MAX + 1];
	char certificate[PATH_MAX];
};

static int make_headers(struct pf_ctl_client *c, const char *token)
{
	char line[PF_TOKEN_MAX + 32];
	snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
	c->headers = curl_slist_append(NULL, line);
	sodium_memzero(line, sizeof(line));
	struct curl_slist *more =
		c->headers ? curl_slist_append(c->headers, "Content-Type: application/json") : NULL;
	return more ? PF_OK : PF_ERR_NOMEM;
}

int pf_ctl_client_open(struct pf_ctl_client **out, const char *config_dir, struct pf_reason *reason)
{
	char token[PF_TOKEN_MAX + 1];
	struct pf_ctl_client *c = calloc(1, sizeof(*c));
	if (!c)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	snprintf(c->certificate, sizeof(c->certificate), "%s/native-cert.pem", config_dir);
	int rc = pf_endpoint_read(c->url, config_dir, reason);
	if (rc == PF_OK)
		rc = pf_token_read(token, config_dir, reason);
	if (rc == PF_OK) {
		curl_global_init(CURL_GLOBAL_DEFAULT);
		c->curl = curl_easy_init();
		rc = c->curl ? make_headers(c, token) : PF_ERR_NOMEM;
		sodium_memzero(token, sizeof(token));
	}
	if (rc < 0) {
		pf_ctl_client_close(c);
		return rc;
	}
	*out = c;
	return PF_OK;
}

void pf_ctl_client_close(struct pf_ctl_client *c)
{
	if (!c)
		return;
	for (struct curl_slist *h = c->headers; h; h = h->next)
		sodium_memzero(h->data, strlen(h->data));
	curl_slist_free_all(c->headers);
	if (c->curl)
		curl_easy_cleanup(c->curl);
	free(c);
}

char *pf_ctl_escape(struct pf_ctl_client *c, const char *text)
{
	return curl_easy_escape(c->curl, text, 0);
}

/* The only trusted certificate is the host's own, which signs nothing: names need no check. No proxy, whatever the
 * environment says. */
static void prepare(struct pf_ctl_client *c, const char *method, const char *path, char *error)
{
	char url[1024];
	snprintf(url, sizeof(url), "%s/api/v1/%s", c->url, path);
	curl_easy_reset(c->curl);
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(c->curl, CURLOPT_CAINFO, c->certificate);
	curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(c->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c->curl, CURLOPT_CONNECTTIMEOUT, 5L);
	curl_easy_setopt(c->curl, CURLOPT_ERRORBUFFER, error);
}

static enum pf_ctl_exit judge(
	struct pf_ctl_client *c, CURLcode code, const char *error, struct pf_reason *reason)
{
	switch (code) {
	case CURLE_OK:
		return PF_CTL_DONE;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		pf_reason(reason, PF_ERR_AUTH,
			"what listens at %s is not this host: its certificate is another one. The token was "
			"not sent",
			c->url);
		return PF_CTL_WRONG_HOST;
	case CURLE_SSL_CACERT_BADFILE:
		pf_reason(reason, PF_ERR_INVALID, "%s cannot be read", c->certificate);
		return PF_CTL_NO_HOST;
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
		pf_reason(reason, PF_ERR_TIMEOUT, "no host answers at %s", c->url);
		return PF_CTL_NO_HOST;
	default:
		pf_reason(reason, PF_ERR_IO, "%s: %s", c->url, error[0] ? error : curl_easy_strerror(code));
		return PF_CTL_NO_HOST;
	}
}

struct buffer {
	char *data;
	size_t len;
};

static size_t take_answer(char *data, size_t size, size_t count, void *user)
{
	struct buffer *b = user;
	size_t len = size * count;
	char *grown = len <= ANSWER_BYTES_MAX - b->len ? realloc(b->data, b->len + len + 1) : NULL;
	if (!grown)
		return 0;
	memcpy(grown + b->len, data, len);
	b->data = grown;
	b->len += len;
	b->data[b->len] = '\0';
	return len;
}

/* What the host says of an answer that is no success. */
static enum pf_ctl_exit judge_status(long status, const json_t *answer, struct pf_reason *reason)
{
	if (status >= 200 && status < 300)
		return PF_CTL_DONE;
	const char *text = json_string_value(json_object_get(answer, "error"));
	pf_reason(reason, PF_ERR_AUTH, "%s", text ? text : "the host refused without a reason");
	return PF_CTL_REFUSED;
}

enum pf_ctl_exit pf_ctl_call(struct pf_ctl_client *c, const char *method, const char *path,
	const json_t *body, json_t **answer, struct pf_reason *reason)
{
	char error[CURL_ERROR_SIZE] = "";
	struct buffer got = {0};
	long status = 0;
	char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
	prepare(c, method, path, error);
	curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, CALL_TIMEOUT_S);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &got);
	if (text)
		curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, text);
	enum pf_ctl_exit verdict = judge(c, curl_easy_perform(c->curl), error, reason);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	free(text);
	*answer = got.data ? json_loadb(got.data, got.len, 0, NULL) : NULL;
	free(got.data);
	return verdict == PF_CTL_DONE ? judge_status(status, *answer, reason) : verdict;
}

struct lines {
	char line[LINE_BYTES_MAX];
	size_t len;
	bool (*on_line)(void *user, const char *line);
	void *user;
};

static size_t take_lines(char *data, size_t size, size_t count, void *user)
{
	struct lines *l = user;
	for (size_t i = 0; i < size * count; i++) {
		if (data[i] != '\n') {
			if (l->len < sizeof(l->line) - 1)
				l->line[l->len++] = data[i];
			continue;
		}
		l->line[l->len] = '\0';
		l->len = 0;
		if (!l->on_line(l->user, l->line))
			return 0;
	}
	return size * count;
}

enum pf_ctl_exit pf_ctl_stream(struct pf_ctl_client *c, const char *path,
	bool (*on_line)(void *user, const char *line), void *user, struct pf_reason *reason)
{
	char error[CURL_ERROR_SIZE] = "";
	struct lines lines = {.on_line = on_line, .user = user};
	long status = 0;
	prepare(c, "GET", path, error);
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_lines);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &lines);
	/* The host says something every 15 s. */
	curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c->curl, CURLOPT_LOW_SPEED_TIME, 45L);
	curl_easy_setopt(c->curl, CURLOPT_FAILONERROR, 1L);
	enum pf_ctl_exit verdict = judge(c, curl_easy_perform(c->curl), error, reason);
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 400) {
		pf_reason(reason, PF_ERR_AUTH, "the host refused with status %ld", status);
		return PF_CTL_REFUSED;
	}
	return verdict;
}
