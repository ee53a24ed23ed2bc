#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "discovery/machine.h"
#include "gamestream/plane.h"
#include "os/clock.h"
#include "proto/gamestream/xml.h"
#include "session/planes.h"

#define APP_VERSION "7.1.431.-1" /* nothing else: see gamestream 1.5 */
#define GFE_VERSION "3.23.0.74"
#define LUMA_PIXELS 1869449984u

/* --- answers --- */

void pf_gs_xml_done(struct pf_gs_xml *x, struct pf_gs_answer *a)
{
	pf_xml_end(&x->w);
	a->body = x->w.failed ? NULL : malloc(x->w.len);
	if (!a->body)
		return;
	memcpy(a->body, x->bytes, x->w.len);
	a->len = x->w.len;
}

static struct pf_wr *begin(struct pf_gs_xml *x, unsigned status, const char *message)
{
	x->w = pf_wr_init(x->bytes, sizeof(x->bytes));
	pf_xml_begin(&x->w, status, message);
	return &x->w;
}

void pf_gs_refuse(struct pf_gs_answer *a, unsigned status, const char *message, const char *zero)
{
	struct pf_gs_xml x;
	struct pf_wr *w = begin(&x, status, message);
	if (zero)
		pf_xml_number(w, zero, 0);
	pf_gs_xml_done(&x, a);
}

/* --- serverinfo (1.4) --- */

static unsigned codec_modes(unsigned codecs)
{
	return (codecs & PF_CODEC_H264 ? 0x1u : 0) | (codecs & PF_CODEC_HEVC ? 0x100u : 0) |
	       (codecs & PF_CODEC_AV1 ? 0x10000u : 0);
}

static void put_address(struct pf_wr *w, const struct pf_gs_request *rq)
{
	char text[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &rq->local, text, sizeof(text));
	pf_xml_text(w, "LocalIP", rq->local.s_addr ? text : "127.0.0.1");
}

static void put_mac(struct pf_wr *w, const struct pf_gs_request *rq, bool paired)
{
	char macs[256] = "";
	if (paired)
		pf_machine_macs(macs, sizeof(macs), rq->local);
	macs[strcspn(macs, ",")] = '\0';
	pf_xml_text(w, "mac", macs[0] ? macs : "00:00:00:00:00:00");
}

static void serverinfo(
	struct pf_gamestream *g, const struct pf_gs_request *rq, bool paired, struct pf_gs_answer *a)
{
	struct pf_gs_xml x;
	struct pf_wr *w = begin(&x, 200, NULL);
	unsigned codecs = pf_gs_codecs(g);
	const struct pf_gs_run *run = paired ? pf_gs_run_for(g, &rq->certificate) : NULL;
	pf_xml_text(w, "hostname", g->p.name);
	pf_xml_text(w, "appversion", APP_VERSION);
	pf_xml_text(w, "GfeVersion", GFE_VERSION);
	pf_xml_text(w, "uniqueid", g->unique_id);
	pf_xml_number(w, "HttpsPort", g->https_port);
	pf_xml_number(w, "ExternalPort", g->http_port);
	pf_xml_number(w, "MaxLumaPixelsHEVC", codecs & PF_CODEC_HEVC ? LUMA_PIXELS : 0);
	put_mac(w, rq, paired);
	put_address(w, rq);
	pf_xml_number(w, "ServerCodecModeSupport", codec_modes(codecs));
	pf_xml_number(w, "PairStatus", paired);
	pf_xml_number(w, "currentgame", run ? run->app : 0);
	pf_xml_text(w, "state", run ? "SUNSHINE_SERVER_BUSY" : "SUNSHINE_SERVER_FREE");
	pf_gs_xml_done(&x, a);
}

/* --- apps (1.6, 1.7) --- */

static void applist(struct pf_gamestream *g, struct pf_gs_answer *a)
{
	struct pf_gs_xml x;
	struct pf_wr *w = begin(&x, 200, NULL);
	pf_gs_apps_refresh(&g->apps);
	for (size_t i = 0; i < g->apps.count; i++) {
		pf_xml_open(w, "App");
		pf_xml_number(w, "IsHdrSupported", 0);
		pf_xml_text(w, "AppTitle", g->apps.app[i].title);
		pf_xml_number(w, "ID", g->apps.app[i].id);
		pf_xml_close(w, "App");
	}
	pf_gs_xml_done(&x, a);
}

static void appasset(struct pf_gamestream *g, const struct pf_gs_request *rq, struct pf_gs_answer *a)
{
	const char *id = rq->get(rq->user, "appid");
	const struct pf_gs_app *app = id ? pf_gs_apps_find(&g->apps, (uint32_t)strtoul(id, NULL, 10)) : NULL;
	a->is_picture = true;
	a->picture = app && app->image ? strdup(app->image) : NULL;
}

/* --- launch and resume (1.8, 1.9) --- */

/* What stands in the way of any stream; false after a refusal. */
static bool can_stream(struct pf_gamestream *g, const struct pf_gs_launch *launch,
	const struct pf_gs_app *app, struct pf_gs_answer *a)
{
	const struct pf_host_params *host = g->p.host_params;
	const struct pf_display_params display = {
		.mode = launch->mode,
		.runtime_root = host->runtime_root,
		.session_command = app && app->command ? app->command : host->session_command,
	};
	struct pf_reason reason = {0};
	if (g->p.encrypt == PF_GS_ENCRYPT_REQUIRED && !launch->encrypted_rtsp) {
		pf_gs_refuse(a, 403, "Encryption is mandatory for this host but unsupported by the client",
			"gamesession");
		return false;
	}
	if (pf_display_probe(host->display, &display, &reason) < 0) {
		pf_gs_refuse(a, 503, reason.text, "gamesession");
		return false;
	}
	if (!(pf_gs_codecs(g) & PF_CODEC_H264)) {
		pf_gs_refuse(a, 503, "This host has no working H.264 encoder", "gamesession");
		return false;
	}
	return true;
}

static void put_session(struct pf_gamestream *g, const struct pf_gs_request *rq,
	const struct pf_gs_launch *launch, const char *one, struct pf_gs_answer *a)
{
	char url[80], address[INET_ADDRSTRLEN];
	struct pf_gs_xml x;
	struct pf_wr *w = begin(&x, 200, NULL);
	inet_ntop(AF_INET, &rq->local, address, sizeof(address));
	snprintf(url, sizeof(url), "%s://%s:%u", launch->encrypted_rtsp ? "rtspenc" : "rtsp", address,
		g->rtsp_port);
	pf_xml_text(w, "sessionUrl0", url);
	pf_xml_number(w, one, 1);
	pf_gs_xml_done(&x, a);
}

/* A stream of the same client that lingers goes first: the device is somewhere else now. */
static void end_older(struct pf_gamestream *g, const struct pf_fingerprint *client)
{
	for (struct pf_gs_stream *s = g->streams; s; s = s->next) {
		if (pf_gs_stream_lives(s) && pf_fingerprint_equal(&s->client, client))
			pf_gs_stream_end(s, PF_GS_END_NORMAL, false, "the same client connected again");
	}
}

static void begin_stream(struct pf_gamestream *g, const struct pf_gs_request *rq, struct pf_gs_run *run,
	const struct pf_gs_launch *launch, const char *one, struct pf_gs_answer *a)
{
	struct pf_reason reason = {0};
	const struct pf_gs_app *app = pf_gs_apps_find(&g->apps, run->app);
	int rc = app ? pf_gs_stream_create(g, run, app, launch, rq, &reason) : PF_ERR_NOT_FOUND;
	if (rc == PF_OK) {
		put_session(g, rq, launch, one, a);
		return;
	}
	if (!run->stream)
		pf_gs_run_quit(g, run);
	pf_gs_refuse(
		a, 503, reason.text[0] ? reason.text : "The app is not in apps.json any more", "gamesession");
}

static void launch_app(struct pf_gamestream *g, const struct pf_gs_request *rq, struct pf_gs_answer *a)
{
	struct pf_gs_launch launch;
	struct pf_reason reason = {0};
	struct pf_gs_run *run = pf_gs_run_for(g, &rq->certificate);
	pf_gs_apps_refresh(&g->apps);
	if (pf_gs_launch_read(&launch, false, rq->get, rq->user, &reason) < 0) {
		pf_gs_refuse(a, 400, reason.text, "resume");
		return;
	}
	const struct pf_gs_app *app = pf_gs_apps_find(&g->apps, launch.app);
	bool own = run && pf_fingerprint_equal(&run->client, &rq->certificate);
	if (!app) {
		pf_gs_refuse(a, 404, "Cannot find requested application", "gamesession");
	} else if (own && run->app != launch.app) {
		pf_gs_refuse(a, 400, "An app is already running on this host", "resume");
	} else if (can_stream(g, &launch, app, a)) {
		end_older(g, &rq->certificate);
		/* A launch of what runs already is a resume, as clients with old news ask for it. */
		if ((!own && pf_gs_run_begin(g, &run, app, &rq->certificate) < 0))
			pf_gs_refuse(a, 503, "Too many apps run on this host; quit one", "gamesession");
		else
			begin_stream(g, rq, run, &launch, "gamesession", a);
	}
}

static void resume_app(struct pf_gamestream *g, const struct pf_gs_request *rq, struct pf_gs_answer *a)
{
	struct pf_gs_launch launch;
	struct pf_reason reason = {0};
	struct pf_gs_run *run = pf_gs_run_for(g, &rq->certificate);
	if (!run) {
		pf_gs_refuse(a, 503, "No running app to resume", "resume");
	} else if (pf_gs_launch_read(&launch, true, rq->get, rq->user, &reason) < 0) {
		pf_gs_refuse(a, 400, reason.text, "resume");
	} else if (can_stream(g, &launch, pf_gs_apps_find(&g->apps, run->app), a)) {
		end_older(g, &rq->certificate);
		begin_stream(g, rq, run, &launch, "resume", a);
	}
}

/* State and currentgame change before the reply; what takes its time goes on behind it (1.10). */
static void cancel(struct pf_gamestream *g, const struct pf_gs_request *rq, struct pf_gs_answer *a)
{
	struct pf_gs_xml x;
	struct pf_gs_run *run = pf_gs_run_for(g, &rq->certificate);
	if (run)
		pf_gs_run_quit(g, run);
	pf_xml_number(begin(&x, 200, NULL), "cancel", 1);
	pf_gs_xml_done(&x, a);
}

/* --- who may what --- */

static void answer_paired(struct pf_gamestream *g, const struct pf_gs_request *rq,
	const struct pf_access *access, struct pf_gs_answer *a)
{
	bool may_launch = access->grants & PF_GRANT_LAUNCH;
	if (!strcmp(rq->path, "/applist"))
		applist(g, a);
	else if (!strcmp(rq->path, "/appasset"))
		appasset(g, rq, a);
	else if (!strcmp(rq->path, "/launch") && !may_launch)
		pf_gs_refuse(a, 403, "Permission denied", "gamesession");
	else if (!strcmp(rq->path, "/launch"))
		launch_app(g, rq, a);
	else if (!strcmp(rq->path, "/resume"))
		resume_app(g, rq, a);
	else if (!strcmp(rq->path, "/cancel"))
		cancel(g, rq, a);
	else
		pf_gs_refuse(a, 404, "There is no such path", NULL);
}

void pf_gs_answer(struct pf_gamestream *g, const struct pf_gs_request *rq, struct pf_gs_answer *a)
{
	struct pf_access access;
	bool paired = rq->https && rq->has_certificate && pf_gs_is_paired(g, &rq->certificate, &access);
	if (g->stopping)
		pf_gs_refuse(a, 503, "The host is ending", NULL);
	else if (rq->https && !paired)
		pf_gs_refuse(a, 401, "The client is not authorized. Certificate verification failed.", NULL);
	else if (!strcmp(rq->path, "/serverinfo"))
		serverinfo(g, rq, paired, a);
	else if (!strcmp(rq->path, "/pair"))
		pf_gs_pair(g, rq, a);
	else if (!strcmp(rq->path, "/unpair"))
		pf_gs_refuse(a, 200, NULL, NULL); /* nobody unpairs anything by asking (1.11) */
	else if (paired)
		answer_paired(g, rq, &access, a);
	else
		pf_gs_refuse(a, 404, "There is no such path without pairing", NULL);
}
