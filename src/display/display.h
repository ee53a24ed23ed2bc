/*
 * Virtual outputs. A display knows how its picture is best taken and how input reaches it, so the pipeline
 * asks the display for its capture instead of choosing both side by side. Calls may block for bounded
 * times and come from one thread per display (the session's display thread).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "audio/place.h"
#include "base/error.h"
#include "capture/capture.h"
#include "input/input.h"
#include "media/mode.h"

struct pf_display;

struct pf_display_params {
	struct pf_mode mode;
	const char *runtime_root;    /* directory for per-display runtime directories, 0700, ours */
	const char *session_command; /* what runs inside; NULL = PUNKTFUNK_PRIVATE_SESSION, else a terminal */
	bool ends_with_command;      /* the display is over when session_command is */
	const char *client_label;    /* for the log */
	struct pf_audio_shape audio; /* what its programs shall be able to play */
};

struct pf_display_impl {
	const char *name;
	/* Can a display be made now, and if not why and what would help. Same code as create. */
	int (*probe)(const struct pf_display_params *params, struct pf_reason *reason);
	int (*create)(
		struct pf_display **out, const struct pf_display_params *params, struct pf_reason *reason);
	int (*open_capture)(struct pf_display *d, struct pf_capture **out, struct pf_reason *reason);
	/* NULL: it takes no input. */
	int (*open_input)(struct pf_display *d, struct pf_input **out, struct pf_reason *reason);
	/* Where its programs play and listen; NULL: in the user's own graph. */
	void (*sound)(struct pf_display *d, struct pf_audio_place *out);
	/* PF_ERR_UNSUPPORTED: make a new display instead. */
	int (*set_mode)(struct pf_display *d, struct pf_mode mode, struct pf_reason *reason);
	/* PF_OK while it can still be captured, else PF_ERR_CLOSED and how it ended. Thread-safety: safe. */
	int (*check)(struct pf_display *d, struct pf_reason *reason);
	void (*destroy)(struct pf_display *d);
};

/* First member of every backend's own struct. */
struct pf_display {
	const struct pf_display_impl *impl;
	struct pf_mode mode;
};

/* backend: NULL = first that probes well ("private", then others as they come), "private", "synthetic".
 * Errors: PF_ERR_INVALID (mode outside the limits: the reason names them), PF_ERR_UNSUPPORTED,
 * PF_ERR_TIMEOUT, PF_ERR_IO, PF_ERR_NOT_FOUND (unknown backend). */
int pf_display_create(struct pf_display **out, const char *backend, const struct pf_display_params *params,
	struct pf_reason *reason);
int pf_display_probe(const char *backend, const struct pf_display_params *params, struct pf_reason *reason);
int pf_display_open_capture(struct pf_display *d, struct pf_capture **out, struct pf_reason *reason);
/* What injects into this display; destroy it before the display. */
int pf_display_open_input(struct pf_display *d, struct pf_input **out, struct pf_reason *reason);
void pf_display_sound(struct pf_display *d, struct pf_audio_place *out);
int pf_display_set_mode(struct pf_display *d, struct pf_mode mode, struct pf_reason *reason);
int pf_display_check(struct pf_display *d, struct pf_reason *reason);
void pf_display_destroy(struct pf_display *d);

/* Where runtime directories go when nobody says: XDG_RUNTIME_DIR/punktfunk, else /tmp/punktfunk-<uid>.
 * Errors: PF_ERR_LIMIT (the path does not fit). */
int pf_display_runtime_root(char *out, size_t cap);

/* Removes what a killed predecessor left below runtime_root (runtime directories whose keeper is gone).
 * Run once at start, before anything listens. Returns how many were removed, or a negative error. */
int pf_display_restore_leftovers(const char *runtime_root);

/* Makes runtime_root (ours alone) when it is absent, and restores leftovers in it: what a program that makes
 * displays does first. Errors: PF_ERR_IO, PF_ERR_AUTH (it is someone else's); with a reason. */
int pf_display_prepare_root(const char *runtime_root, struct pf_reason *reason);

/* The backends' tables (display.c lists them in order of preference). */
extern const struct pf_display_impl pf_display_private;
extern const struct pf_display_impl pf_display_synthetic;
