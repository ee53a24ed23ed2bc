#include "cli/host_env.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "os/file.h"

#define PREFIX "PUNKTFUNK_"

#define MGMT_TOKEN "PUNKTFUNK_MGMT_TOKEN"

static const char *const secrets[] = {MGMT_TOKEN, "PUNKTFUNK_PLUGIN_TOKEN"};

#define SECRETS (sizeof(secrets) / sizeof(secrets[0]))

/* Keys and values are unquoted where they stand: they only ever get shorter. */
struct pair {
	const char *key, *value;
	unsigned line;
};

struct parser {
	char *at, *end; /* *end is a terminator */
	unsigned line;
	const char *trouble; /* what is wrong with this line; NULL = nothing */
};

/* Between the start of the program and the command that wants it. */
static char *kept_token;

void pf_host_env_hide_secrets(void)
{
	for (size_t i = 0; i < SECRETS; i++) {
		char *value = getenv(secrets[i]);
		if (!value)
			continue;
		if (strcmp(secrets[i], MGMT_TOKEN) == 0 && value[0])
			kept_token = strdup(value);
		/* /proc/PID/environ shows the memory, not the list that unsetenv() shortens. */
		explicit_bzero(value, strlen(value));
		unsetenv(secrets[i]);
	}
}

char *pf_host_env_take_token(void)
{
	char *token = kept_token;
	kept_token = NULL;
	return token;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next character, or '\0' at the end: load() has made sure that there is no other. */
static char take(struct parser *p)
{
	if (p->at == p->end)
		return '\0';
	p->line += *p->at == '\n';
	return *p->at++;
}

static void skip_line(struct parser *p)
{
	for (char c = take(p); c != '\n' && c != '\0';)
		c = take(p);
}

static char *read_single_quoted(struct parser *p, char *out)
{
	char c;
	while ((c = take(p)) != '\'' && c != '\0')
		*out++ = c;
	if (c == '\0')
		p->trouble = "the quote ' is not closed";
	return out;
}

static char *read_double_quoted(struct parser *p, char *out)
{
	char c;
	while ((c = take(p)) != '"' && c != '\0') {
		if (c == '\\' && p->at < p->end && strchr("\"\\`$\n", *p->at)) {
			c = take(p);
			if (c == '\n')
				continue;
		}
		*out++ = c;
	}
	if (c == '\0')
		p->trouble = "the quote \" is not closed";
	return out;
}

/* To the end of the line, which it takes; blanks at the end do not count. */
static char *read_plain(struct parser *p, char *out)
{
	char *kept = out;
	for (char c; (c = take(p)) != '\n' && c != '\0';) {
		bool escaped = c == '\\';
		if (escaped) {
			c = take(p);
			if (c == '\0')
				break;
			if (c == '\n')
				continue;
		}
		*out++ = c;
		if (escaped || !is_blank(c))
			kept = out;
	}
	return kept;
}

/* Quoted parts and what follows them; takes the end of the line. */
static const char *read_value(struct parser *p)
{
	char *value = p->at, *out = value;
	while (!p->trouble) {
		while (is_blank(*p->at))
			p->at++;
		if (*p->at == '\'' || *p->at == '"') {
			out = take(p) == '\'' ? read_single_quoted(p, out) : read_double_quoted(p, out);
			continue;
		}
		out = read_plain(p, out);
		break;
	}
	*out = '\0';
	return value;
}

/* Up to the '=', which it takes. */
static const char *read_key(struct parser *p)
{
	char *key = p->at, *last = key;
	while (isalnum((unsigned char)*p->at) || *p->at == '_')
		last = ++p->at;
	while (is_blank(*p->at))
		p->at++;
	if (*p->at != '=')
		p->trouble = "this is not KEY=value";
	else if (last == key || isdigit((unsigned char)*key))
		p->trouble = "before the = stands no name of a variable";
	else
		p->at++;
	if (!p->trouble)
		*last = '\0';
	return key;
}

/* Over blank lines and comments. False at the end. */
static bool find_pair(struct parser *p)
{
	for (;;) {
		while (is_blank(*p->at))
			p->at++;
		if (*p->at == '#' || *p->at == ';')
			skip_line(p);
		else if (*p->at == '\n')
			take(p);
		else
			return p->at < p->end;
	}
}

static struct pair read_pair(struct parser *p)
{
	struct pair pair = {.line = p->line};
	pair.key = read_key(p);
	if (!p->trouble)
		pair.value = read_value(p);
	return pair;
}

static bool is_secret(const char *key)
{
	for (size_t i = 0; i < SECRETS; i++) {
		if (strcmp(key, secrets[i]) == 0)
			return true;
	}
	return false;
}

/* Why a pair is skipped; NULL = it counts. */
static const char *find_objection(const char *key)
{
	if (strncmp(key, PREFIX, strlen(PREFIX)) != 0)
		return "is no " PREFIX " variable";
	if (is_secret(key))
		return "is a secret, which would reach the environment of children";
	if (strcmp(key, "PUNKTFUNK_CONFIG_DIR") == 0)
		return "cannot move the directory that this file is in";
	return NULL;
}

/* Keeps the pairs that count. */
static int parse(
	struct parser *p, const char *path, struct pair *pairs, size_t *count, struct pf_reason *reason)
{
	while (find_pair(p)) {
		struct pair pair = read_pair(p);
		if (p->trouble)
			return pf_reason(reason, PF_ERR_INVALID, "%.150s:%u: %s; correct or remove that line",
				path, pair.line, p->trouble);
		const char *objection = find_objection(pair.key);
		if (objection)
			pf_warn("host", "%s:%u: %s %s; it is ignored", path, pair.line, pair.key, objection);
		else
			pairs[(*count)++] = pair;
	}
	return PF_OK;
}

/* From the last to the first, so that the last line for a variable counts and the environment stays. */
static int apply(const struct pair *pairs, size_t count)
{
	for (size_t i = count; i-- > 0;) {
		if (setenv(pairs[i].key, pairs[i].value, 0) < 0)
			return PF_ERR_NOMEM;
	}
	return PF_OK;
}

static size_t count_lines(const char *text)
{
	size_t lines = 1;
	for (; (text = strchr(text, '\n')); text++)
		lines++;
	return lines;
}

static int load_text(const char *path, char *text, size_t len, struct pf_reason *reason)
{
	size_t lines = count_lines(text), count = 0;
	if (strlen(text) < len)
		return pf_reason(
			reason, PF_ERR_INVALID, "%.150s:%zu: a NUL byte; this is no text file", path, lines);
	struct pair *pairs = calloc(lines, sizeof(*pairs)); /* no line holds more than one */
	if (!pairs)
		return pf_reason(reason, PF_ERR_NOMEM, "no memory to read %.150s", path);
	struct parser p = {.at = text, .end = text + len, .line = 1};
	int rc = parse(&p, path, pairs, &count, reason);
	if (rc == PF_OK && apply(pairs, count) < 0)
		rc = pf_reason(reason, PF_ERR_NOMEM, "no memory for the settings of %.150s", path);
	free(pairs);
	return rc;
}

int pf_host_env_load(const char *config_dir, struct pf_reason *reason)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof(path), "%s/host.env", config_dir) >= (int)sizeof(path))
		return pf_reason(reason, PF_ERR_LIMIT, "the path of host.env is too long");
	char *text;
	size_t len;
	int rc = pf_file_read(path, PF_HOST_ENV_BYTES_MAX, &text, &len);
	if (rc == PF_ERR_NOT_FOUND)
		return PF_OK;
	if (rc == PF_ERR_LIMIT)
		return pf_reason(reason, rc, "%.150s is longer than %d bytes", path, PF_HOST_ENV_BYTES_MAX);
	if (rc < 0)
		return pf_reason(reason, rc, "cannot read %.150s: %s", path,
			rc == PF_ERR_IO ? strerror(errno) : pf_strerror(rc));
	rc = load_text(path, text, len, reason);
	free(text);
	return rc;
}
