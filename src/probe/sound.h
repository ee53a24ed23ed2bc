/*
 * What the probe does with the sound of a session: counts it, and on demand decodes it into a file of interleaved 32-bit
 * float samples, little endian, channels in the order of the wire. The file's time is the host's. One thread.
 */
#pragma once

#include "client/sound_receiver.h"
#include "probe/av_sync.h"
#include "probe/report.h"
#include "proto/native/welcome.h"

struct pf_probe_sound;

/* path NULL: no file. sync NULL: nobody else wants the samples. Both: nothing is decoded. The report and sync outlive
 * the sound. Errors: PF_ERR_IO, PF_ERR_NOMEM,
 * PF_ERR_UNSUPPORTED (a format that no host may choose). */
int pf_probe_sound_open(struct pf_probe_sound **out, const struct pf_welcome *welcome, const char *path,
	struct pf_av_sync *sync, struct pf_probe_report *report, struct pf_reason *reason);
/* wall_ns: the host's clock, when the datagram came. */
void pf_probe_sound_take(struct pf_probe_sound *s, const struct pf_datagram *d, uint64_t wall_ns);
/* Writes what still waits, and frees. NULL is fine. Errors: PF_ERR_IO (the file is not whole). */
int pf_probe_sound_close(struct pf_probe_sound *s);
