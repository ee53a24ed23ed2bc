/* A pairing message, and what either end makes of it: nothing but the right proof may convince anybody. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pairing/ceremony.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct pf_slice pin = {(const uint8_t *)"4321", 4};

static void check_write(const struct pf_pair_message *m)
{
	uint8_t buf[PF_PAIR_BYTES_MAX];
	struct pf_wr w = pf_wr_init(buf, sizeof(buf));
	struct pf_pair_message again;
	if (m->type == PF_PAIR_REQUEST && m->request.spake.len != PF_PAIR_SPAKE_BYTES)
		return;
	pf_pair_write(&w, m);
	if (w.failed || pf_pair_read(&again, buf, w.len) != PF_OK || again.type != m->type)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pf_pairing_ends ends = {{1}, {2}};
	struct pf_pair_message m, challenge, proof;
	struct pf_pairing_client client;
	uint8_t owed[PF_PAIR_CONFIRM_BYTES];
	if (pf_pair_read(&m, data, size) < 0)
		return 0;
	check_write(&m);
	if (m.type == PF_PAIR_REQUEST) {
		int rc = pf_pairing_answer(&challenge, owed, pin, &ends, m.request.spake);
		if (rc != PF_OK && rc != PF_ERR_INVALID)
			abort();
	} else if (m.type == PF_PAIR_CHALLENGE) {
		if (pf_pairing_client_start(&client, pin, &ends) != PF_OK ||
			pf_pairing_client_prove(&client, &m, &proof) == PF_OK)
			abort();
	}
	return 0;
}
