/*
 * HID controllers through /dev/uhid: the kernel's own drivers meet what looks like the real device. This file carries
 * bytes between the kernel and the model of the controller; drivers do not bind unless what they ask is answered.
 */
#include <errno.h>
#include <linux/uhid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/driver_node.h"
#include "pad/hid_model.h"

#define DEVICE "/dev/uhid"
/* A program that writes without end must not keep the loop: what is left makes it readable again. */
#define EVENTS_PER_TAKE 64

static const struct pf_hid_model *const models[PF_GAMEPAD_LAST + 1] = {
	[PF_GAMEPAD_DUALSENSE] = &pf_hid_dualsense,
	[PF_GAMEPAD_DUALSENSE_EDGE] = &pf_hid_dualsense_edge,
	[PF_GAMEPAD_DUALSHOCK_4] = &pf_hid_dualshock4,
	[PF_GAMEPAD_SWITCH_PRO] = &pf_hid_switch_pro,
};

struct uhid {
	struct pf_pad base;
	int fd;
	struct pf_pad_params params;
	const struct pf_hid_model *model;
	struct pf_hid_port port;
	void *state;
	int64_t now_ns;
	struct uhid_event event;
};

static struct uhid *from_base(struct pf_pad *p)
{
	return (struct uhid *)p;
}

/* --- to the kernel --- */

/* The kernel takes short events for ones that end in zeros. It never lets this wait; what it refuses is lost, as on a
 * cable that is being pulled. */
static void send_event(struct uhid *u, const struct uhid_event *e, size_t body_bytes)
{
	ssize_t n = write(u->fd, e, offsetof(struct uhid_event, u) + body_bytes);
	(void)n;
}

static void send_input(void *user, const uint8_t *report, size_t len)
{
	struct uhid_event e;
	if (len > PF_HID_REPORT_BYTES_MAX)
		return;
	e.type = UHID_INPUT2;
	e.u.input2.size = (uint16_t)len;
	memcpy(e.u.input2.data, report, len);
	send_event(user, &e, offsetof(struct uhid_input2_req, data) + len);
}

/* --- from the kernel --- */

static void pass_feedback(void *user, const struct pf_pad_feedback *f)
{
	struct uhid *u = user;
	u->params.on_feedback(u->params.user, f);
}

static void answer_get(struct uhid *u, const struct uhid_get_report_req *asked)
{
	struct uhid_event e = {.type = UHID_GET_REPORT_REPLY, .u.get_report_reply.id = asked->id};
	struct uhid_get_report_reply_req *reply = &e.u.get_report_reply;
	int len = asked->rtype == UHID_FEATURE_REPORT
			  ? u->model->get_feature(u->state, asked->rnum, reply->data)
			  : PF_ERR_NOT_FOUND;
	reply->err = len < 0 ? EIO : 0;
	reply->size = len < 0 ? 0 : (uint16_t)len;
	send_event(u, &e, offsetof(struct uhid_get_report_reply_req, data) + reply->size);
}

/* Does the descriptor speak of such a report? */
static bool declared(const struct pf_hid_model *m, uint8_t report_id)
{
	static const uint8_t payload[] = {0, 1, 2, 4};
	for (size_t i = 0; i + 1 < m->descriptor_bytes; i += 1 + payload[m->descriptor[i] & 3]) {
		if (m->descriptor[i] == 0x85 && m->descriptor[i + 1] == report_id)
			return true;
	}
	return false;
}

static void answer_set(struct uhid *u, const struct uhid_set_report_req *asked)
{
	struct uhid_event e = {.type = UHID_SET_REPORT_REPLY, .u.set_report_reply.id = asked->id};
	bool known = asked->rtype != UHID_INPUT_REPORT && declared(u->model, asked->rnum);
	e.u.set_report_reply.err = known ? 0 : EIO;
	/* First, so that the program that asked need not wait for what its words bring about. */
	send_event(u, &e, sizeof(e.u.set_report_reply));
	if (known)
		u->model->output(u->state, asked->data, asked->size, u->now_ns);
}

/* START, STOP, OPEN and CLOSE ask for nothing: the drivers keep the device open as long as they are bound. */
static void take_event(struct uhid *u)
{
	const struct uhid_event *e = &u->event;
	switch (e->type) {
	case UHID_OUTPUT:
		if (e->u.output.rtype == UHID_OUTPUT_REPORT)
			u->model->output(u->state, e->u.output.data, e->u.output.size, u->now_ns);
		break;
	case UHID_GET_REPORT:
		answer_get(u, &e->u.get_report);
		break;
	case UHID_SET_REPORT:
		answer_set(u, &e->u.set_report);
		break;
	}
}

static int take(struct pf_pad *p, int64_t now_ns)
{
	struct uhid *u = from_base(p);
	u->now_ns = now_ns;
	for (int i = 0; i < EVENTS_PER_TAKE; i++) {
		ssize_t n = read(u->fd, &u->event, sizeof(u->event));
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return PF_OK;
		if (n < (ssize_t)sizeof(u->event.type))
			return PF_ERR_CLOSED;
		take_event(u);
	}
	return PF_OK;
}

/* --- from the owner --- */

static void report(struct pf_pad *p, const struct pf_pad_report *r, int64_t now_ns)
{
	struct uhid *u = from_base(p);
	u->now_ns = now_ns;
	u->model->report(u->state, r, now_ns);
}

static int64_t tick(struct pf_pad *p, int64_t now_ns)
{
	struct uhid *u = from_base(p);
	u->now_ns = now_ns;
	return u->model->tick(u->state, now_ns);
}

static int poll_fd(const struct pf_pad *p)
{
	return ((const struct uhid *)p)->fd;
}

/* --- life --- */

static int open_device(struct pf_reason *reason)
{
	return pf_driver_node_open(DEVICE, "uhid", reason);
}

static int probe(struct pf_reason *reason)
{
	int fd = open_device(reason);
	if (fd < 0)
		return fd;
	close(fd);
	return PF_OK;
}

/* uniq and phys tell programs which nodes belong to one controller. */
static int introduce(struct uhid *u, struct pf_reason *reason)
{
	struct uhid_event e = {.type = UHID_CREATE2};
	struct uhid_create2_req *c = &e.u.create2;
	const uint8_t *mac = u->params.mac;
	snprintf((char *)c->name, sizeof(c->name), "%s", u->model->name);
	snprintf((char *)c->phys, sizeof(c->phys), "punktfunk/pad%u", u->params.slot);
	snprintf((char *)c->uniq, sizeof(c->uniq), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		mac[3], mac[4], mac[5]);
	c->bus = BUS_USB;
	c->vendor = u->model->vendor;
	c->product = u->model->product;
	c->version = u->model->version;
	c->rd_size = (uint16_t)u->model->descriptor_bytes;
	memcpy(c->rd_data, u->model->descriptor, u->model->descriptor_bytes);
	size_t bytes = offsetof(struct uhid_event, u) + offsetof(struct uhid_create2_req, rd_data) +
		       u->model->descriptor_bytes;
	if (write(u->fd, &e, bytes) != (ssize_t)bytes)
		return pf_reason(reason, PF_ERR_IO, "the kernel refuses a %s on " DEVICE ": %s",
			u->model->name, strerror(errno));
	return PF_OK;
}

static int release(struct pf_pad *p)
{
	struct uhid *u = from_base(p);
	int fd = u->fd;
	u->model->destroy(u->state);
	free(u);
	return fd;
}

static int create(struct pf_pad **out, const struct pf_pad_params *params, struct pf_reason *reason)
{
	const struct pf_hid_model *model = models[params->kind];
	if (!model)
		return pf_reason(reason, PF_ERR_UNSUPPORTED, "no HID controller of kind %d", params->kind);
	struct uhid *u = calloc(1, sizeof(*u));
	if (!u)
		return pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	u->base.impl = &pf_pad_uhid;
	u->params = *params;
	u->model = model;
	u->port = (struct pf_hid_port){send_input, pass_feedback, u};
	u->fd = open_device(reason);
	if (u->fd < 0) {
		int rc = u->fd;
		free(u);
		return rc;
	}
	u->state = model->create(params->mac, &u->port);
	int rc = u->state ? introduce(u, reason) : pf_reason(reason, PF_ERR_NOMEM, "out of memory");
	if (rc < 0) {
		close(release(&u->base));
		return rc;
	}
	*out = &u->base;
	return PF_OK;
}

const struct pf_pad_impl pf_pad_uhid = {
	.name = "uhid",
	.kinds = 1u << PF_GAMEPAD_DUALSENSE | 1u << PF_GAMEPAD_DUALSENSE_EDGE | 1u << PF_GAMEPAD_DUALSHOCK_4 |
		 1u << PF_GAMEPAD_SWITCH_PRO,
	.probe = probe,
	.create = create,
	.fd = poll_fd,
	.take = take,
	.report = report,
	.tick = tick,
	.release = release,
};
