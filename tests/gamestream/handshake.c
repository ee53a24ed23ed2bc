#include "bytes.h"
#include "rtsp.h"
#include "sdp.h"
#include "session.h"
#include "violations.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SINCE "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n"

struct talk {
	struct gsc_session *s;
	struct gsc_rtsp rtsp;
	char session[80];
	char target[128];
	char why[256];
};

static void prepare(struct talk *t)
{
	struct gsc_session *s = t->s;
	t->rtsp.addr = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr = s->host, .sin_port = htons(s->rtsp_port)};
	t->rtsp.sealed = strncmp(s->url, "rtspenc:", 8) == 0;
	memcpy(t->rtsp.key, s->key, 16);
	inet_ntop(AF_INET, &s->host, t->rtsp.host_header, sizeof(t->rtsp.host_header));
	snprintf(t->target, sizeof(t->target), "%s", s->url);
	/* This target is how a client asks for stereo of normal quality. */
	if (s->options->channels == 2 && !s->options->high_quality) {
		snprintf(t->rtsp.host_header, sizeof(t->rtsp.host_header), "0.0.0.0");
		snprintf(t->target, sizeof(t->target), "rtsp://0.0.0.0:48010");
	}
}

static bool ask(struct talk *t, const char *method, const char *target, const char *extra, const char *body,
	struct gsc_rtsp_reply *reply)
{
	char *line = gsc_format("%s %s", method, target);
	char *all = gsc_format("%s%s", extra, t->session);
	bool ok = gsc_rtsp_ask(&t->rtsp, line, all, body, reply, t->why);
	free(all);
	free(line);
	return ok;
}

static bool simple(
	struct talk *t, const char *method, const char *target, const char *extra, const char *body)
{
	struct gsc_rtsp_reply reply;
	bool ok = ask(t, method, target, extra, body, &reply);
	gsc_rtsp_reply_free(&reply);
	return ok;
}

static bool describe(struct talk *t)
{
	struct gsc_rtsp_reply reply;
	bool ok = ask(t, "DESCRIBE", t->target, "Accept: application/sdp\r\n" SINCE, "", &reply);
	if (ok && !gsc_sdp_read(t->s, reply.body)) {
		snprintf(t->why, sizeof(t->why), "RTSP DESCRIBE: the body does not allow this stream");
		ok = false;
	}
	gsc_rtsp_reply_free(&reply);
	return ok;
}

static void take_session(struct talk *t, const struct gsc_rtsp_reply *reply, const char *target)
{
	const char *value = gsc_rtsp_header(reply, "Session");
	if (!value) {
		gsc_violation("3.3: SETUP %s without Session", target);
		return;
	}
	if (!t->session[0])
		snprintf(t->session, sizeof(t->session), "Session: %.*s\r\n", (int)strcspn(value, ";") % 60,
			value);
}

static uint16_t take_port(const struct gsc_rtsp_reply *reply, const char *target, uint16_t fallback)
{
	const char *value = gsc_rtsp_header(reply, "Transport");
	const char *at = value ? strstr(value, "server_port=") : NULL;
	int port = at ? atoi(at + 12) : 0;
	if (port > 0 && port < 65536)
		return (uint16_t)port;
	gsc_violation("3.3: SETUP %s without server_port", target);
	return fallback;
}

static void take_ping(const struct gsc_rtsp_reply *reply, const char *target, char out[17])
{
	const char *value = gsc_rtsp_header(reply, "X-SS-Ping-Payload");
	bool good = value && strlen(value) == 16;
	for (int i = 0; good && i < 16; i++)
		good = isgraph((unsigned char)value[i]);
	if (good)
		memcpy(out, value, 17);
	else
		gsc_violation("3.3: SETUP %s: X-SS-Ping-Payload is %s", target, value ? value : "missing");
}

static void take_connect_data(struct gsc_session *s, const struct gsc_rtsp_reply *reply)
{
	const char *value = gsc_rtsp_header(reply, "X-SS-Connect-Data");
	char *end = NULL;
	unsigned long long n = value ? strtoull(value, &end, 10) : 0;
	if (!value || end == value || *end || n > 0xffffffff || (value[0] == '0' && value[1]))
		gsc_violation("3.3: X-SS-Connect-Data is %s", value ? value : "missing");
	s->connect_data = (uint32_t)n;
}

static bool setup(struct talk *t, const char *target, uint16_t *port, uint16_t fallback, char *ping)
{
	struct gsc_rtsp_reply reply;
	bool ok = ask(
		t, "SETUP", target, "Transport: unicast;X-GS-ClientPort=50000-50001\r\n" SINCE, "", &reply);
	if (ok) {
		take_session(t, &reply, target);
		*port = take_port(&reply, target, fallback);
		if (ping)
			take_ping(&reply, target, ping);
		else
			take_connect_data(t->s, &reply);
	}
	gsc_rtsp_reply_free(&reply);
	return ok;
}

static bool announce(struct talk *t)
{
	char *body = gsc_sdp_write(t->s);
	char *extra = gsc_format("Content-type: application/sdp\r\nContent-length: %zu\r\n", strlen(body));
	bool ok = simple(t, "ANNOUNCE", "streamid=control/13/0", extra, body);
	free(extra);
	free(body);
	return ok;
}

static bool run(struct talk *t, void (*between)(void *ctx), void *ctx)
{
	struct gsc_session *s = t->s;
	if (!simple(t, "OPTIONS", t->target, "", "") || !describe(t))
		return false;
	if (!setup(t, "streamid=audio/0/0", &s->audio_port, 48000, s->audio_ping))
		return false;
	between(ctx);
	if (!setup(t, "streamid=video/0/0", &s->video_port, 47998, s->video_ping))
		return false;
	between(ctx);
	if (!setup(t, "streamid=control/13/0", &s->control_port, 47999, NULL))
		return false;
	between(ctx);
	if (!announce(t))
		return false;
	between(ctx);
	bool ok = simple(t, "PLAY", "/", "", "");
	between(ctx);
	return ok;
}

bool gsc_handshake(struct gsc_session *s, void (*between_steps)(void *ctx), void *ctx)
{
	struct talk t = {.s = s};
	prepare(&t);
	bool ok = run(&t, between_steps, ctx);
	if (!ok)
		fprintf(stderr, "%s\n", t.why);
	return ok;
}
