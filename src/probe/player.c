#include "probe/player.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "probe/script_tests.h"
#include "proto/native/control.h"

#define SCRIPT_BYTES_MAX ((size_t)64 << 20)
#define MS_NS            1000000
#define AT_ONCE          32 /* the queue of datagrams is short, and drops the oldest */

static int load_tests(struct pf_script *out, const struct pf_probe_options *o, struct pf_reason *reason)
{
	if (!o->input_test && !o->touch_test && !o->rich_input_test)
		return PF_OK;
	char *text = pf_probe_test_script(o);
	int err = text ? pf_script_text(out, text, strlen(text), reason) : PF_ERR_NOMEM;
	free(text);
	out->line = 0;
	out->every_ns = 0;
	return err;
}

static int load_file(struct pf_script *out, const char *path, struct pf_reason *reason)
{
	char *text;
	size_t len;
	int err = pf_file_read(path, SCRIPT_BYTES_MAX, &text, &len);
	if (err)
		return pf_reason(reason, err, "cannot read %.120s: %s", path,
			err == PF_ERR_IO ? strerror(errno) : pf_strerror(err));
	struct pf_reason why = {0};
	err = pf_script_text(out, text, len, &why);
	free(text);
	return err ? pf_reason(reason, err, "%.80s, %s", path, why.text) : PF_OK;
}

int pf_probe_script_load(struct pf_script *out, const struct pf_probe_options *o, struct pf_reason *reason)
{
	int err = load_tests(out, o, reason);
	if (!err && o->input_script && !pf_probe_script_is_live(o))
		err = load_file(out, o->input_script, reason);
	if (err)
		pf_script_free(out);
	return err;
}

static void send_step(struct pf_probe_player *p, const struct pf_script_step *step)
{
	struct pf_control m = {.type = PF_CONTROL_INPUT_EDGE};
	p->sent++;
	if (!step->edge)
		pf_probe_link_datagram(p->link, step->bytes, step->len);
	else if (pf_input_read(&m.input_edge, step->bytes, step->len) == PF_OK)
		pf_probe_link_send(p->link, &m);
}

static void play(struct pf_probe_player *p);

static void handle_timer(uv_timer_t *timer)
{
	play(timer->data);
}

/* All that is due, and the timer for what is next. */
static void play(struct pf_probe_player *p)
{
	int64_t now_ns = pf_now_ns() - p->start_ns;
	const struct pf_script *s = &p->script;
	for (int n = 0; n < AT_ONCE && p->next < s->count && s->step[p->next].at_ns <= now_ns; n++)
		send_step(p, &s->step[p->next++]);
	if (p->next < s->count) {
		int64_t late_ns = now_ns - s->step[p->next].at_ns, wait_ns = late_ns >= 0 ? MS_NS : -late_ns;
		uv_update_time(p->timer.loop);
		uv_timer_start(&p->timer, handle_timer, (uint64_t)((wait_ns + MS_NS - 1) / MS_NS), 0);
	} else {
		p->script.count = p->next = 0;
	}
}

/* --- live --- */

static void fail(struct pf_probe_player *p, const char *why)
{
	uv_poll_stop(&p->input);
	p->on_error(p->user, why);
}

static bool take_line(struct pf_probe_player *p)
{
	struct pf_reason reason = {0};
	int err = pf_script_line(&p->script, p->line, p->len, &reason);
	p->len = 0;
	if (err)
		fail(p, reason.text);
	return !err;
}

static void take_bytes(struct pf_probe_player *p, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			if (!take_line(p))
				return;
		} else if (p->len < sizeof(p->line)) {
			p->line[p->len++] = bytes[i]; /* too long a line is cut where the parser refuses it */
		}
	}
}

static void handle_input(uv_poll_t *poll, int status, int events)
{
	struct pf_probe_player *p = poll->data;
	char bytes[16384];
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		uv_poll_stop(poll);
		return;
	}
	int64_t now_ns = pf_now_ns() - p->start_ns;
	if (p->script.end_ns < now_ns)
		p->script.end_ns = now_ns;
	take_bytes(p, bytes, (size_t)n);
	play(p);
}

/* --- life --- */

int pf_probe_player_open(struct pf_probe_player *p, uv_loop_t *loop, struct pf_script *script, bool live,
	struct pf_reason *reason)
{
	if (uv_timer_init(loop, &p->timer))
		return PF_ERR_NOMEM;
	p->timer.data = p;
	p->open = true;
	p->script = *script;
	*script = (struct pf_script){0};
	if (live && uv_poll_init(loop, &p->input, STDIN_FILENO))
		return pf_reason(reason, PF_ERR_UNSUPPORTED,
			"--input-script - takes its lines from a pipe or a terminal");
	p->live = live;
	p->input.data = p;
	return PF_OK;
}

void pf_probe_player_start(struct pf_probe_player *p, struct pf_probe_link *link, int64_t now_ns)
{
	p->link = link;
	p->start_ns = now_ns;
	if (p->live)
		uv_poll_start(&p->input, UV_READABLE, handle_input);
	play(p);
}

void pf_probe_player_close(struct pf_probe_player *p)
{
	if (!p->open)
		return;
	uv_close((uv_handle_t *)&p->timer, NULL);
	if (p->live)
		uv_close((uv_handle_t *)&p->input, NULL);
	p->open = false;
	pf_script_free(&p->script);
}
