#include "discovery/record.h"

#include <arpa/inet.h>
#include <avahi-common/malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pf_record sample(void)
{
	struct pf_record r = {.name = "den", .port = 9777, .pairing_required = true, .mgmt_port = 47990};
	memset(r.fingerprint, 'a', 64);
	strcpy(r.id, "0123456789abcdef");
	strcpy(r.mac, "02:00:00:00:00:01,02:00:00:00:00:02");
	strcpy(r.os, "linux/debian");
	inet_pton(AF_INET, "192.168.1.7", &r.addr);
	return r;
}

static void expect(AvahiStringList *list, const char *key, const char *value)
{
	char *got = NULL;
	AvahiStringList *item = avahi_string_list_find(list, key);
	if (!value) {
		assert_null(item);
		return;
	}
	assert_non_null(item);
	assert_int_equal(avahi_string_list_get_pair(item, NULL, &got, NULL), 0);
	assert_string_equal(got, value);
	avahi_free(got);
}

static void every_key_is_announced_and_read(void **state)
{
	const struct pf_record r = sample();
	struct pf_record got;
	AvahiStringList *list = pf_record_text(&r);
	expect(list, "proto", "punktfunk/1");
	expect(list, "fp", r.fingerprint);
	expect(list, "pair", "required");
	expect(list, "id", r.id);
	expect(list, "mgmt", "47990");
	expect(list, "mac", r.mac);
	expect(list, "os", "linux/debian");
	expect(list, "addr", "192.168.1.7");
	expect(list, "wire", NULL); /* it would announce another protocol */
	assert_true(pf_record_read(&got, "den", 9777, list));
	assert_memory_equal(&got, &r, sizeof(r));
	avahi_string_list_free(list);
}

static void what_is_unknown_is_left_out(void **state)
{
	struct pf_record r = {.name = "x", .port = 1}, got;
	AvahiStringList *list = pf_record_text(&r);
	assert_int_equal(avahi_string_list_length(list), 2);
	expect(list, "pair", "optional");
	assert_true(pf_record_read(&got, "x", 1, list));
	assert_false(got.pairing_required);
	assert_int_equal(got.addr.s_addr, 0);
	avahi_string_list_free(list);
}

static void bad_records_do_no_harm(void **state)
{
	struct pf_record got;
	char longer[260];
	memset(longer, 'z', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_false(pf_record_read(&got, "x", 1, NULL));
	AvahiStringList *list = avahi_string_list_new("proto=punktfunk/2", NULL);
	assert_false(pf_record_read(&got, "x", 1, list));
	avahi_string_list_free(list);

	list = avahi_string_list_new(
		"proto=punktfunk/1", "pair", "mgmt=99999", "addr=nowhere", "os=a\x1b[2Jb", "=x", "", NULL);
	list = avahi_string_list_add_pair(list, "fp", longer);
	assert_true(pf_record_read(&got, "bad\nna\x07me", 1, list));
	assert_string_equal(got.name, "badname");
	assert_true(got.pairing_required);
	assert_int_equal(got.mgmt_port, 0);
	assert_int_equal(got.addr.s_addr, 0);
	assert_null(strchr(got.os, '\x1b'));
	assert_int_equal(strlen(got.fingerprint), 64);
	avahi_string_list_free(list);
}

static void names_become_host_labels(void **state)
{
	static const char *const row[][2] = {
		{"den", "den"},
		{"Mike's PC", "Mike-s-PC"},
		{"--x--", "x"},
		{"\xc3\xa4\xc3\xb6", "punktfunk-host"},
		{"", "punktfunk-host"},
		{"a.b_c", "a-b-c"},
	};
	char out[PF_SERVICE_NAME_MAX + 1], longer[200];
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		pf_record_label(out, row[i][0]);
		assert_string_equal(out, row[i][1]);
	}
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	pf_record_label(out, longer);
	assert_int_equal(strlen(out), PF_SERVICE_NAME_MAX);
}

static struct in_addr ip(const char *text)
{
	struct in_addr a;
	assert_int_equal(inet_pton(AF_INET, text, &a), 1);
	return a;
}

static void the_nearest_address_is_dialled(void **state)
{
	const struct in_addr of_host[] = {ip("10.0.0.5"), ip("192.168.1.5"), ip("192.168.2.9")};
	const struct in_addr near[] = {ip("172.16.0.1"), ip("192.168.2.77")}, far[] = {ip("200.1.1.1")};
	const struct in_addr none = {0};
	assert_int_equal(pf_record_choose(of_host, 3, near, 2, none).s_addr, of_host[2].s_addr);
	/* Equally near: the one that the host prefers, else the lowest. */
	assert_int_equal(pf_record_choose(of_host, 3, NULL, 0, of_host[1]).s_addr, of_host[1].s_addr);
	assert_int_equal(pf_record_choose(of_host, 3, NULL, 0, none).s_addr, of_host[0].s_addr);
	assert_int_equal(pf_record_choose(of_host + 1, 2, far, 1, of_host[2]).s_addr, of_host[2].s_addr);
	assert_int_equal(pf_record_choose(of_host, 1, near, 2, of_host[1]).s_addr, of_host[0].s_addr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_is_announced_and_read),
		cmocka_unit_test(what_is_unknown_is_left_out),
		cmocka_unit_test(bad_records_do_no_harm),
		cmocka_unit_test(names_become_host_labels),
		cmocka_unit_test(the_nearest_address_is_dialled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
