#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/ctl.h"

#define PREFIX_MIN 8 /* digits of a fingerprint that tell a device */

static enum pf_ctl_exit call(struct pf_ctl *c, const char *method, const char *path, const json_t *body)
{
	return pf_ctl_call(c->client, method, path, body, &c->data, &c->reason);
}

static enum pf_ctl_exit usage(struct pf_ctl *c, const char *text)
{
	pf_reason(&c->reason, PF_ERR_INVALID, "%s", text);
	return PF_CTL_USAGE;
}

/* Seconds, or a number with s, m, h or d behind it; 0 = malformed. */
static long read_duration(const char *text)
{
	static const struct {
		char unit;
		long seconds;
	} units[] = {{'\0', 1}, {'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char *end;
	long n = strtol(text, &end, 10);
	if (end == text || n <= 0 || n > 100000000 || (end[0] && end[1]))
		return 0;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == *end)
			return n * units[i].seconds;
	}
	return 0;
}

/* The access that the options ask for, into body. False after a usage error. */
static bool put_access(struct pf_ctl *c, json_t *body)
{
	if (c->preset)
		json_object_set_new(body, "preset", json_string(c->preset));
	if (!c->expires_in)
		return true;
	long seconds = strcmp(c->expires_in, "until-disconnect") == 0 ? -1 : read_duration(c->expires_in);
	if (seconds == 0) {
		usage(c, "--expires-in takes seconds, or a time such as 90m, 2h, 7d or until-disconnect");
		return false;
	}
	if (seconds < 0)
		json_object_set_new(body, "until_disconnect", json_true());
	else
		json_object_set_new(body, "expires_in_secs", json_integer(seconds));
	return true;
}

/* Adds to *found the devices of a list whose fingerprint begins so; path is that of the last one. */
static enum pf_ctl_exit match_devices(
	struct pf_ctl *c, const char *list, const char *text, char path[96], unsigned *found)
{
	json_t *answer = NULL, *d;
	size_t i;
	enum pf_ctl_exit rc = pf_ctl_call(c->client, "GET", list, NULL, &answer, &c->reason);
	json_array_foreach(json_object_get(answer, "clients"), i, d)
	{
		const char *fp = json_string_value(json_object_get(d, "fingerprint"));
		if (fp && strncasecmp(fp, text, strlen(text)) == 0) {
			snprintf(path, 96, "%s/%s", list, fp);
			(*found)++;
		}
	}
	json_decref(answer);
	return rc;
}

/* The path of the device, native or Moonlight's, that a fingerprint, or the beginning of one, stands for. */
static enum pf_ctl_exit find_device(struct pf_ctl *c, const char *text, char path[96])
{
	size_t len = strlen(text);
	unsigned found = 0;
	if (len < PREFIX_MIN || len > 64 || text[strspn(text, "0123456789abcdefABCDEF")])
		return usage(c, "a device is named by its fingerprint, or the first 8 digits of it or more");
	enum pf_ctl_exit rc = match_devices(c, "clients", text, path, &found);
	if (rc == PF_CTL_DONE)
		rc = match_devices(c, "native/clients", text, path, &found);
	if (rc != PF_CTL_DONE || found == 1)
		return rc;
	pf_reason(&c->reason, PF_ERR_NOT_FOUND,
		found ? "%s stands for more than one device; give more digits"
		      : "no paired device begins with %s",
		text);
	return PF_CTL_REFUSED;
}

/* Moonlight's part of an answer, beside the native one. */
static enum pf_ctl_exit call_both(struct pf_ctl *c, const char *native, const char *moonlight)
{
	json_t *other = NULL;
	enum pf_ctl_exit rc = call(c, "GET", native, NULL);
	if (rc == PF_CTL_DONE)
		rc = pf_ctl_call(c->client, "GET", moonlight, NULL, &other, &c->reason);
	if (rc == PF_CTL_DONE)
		json_object_set_new(c->data, "moonlight", other);
	return rc;
}

static enum pf_ctl_exit status(struct pf_ctl *c)
{
	return call(c, "GET", "status", NULL);
}

static enum pf_ctl_exit window(struct pf_ctl *c)
{
	return call_both(c, "native/pair", "pair");
}

static enum pf_ctl_exit arm(struct pf_ctl *c)
{
	json_t *body = json_object();
	long ttl = c->ttl ? read_duration(c->ttl) : 0;
	enum pf_ctl_exit rc = PF_CTL_USAGE;
	if (c->ttl && ttl == 0)
		usage(c, "--ttl takes seconds, 15 to 600");
	else if (put_access(c, body)) {
		if (ttl)
			json_object_set_new(body, "ttl_secs", json_integer(ttl));
		if (c->fingerprint)
			json_object_set_new(body, "fingerprint", json_string(c->fingerprint));
		rc = call(c, "POST", "native/pair/arm", body);
	}
	json_decref(body);
	return rc;
}

static enum pf_ctl_exit disarm(struct pf_ctl *c)
{
	return call(c, "DELETE", "native/pair", NULL);
}

static enum pf_ctl_exit pending(struct pf_ctl *c)
{
	return call(c, "GET", "native/pending", NULL);
}

static enum pf_ctl_exit decide(struct pf_ctl *c, const char *what, const json_t *body)
{
	char path[64];
	const char *id = c->word[0];
	if (!id[0] || strlen(id) > 10 || id[strspn(id, "0123456789")])
		return usage(c, "a waiting device is named by its number, see `ctl pending`");
	snprintf(path, sizeof(path), "native/pending/%s/%s", id, what);
	return call(c, "POST", path, body);
}

static enum pf_ctl_exit approve(struct pf_ctl *c)
{
	json_t *body = json_object();
	enum pf_ctl_exit rc = PF_CTL_USAGE;
	if (c->name)
		json_object_set_new(body, "name", json_string(c->name));
	if (put_access(c, body))
		rc = decide(c, "approve", body);
	json_decref(body);
	return rc;
}

static enum pf_ctl_exit deny(struct pf_ctl *c)
{
	return decide(c, "deny", NULL);
}

static enum pf_ctl_exit clients(struct pf_ctl *c)
{
	return call_both(c, "native/clients", "clients");
}

static enum pf_ctl_exit change(struct pf_ctl *c, const json_t *body)
{
	char path[96];
	enum pf_ctl_exit rc = find_device(c, c->word[0], path);
	return rc == PF_CTL_DONE ? call(c, body ? "PATCH" : "DELETE", path, body) : rc;
}

/* Moonlight's devices have labels. */
static enum pf_ctl_exit rename_device(struct pf_ctl *c)
{
	char path[96];
	enum pf_ctl_exit rc = find_device(c, c->word[0], path);
	if (rc != PF_CTL_DONE)
		return rc;
	json_t *body = json_pack("{s:s}", path[0] == 'n' ? "name" : "label", c->word[1]);
	if (!body)
		return usage(c, "the name is not UTF-8");
	rc = call(c, "PATCH", path, body);
	json_decref(body);
	return rc;
}

/* The PIN that a Moonlight client shows; which client it is need be said only when several wait. */
static enum pf_ctl_exit pin(struct pf_ctl *c)
{
	static const char *const keys[] = {"pin", "uniqueid", "fingerprint", "peer"};
	json_t *body = json_object();
	for (unsigned i = 0; i < c->words; i++)
		json_object_set_new(body, keys[i], json_string(c->word[i]));
	if (c->name)
		json_object_set_new(body, "name", json_string(c->name));
	enum pf_ctl_exit rc = call(c, "POST", "pair/pin", body);
	json_decref(body);
	return rc;
}

/* Access is given as a whole: without an end it has none. */
static enum pf_ctl_exit access_device(struct pf_ctl *c)
{
	json_t *body = json_object();
	enum pf_ctl_exit rc = PF_CTL_USAGE;
	c->preset = c->word[1];
	if (!c->expires_in) {
		json_object_set_new(body, "clear_expiry", json_true());
		json_object_set_new(body, "until_disconnect", json_false());
	}
	if (put_access(c, body))
		rc = change(c, body);
	json_decref(body);
	return rc;
}

static bool confirmed(const struct pf_ctl *c)
{
	char line[16] = "";
	if (c->yes || c->json)
		return c->yes;
	fprintf(stderr, "Unpair every device? Their sessions end. [y/N] ");
	return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

static enum pf_ctl_exit unpair(struct pf_ctl *c)
{
	if (c->all == (c->words == 1))
		return usage(c, "unpair takes one device, or --all");
	if (!c->all)
		return change(c, NULL);
	if (confirmed(c)) {
		enum pf_ctl_exit rc = call(c, "DELETE", "clients", NULL);
		json_int_t n = json_integer_value(json_object_get(c->data, "unpaired"));
		json_decref(c->data);
		c->data = NULL;
		/* GameStream may be off; then there is nothing of it to unpair. */
		rc = rc == PF_CTL_DONE || rc == PF_CTL_REFUSED ? call(c, "DELETE", "native/clients", NULL)
							       : rc;
		if (c->data)
			json_object_set_new(c->data, "unpaired",
				json_integer(n + json_integer_value(json_object_get(c->data, "unpaired"))));
		return rc;
	}
	return usage(c, "nothing was unpaired; --yes says that all devices are meant");
}

static bool names_session(const char *word)
{
	return strlen(word) <= 18 && !word[strspn(word, "0123456789")];
}

static enum pf_ctl_exit refuse_session(struct pf_ctl *c)
{
	return usage(c, "a session is named by its number, see `ctl sessions`");
}

static enum pf_ctl_exit set_muted(struct pf_ctl *c, bool muted)
{
	char path[40];
	if (!names_session(c->word[0]))
		return refuse_session(c);
	snprintf(path, sizeof(path), "session/%s/audio", c->word[0]);
	json_t *body = json_pack("{s:b}", "muted", muted);
	enum pf_ctl_exit rc = call(c, "PUT", path, body);
	json_decref(body);
	return rc;
}

static enum pf_ctl_exit mute(struct pf_ctl *c)
{
	return set_muted(c, true);
}

static enum pf_ctl_exit unmute(struct pf_ctl *c)
{
	return set_muted(c, false);
}

static enum pf_ctl_exit stop_session(struct pf_ctl *c)
{
	char path[40] = "session";
	if (c->words == 1) {
		if (!names_session(c->word[0]))
			return refuse_session(c);
		snprintf(path, sizeof(path), "session/%s", c->word[0]);
	}
	return call(c, "DELETE", path, NULL);
}

#define ACCESS "preset expires-in "

const struct pf_ctl_verb pf_ctl_verbs[] = {
	{"status", NULL, "", 0, 0, "", "what the host does now", status, pf_ctl_print_status},
	{"sessions", NULL, "", 0, 0, "", "who is connected", status, pf_ctl_print_sessions},
	{"pair", "arm", "", 0, 0, "ttl fingerprint " ACCESS, "open a pairing window, and show its PIN", arm,
		pf_ctl_print_armed},
	{"pair", "status", "", 0, 0, "",
		"is a window open, with what PIN; which Moonlight clients wait for theirs", window,
		pf_ctl_print_window},
	{"pair", "disarm", "", 0, 0, "", "close the window", disarm, pf_ctl_print_window},
	{"pin", NULL, "PIN [UNIQUEID FP PEER_IP]", 1, 4, "name ",
		"answer a Moonlight client with the PIN that it shows", pin, NULL},
	{"pending", NULL, "", 0, 0, "", "devices that wait for approval", pending, pf_ctl_print_pending},
	{"approve", NULL, "ID", 1, 1, "name " ACCESS, "let a waiting device in", approve, NULL},
	{"deny", NULL, "ID", 1, 1, "", "turn a waiting device away", deny, NULL},
	{"clients", NULL, "", 0, 0, "", "paired devices, and what they may do", clients,
		pf_ctl_print_clients},
	{"rename", NULL, "FP NAME", 2, 2, "", "give a device another name", rename_device,
		pf_ctl_print_client},
	{"access", NULL, "FP PRESET", 2, 2, "expires-in ", "what a device may do: full, controller or view",
		access_device, pf_ctl_print_client},
	{"unpair", NULL, "FP | --all", 0, 1, "all yes ", "forget a device, and end its sessions", unpair,
		pf_ctl_print_count},
	{"mute", NULL, "ID", 1, 1, "", "a session's client hears nothing from now on", mute, NULL},
	{"unmute", NULL, "ID", 1, 1, "", "it hears again", unmute, NULL},
	{"stop-session", NULL, "[ID]", 0, 1, "", "end a session, or all", stop_session, pf_ctl_print_count},
	{"watch", NULL, "", 0, 0, "kinds since ", "print what happens, a JSON object a line", pf_ctl_watch,
		NULL},
	{0},
};
