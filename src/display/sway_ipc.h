/* Commands to a running sway over its i3 IPC socket. Bounded by a deadline; thread-safety: safe. */
#pragma once

#include <stdint.h>

#include "base/error.h"

/*
 * Runs one command, such as "output HEADLESS-1 mode ...", and waits for sway's word on it. deadline_ns is of
 * pf_now_ns. Errors: PF_ERR_IO (no connection), PF_ERR_TIMEOUT, PF_ERR_INVALID (sway refused, or its answer
 * is none), each with its reason.
 */
int pf_sway_command(
	const char *socket_path, const char *command, int64_t deadline_ns, struct pf_reason *reason);
/* The same, for the mode of the one output of a headless sway; refresh in thousandths of a hertz. */
int pf_sway_set_mode(const char *socket_path, uint32_t width_px, uint32_t height_px, uint32_t refresh_mhz,
	int64_t deadline_ns, struct pf_reason *reason);
