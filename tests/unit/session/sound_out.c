/* Frames to datagrams (native-media 6.1 to 6.3), on a source that the test plays itself. */
#include "session/sound_out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "os/clock.h"
#include "os/wake.h"
#include "proto/native/datagram.h"

/* A device that gives exactly the chunks that it is told to. */
struct device {
	struct pf_audio_source base;
	struct pf_wake wake;
	_Atomic unsigned given; /* chunks of 5 ms so far */
	_Atomic bool loud;
	_Atomic unsigned taken; /* frames */
	bool *gone;
};

static unsigned chunk(const struct device *d)
{
	return d->base.rate_hz / 200;
}

static void look(struct pf_audio_source *s, int64_t now_ns, struct pf_audio_news *out)
{
	struct device *d = (struct device *)s;
	*out = (struct pf_audio_news){.frames = atomic_load(&d->given) * chunk(d) - atomic_load(&d->taken),
		.chunk_frames = chunk(d),
		.newest_ns = now_ns,
		.opened = 1,
		.live = true};
}

static void read_samples(struct pf_audio_source *s, float *out, unsigned frames)
{
	struct device *d = (struct device *)s;
	for (unsigned i = 0; i < frames * s->channels; i++)
		out[i] = atomic_load(&d->loud) ? (i % 96 < 48 ? 0.5f : -0.5f) : 0;
	atomic_fetch_add(&d->taken, frames);
}

static void wait_for_chunk(struct pf_audio_source *s, int64_t deadline_ns)
{
	/* A hole never comes by itself; a chunk may be spread. */
	struct device *d = (struct device *)s;
	bool more = atomic_load(&d->given) * chunk(d) > atomic_load(&d->taken);
	pf_wake_wait(&d->wake, more ? deadline_ns : PF_WAKE_FOREVER);
}

static void wake(struct pf_audio_source *s)
{
	pf_wake_signal(&((struct device *)s)->wake);
}

static uint32_t device_rate(const struct pf_audio_source *s)
{
	return s->rate_hz;
}

static void destroy(struct pf_audio_source *s)
{
	*((struct device *)s)->gone = true;
	free(s);
}

static const struct pf_audio_source_impl impl = {
	"device", look, read_samples, wait_for_chunk, wake, device_rate, destroy};

struct bench {
	uv_loop_t loop;
	struct device *device;
	struct pf_sound_out *out;
	unsigned got;
	uint8_t data[1500]; /* of the last */
	size_t len;
	struct pf_datagram d;
	bool device_gone, gone;
};

static int receive(void *user, const uint8_t *data, size_t len)
{
	struct bench *b = user;
	memcpy(b->data, data, len);
	b->len = len;
	b->got++;
	assert_int_equal(pf_datagram_read(&b->d, b->data, len), PF_OK);
	return PF_OK;
}

static void begin_with(
	struct bench *b, const struct pf_sound_plan *plan, size_t datagram_max, unsigned stored_chunks)
{
	*b = (struct bench){0};
	uv_loop_init(&b->loop);
	b->device = calloc(1, sizeof(*b->device));
	b->device->base = (struct pf_audio_source){&impl, plan->channels, plan->rate_hz};
	b->device->gone = &b->device_gone;
	b->device->loud = true;
	b->device->given = stored_chunks;
	const struct pf_sound_out_params params = {
		.loop = &b->loop,
		.plan = plan,
		.source = &b->device->base,
		.first_seq = 7,
		.before = {.packets = 1000},
		.datagram_max = datagram_max,
		.send = receive,
		.user = b,
	};
	assert_int_equal(pf_sound_out_create(&b->out, &params), PF_OK);
}

static void begin(struct bench *b, const struct pf_sound_plan *plan, size_t datagram_max)
{
	begin_with(b, plan, datagram_max, 0);
}

/* One chunk in; waits for one datagram out. */
static void give(struct bench *b)
{
	unsigned before = b->got;
	atomic_fetch_add(&b->device->given, 1);
	wake(&b->device->base);
	while (b->got == before)
		uv_run(&b->loop, UV_RUN_ONCE);
}

static void note_gone(void *user)
{
	((struct bench *)user)->gone = true;
}

static uint32_t end(struct bench *b)
{
	uint32_t next = pf_sound_out_destroy(b->out, note_gone);
	assert_true(b->device_gone);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	assert_true(b->gone);
	assert_int_equal(uv_loop_close(&b->loop), 0);
	return next;
}

static const struct pf_sound_plan stereo = {.channels = 2, .rate_hz = 48000, .bits = 16, .kbps = 128};

static void packets_are_numbered_and_stamped(void **state)
{
	struct bench b;
	begin(&b, &stereo, 1200);
	uint64_t last_ns = 0;
	for (uint32_t i = 0; i < 20; i++) {
		give(&b);
		assert_int_equal(b.d.tag, PF_DATAGRAM_AUDIO);
		assert_int_equal(b.d.audio.seq, 7 + i);
		assert_true(b.d.audio.data.len > 10);
		assert_true(b.d.audio.pts_ns > last_ns); /* 5 ms of sound each, however fast they come */
		last_ns = b.d.audio.pts_ns;
	}
	struct pf_sound_stats stats;
	pf_sound_out_stats(b.out, &stats);
	assert_true(stats.packets == 1020 && stats.redundant == 0 && stats.dropped == 0);
	assert_int_equal(end(&b), 27);
}

static void the_packet_before_comes_along(void **state)
{
	struct bench b;
	uint8_t before[1500];
	begin(&b, &stereo, 1200);
	give(&b);
	size_t len = b.d.audio.data.len;
	memcpy(before, b.d.audio.data.data, len);
	pf_sound_out_set_redundant(b.out, true);
	give(&b);
	assert_int_equal(b.d.tag, PF_DATAGRAM_AUDIO_RED);
	assert_int_equal(b.d.red.seq, 8);
	assert_int_equal(b.d.red.previous.len, len);
	assert_memory_equal(b.d.red.previous.data, before, len);
	pf_sound_out_set_room(b.out, b.len / 2 + 40); /* does not fit any more */
	give(&b);
	assert_int_equal(b.d.tag, PF_DATAGRAM_AUDIO);
	pf_sound_out_set_redundant(b.out, false);
	pf_sound_out_set_room(b.out, 1200);
	give(&b);
	assert_int_equal(b.d.tag, PF_DATAGRAM_AUDIO);
	end(&b);
}

static void give_silent(struct bench *b, unsigned chunks)
{
	for (unsigned i = 0; i < chunks; i++)
		give(b);
}

/* Half a second of silence is sent; then nothing, until there is something to hear. */
static void silence_costs_nothing(void **state)
{
	struct bench b;
	begin(&b, &stereo, 1200);
	pf_sound_out_set_redundant(b.out, true);
	give(&b);
	atomic_store(&b.device->loud, false);
	give_silent(&b, 100);
	uint32_t seq = b.d.red.seq;
	atomic_fetch_add(&b.device->given, 1000);
	wake(&b.device->base);
	while (atomic_load(&b.device->taken) < 1101 * 240)
		uv_run(&b.loop, UV_RUN_NOWAIT);
	assert_int_equal(b.got, 101);
	atomic_store(&b.device->loud, true);
	give(&b);
	assert_int_equal(b.d.tag, PF_DATAGRAM_AUDIO); /* what was before does not join */
	assert_int_equal(b.d.audio.seq, seq + 1);
	give(&b);
	assert_int_equal(b.d.tag, PF_DATAGRAM_AUDIO_RED);
	end(&b);
}

static void lossless_is_exact(void **state)
{
	const struct pf_sound_plan plan = {
		.channels = 2, .codec = PF_AUDIO_PCM, .rate_hz = 96000, .bits = 24, .frame_us = 2500};
	struct bench b;
	begin(&b, &plan, 1500);
	atomic_fetch_add(&b.device->given, 1);
	wake(&b.device->base);
	while (b.got < 2) /* of a chunk of 5 ms */
		uv_run(&b.loop, UV_RUN_ONCE);
	assert_int_equal(b.d.tag, PF_DATAGRAM_PCM);
	assert_int_equal(b.d.audio.seq, 8);
	assert_int_equal(b.d.audio.data.len, 240 * 2 * 3);
	for (unsigned i = 0; i < 240 * 2; i++) {
		const uint8_t *s = b.d.audio.data.data + 3 * i;
		int32_t want = i % 96 < 48 ? 4194304 : -4194304;
		int32_t v =
			(int32_t)((uint32_t)s[0] << 8 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 24) / 256;
		assert_int_equal(v, want);
	}
	pf_sound_out_set_room(b.out, 1000); /* the path shrank: gaps that the client sees */
	atomic_fetch_add(&b.device->given, 1);
	wake(&b.device->base);
	struct pf_sound_stats stats;
	do {
		uv_run(&b.loop, UV_RUN_NOWAIT);
		pf_sound_out_stats(b.out, &stats);
	} while (stats.dropped < 2);
	assert_int_equal(end(&b), 11);
}

/* The loop does not look for a while: what is too old is not kept, and the numbers tell. */
static void a_busy_loop_loses_the_newest(void **state)
{
	struct bench b;
	struct pf_sound_stats stats;
	begin(&b, &stereo, 1200);
	atomic_fetch_add(&b.device->given, 40);
	wake(&b.device->base);
	do
		pf_sound_out_stats(b.out, &stats);
	while (stats.dropped < 8);
	while (b.got < 32)
		uv_run(&b.loop, UV_RUN_ONCE);
	assert_int_equal(b.d.audio.seq, 7 + 31);
	give(&b);
	assert_int_equal(b.d.audio.seq, 7 + 40);
	end(&b);
}

static void what_was_stored_before_is_not_sent(void **state)
{
	struct bench b;
	begin_with(&b, &stereo, 1200, 10);
	assert_int_equal(atomic_load(&b.device->taken), 10 * 240);
	give(&b);
	assert_int_equal(b.d.audio.seq, 7);
	assert_int_equal(end(&b), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_numbered_and_stamped),
		cmocka_unit_test(the_packet_before_comes_along),
		cmocka_unit_test(silence_costs_nothing),
		cmocka_unit_test(lossless_is_exact),
		cmocka_unit_test(a_busy_loop_loses_the_newest),
		cmocka_unit_test(what_was_stored_before_is_not_sent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
