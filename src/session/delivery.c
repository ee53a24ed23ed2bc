#include "session/delivery.h"

enum pf_delivery_news pf_delivery_report(
	struct pf_delivery *d, uint64_t packets, int64_t first_sent_ns, int64_t now_ns)
{
	if (packets > 0) {
		bool restored = d->blocked;
		*d = (struct pf_delivery){.settled = true};
		return restored ? PF_DELIVERY_RESTORED : PF_DELIVERY_NO_NEWS;
	}
	bool waited = first_sent_ns != 0 && now_ns - first_sent_ns >= PF_DELIVERY_PATIENCE_NS;
	if (d->settled || d->blocked || !waited)
		return PF_DELIVERY_NO_NEWS;
	d->blocked = true;
	return PF_DELIVERY_BLOCKED;
}
