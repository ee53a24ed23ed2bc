#include "os/wake.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "os/clock.h"

int pf_wake_init(struct pf_wake *w)
{
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return w->fd < 0 ? PF_ERR_IO : PF_OK;
}

void pf_wake_finish(struct pf_wake *w)
{
	close(w->fd);
}

void pf_wake_signal(struct pf_wake *w)
{
	/* A full counter is a signal as well. */
	eventfd_write(w->fd, 1);
}

void pf_wake_wait(struct pf_wake *w, int64_t deadline_ns)
{
	struct pollfd p = {.fd = w->fd, .events = POLLIN};
	struct timespec left, *timeout = NULL;
	if (deadline_ns != PF_WAKE_FOREVER) {
		int64_t ns = deadline_ns - pf_now_ns();
		ns = ns > 0 ? ns : 0;
		left = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
		timeout = &left;
	}
	if (ppoll(&p, 1, timeout, NULL) > 0) {
		eventfd_t count;
		eventfd_read(w->fd, &count);
	}
}
