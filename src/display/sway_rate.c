#include "display/sway_rate.h"

#include "base/log.h"
#include "display/sway_ipc.h"
#include "os/clock.h"

#define ASK_NS INT64_C(50000000) /* sway answers between two pictures, within 5 ms */

void pf_sway_rate_init(struct pf_sway_rate *r, const char *socket_path)
{
	*r = (struct pf_sway_rate){.socket_path = socket_path};
	pthread_mutex_init(&r->lock, NULL);
}

void pf_sway_rate_finish(struct pf_sway_rate *r)
{
	pthread_mutex_destroy(&r->lock);
}

void pf_sway_rate_start(struct pf_sway_rate *r, struct pf_mode mode)
{
	pthread_mutex_lock(&r->lock);
	r->running = true;
	r->mode = mode;
	pf_tick_law_start(&r->law, mode.refresh_hz);
	pthread_mutex_unlock(&r->lock);
}

void pf_sway_rate_stop(struct pf_sway_rate *r)
{
	pthread_mutex_lock(&r->lock);
	r->running = false;
	pthread_mutex_unlock(&r->lock);
}

static void ask(struct pf_sway_rate *r, uint32_t refresh_mhz)
{
	struct pf_reason reason = {0};
	int rc = pf_sway_set_mode(r->socket_path, r->mode.width_px, r->mode.height_px, refresh_mhz,
		pf_now_ns() + ASK_NS, &reason);
	if (rc < 0) {
		pf_warn("display", "the rate of %ux%u@%u stays as it is: %s", r->mode.width_px,
			r->mode.height_px, r->mode.refresh_hz, reason.text);
		r->running = false;
		return;
	}
	pf_info("display", "%ux%u@%u: sway is asked for %u.%03u Hz to come nearest to it", r->mode.width_px,
		r->mode.height_px, r->mode.refresh_hz, refresh_mhz / 1000, refresh_mhz % 1000);
}

void pf_sway_rate_picture(struct pf_sway_rate *r, int64_t ready_ns)
{
	pthread_mutex_lock(&r->lock);
	uint32_t refresh_mhz = r->running ? pf_tick_law_picture(&r->law, ready_ns) : 0;
	if (refresh_mhz)
		ask(r, refresh_mhz);
	pthread_mutex_unlock(&r->lock);
}
