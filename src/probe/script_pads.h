/* The script's controllers and pen; for script.c. */
#pragma once

#include "probe/script.h"
#include "probe/script_line.h"
#include "proto/native/datagram.h"

void pf_script_read_pad(struct pf_script *s, struct pf_line *l);
void pf_script_read_pen(struct pf_script *s, struct pf_line *l);

/* What they make; nothing when the line has failed. */
void pf_script_add(struct pf_script *s, struct pf_line *l, const struct pf_datagram *d);
void pf_script_add_event(struct pf_script *s, struct pf_line *l, enum pf_input_kind kind, uint32_t code,
	int32_t x, int32_t y, uint32_t flags);
