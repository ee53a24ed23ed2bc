#include "proto/gamestream/launch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

static bool read_long(const char *text, long long min, long long max, long long *out)
{
	char *end;
	if (!text || !text[0] || strlen(text) > 20)
		return false;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' && *out >= min && *out <= max;
}

static bool is_on(const char *text)
{
	return text && !strcmp(text, "1");
}

/* Digits up to `stop`; *text is behind it. */
static bool take_number(const char **text, char stop, unsigned long *out)
{
	char *end;
	if (**text < '0' || **text > '9')
		return false;
	*out = strtoul(*text, &end, 10);
	*text = end + 1;
	return *end == stop;
}

bool pf_gs_mode_read(struct pf_mode *out, const char *text)
{
	unsigned long width, height, whole;
	char *end;
	if (strlen(text) > 40 || !take_number(&text, 'x', &width) || !take_number(&text, 'x', &height) ||
		*text < '0' || *text > '9')
		return false;
	whole = strtoul(text, &end, 10);
	bool up = end[0] == '.' && end[1] >= '5';
	if (*end == '.')
		end += 1 + strspn(end + 1, "0123456789");
	if (*end)
		return false;
	if (whole > 1000)
		whole = (whole + 500) / 1000;
	else if (up)
		whole++;
	if (width > UINT16_MAX || height > UINT16_MAX || whole > UINT16_MAX)
		return false;
	*out = (struct pf_mode){(uint32_t)width, (uint32_t)height, (uint32_t)whole};
	return pf_mode_valid(*out);
}

int pf_gs_launch_read(struct pf_gs_launch *out, bool resume, const char *(*get)(void *user, const char *name),
	void *user, struct pf_reason *reason)
{
	const char *missing =
		resume ? "Missing a required resume parameter" : "Missing a required launch parameter";
	long long app = 0, key_id, corever, play, speakers;
	const char *key = get(user, "rikey"), *mode = get(user, "mode"),
		   *params = get(user, "surroundParams");
	*out = (struct pf_gs_launch){0};
	if (!key || !get(user, "rikeyid") ||
		(!resume && (!get(user, "appid") || !get(user, "localAudioPlayMode"))))
		return pf_reason(reason, PF_ERR_INVALID, "%s", missing);
	if (!pf_hex_decode(out->key, sizeof(out->key), key))
		return pf_reason(reason, PF_ERR_INVALID, "rikey is not 32 hexadecimal digits");
	if (!read_long(get(user, "rikeyid"), INT32_MIN, UINT32_MAX, &key_id))
		return pf_reason(reason, PF_ERR_INVALID, "rikeyid is no 32-bit number");
	if (!resume && !read_long(get(user, "appid"), 1, INT32_MAX, &app))
		return pf_reason(reason, PF_ERR_INVALID, "appid is no number of an app");
	out->app = (uint32_t)app;
	out->key_id = (uint32_t)key_id;
	if (!mode || !pf_gs_mode_read(&out->mode, mode))
		out->mode = (struct pf_mode){1280, 720, 60};
	out->encrypted_rtsp = read_long(get(user, "corever"), 1, INT32_MAX, &corever);
	out->host_audio = read_long(get(user, "localAudioPlayMode"), 1, 1, &play);
	if (!read_long(get(user, "surroundAudioInfo"), 0, UINT32_MAX, &speakers))
		speakers = 2;
	out->audio_channels = (speakers & 0xFFFF) == 6 || (speakers & 0xFFFF) == 8 ? speakers & 0xFFFF : 2;
	out->persist_pads = is_on(get(user, "gcpersist"));
	out->hdr = is_on(get(user, "hdrMode"));
	out->has_surround = params && pf_surround_read(&out->surround, params, false);
	return PF_OK;
}
