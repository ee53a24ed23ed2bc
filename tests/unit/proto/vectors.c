/* Every vector of native-control 8 read and written, cut at every length, every bit flipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/hex.h"
#include "describe.h"
#include "proto/native/clip.h"
#include "proto/native/ext.h"
#include "proto/native/framing.h"
#include "support/vectors.h"

#define ROOM 70000

/* One kind of message: how to read it, to describe what was read, and to write it again. */
struct kind {
	const char *list; /* in the vector file */
	int (*read)(void *out, const uint8_t *data, size_t len);
	void (*write)(struct pf_wr *w, const void *in);
	json_t *(*describe)(const void *in);
};

#define KIND(name, type)                                                   \
	static int read_##name(void *out, const uint8_t *data, size_t len) \
	{                                                                  \
		return pf_##name##_read(out, data, len);                   \
	}                                                                  \
	static void write_##name(struct pf_wr *w, const void *in)          \
	{                                                                  \
		pf_##name##_write(w, in);                                  \
	}                                                                  \
	static json_t *tell_##name(const void *in)                         \
	{                                                                  \
		return describe_##type(in);                                \
	}

KIND(control, control)
KIND(datagram, datagram)
KIND(hello, hello)
KIND(welcome, welcome)
KIND(pair, pairing)

static int read_start(void *out, const uint8_t *data, size_t len)
{
	return pf_start_read(out, data, len, true);
}

static void write_start(struct pf_wr *w, const void *in)
{
	pf_start_write(w, in);
}

static json_t *tell_start(const void *in)
{
	return describe_start(in);
}

static const struct kind kinds[] = {
	{"control", read_control, write_control, tell_control},
	{"datagram", read_datagram, write_datagram, tell_datagram},
	{"hello", read_hello, write_hello, tell_hello},
	{"welcome", read_welcome, write_welcome, tell_welcome},
	{"start", read_start, write_start, tell_start},
	{"pairing", read_pair, write_pair, tell_pair},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

union any {
	struct pf_control control;
	struct pf_datagram datagram;
	struct pf_hello hello;
	struct pf_welcome welcome;
	struct pf_start start;
	struct pf_pair_message pairing;
};

/* Reading from a block of exactly the right size, so that a sanitizer sees one byte too far. */
static int read_exact(const struct kind *k, union any *out, uint8_t **block, const uint8_t *data, size_t len)
{
	*block = malloc(len ? len : 1);
	memcpy(*block, data, len);
	return k->read(out, *block, len);
}

/* What was accepted is in its canonical form: writing and reading it again changes nothing. */
static void assert_settled(const struct kind *k, const union any *m)
{
	static uint8_t first[ROOM], second[ROOM];
	struct pf_wr w = pf_wr_init(first, sizeof(first));
	k->write(&w, m);
	assert_false(w.failed);
	union any again;
	assert_int_equal(k->read(&again, first, w.len), PF_OK);
	struct pf_wr w2 = pf_wr_init(second, sizeof(second));
	k->write(&w2, &again);
	assert_false(w2.failed);
	assert_int_equal(w2.len, w.len);
	assert_memory_equal(second, first, w.len);
}

static void try_bytes(const struct kind *k, const uint8_t *data, size_t len)
{
	union any m, before;
	memset(&m, 0xA5, sizeof(m));
	before = m;
	uint8_t *block;
	int err = read_exact(k, &m, &block, data, len);
	if (err == PF_OK)
		assert_settled(k, &m);
	else
		assert_memory_equal(&m, &before, sizeof(m));
	free(block);
}

typedef void (*on_vector)(const struct kind *k, const json_t *entry, uint8_t *data, size_t len);

static void for_each_vector(on_vector on_entry)
{
	json_t *root = vectors_load("native-control.json");
	for (size_t i = 0; i < KINDS; i++) {
		size_t at;
		json_t *entry;
		json_array_foreach(vectors_get(root, kinds[i].list), at, entry)
		{
			size_t len;
			uint8_t *data = vectors_bytes(entry, "hex", &len);
			on_entry(&kinds[i], entry, data, len);
			free(data);
		}
	}
	json_decref(root);
}

static void check_fields(const struct kind *k, const json_t *entry, uint8_t *data, size_t len)
{
	union any m;
	uint8_t *block;
	int err = read_exact(k, &m, &block, data, len);
	if (err)
		fail_msg("%s: %s", vectors_string(entry, "name"), pf_strerror(err));
	json_t *said = k->describe(&m);
	if (!json_equal(said, vectors_get(entry, "fields"))) {
		char *text = json_dumps(said, JSON_SORT_KEYS);
		char *want = json_dumps(vectors_get(entry, "fields"), JSON_SORT_KEYS);
		fail_msg("%s:\n  read as %s\n  but is %s", vectors_string(entry, "name"), text, want);
	}
	json_decref(said);
	free(block);
}

static void every_vector_has_its_fields(void **state)
{
	for_each_vector(check_fields);
}

static void check_bytes(const struct kind *k, const json_t *entry, uint8_t *data, size_t len)
{
	static uint8_t out[ROOM];
	union any m;
	assert_int_equal(k->read(&m, data, len), PF_OK);
	struct pf_wr w = pf_wr_init(out, sizeof(out));
	k->write(&w, &m);
	assert_false(w.failed);
	bool canonical = !json_object_get(entry, "encodes_to");
	size_t want_len;
	uint8_t *want = vectors_bytes(entry, canonical ? "hex" : "encodes_to", &want_len);
	char *text = calloc(2 * w.len + 1, 1), *want_text = calloc(2 * want_len + 1, 1);
	pf_hex_encode(text, out, w.len);
	pf_hex_encode(want_text, want, want_len);
	assert_string_equal(text, want_text);
	free(text);
	free(want_text);
	free(want);
}

static void every_vector_is_written_again(void **state)
{
	for_each_vector(check_bytes);
}

static void check_short_room(const struct kind *k, const json_t *entry, uint8_t *data, size_t len)
{
	union any m;
	assert_int_equal(k->read(&m, data, len), PF_OK);
	for (size_t room = 0; room < len; room++) {
		uint8_t *out = malloc(room ? room : 1);
		struct pf_wr w = pf_wr_init(out, room);
		k->write(&w, &m);
		assert_true(w.failed);
		free(out);
	}
}

static void writing_without_room_fails(void **state)
{
	for_each_vector(check_short_room);
}

static void check_cuts(const struct kind *k, const json_t *entry, uint8_t *data, size_t len)
{
	for (size_t cut = 0; cut <= len; cut++)
		try_bytes(k, data, cut);
}

static void cut_at_every_length(void **state)
{
	for_each_vector(check_cuts);
}

static void check_flips(const struct kind *k, const json_t *entry, uint8_t *data, size_t len)
{
	for (size_t bit = 0; bit < 8 * len; bit++) {
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		try_bytes(k, data, len);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void every_bit_flipped(void **state)
{
	for_each_vector(check_flips);
}

static void check_random_bytes(const struct kind *k, const json_t *entry, uint8_t *data, size_t len)
{
	uint64_t seed = 0x9E3779B97F4A7C15u + len;
	uint8_t noise[256];
	for (int round = 0; round < 200; round++) {
		size_t keep = len < sizeof(noise) ? len : sizeof(noise);
		random_fill(&seed, noise, sizeof(noise));
		/* A true beginning gets the noise past the first checks. */
		size_t head = random_next(&seed) % (keep + 1);
		memcpy(noise, data, head);
		try_bytes(k, noise, random_next(&seed) % sizeof(noise));
	}
}

static void random_bytes_behind_true_beginnings(void **state)
{
	for_each_vector(check_random_bytes);
}

/* Which kinds and types a message can be read as. */
static void check_alone(const struct kind *k, const json_t *entry, uint8_t *data, size_t len)
{
	bool typed = strcmp(k->list, "control") == 0 || strcmp(k->list, "pairing") == 0;
	if (!typed)
		return;
	for (unsigned type = 0; type < 256; type++) {
		union any m;
		uint8_t was = data[4];
		data[4] = (uint8_t)type;
		if (pf_control_read(&m.control, data, len) == PF_OK)
			assert_int_equal(m.control.type, type);
		if (pf_pair_read(&m.pairing, data, len) == PF_OK)
			assert_int_equal(m.pairing.type, type);
		data[4] = was;
	}
	union any m;
	bool pairing = strcmp(k->list, "pairing") == 0;
	int err = pairing ? pf_control_read(&m.control, data, len) : pf_pair_read(&m.pairing, data, len);
	assert_int_equal(err, PF_ERR_UNSUPPORTED);
}

static void no_type_reads_as_another(void **state)
{
	for_each_vector(check_alone);
}

static void extension_blocks(void **state)
{
	json_t *root = vectors_load("native-control.json"), *entry;
	size_t at;
	json_array_foreach(vectors_get(root, "ext"), at, entry)
	{
		size_t len;
		uint8_t *data = vectors_bytes(entry, "hex", &len);
		struct pf_rd r = pf_rd_init(data, len);
		struct pf_slice records, value;
		uint16_t tag;
		int err = pf_ext_read(&records, &r);
		if (json_object_get(entry, "error")) {
			assert_string_equal(pf_strerror(err), vectors_string(entry, "error"));
		} else {
			uint64_t count = 0;
			assert_int_equal(err, PF_OK);
			while (pf_ext_next(&records, &tag, &value))
				count++;
			assert_int_equal(count, vectors_number(entry, "records"));
		}
		free(data);
	}
	json_decref(root);
}

static bool same_message(void *user, const uint8_t *message, size_t len)
{
	const json_t *entry = user;
	size_t want_len;
	uint8_t *want = vectors_bytes(entry, "message", &want_len);
	assert_int_equal(len, want_len);
	assert_memory_equal(message, want, len);
	free(want);
	return true;
}

static void framed_vectors(void **state)
{
	json_t *root = vectors_load("native-control.json"), *entry;
	struct pf_framer *f = calloc(1, sizeof(*f));
	size_t at;
	json_array_foreach(vectors_get(root, "framing"), at, entry)
	{
		size_t len, message_len;
		uint8_t *data = vectors_bytes(entry, "hex", &len);
		uint8_t *message = vectors_bytes(entry, "message", &message_len);
		assert_int_equal(pf_framer_feed(f, data, len, same_message, entry), len);
		assert_false(pf_framer_in_frame(f));
		uint8_t out[128];
		struct pf_wr w = pf_wr_init(out, sizeof(out));
		pf_frame_write(&w, message, message_len);
		assert_int_equal(w.len, len);
		assert_memory_equal(out, data, len);
		free(message);
		free(data);
	}
	free(f);
	json_decref(root);
}

static void clipboard_stream_head(void **state)
{
	uint8_t bytes[PF_CLIP_HEAD_BYTES], kind = 0;
	struct pf_wr w = pf_wr_init(bytes, sizeof(bytes));
	pf_clip_head_write(&w, PF_CLIP_KIND_FETCH);
	assert_memory_equal(bytes, "PKFs\1", sizeof(bytes));
	assert_true(pf_clip_head_read(bytes, &kind));
	assert_int_equal(kind, PF_CLIP_KIND_FETCH);
	bytes[3] = 'c';
	assert_false(pf_clip_head_read(bytes, &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_has_its_fields),
		cmocka_unit_test(every_vector_is_written_again),
		cmocka_unit_test(writing_without_room_fails),
		cmocka_unit_test(cut_at_every_length),
		cmocka_unit_test(every_bit_flipped),
		cmocka_unit_test(random_bytes_behind_true_beginnings),
		cmocka_unit_test(no_type_reads_as_another),
		cmocka_unit_test(extension_blocks),
		cmocka_unit_test(framed_vectors),
		cmocka_unit_test(clipboard_stream_head),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
