#include "rtsp.h"

#include "bytes.h"
#include "crypto.h"
#include "violations.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLY_MAX = 1 << 20, SEALED_HEAD = 24 };

void gsc_rtsp_seal(
	const uint8_t key[16], char side, uint32_t seq, const char *text, size_t len, uint8_t *wire)
{
	uint8_t iv[12] = {0};
	gsc_put_le32(iv, seq);
	iv[10] = (uint8_t)side;
	iv[11] = 'R';
	gsc_put_be32(wire, 0x80000000u + (uint32_t)len);
	gsc_put_be32(wire + 4, seq);
	gsc_gcm_seal(key, iv, 12, (const uint8_t *)text, len, wire + SEALED_HEAD, wire + 8);
}

long gsc_rtsp_open(
	const uint8_t key[16], char side, const uint8_t *wire, size_t len, char *text, uint32_t *seq)
{
	uint8_t iv[12] = {0};
	if (len < SEALED_HEAD || gsc_be32(wire) != 0x80000000u + (uint32_t)(len - SEALED_HEAD))
		return -1;
	*seq = gsc_be32(wire + 4);
	gsc_put_le32(iv, *seq);
	iv[10] = (uint8_t)side;
	iv[11] = 'R';
	if (!gsc_gcm_open(key, iv, 12, wire + SEALED_HEAD, len - SEALED_HEAD, (uint8_t *)text, wire + 8))
		return -1;
	return (long)(len - SEALED_HEAD);
}

static int connect_host(const struct gsc_rtsp *r)
{
	struct timeval limit = {15, 0};
	for (int i = 0; i < 20; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		if (connect(fd, (const struct sockaddr *)&r->addr, sizeof(r->addr)) == 0)
			return fd;
		int failed = errno;
		close(fd);
		if (failed != ECONNREFUSED)
			return -1;
		poll(NULL, 0, 500);
	}
	return -1;
}

static bool send_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Until the host closes; -1 when it does not in time. */
static long read_all(int fd, uint8_t *out)
{
	size_t len = 0;
	while (len < REPLY_MAX) {
		ssize_t n = recv(fd, out + len, REPLY_MAX - len, 0);
		if (n == 0)
			return (long)len;
		if (n < 0)
			return errno == ECONNRESET && len ? (long)len : -1;
		len += (size_t)n;
	}
	return -1;
}

static char *compose(struct gsc_rtsp *r, const char *line, const char *extra, const char *body)
{
	return gsc_format("%s RTSP/1.0\r\nCSeq: %d\r\nX-GS-ClientVersion: 14\r\nHost: %s\r\n%s\r\n%s", line,
		++r->cseq, r->host_header, extra, body);
}

static bool exchange(struct gsc_rtsp *r, const char *request, uint8_t *wire, long *len)
{
	size_t text_len = strlen(request);
	int fd = connect_host(r);
	if (fd < 0)
		return false;
	bool ok;
	if (r->sealed) {
		uint8_t *sealed = malloc(text_len + SEALED_HEAD);
		gsc_rtsp_seal(r->key, 'C', ++r->seq, request, text_len, sealed);
		ok = send_all(fd, sealed, text_len + SEALED_HEAD);
		free(sealed);
	} else {
		ok = send_all(fd, (const uint8_t *)request, text_len);
	}
	*len = ok ? read_all(fd, wire) : -1;
	close(fd);
	return *len > 0;
}

static bool split_header(struct gsc_rtsp_reply *reply, char *line)
{
	char *colon = strchr(line, ':');
	if (!colon || colon == line || colon[1] != ' ' || !colon[2] || reply->headers == 32)
		return false;
	*colon = 0;
	reply->names[reply->headers] = line;
	reply->values[reply->headers++] = colon + 2;
	return true;
}

static bool parse(struct gsc_rtsp_reply *reply, char *text)
{
	char *end = strstr(text, "\r\n\r\n");
	int reason = 0;
	reply->text = text;
	if (!end)
		return false;
	*end = 0;
	reply->body = end + 4;
	if (sscanf(text, "RTSP/1.0 %d %n", &reply->status, &reason) != 1 || !reason || !text[reason] ||
		text[reason] == '\r')
		return false;
	char *line = strstr(text, "\r\n");
	while (line) {
		char *next = strstr(line + 2, "\r\n");
		if (next)
			*next = 0;
		if (!split_header(reply, line + 2))
			return false;
		line = next;
	}
	return reply->headers > 0;
}

/* The plaintext as a string of its own, NULL with why. */
static char *unseal(struct gsc_rtsp *r, const uint8_t *wire, long len, char why[256])
{
	char *text = calloc(1, (size_t)len + 1);
	if (!r->sealed) {
		memcpy(text, wire, (size_t)len);
		return text;
	}
	uint32_t seq = 0;
	long n = gsc_rtsp_open(r->key, 'H', wire, (size_t)len, text, &seq);
	if (n < 0) {
		snprintf(why, 256, "RTSP: the reply is not sealed as it should be");
		free(text);
		return NULL;
	}
	text[n] = 0;
	if (seq != r->host_seq + 1)
		gsc_violation("3.1: sealed reply %u has sequence number %u", r->host_seq + 1, seq);
	r->host_seq = seq;
	return text;
}

bool gsc_rtsp_ask(struct gsc_rtsp *r, const char *line, const char *extra, const char *body,
	struct gsc_rtsp_reply *reply, char why[256])
{
	*reply = (struct gsc_rtsp_reply){0};
	char *request = compose(r, line, extra, body);
	uint8_t *wire = malloc(REPLY_MAX);
	long len;
	bool ok = exchange(r, request, wire, &len);
	if (!ok)
		snprintf(why, 256, "RTSP %s: no connection or no reply", line);
	char *text = ok ? unseal(r, wire, len, why) : NULL;
	ok = text && parse(reply, text);
	if (text && !ok)
		snprintf(why, 256, "RTSP %s: malformed reply", line);
	free(wire);
	free(request);
	if (!ok)
		return false;
	const char *cseq = gsc_rtsp_header(reply, "CSeq");
	if (!cseq || atoi(cseq) != r->cseq)
		gsc_violation("3.2: CSeq %d answered with %s", r->cseq, cseq ? cseq : "none");
	if (reply->status != 200)
		snprintf(why, 256, "RTSP %s: status %d", line, reply->status);
	return reply->status == 200;
}

void gsc_rtsp_reply_free(struct gsc_rtsp_reply *reply)
{
	free(reply->text);
	*reply = (struct gsc_rtsp_reply){0};
}

const char *gsc_rtsp_header(const struct gsc_rtsp_reply *reply, const char *name)
{
	for (int i = 0; i < reply->headers; i++)
		if (strcmp(reply->names[i], name) == 0)
			return reply->values[i];
	return NULL;
}
