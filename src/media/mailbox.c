#include "media/mailbox.h"

#include <errno.h>
#include <time.h>

#include "base/error.h"

void pf_mailbox_init(struct pf_mailbox *m)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->changed, &attr);
	pthread_condattr_destroy(&attr);
	m->frame = NULL;
	m->woken = false;
	m->replaced = 0;
}

void pf_mailbox_finish(struct pf_mailbox *m)
{
	m->frame = pf_frame_unref(m->frame);
	pthread_cond_destroy(&m->changed);
	pthread_mutex_destroy(&m->lock);
}

void pf_mailbox_put(struct pf_mailbox *m, struct pf_frame *frame)
{
	pthread_mutex_lock(&m->lock);
	struct pf_frame *old = m->frame;
	m->frame = frame;
	if (old) {
		pf_frame_join_damage(frame, old);
		m->replaced++;
	}
	pthread_cond_signal(&m->changed);
	pthread_mutex_unlock(&m->lock);
	pf_frame_unref(old);
}

void pf_mailbox_wake(struct pf_mailbox *m)
{
	pthread_mutex_lock(&m->lock);
	m->woken = true;
	pthread_cond_signal(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

/* With the lock held: until there is a frame, a wake or the deadline. A frame is worth more than a wake. */
static int wait_locked(struct pf_mailbox *m, int64_t deadline_ns)
{
	struct timespec t = {.tv_sec = deadline_ns / 1000000000, .tv_nsec = deadline_ns % 1000000000};
	while (!m->frame && !m->woken) {
		if (pthread_cond_timedwait(&m->changed, &m->lock, &t) == ETIMEDOUT)
			break;
	}
	if (m->frame)
		return PF_OK;
	if (!m->woken)
		return PF_ERR_TIMEOUT;
	m->woken = false;
	return PF_ERR_AGAIN;
}

int pf_mailbox_take(struct pf_mailbox *m, int64_t deadline_ns, struct pf_frame **out)
{
	pthread_mutex_lock(&m->lock);
	int rc = wait_locked(m, deadline_ns);
	if (rc == PF_OK) {
		*out = m->frame;
		m->frame = NULL;
	}
	pthread_mutex_unlock(&m->lock);
	return rc;
}

int pf_mailbox_wait(struct pf_mailbox *m, int64_t deadline_ns)
{
	pthread_mutex_lock(&m->lock);
	int rc = wait_locked(m, deadline_ns);
	pthread_mutex_unlock(&m->lock);
	return rc;
}
