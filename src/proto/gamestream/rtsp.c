#include "proto/gamestream/rtsp.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/reader.h"
#include "proto/gamestream/number.h"

#define FRAME_MARK 0x80000000u

/* --- requests --- */

/* The line at *at without its end, and *at behind it; false when there is no whole line. */
static bool next_line(const uint8_t *data, size_t len, size_t *at, struct pf_slice *line)
{
	const uint8_t *start = data + *at;
	const uint8_t *end = memchr(start, '\n', len - *at);
	if (!end)
		return false;
	size_t n = (size_t)(end - start);
	*at += n + 1;
	if (n > 0 && start[n - 1] == '\r')
		n--;
	*line = (struct pf_slice){.data = start, .len = n};
	return true;
}

static bool has_prefix(struct pf_slice s, const char *prefix)
{
	size_t n = strlen(prefix);
	return s.len >= n && strncasecmp((const char *)s.data, prefix, n) == 0;
}

static struct pf_slice trimmed(struct pf_slice s)
{
	while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* The value of a header of that name. */
static bool header_value(struct pf_slice line, const char *name, struct pf_slice *value)
{
	size_t n = strlen(name);
	if (!has_prefix(line, name) || line.len <= n || line.data[n] != ':')
		return false;
	*value = trimmed((struct pf_slice){.data = line.data + n + 1, .len = line.len - n - 1});
	return true;
}

/* From the second line to the empty one; *at is behind it. */
static int read_headers(
	struct pf_rtsp_request *out, const uint8_t *data, size_t len, size_t *at, uint32_t *body_bytes)
{
	struct pf_slice line, value;
	*body_bytes = 0;
	for (unsigned i = 0; next_line(data, len, at, &line); i++) {
		if (line.len == 0)
			return PF_OK;
		if (i == PF_RTSP_HEADERS_MAX)
			return PF_ERR_INVALID;
		if (header_value(line, "Content-Length", &value) &&
			(!pf_gs_number_read(value, body_bytes) || *body_bytes > PF_RTSP_BYTES_MAX))
			return PF_ERR_INVALID;
		if (header_value(line, "CSeq", &value) && !pf_gs_number_read(value, &out->cseq))
			return PF_ERR_INVALID;
		if (header_value(line, "Host", &value))
			out->normal_quality = value.len == 7 && !memcmp(value.data, "0.0.0.0", 7);
	}
	return PF_ERR_TRUNCATED;
}

static bool is_at(struct pf_slice s, size_t at, const char *word)
{
	size_t n = strlen(word);
	return at + n <= s.len && memcmp(s.data + at, word, n) == 0;
}

/* Targets are matched by what is in them: clients spell them in several ways (3.3). */
static enum pf_rtsp_target find_target(struct pf_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (is_at(s, i, "audio"))
			return PF_RTSP_AUDIO;
		if (is_at(s, i, "video"))
			return PF_RTSP_VIDEO;
		if (is_at(s, i, "control"))
			return PF_RTSP_CONTROL;
	}
	return PF_RTSP_NO_STREAM;
}

static int read_request_line(struct pf_rtsp_request *out, struct pf_slice line)
{
	static const struct {
		const char *word;
		enum pf_rtsp_method method;
	} methods[] = {
		{"OPTIONS ", PF_RTSP_OPTIONS},
		{"DESCRIBE ", PF_RTSP_DESCRIBE},
		{"SETUP ", PF_RTSP_SETUP},
		{"ANNOUNCE ", PF_RTSP_ANNOUNCE},
		{"PLAY ", PF_RTSP_PLAY},
	};
	static const char version[] = " RTSP/1.0";
	size_t n = sizeof(version) - 1;
	if (line.len <= n || memcmp(line.data + line.len - n, version, n) != 0)
		return PF_ERR_INVALID;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (is_at(line, 0, methods[i].word))
			out->method = methods[i].method;
	}
	out->target = find_target((struct pf_slice){.data = line.data, .len = line.len - n});
	return PF_OK;
}

static int read_message(struct pf_rtsp_request *out, const uint8_t *data, size_t len, size_t *total)
{
	struct pf_slice line;
	size_t at = 0;
	uint32_t body_bytes = 0;
	if (!next_line(data, len, &at, &line))
		return len < PF_RTSP_BYTES_MAX ? PF_ERR_TRUNCATED : PF_ERR_INVALID;
	int rc = read_request_line(out, line);
	if (rc == PF_OK)
		rc = read_headers(out, data, len, &at, &body_bytes);
	if (rc < 0)
		return rc == PF_ERR_TRUNCATED && len >= PF_RTSP_BYTES_MAX ? PF_ERR_INVALID : rc;
	*total = at + body_bytes;
	if (*total > PF_RTSP_BYTES_MAX)
		return PF_ERR_INVALID;
	if (*total > len)
		return PF_ERR_TRUNCATED;
	out->body = (struct pf_slice){.data = data + at, .len = body_bytes};
	return PF_OK;
}

int pf_rtsp_measure(const uint8_t *data, size_t len, size_t *total)
{
	struct pf_rtsp_request r = {0};
	return read_message(&r, data, len, total);
}

int pf_rtsp_read(struct pf_rtsp_request *out, const uint8_t *data, size_t len)
{
	size_t total;
	*out = (struct pf_rtsp_request){0};
	return read_message(out, data, len, &total);
}

/* --- frames --- */

int pf_rtsp_frame_measure(const uint8_t *data, size_t len, size_t *total)
{
	struct pf_rd r = pf_rd_init(data, len);
	uint32_t word = pf_rd_u32be(&r);
	if (r.failed)
		return PF_ERR_TRUNCATED;
	size_t text = word & ~FRAME_MARK;
	if (!(word & FRAME_MARK) || text == 0 || text > PF_RTSP_BYTES_MAX)
		return PF_ERR_INVALID;
	*total = PF_RTSP_FRAME_HEAD + text;
	return len < *total ? PF_ERR_TRUNCATED : PF_OK;
}

int pf_rtsp_frame_open(struct pf_gs_gcm *key, const uint8_t *data, size_t len, uint8_t *out, size_t *out_len)
{
	size_t total;
	if (pf_rtsp_frame_measure(data, len, &total) < 0 || total != len)
		return PF_ERR_INVALID;
	struct pf_rd r = pf_rd_init(data + 4, 4);
	struct pf_gs_iv iv = pf_gs_iv(pf_rd_u32be(&r), 'C', 'R');
	*out_len = total - PF_RTSP_FRAME_HEAD;
	return pf_gs_gcm_open(key, &iv, data + PF_RTSP_FRAME_HEAD, *out_len, out, data + 8) ? PF_OK
											    : PF_ERR_AUTH;
}

void pf_rtsp_frame_seal(struct pf_wr *w, struct pf_gs_gcm *key, uint32_t seq, const uint8_t *text, size_t len)
{
	struct pf_gs_iv iv = pf_gs_iv(seq, 'H', 'R');
	pf_wr_u32be(w, FRAME_MARK | (uint32_t)len);
	pf_wr_u32be(w, seq);
	uint8_t *tag = pf_wr_room(w, PF_GS_TAG_BYTES);
	uint8_t *sealed = pf_wr_room(w, len);
	if (sealed)
		pf_gs_gcm_seal(key, &iv, text, len, sealed, tag);
}

/* --- replies --- */

__attribute__((format(printf, 2, 3))) static void put(struct pf_wr *w, const char *fmt, ...)
{
	char line[160];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(line))
		w->failed = true;
	else
		pf_wr_bytes(w, line, (size_t)n);
}

static const char *reason_of(unsigned status)
{
	switch (status) {
	case 200:
		return "OK";
	case 400:
		return "BAD REQUEST";
	case 403:
		return "Forbidden";
	case 404:
		return "NOT FOUND";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

void pf_rtsp_reply_write(struct pf_wr *w, const struct pf_rtsp_reply *r)
{
	put(w, "RTSP/1.0 %u %s\r\n", r->status, reason_of(r->status));
	put(w, "CSeq: %u\r\n", r->cseq);
	if (r->session)
		put(w, "Session: DEADBEEFCAFE;timeout = 90\r\n");
	if (r->server_port)
		put(w, "Transport: server_port=%u\r\n", r->server_port);
	if (r->ping_payload)
		put(w, "X-SS-Ping-Payload: %s\r\n", r->ping_payload);
	if (r->has_connect_data)
		put(w, "X-SS-Connect-Data: %u\r\n", r->connect_data);
	put(w, "\r\n"); /* the body ends with the connection */
	if (r->body)
		pf_wr_bytes(w, r->body, r->body_len);
}
