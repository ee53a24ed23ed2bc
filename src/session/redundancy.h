/*
 * Whether each packet of sound travels twice (native-media 6.2): while the link loses packets, and for a while after,
 * unless the operator said. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "session/host.h"

struct pf_redundancy {
	bool possible; /* client and budget allow it */
	enum pf_choice choice;
	int64_t until_ns; /* of loss that was seen */
};

/* A report of loss, in parts per million. */
void pf_redundancy_loss(struct pf_redundancy *r, uint32_t loss_ppm, int64_t now_ns);
bool pf_redundancy_wanted(const struct pf_redundancy *r, int64_t now_ns);
