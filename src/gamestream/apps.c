#include "gamestream/apps.h"

#include <ctype.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"

#define FILE_BYTES_MAX ((off_t)1024 * 1024)

int pf_gs_apps_init(struct pf_gs_apps *a, const char *config_dir)
{
	*a = (struct pf_gs_apps){.count = 1};
	a->app[0] = (struct pf_gs_app){.id = PF_GS_DESKTOP_ID, .title = "Desktop"};
	int n = snprintf(a->path, sizeof(a->path), "%s/" PF_GS_APPS_FILE, config_dir);
	return n < (int)sizeof(a->path) ? PF_OK : PF_ERR_LIMIT;
}

static void clear_app(struct pf_gs_app *app)
{
	free(app->command);
	free(app->environment);
	free(app->image);
	*app = (struct pf_gs_app){0};
}

void pf_gs_apps_finish(struct pf_gs_apps *a)
{
	for (size_t i = 1; i < a->count; i++)
		clear_app(&a->app[i]);
	a->count = a->count ? 1 : 0;
}

/* FNV-1a, in the range of ids. */
static uint32_t id_of(const char *title)
{
	uint32_t h = 2166136261u;
	for (; *title; title++)
		h = (h ^ (uint8_t)*title) * 16777619u;
	h &= INT32_MAX;
	return h > PF_GS_DESKTOP_ID ? h : h + 2;
}

const struct pf_gs_app *pf_gs_apps_find(const struct pf_gs_apps *a, uint32_t id)
{
	for (size_t i = 0; i < a->count; i++) {
		if (a->app[i].id == id)
			return &a->app[i];
	}
	return NULL;
}

/* --- shell text --- */

struct text {
	char *at;
	size_t len, cap;
	bool cut;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(t->at + t->len, t->cap - t->len, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= t->cap - t->len)
		t->cut = true;
	else
		t->len += (size_t)n;
}

static void put_export(struct text *t, const char *name, const char *value)
{
	put(t, "export %s='", name);
	for (; *value; value++) {
		if (*value == '\'')
			put(t, "'\\''");
		else
			put(t, "%c", *value);
	}
	put(t, "'; ");
}

bool pf_gs_app_command(
	const struct pf_gs_app *app, const char *desktop, struct pf_mode mode, char out[PF_GS_COMMAND_MAX])
{
	struct text t = {.at = out, .cap = PF_GS_COMMAND_MAX};
	const char *command = app->command ? app->command : desktop;
	char number[16];
	out[0] = '\0';
	if (!command)
		return true; /* whatever the display runs by itself */
	if (app->environment)
		put(&t, "%s", app->environment);
	snprintf(number, sizeof(number), "%u", app->id);
	put_export(&t, "PF_APP_ID", number);
	put_export(&t, "PF_APP_TITLE", app->title);
	if (mode.width_px) {
		snprintf(number, sizeof(number), "%u", mode.width_px);
		put_export(&t, "PF_STREAM_WIDTH", number);
		snprintf(number, sizeof(number), "%u", mode.height_px);
		put_export(&t, "PF_STREAM_HEIGHT", number);
		snprintf(number, sizeof(number), "%u", mode.refresh_hz);
		put_export(&t, "PF_STREAM_REFRESH", number);
	}
	put(&t, "%s", command);
	return !t.cut;
}

/* --- the file --- */

static bool is_name(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && *s != '_')
			return false;
	}
	return true;
}

static bool is_line(const char *s, size_t max)
{
	return s[0] && strlen(s) <= max && !strpbrk(s, "\r\n");
}

static bool read_environment(struct pf_gs_app *app, json_t *env, struct pf_reason *reason)
{
	char buffer[PF_GS_COMMAND_MAX / 2] = "";
	struct text t = {.at = buffer, .cap = sizeof(buffer)};
	const char *key;
	json_t *value;
	if (!json_is_object(env)) {
		pf_reason(reason, PF_ERR_INVALID, "\"env\" of %.60s must be an object", app->title);
		return false;
	}
	json_object_foreach(env, key, value)
	{
		const char *text = json_string_value(value);
		if (!is_name(key) || !text || strpbrk(text, "\r\n")) {
			pf_reason(reason, PF_ERR_INVALID,
				"\"env\" of %.60s: %.60s must be a name with one line of text", app->title,
				key);
			return false;
		}
		put_export(&t, key, text);
	}
	if (t.cut)
		pf_reason(reason, PF_ERR_INVALID, "\"env\" of %.60s is too long", app->title);
	app->environment = t.cut ? NULL : strdup(buffer);
	return app->environment != NULL;
}

static bool read_app(struct pf_gs_apps *a, json_t *entry, struct pf_reason *reason)
{
	const char *name = NULL, *command = NULL, *image = NULL;
	json_t *env = NULL;
	struct pf_gs_app *app = &a->app[a->count];
	if (json_unpack(entry, "{s:s, s:s, s?o, s?s}", "name", &name, "command", &command, "env", &env,
		    "image", &image) < 0 ||
		!is_line(name, PF_GS_TITLE_MAX) || !is_line(command, PF_GS_COMMAND_MAX / 4)) {
		pf_reason(reason, PF_ERR_INVALID,
			"entry %zu needs a \"name\" and a \"command\", each of one line", a->count);
		return false;
	}
	*app = (struct pf_gs_app){.id = id_of(name)};
	snprintf(app->title, sizeof(app->title), "%s", name);
	while (pf_gs_apps_find(a, app->id))
		app->id = app->id % INT32_MAX + 1;
	app->command = strdup(command);
	app->image = image ? strdup(image) : NULL;
	if (!app->command || (env && !read_environment(app, env, reason))) {
		clear_app(app);
		return false;
	}
	a->count++;
	return true;
}

static bool read_list(struct pf_gs_apps *fresh, json_t *root, struct pf_reason *reason)
{
	json_t *list = json_object_get(root, "apps"), *entry;
	size_t i;
	if (!json_is_array(list)) {
		pf_reason(reason, PF_ERR_INVALID, "it needs a list \"apps\"");
		return false;
	}
	json_array_foreach(list, i, entry)
	{
		if (fresh->count == PF_GS_APPS_MAX) {
			pf_reason(reason, PF_ERR_LIMIT, "more than %d apps", PF_GS_APPS_MAX - 1);
			return false;
		}
		if (!read_app(fresh, entry, reason))
			return false;
	}
	return true;
}

static void load(struct pf_gs_apps *a)
{
	struct pf_reason reason = {0};
	json_error_t error;
	struct pf_gs_apps *fresh = calloc(1, sizeof(*fresh));
	json_t *root = json_load_file(a->path, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		pf_reason(&reason, PF_ERR_INVALID, "line %d: %.150s", error.line, error.text);
	if (fresh && root) {
		fresh->count = 1;
		fresh->app[0] = a->app[0];
		if (read_list(fresh, root, &reason)) {
			pf_gs_apps_finish(a);
			memcpy(a->app, fresh->app, sizeof(a->app));
			a->count = fresh->count;
		} else {
			pf_gs_apps_finish(fresh);
		}
	}
	if (reason.text[0])
		pf_warn("gamestream", "%s is left out: %s", a->path, reason.text);
	json_decref(root);
	free(fresh);
}

void pf_gs_apps_refresh(struct pf_gs_apps *a)
{
	struct stat st;
	if (stat(a->path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > FILE_BYTES_MAX) {
		pf_gs_apps_finish(a);
		a->count = 1;
		a->read = false;
		return;
	}
	if (a->read && st.st_mtim.tv_sec == a->changed.tv_sec && st.st_mtim.tv_nsec == a->changed.tv_nsec)
		return;
	a->read = true;
	a->changed = st.st_mtim;
	load(a);
}
