/*
 * What a launch or resume request asks for (gamestream 1.8, 1.9). Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "media/mode.h"
#include "proto/gamestream/gcm.h"
#include "proto/gamestream/surround.h"

struct pf_gs_launch {
	uint32_t app; /* 0 in a resume */
	struct pf_mode
		mode; /* valid: 1280x720@60 in place of one that cannot be made; ANNOUNCE decides anyway */
	uint8_t key[PF_GS_KEY_BYTES];
	uint32_t key_id; /* rikeyid, as an unsigned number */
	bool encrypted_rtsp;
	bool host_audio;   /* the host is to be heard too */
	bool persist_pads; /* gcpersist */
	bool hdr;
	unsigned audio_channels; /* 2, 6, 8: what the client will ask for */
	bool has_surround;       /* a layout of the client's own */
	struct pf_surround surround;
};

/* get gives the decoded value of a parameter, or NULL. Errors: PF_ERR_INVALID (missing or malformed), with a reason. */
int pf_gs_launch_read(struct pf_gs_launch *out, bool resume, const char *(*get)(void *user, const char *name),
	void *user, struct pf_reason *reason);
/* WxHxF; F may have a fraction or be in thousandths. False when no such mode can be made. */
bool pf_gs_mode_read(struct pf_mode *out, const char *text);
