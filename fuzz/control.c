/* Typed control messages and those of pairing: what is accepted is written and read again unchanged. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/native/control.h"
#include "proto/native/pairing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_control(const uint8_t *data, size_t size)
{
	static uint8_t first[PF_CONTROL_BYTES_MAX], second[PF_CONTROL_BYTES_MAX];
	struct pf_control m;
	if (pf_control_read(&m, data, size) != PF_OK)
		return;
	struct pf_wr w = pf_wr_init(first, sizeof(first));
	pf_control_write(&w, &m);
	if (w.failed || pf_control_read(&m, first, w.len) != PF_OK)
		abort();
	struct pf_wr again = pf_wr_init(second, sizeof(second));
	pf_control_write(&again, &m);
	if (again.failed || again.len != w.len || memcmp(first, second, w.len) != 0)
		abort();
}

static void check_pairing(const uint8_t *data, size_t size)
{
	static uint8_t first[8 + PF_PAIR_NAME_MAX + UINT16_MAX], second[sizeof(first)];
	struct pf_pair_message m;
	if (pf_pair_read(&m, data, size) != PF_OK)
		return;
	struct pf_wr w = pf_wr_init(first, sizeof(first));
	pf_pair_write(&w, &m);
	if (w.failed || pf_pair_read(&m, first, w.len) != PF_OK)
		abort();
	struct pf_wr again = pf_wr_init(second, sizeof(second));
	pf_pair_write(&again, &m);
	if (again.failed || again.len != w.len || memcmp(first, second, w.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_control(data, size);
	check_pairing(data, size);
	return 0;
}
