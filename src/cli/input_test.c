/*
 * One input backend without a client, for developers (product 1.1): the pointer circles and a few words are typed, or a
 * pen draws a spiral. All of it on the desktop that this is started from.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "input/backend.h"
#include "os/clock.h"
#include "proto/native/name.h"

#define SECOND_NS   INT64_C(1000000000)
#define STEP_NS     (SECOND_NS / 125)
#define START_NS    (SECOND_NS / 2) /* programs need a moment to notice new devices */
#define SURFACE     65535
#define TWO_PI      6.28318530717958647692
#define TURNS       5
#define PEN_TILT    30
#define SECONDS_MAX 86400

struct spot {
	float x, y; /* 0..1 */
};

/* share: of the whole way, 0..1; ever wider when it is a spiral. */
static struct spot on_way(double share, bool spiral)
{
	double turn = TWO_PI * TURNS * share, radius = spiral ? 0.4 * share : 0.25;
	return (struct spot){(float)(0.5 + radius * cos(turn)), (float)(0.5 + radius * sin(turn))};
}

static void step_pointer(struct pf_input *in, double share)
{
	struct spot s = on_way(share, false);
	in->impl->place(in, (uint32_t)(s.x * SURFACE), (uint32_t)(s.y * SURFACE), SURFACE, SURFACE);
}

static void step_pen(struct pf_input *in, double share)
{
	struct spot s = on_way(share, true);
	const struct pf_pen pen = {.near = share < 1,
		.touching = share < 1,
		.x = s.x,
		.y = s.y,
		.pressure = (uint16_t)(share * UINT16_MAX),
		.tilt_x_deg = PEN_TILT,
		.roll_deg = PF_PEN_UNKNOWN};
	in->impl->pen(in, &pen);
}

static void type(struct pf_input *in, const char *text)
{
	size_t at = 0, len = strlen(text);
	uint32_t scalar;
	while (in->takes & PF_INPUT_TAKES_TEXT && at < len && pf_utf8_next(text, len, &at, &scalar))
		in->impl->text(in, scalar);
}

static int flush_for(struct pf_input *in, int64_t end_ns)
{
	int rc;
	do {
		rc = in->impl->flush(in);
		pf_sleep_until_ns(pf_now_ns() + STEP_NS);
	} while (rc != PF_ERR_CLOSED && pf_now_ns() < end_ns);
	return rc == PF_ERR_CLOSED ? rc : PF_OK;
}

static int run(struct pf_input *in, void (*step)(struct pf_input *in, double share), const char *text,
	int64_t seconds)
{
	int64_t began_ns = pf_now_ns() + START_NS, end_ns = began_ns + seconds * SECOND_NS;
	int rc = flush_for(in, began_ns);
	while (rc == PF_OK && pf_now_ns() < end_ns) {
		step(in, (double)(pf_now_ns() - began_ns) / (double)(end_ns - began_ns));
		rc = flush_for(in, 0);
	}
	step(in, 1);
	type(in, text);
	return rc == PF_OK ? flush_for(in, pf_now_ns() + START_NS) : rc;
}

static int test(int argc, char **argv, bool pen, int backend)
{
	const char *text = "";
	long seconds = 5;
	const struct pf_option options[] = {
		{"seconds", NULL, PF_OPTION_NUMBER, &seconds, 1, SECONDS_MAX, .argument = "N",
			.help = "how long it moves (5)"},
		{"backend", NULL, PF_OPTION_CHOICE, &backend, .words = pf_input_backend_words,
			.argument = "NAME", .help = "wlr (WAYLAND_DISPLAY), libei (LIBEI_SOCKET) or uinput"},
		{"text", NULL, PF_OPTION_TEXT, &text, .argument = "TEXT",
			.help = "what is typed at the end (nothing)"},
	};
	enum pf_options_verdict verdict = pf_options_parse(options, pen ? 2 : 3, argc, argv,
		pen ? "Draws a spiral with a virtual pen."
		    : "Moves a virtual pointer in circles, and types.");
	if (verdict != PF_OPTIONS_OK)
		return verdict == PF_OPTIONS_HELP ? 0 : 2;
	struct pf_reason reason = {0};
	struct pf_input *in = NULL;
	int rc = pf_input_backend_open(&in, (enum pf_input_backend)backend, NULL, &reason);
	if (rc == PF_OK && pen && !(in->takes & PF_INPUT_TAKES_PEN))
		rc = pf_reason(
			&reason, PF_ERR_UNSUPPORTED, "%s has no pen; try --backend uinput", in->impl->name);
	if (rc == PF_OK)
		rc = run(in, pen ? step_pen : step_pointer, text, seconds);
	if (in)
		in->impl->destroy(in);
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", argv[0], reason.text[0] ? reason.text : pf_strerror(rc));
	return rc == PF_OK ? 0 : 1;
}

int pf_cli_input_test(int argc, char **argv)
{
	return test(argc, argv, false, PF_INPUT_AUTO);
}

int pf_cli_pen_test(int argc, char **argv)
{
	return test(argc, argv, true, PF_INPUT_UINPUT);
}
