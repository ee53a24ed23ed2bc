/* The three messages of the handshake: what is accepted is written and read again unchanged. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/native/hello.h"
#include "proto/native/name.h"
#include "proto/native/start.h"
#include "proto/native/welcome.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t first[8192], second[8192];

static void same(const struct pf_wr *a, const struct pf_wr *b)
{
	if (a->failed || b->failed || a->len != b->len || memcmp(a->start, b->start, a->len) != 0)
		abort();
}

static void check_hello(const uint8_t *data, size_t size)
{
	struct pf_hello h;
	if (pf_hello_read(&h, data, size) != PF_OK)
		return;
	if (!pf_utf8_valid(h.name, strlen(h.name)) || !pf_utf8_valid(h.launch, strlen(h.launch)))
		abort();
	struct pf_wr a = pf_wr_init(first, PF_HELLO_BYTES_MAX), b = pf_wr_init(second, sizeof(second));
	pf_hello_write(&a, &h);
	if (pf_hello_read(&h, first, a.len) != PF_OK)
		abort();
	pf_hello_write(&b, &h);
	same(&a, &b);
}

static void check_welcome(const uint8_t *data, size_t size)
{
	struct pf_welcome m;
	struct pf_reason reason;
	if (pf_welcome_read(&m, data, size) != PF_OK)
		return;
	pf_welcome_check(&m, &reason);
	struct pf_wr a = pf_wr_init(first, PF_WELCOME_BYTES_MAX), b = pf_wr_init(second, sizeof(second));
	pf_welcome_write(&a, &m);
	if (pf_welcome_read(&m, first, a.len) != PF_OK)
		abort();
	pf_welcome_write(&b, &m);
	same(&a, &b);
}

static void check_start(const uint8_t *data, size_t size)
{
	struct pf_start s;
	pf_start_read(&s, data, size, false);
	if (pf_start_read(&s, data, size, true) != PF_OK)
		return;
	struct pf_wr a = pf_wr_init(first, PF_START_BYTES_MAX), b = pf_wr_init(second, sizeof(second));
	pf_start_write(&a, &s);
	if (pf_start_read(&s, first, a.len, true) != PF_OK)
		abort();
	pf_start_write(&b, &s);
	same(&a, &b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_hello(data, size);
	check_welcome(data, size);
	check_start(data, size);
	return 0;
}
