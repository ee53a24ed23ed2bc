#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/ctl.h"

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static long long number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static bool is_set(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

/* "never", or the local time. */
static const char *when(char out[32], long long unix_s)
{
	time_t t = (time_t)unix_s;
	struct tm tm;
	if (unix_s == 0 || !localtime_r(&t, &tm))
		return "never";
	strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

void pf_ctl_print_status(const json_t *d)
{
	printf("%lld connected, %s\n", number_of(d, "active_sessions"),
		is_set(d, "video_streaming") ? "streaming" : "not streaming");
	printf("%lld paired devices, %lld waiting for approval\n", number_of(d, "native_paired_clients"),
		number_of(d, "pending_approvals"));
	printf("%s\n", is_set(d, "open")            ? "open: every client is let in"
		       : is_set(d, "pairing_armed") ? "a pairing window is open"
						    : "no pairing window is open");
}

void pf_ctl_print_sessions(const json_t *d)
{
	const json_t *list = json_object_get(d, "sessions"), *s;
	size_t i;
	if (json_array_size(list) == 0) {
		printf("nobody is connected\n");
		return;
	}
	printf("%-4s %-20s %-16s %-10s %-16s %-6s %-10s %8s\n", "ID", "DEVICE", "ADDRESS", "STATE", "MODE",
		"CODEC", "ACCESS", "SECONDS");
	json_array_foreach(list, i, s)
	{
		char mode[40];
		snprintf(mode, sizeof(mode), "%lldx%lld@%lld", number_of(s, "width"), number_of(s, "height"),
			number_of(s, "refresh_hz"));
		printf("%-4lld %-20.20s %-16s %-10s %-16s %-6s %-10s %8lld\n", number_of(s, "id"),
			text_of(s, "name"), text_of(s, "address"), text_of(s, "state"), mode,
			text_of(s, "codec"), text_of(s, "access_level"), number_of(s, "seconds"));
	}
}

static void print_waiting(const json_t *moonlight)
{
	const json_t *w;
	size_t i;
	json_array_foreach(json_object_get(moonlight, "waiting"), i, w)
	{
		if (i == 0)
			printf("\nMoonlight clients that wait for the PIN they show (ctl pin PIN UNIQUEID FP "
			       "PEER_IP):\n"
			       "%-16s %-18s %-16s %s\n",
				"DEVICE", "UNIQUEID", "ADDRESS", "FINGERPRINT");
		printf("%-16.16s %-18s %-16s %s\n", text_of(w, "name"), text_of(w, "uniqueid"),
			text_of(w, "peer"), text_of(w, "fingerprint"));
	}
}

void pf_ctl_print_window(const json_t *d)
{
	if (!is_set(d, "enabled"))
		printf("the list of paired devices is damaged: nobody can be paired; see the host's log\n");
	if (!is_set(d, "armed"))
		printf("no pairing window is open\n");
	else if (number_of(d, "expires_in_secs"))
		printf("PIN %s, for %lld more seconds\n", text_of(d, "pin"), number_of(d, "expires_in_secs"));
	else
		printf("PIN %s\n", text_of(d, "pin"));
	if (text_of(d, "fingerprint")[0])
		printf("for the device %s only\n", text_of(d, "fingerprint"));
	print_waiting(json_object_get(d, "moonlight"));
}

void pf_ctl_print_armed(const json_t *d)
{
	printf("\n    PIN  %s\n\n", text_of(d, "pin"));
	printf("Type it on the device within %lld seconds. It is good for one attempt.\n",
		number_of(d, "expires_in_secs"));
	if (text_of(d, "fingerprint")[0])
		printf("It is for the device %s only.\n", text_of(d, "fingerprint"));
}

void pf_ctl_print_pending(const json_t *d)
{
	const json_t *list = json_object_get(d, "pending"), *k;
	size_t i;
	if (json_array_size(list) == 0) {
		printf("no device waits for approval\n");
		return;
	}
	printf("%-5s %-24s %-16s %-7s %-10s %-18s\n", "ID", "DEVICE", "ADDRESS", "SOURCE", "CONNECTED",
		"FINGERPRINT");
	json_array_foreach(list, i, k) printf("%-5lld %-24.24s %-16s %-7s %-10s %.16s\n", number_of(k, "id"),
		text_of(k, "name"), text_of(k, "address"), text_of(k, "source"),
		is_set(k, "waiting") ? "yes" : "no", text_of(k, "fingerprint"));
}

static void print_device(const json_t *c)
{
	char until[32];
	printf("%-16.16s  %-24.24s %-10s %s%s\n", text_of(c, "fingerprint"), text_of(c, "name"),
		text_of(c, "access_level"),
		is_set(c, "until_disconnect") ? "when it disconnects"
					      : when(until, number_of(c, "expires_unix")),
		is_set(c, "expired") ? " (over)" : "");
}

static void print_device_head(void)
{
	printf("%-16s  %-24s %-10s %s\n", "FINGERPRINT", "DEVICE", "ACCESS", "ENDS");
}

static void print_moonlight(const json_t *c)
{
	printf("%-16.16s  %-24.24s %-10s\n", text_of(c, "fingerprint"), text_of(c, "label"), "moonlight");
}

void pf_ctl_print_clients(const json_t *d)
{
	const json_t *list = json_object_get(d, "clients"), *c,
		     *moonlight = json_object_get(json_object_get(d, "moonlight"), "clients");
	size_t i;
	if (text_of(d, "damage")[0])
		printf("%s\n", text_of(d, "damage"));
	else if (json_array_size(list) + json_array_size(moonlight) == 0)
		printf("no device is paired\n");
	else
		print_device_head();
	json_array_foreach(list, i, c) print_device(c);
	json_array_foreach(moonlight, i, c) print_moonlight(c);
}

void pf_ctl_print_client(const json_t *d)
{
	print_device_head();
	if (json_object_get(d, "label"))
		print_moonlight(d);
	else
		print_device(d);
}

void pf_ctl_print_count(const json_t *d)
{
	const char *what = json_object_get(d, "unpaired") ? "unpaired" : "stopped";
	printf("%s: %lld\n", what, number_of(d, what));
}
