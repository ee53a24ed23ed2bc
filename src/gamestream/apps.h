/*
 * What Moonlight lists: the desktop, and the entries of apps.json in the configuration directory:
 *
 *   {"apps": [{"name": "Doom", "command": "chocolate-doom", "env": {"K": "v"}, "image": "/path/doom.png"}]}
 *
 * One thread.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/error.h"
#include "media/mode.h"

#define PF_GS_APPS_FILE   "apps.json"
#define PF_GS_APPS_MAX    256
#define PF_GS_TITLE_MAX   127
#define PF_GS_COMMAND_MAX 8192
#define PF_GS_DESKTOP_ID  1

struct pf_gs_app {
	uint32_t id; /* 1..2^31-1; follows from the name, so that it stays when others come and go */
	char title[PF_GS_TITLE_MAX + 1];
	char *command;     /* NULL: the desktop's own session */
	char *environment; /* as shell assignments, "export A='1'; ..."; may be NULL */
	char *image;       /* path or NULL */
};

struct pf_gs_apps {
	char path[PATH_MAX];
	struct timespec changed; /* of the file that was read */
	bool read;
	size_t count;
	struct pf_gs_app app[PF_GS_APPS_MAX]; /* the desktop is first */
};

/* Errors: PF_ERR_LIMIT (the path). */
int pf_gs_apps_init(struct pf_gs_apps *a, const char *config_dir);
void pf_gs_apps_finish(struct pf_gs_apps *a);
/* Reads the file again if it has changed. A file that is wrong is told in the log, and what was read before stays. */
void pf_gs_apps_refresh(struct pf_gs_apps *a);
/* NULL: no such app. */
const struct pf_gs_app *pf_gs_apps_find(const struct pf_gs_apps *a, uint32_t id);
/* The line that a private display runs for it: environment, what the stream is, the command. desktop: the command of an
 * app without one; NULL: the line is empty, and the display runs what it runs by itself. False when it is too long. */
bool pf_gs_app_command(
	const struct pf_gs_app *app, const char *desktop, struct pf_mode mode, char out[PF_GS_COMMAND_MAX]);
