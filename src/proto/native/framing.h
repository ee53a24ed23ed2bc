/*
 * The frames of the control stream, and of clipboard streams behind their first five bytes: a u16 length,
 * then that many bytes (native-control 1.5). Pure; one framer per stream, one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/writer.h"

#define PF_FRAME_HEAD_BYTES 2
#define PF_FRAME_BODY_MAX   65535

/* Zero-initialised means "between two frames". Every length fits, so no input can make it fail. */
struct pf_framer {
	size_t have; /* bytes of the unfinished frame in buf, its length field included */
	uint8_t buf[PF_FRAME_HEAD_BYTES + PF_FRAME_BODY_MAX];
};

/* One message; the bytes live until it returns. false stops feeding: the framer is not touched after that,
 * so the handler may free it before it returns false. */
typedef bool (*pf_framer_on_message)(void *user, const uint8_t *message, size_t len);

/* Takes bytes in any fragments and hands out each message as soon as it is whole; empty ones are skipped.
 * Returns the bytes used: len, or fewer when the handler stopped at a message that ended before. */
size_t pf_framer_feed(
	struct pf_framer *f, const uint8_t *data, size_t len, pf_framer_on_message on_message, void *user);
/* A stream that ends now ends in the middle of a frame, which is an error. */
bool pf_framer_in_frame(const struct pf_framer *f);

/* Length and message; fails the writer when the message is longer than PF_FRAME_BODY_MAX. */
void pf_frame_write(struct pf_wr *w, const void *message, size_t len);
/* The same around what is written in between: at = pf_frame_begin(w); ...; pf_frame_end(w, at). */
size_t pf_frame_begin(struct pf_wr *w);
void pf_frame_end(struct pf_wr *w, size_t at);
