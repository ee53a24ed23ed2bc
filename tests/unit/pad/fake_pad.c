#include "fake_pad.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct fake_pad *fake_made[FAKE_PADS_MAX];
unsigned fake_count;
bool fake_hid_fails, fake_all_fail;

static struct fake_pad *of(const struct pf_pad *p)
{
	return (struct fake_pad *)p;
}

static int probe_hid(struct pf_reason *reason)
{
	return fake_hid_fails || fake_all_fail ? PF_ERR_AUTH : PF_OK;
}

static int probe(struct pf_reason *reason)
{
	return fake_all_fail ? PF_ERR_AUTH : PF_OK;
}

static int create(struct pf_pad **out, const struct pf_pad_params *params, struct pf_reason *reason)
{
	int ends[2];
	if (fake_all_fail || (fake_hid_fails && params->kind == PF_GAMEPAD_DUALSENSE))
		return pf_reason(reason, PF_ERR_AUTH, "no permission");
	struct fake_pad *f = calloc(1, sizeof(*f));
	if (!f || fake_count == FAKE_PADS_MAX || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		abort();
	f->base.impl = fake_backend(params->kind);
	f->params = *params;
	f->fd = ends[0];
	f->writer = ends[1];
	f->due_ns = PF_PAD_NEVER;
	fake_made[fake_count++] = f;
	*out = &f->base;
	return PF_OK;
}

static int fd(const struct pf_pad *p)
{
	return of(p)->fd;
}

static int take(struct pf_pad *p, int64_t now_ns)
{
	char c;
	of(p)->takes++;
	return read(of(p)->fd, &c, 1) == 1 && !of(p)->gone ? PF_OK : PF_ERR_CLOSED;
}

static void report(struct pf_pad *p, const struct pf_pad_report *r, int64_t now_ns)
{
	of(p)->reports++;
	of(p)->last = *r;
}

static int64_t tick(struct pf_pad *p, int64_t now_ns)
{
	return of(p)->due_ns;
}

static int release(struct pf_pad *p)
{
	of(p)->released = true;
	return of(p)->fd;
}

static const struct pf_pad_impl levels = {
	"fake", false, 0, probe_hid, create, fd, take, report, tick, release};
static const struct pf_pad_impl timed = {"timed", true, 0, probe, create, fd, take, report, tick, release};

const struct pf_pad_impl *fake_backend(enum pf_gamepad kind)
{
	return kind == PF_GAMEPAD_DUALSENSE ? &levels : &timed;
}

void fake_say(const struct fake_pad *f, const struct pf_pad_feedback *feedback)
{
	f->params.on_feedback(f->params.user, feedback);
}

void fake_reset(void)
{
	for (unsigned i = 0; i < fake_count; i++) {
		close(fake_made[i]->writer);
		free(fake_made[i]);
	}
	fake_count = 0;
	fake_hid_fails = fake_all_fail = false;
}
