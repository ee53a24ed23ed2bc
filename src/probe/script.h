/*
 * Input as a text for people, one event a line (doc/probe-input.md), and as the bytes that go to a host. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "proto/native/caps.h"

#define PF_SCRIPT_BYTES_MAX 192 /* of one datagram */

struct pf_script_step {
	int64_t at_ns; /* since the start */
	bool edge;     /* goes as the control message InputEdge instead of a datagram */
	uint8_t len;
	uint8_t bytes[PF_SCRIPT_BYTES_MAX]; /* the whole datagram */
};

/* Zero-initialised: empty. */
struct pf_script {
	struct pf_script_step *step;
	size_t count, room;
	int64_t end_ns;   /* when the next step is due */
	int64_t every_ns; /* from one event to the next */
	unsigned line;    /* that was read last */
	uint8_t pad_seq[PF_PADS_MAX];
	uint16_t pen_seq;
};

/* One line more, without its end. Errors: PF_ERR_INVALID, PF_ERR_NOMEM; the reason begins with "line N: ". */
int pf_script_line(struct pf_script *s, const char *line, size_t len, struct pf_reason *reason);
/* All lines of the text. Errors: as above. */
int pf_script_text(struct pf_script *s, const char *text, size_t len, struct pf_reason *reason);
void pf_script_free(struct pf_script *s);
