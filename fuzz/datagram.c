/* QUIC datagrams, input events and pen batches among them. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/native/datagram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_event(const struct pf_input_event *e)
{
	pf_input_grant(e->kind);
	if (e->kind == PF_INPUT_PAD_STATE && pf_input_pad_state(e).pad >= PF_PADS_MAX)
		abort();
	if (e->kind == PF_INPUT_MOVE_ABS && pf_input_surface(e).width_px == 0)
		abort();
}

static void check_pen(struct pf_pen_batch batch)
{
	struct pf_pen_filter filter = {0};
	if (!pf_pen_filter(&filter, &batch))
		return;
	for (unsigned i = 0; i < batch.count; i++) {
		const struct pf_pen_sample *s = &batch.sample[i];
		if (s->state & PF_PEN_PREDICTED || !(s->x >= 0 && s->x <= 1 && s->y >= 0 && s->y <= 1))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_datagram d;
	if (pf_datagram_read(&d, data, size) != PF_OK)
		return 0;
	if (d.tag == PF_DATAGRAM_INPUT)
		check_event(&d.input);
	if (d.tag == PF_DATAGRAM_RICH_INPUT && d.rich.kind == PF_RICH_PEN)
		check_pen(d.rich.pen);
	size_t room = size + 64;
	uint8_t *first = malloc(room), *second = malloc(room);
	struct pf_wr a = pf_wr_init(first, room), b = pf_wr_init(second, room);
	pf_datagram_write(&a, &d);
	if (a.failed || pf_datagram_read(&d, first, a.len) != PF_OK)
		abort();
	pf_datagram_write(&b, &d);
	if (b.failed || a.len != b.len || memcmp(first, second, a.len) != 0)
		abort();
	free(first);
	free(second);
	return 0;
}
