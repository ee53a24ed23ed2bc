/*
 * The private display's own audio graph: what its PipeWire, WirePlumber and pipewire-pulse are started with. Nothing here
 * starts anything: sway's configuration runs the script `sound`, which starts each of them anew when it ends.
 * All of their files are in the runtime directory, none in the user's home.
 */
#pragma once

#include <stdbool.h>

#include "audio/place.h"
#include "base/error.h"

#define PF_SOUND_SCRIPT "sound"

/* Whether this machine has the programs; false with what does not work without them, and what to install. Without
 * pipewire-pulse it is true too, and a reason given. */
bool pf_private_sound_possible(struct pf_reason *reason);

/* Writes `sound` and the folder `audio`. shape: zeros are stereo at 48 kHz.
 * Errors: PF_ERR_INVALID (shape), PF_ERR_IO, PF_ERR_NOMEM. */
int pf_private_sound_write_files(
	const char *directory, const struct pf_audio_shape *shape, struct pf_reason *reason);

/* Where it is, whether it runs or not. */
void pf_private_sound_place(const char *directory, struct pf_audio_place *out);
