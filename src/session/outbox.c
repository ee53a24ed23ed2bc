#include "session/outbox.h"

#include <stdlib.h>

#define NOTICES_MAX 256
#define TIMINGS_MAX 224 /* the rest is kept for what must arrive */

struct pf_outbox {
	uv_async_t wake;
	void (*on_notice)(void *user, const struct pf_notice *notice);
	void (*on_gone)(void *user);
	void *user;
	bool closing;

	pthread_mutex_t lock; /* guards the rest */
	unsigned first, count;
	struct pf_notice notice[NOTICES_MAX];
};

static bool take(struct pf_outbox *o, struct pf_notice *out)
{
	pthread_mutex_lock(&o->lock);
	bool any = o->count > 0;
	if (any) {
		*out = o->notice[o->first];
		o->first = (o->first + 1) % NOTICES_MAX;
		o->count--;
	}
	pthread_mutex_unlock(&o->lock);
	return any;
}

static void handle_wake(uv_async_t *wake)
{
	struct pf_outbox *o = wake->data;
	struct pf_notice notice;
	while (!o->closing && take(o, &notice))
		o->on_notice(o->user, &notice);
}

int pf_outbox_create(struct pf_outbox **out, uv_loop_t *loop,
	void (*on_notice)(void *user, const struct pf_notice *notice), void *user)
{
	struct pf_outbox *o = calloc(1, sizeof(*o));
	if (!o)
		return PF_ERR_NOMEM;
	if (uv_async_init(loop, &o->wake, handle_wake) < 0) {
		free(o);
		return PF_ERR_NOMEM;
	}
	o->wake.data = o;
	o->on_notice = on_notice;
	o->user = user;
	pthread_mutex_init(&o->lock, NULL);
	*out = o;
	return PF_OK;
}

static void handle_closed(uv_handle_t *handle)
{
	struct pf_outbox *o = handle->data;
	void (*on_gone)(void *user) = o->on_gone;
	void *user = o->user;
	pthread_mutex_destroy(&o->lock);
	free(o);
	if (on_gone)
		on_gone(user);
}

void pf_outbox_destroy(struct pf_outbox *o, void (*on_gone)(void *user))
{
	o->closing = true;
	o->on_gone = on_gone;
	uv_close((uv_handle_t *)&o->wake, handle_closed);
}

void pf_outbox_post(struct pf_outbox *o, const struct pf_notice *notice)
{
	pthread_mutex_lock(&o->lock);
	unsigned room = notice->kind == PF_NOTICE_SENT || notice->kind == PF_NOTICE_DROPPED ? TIMINGS_MAX
											    : NOTICES_MAX;
	if (o->count < room)
		o->notice[(o->first + o->count++) % NOTICES_MAX] = *notice;
	pthread_mutex_unlock(&o->lock);
	uv_async_send(&o->wake);
}
