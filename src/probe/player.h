/*
 * Sends a script's events to the host, each at its time after the start, and takes further lines from standard input
 * while it runs. The loop's thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "probe/link.h"
#include "probe/options.h"
#include "probe/script.h"
#include "probe/script_line.h"

struct pf_probe_player {
	struct pf_probe_link *link;
	struct pf_script script;
	size_t next;
	int64_t start_ns; /* 0: not yet */
	uint64_t sent;
	uv_timer_t timer;
	uv_poll_t input; /* live only */
	bool open, live;
	char line[PF_SCRIPT_LINE_MAX]; /* the beginning of one that has not come whole */
	size_t len;
	void (*on_error)(void *user, const char *why);
	void *user;
};

/* What the options ask for: the tests, then the file. Errors: PF_ERR_INVALID, PF_ERR_IO, PF_ERR_NOMEM, and those of
 * pf_file_read; the reason names the file and the line. */
int pf_probe_script_load(
	struct pf_script *out, const struct pf_probe_options *options, struct pf_reason *reason);

/* The player takes the script. Errors: PF_ERR_NOMEM, PF_ERR_UNSUPPORTED (standard input cannot be waited for). */
int pf_probe_player_open(struct pf_probe_player *p, uv_loop_t *loop, struct pf_script *script, bool live,
	struct pf_reason *reason);
void pf_probe_player_start(struct pf_probe_player *p, struct pf_probe_link *link, int64_t now_ns);
/* Its handles close on the loop; the script is freed. Does nothing when it is not open. */
void pf_probe_player_close(struct pf_probe_player *p);
