#include "bytes.h"
#include "http.h"
#include "session.h"
#include "violations.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_serverinfo(struct gsc_session *s, const struct gsc_xml *xml)
{
	static const char *const required[] = {"hostname", "appversion", "GfeVersion", "uniqueid",
		"HttpsPort", "ExternalPort", "MaxLumaPixelsHEVC", "mac", "LocalIP", "ServerCodecModeSupport",
		"PairStatus", "currentgame", "state"};
	for (unsigned i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		const char *text = gsc_xml_text(xml, required[i]);
		if (!text || !*text)
			gsc_violation("1.4: serverinfo lacks %s", required[i]);
	}
	int v[4] = {0};
	const char *version = gsc_xml_text(xml, "appversion");
	if (!version || sscanf(version, "%d.%d.%d.%d", &v[0], &v[1], &v[2], &v[3]) != 4)
		gsc_violation("1.4: appversion is not four numbers: %s", version ? version : "(none)");
	else if (v[0] != 7 || v[1] != 1 || v[2] != 431 || v[3] >= 0)
		gsc_violation("1.5: appversion %s is not 7.1.431.-1", version);
	s->sunshine = v[3] < 0;
	const char *state = gsc_xml_text(xml, "state");
	if (state && strstr(state, "MJOLNIR"))
		gsc_violation("1.4: state contains MJOLNIR");
	const char *paired = gsc_xml_text(xml, "PairStatus");
	if (!paired || strcmp(paired, "1") != 0)
		gsc_violation("1.4: PairStatus over HTTPS is %s", paired ? paired : "missing");
}

static char *launch_path(struct gsc_session *s)
{
	const struct gsc_options *o = s->options;
	static const int masks[9] = {[2] = 0x3, [6] = 0x3f, [8] = 0x63f};
	char key[33];
	gsc_random(s->key, sizeof(s->key));
	gsc_random(&s->key_id, sizeof(s->key_id));
	gsc_hex(key, s->key, 16);
	return gsc_format(
		"/%s?appid=%s&mode=%dx%dx%d&additionalStates=1&sops=0&rikey=%s&rikeyid=%d"
		"&localAudioPlayMode=0&surroundAudioInfo=%d&remoteControllersBitmap=0&gcmap=0&gcpersist=0%s",
		o->resume ? "resume" : "launch", o->app ? o->app : "0", o->width, o->height, o->fps, key,
		s->key_id, masks[o->channels] * 65536 + o->channels, o->plain_rtsp ? "" : "&corever=1");
}

static bool take_url(struct gsc_session *s, const struct gsc_xml *xml)
{
	const char *scheme = s->options->plain_rtsp ? "rtsp://" : "rtspenc://";
	const char *url = gsc_xml_text(xml, "sessionUrl0");
	const char *ok = gsc_xml_text(xml, s->options->resume ? "resume" : "gamesession");
	char addr[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &s->host, addr, sizeof(addr));
	if (!ok || atoi(ok) == 0)
		gsc_violation(
			"1.8: %s is %s", s->options->resume ? "resume" : "gamesession", ok ? ok : "missing");
	if (!url || !strrchr(url, ':') || strlen(url) >= sizeof(s->url))
		return false;
	if (strncmp(url, scheme, strlen(scheme)) != 0)
		gsc_violation("1.8: sessionUrl0 %s does not begin with %s", url, scheme);
	else if (strncmp(url + strlen(scheme), addr, strlen(addr)) != 0)
		gsc_violation("1.8: sessionUrl0 %s does not name the address used", url);
	snprintf(s->url, sizeof(s->url), "%s", url);
	s->rtsp_port = (uint16_t)atoi(strrchr(url, ':') + 1);
	return s->rtsp_port != 0;
}

bool gsc_launch(struct gsc_session *s, struct gsc_http *http)
{
	struct gsc_xml xml;
	char why[256];
	bool ok = gsc_http_xml(http, true, "/serverinfo", 5, &xml, why);
	if (ok && xml.status_code != 200) {
		snprintf(why, sizeof(why), "serverinfo: status %ld %s", xml.status_code,
			xml.status_message ? xml.status_message : "");
		s->launch_status = xml.status_code;
		ok = false;
	}
	if (ok)
		check_serverinfo(s, &xml);
	gsc_xml_free(&xml);
	char *path = ok ? launch_path(s) : NULL;
	ok = ok && gsc_http_xml(http, true, path, 120, &xml, why);
	if (ok) {
		s->launched_ms = gsc_now_ms();
		s->launch_status = xml.status_code;
		ok = xml.status_code == 200 && take_url(s, &xml);
		snprintf(why, sizeof(why), "%s: status %ld %s", s->options->resume ? "resume" : "launch",
			xml.status_code, xml.status_message ? xml.status_message : "");
	}
	if (path)
		gsc_xml_free(&xml);
	free(path);
	if (!ok)
		fprintf(stderr, "%s\n", why);
	return ok;
}
