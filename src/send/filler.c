#include "send/filler.h"

#include "packet/packetiser.h"

#define UNITS_PER_S    240
#define UNIT_BYTES_MIN 1200
#define SECOND_NS      1000000000ull

void pf_filler_init(struct pf_filler *f, uint32_t target_kbps, uint32_t duration_ms, int64_t now_ns)
{
	uint64_t bytes_per_s = (uint64_t)target_kbps * 125;
	uint64_t unit = bytes_per_s / UNITS_PER_S;
	unit = unit < UNIT_BYTES_MIN ? UNIT_BYTES_MIN : unit;
	unit = unit > PF_FILLER_BYTES_MAX ? PF_FILLER_BYTES_MAX : unit;
	*f = (struct pf_filler){
		.bytes_per_s = bytes_per_s,
		.unit_bytes = (size_t)unit,
		.start_ns = now_ns,
		.end_ns = now_ns + (int64_t)duration_ms * 1000000,
	};
}

unsigned pf_filler_due(const struct pf_filler *f, int64_t now_ns)
{
	if (pf_filler_over(f, now_ns))
		return 0;
	uint64_t wanted = f->bytes_per_s * (uint64_t)(now_ns - f->start_ns) / SECOND_NS;
	uint64_t due = wanted > f->bytes ? wanted - f->bytes : 0;
	uint64_t turn = due < PF_FILLER_TURN_BYTES ? due : PF_FILLER_TURN_BYTES;
	return (unsigned)(turn / f->unit_bytes);
}

void pf_filler_sent(struct pf_filler *f)
{
	f->bytes += f->unit_bytes;
	f->units++;
}

int64_t pf_filler_next_ns(const struct pf_filler *f)
{
	if (f->bytes_per_s == 0)
		return f->end_ns;
	/* Rounded up, so that the unit is due when the time has come. */
	uint64_t passed = ((f->bytes + f->unit_bytes) * SECOND_NS + f->bytes_per_s - 1) / f->bytes_per_s;
	int64_t next_ns = f->start_ns + (int64_t)passed;
	return next_ns < f->end_ns ? next_ns : f->end_ns;
}

bool pf_filler_over(const struct pf_filler *f, int64_t now_ns)
{
	return now_ns >= f->end_ns;
}
