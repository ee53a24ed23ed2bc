/* Parameters of launch and resume, and the XML of the replies (gamestream 1.3, 1.8, 1.9). */
#include "proto/gamestream/launch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "proto/gamestream/xml.h"

struct parameter {
	const char *name, *value;
};

/* The last of a name wins, so that a test changes one; NULL takes it away. Ends with a NULL name. */
struct query {
	const struct parameter *base, *change;
};

static const char *find(const struct parameter *p, const char *name, bool *found)
{
	for (; p && p->name; p++) {
		if (!strcmp(p->name, name)) {
			*found = true;
			return p->value;
		}
	}
	return NULL;
}

static const char *get(void *user, const char *name)
{
	const struct query *q = user;
	bool found = false;
	const char *value = find(q->change, name, &found);
	return found ? value : find(q->base, name, &found);
}

static const struct parameter launch[] = {
	{"uniqueid", "0123456789ABCDEF"},
	{"appid", "881448767"},
	{"mode", "1920x1080x60"},
	{"additionalStates", "1"},
	{"sops", "1"},
	{"rikey", "00112233445566778899aAbBcCdDeEfF"},
	{"rikeyid", "-1234567890"},
	{"hdrMode", "1"},
	{"localAudioPlayMode", "0"},
	{"surroundAudioInfo", "196610"},
	{"gcpersist", "1"},
	{"corever", "1"},
	{NULL, NULL},
};
static const struct parameter resume[] = {
	{"rikey", "ffffffffffffffffffffffffffffffff"},
	{"rikeyid", "5"},
	{NULL, NULL},
};

static int read_query(
	struct pf_gs_launch *out, bool resumes, const char *name, const char *value, struct pf_reason *reason)
{
	const struct parameter change[] = {{name, value}, {NULL, NULL}};
	struct query q = {resumes ? resume : launch, change};
	return pf_gs_launch_read(out, resumes, get, &q, reason);
}

static struct pf_gs_launch must_read(const char *name, const char *value)
{
	struct pf_gs_launch l;
	assert_int_equal(read_query(&l, false, name, value, NULL), PF_OK);
	return l;
}

static void a_launch_is_read(void **state)
{
	static const uint8_t key[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa,
		0xbb, 0xcc, 0xdd, 0xee, 0xff};
	struct pf_gs_launch l = must_read("unknown", "x");
	assert_int_equal(l.app, 881448767);
	assert_true(l.mode.width_px == 1920 && l.mode.height_px == 1080 && l.mode.refresh_hz == 60);
	assert_memory_equal(l.key, key, sizeof(key));
	assert_int_equal(l.key_id, (uint32_t)-1234567890);
	assert_true(l.encrypted_rtsp && l.persist_pads && l.hdr);
	assert_false(l.host_audio || l.has_surround);
}

static void a_resume_needs_less(void **state)
{
	struct pf_gs_launch l;
	assert_int_equal(read_query(&l, true, "unknown", "x", NULL), PF_OK);
	assert_int_equal(l.app, 0);
	assert_int_equal(l.key_id, 5);
	assert_int_equal(l.mode.width_px, 1280);
	assert_false(l.encrypted_rtsp || l.host_audio || l.persist_pads || l.hdr || l.has_surround);
	assert_int_equal(read_query(&l, true, "appid", "nonsense", NULL), PF_OK);
	assert_int_equal(l.app, 0);
}

static void expect_refusal(bool resumes, const char *name, const char *value, const char *wanted)
{
	struct pf_gs_launch l;
	struct pf_reason reason = {0};
	assert_int_equal(read_query(&l, resumes, name, value, &reason), PF_ERR_INVALID);
	assert_string_equal(reason.text, wanted);
}

static void what_is_required(void **state)
{
	static const char *const names[] = {"rikey", "rikeyid", "appid", "localAudioPlayMode"};
	for (size_t i = 0; i < 4; i++)
		expect_refusal(false, names[i], NULL, "Missing a required launch parameter");
	for (size_t i = 0; i < 2; i++)
		expect_refusal(true, names[i], NULL, "Missing a required resume parameter");
}

static void keys_have_32_digits(void **state)
{
	static const char *const bad[] = {"", "00", "0011223344556677889900112233445",
		"001122334455667788990011223344556", "0011223344556677889900112233445g",
		"00112233445566778899 01122334455", "0x112233445566778899001122334455"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		expect_refusal(false, "rikey", bad[i], "rikey is not 32 hexadecimal digits");
		expect_refusal(true, "rikey", bad[i], "rikey is not 32 hexadecimal digits");
	}
}

/* Clients print a signed number; some an unsigned one. */
static void key_ids_have_32_bits(void **state)
{
	assert_int_equal(must_read("rikeyid", "0").key_id, 0);
	assert_int_equal(must_read("rikeyid", "2147483647").key_id, 0x7fffffff);
	assert_int_equal(must_read("rikeyid", "-1").key_id, 0xffffffff);
	assert_int_equal(must_read("rikeyid", "-2147483648").key_id, 0x80000000);
	assert_int_equal(must_read("rikeyid", "4294967295").key_id, 0xffffffff);
	static const char *const bad[] = {"", "x", "1x", "1 ", "-2147483649", "4294967296",
		"99999999999999999999", "999999999999999999999"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_refusal(false, "rikeyid", bad[i], "rikeyid is no 32-bit number");
}

static void apps_have_numbers(void **state)
{
	assert_int_equal(must_read("appid", "1").app, 1);
	assert_int_equal(must_read("appid", "2147483647").app, 0x7fffffff);
	static const char *const bad[] = {"", "0", "-1", "2147483648", "1.5", "one"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_refusal(false, "appid", bad[i], "appid is no number of an app");
}

static void expect_mode(const char *text, unsigned width, unsigned height, unsigned hz)
{
	struct pf_gs_launch l = must_read("mode", text);
	assert_int_equal(l.mode.width_px, width);
	assert_int_equal(l.mode.height_px, height);
	assert_int_equal(l.mode.refresh_hz, hz);
}

static void modes_in_every_form(void **state)
{
	expect_mode("1280x720x120", 1280, 720, 120);
	expect_mode("1920x1080x59.94", 1920, 1080, 60);
	expect_mode("1920x1080x59.4", 1920, 1080, 59);
	expect_mode("1920x1080x59.5", 1920, 1080, 60);
	expect_mode("1920x1080x59940", 1920, 1080, 60);
	expect_mode("1920x1080x23976", 1920, 1080, 24);
	expect_mode("7680x4320x240", 7680, 4320, 240);
	expect_mode("320x200x1", 320, 200, 1);
}

/* ANNOUNCE decides, so that none is no reason to refuse. */
static void modes_that_cannot_be_made(void **state)
{
	static const char *const none[] = {"1920x1080x0", "", "x", "1920", "1920x", "1920x1080", "1920x1080x",
		"1921x1080x60", "1920x1081x60", "0x0x0", "-1920x1080x60", "1920x-1080x60", "1920x1080x-60",
		"1920 x1080x60", "1920X1080X60", "1920x1080x241", "67456x1080x60", "1920x1080x99999999999999",
		"1920x1080x18446744073709551615", "99999999999999999999x1080x60", "318x200x60",
		"1920x1080x60000000000000000000000000000000000", "1920x1080x60abc", "1920x1080x59.9.4"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		expect_mode(none[i], 1280, 720, 60);
	assert_int_equal(must_read("mode", NULL).mode.width_px, 1280);
}

static void switches(void **state)
{
	assert_true(must_read("corever", "2").encrypted_rtsp);
	assert_false(must_read("corever", "0").encrypted_rtsp);
	assert_false(must_read("corever", "x").encrypted_rtsp);
	assert_false(must_read("corever", NULL).encrypted_rtsp);
	assert_true(must_read("localAudioPlayMode", "1").host_audio);
	assert_false(must_read("localAudioPlayMode", "2").host_audio);
	assert_false(must_read("gcpersist", "0").persist_pads);
	assert_false(must_read("gcpersist", NULL).persist_pads);
	assert_false(must_read("hdrMode", NULL).hdr);
	assert_false(must_read("hdrMode", "0").hdr);
}

static void layouts_of_the_client(void **state)
{
	struct pf_gs_launch l = must_read("surroundParams", "642014523");
	assert_true(l.has_surround);
	assert_int_equal(l.surround.channels, 6);
	assert_int_equal(l.surround.streams, 4);
	assert_int_equal(l.surround.coupled, 2);
	assert_memory_equal(l.surround.mapping, "\0\1\4\5\2\3", 6);
	static const char *const bad[] = {"", "642", "642014522", "74201452", "642014523 ", "6x2014523"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(must_read("surroundParams", bad[i]).has_surround);
}

/* --- XML --- */

static void write_sample(struct pf_wr *w)
{
	pf_xml_begin(w, 200, NULL);
	pf_xml_text(w, "hostname", "a\tb\n<c>&\"d'\x1f\x01 e\xc3\xa9");
	pf_xml_open(w, "App");
	pf_xml_number(w, "ID", UINT64_MAX);
	pf_xml_number(w, "IsHdrSupported", 0);
	pf_xml_close(w, "App");
	pf_xml_hex(w, "plaincert", (const uint8_t *)"\x00\x9f\xA0\xff", 4);
	pf_xml_text(w, "empty", "");
	pf_xml_end(w);
}

static const char sample[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?><root status_code=\"200\">"
			     "<hostname>ab&lt;c&gt;&amp;&quot;d&apos; e\xc3\xa9</hostname>"
			     "<App><ID>18446744073709551615</ID><IsHdrSupported>0</IsHdrSupported></App>"
			     "<plaincert>009fa0ff</plaincert><empty></empty></root>";

static void documents_are_compact_and_escaped(void **state)
{
	char out[512];
	memset(out, 'x', sizeof(out));
	struct pf_wr w = pf_wr_init(out, sizeof(out));
	write_sample(&w);
	assert_false(w.failed);
	assert_string_equal(out, sample);
	assert_int_equal(w.len, strlen(sample)); /* the terminator is there, and not counted */
}

static void messages_are_attributes(void **state)
{
	char out[256];
	struct pf_wr w = pf_wr_init(out, sizeof(out));
	pf_xml_begin(&w, 401, "The client isn't \"paired\"\r\n<yet>");
	pf_xml_end(&w);
	assert_false(w.failed);
	assert_string_equal(out,
		"<?xml version=\"1.0\" encoding=\"utf-8\"?><root status_code=\"401\" "
		"status_message=\"The client isn&apos;t &quot;paired&quot;&lt;yet&gt;\"></root>");
}

static void what_does_not_fit_fails(void **state)
{
	char out[sizeof(sample)];
	for (size_t cap = 0; cap <= sizeof(sample); cap++) {
		struct pf_wr w = pf_wr_init(out, cap);
		write_sample(&w);
		assert_int_equal(w.failed, cap < sizeof(sample));
		assert_true(w.len <= cap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_launch_is_read),
		cmocka_unit_test(a_resume_needs_less),
		cmocka_unit_test(what_is_required),
		cmocka_unit_test(keys_have_32_digits),
		cmocka_unit_test(key_ids_have_32_bits),
		cmocka_unit_test(apps_have_numbers),
		cmocka_unit_test(modes_in_every_form),
		cmocka_unit_test(modes_that_cannot_be_made),
		cmocka_unit_test(switches),
		cmocka_unit_test(layouts_of_the_client),
		cmocka_unit_test(documents_are_compact_and_escaped),
		cmocka_unit_test(messages_are_attributes),
		cmocka_unit_test(what_does_not_fit_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
