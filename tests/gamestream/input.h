/* Input packets (spec 5), on a schedule made from the options. */
#pragma once

#include "control.h"

struct gsc_event {
	double ms; /* after the start */
	uint8_t channel;
	bool reliable;
	uint8_t len;
	uint8_t bytes[44];
};

struct gsc_input {
	struct gsc_event *events;
	size_t count, next;
};

void gsc_input_plan(struct gsc_input *in, const struct gsc_options *o);
/* Adds what a line says, in the words of the probe's input scripts: key, text, move, place, wheel, button; a key may
 * have the modifiers that the client claims behind it. False when it says nothing known. */
bool gsc_input_line(struct gsc_input *in, const char *line);
void gsc_input_free(struct gsc_input *in);
/* Sends what is due at ms after the start. When the next one is due, or -1. */
double gsc_input_run(struct gsc_input *in, struct gsc_control *c, double ms);
