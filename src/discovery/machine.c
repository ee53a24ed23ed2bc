#include "discovery/machine.h"

#include <ctype.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/file.h"

#define ID_BYTES  16
#define MACS_MAX  4
#define WORD_MAX  32
#define ELSEWHERE 0xC0000201u /* 192.0.2.1, which nobody has: connecting a UDP socket sends nothing */

int pf_machine_id(char out[65], const char *config_dir, struct pf_reason *reason)
{
	char path[PATH_MAX], *text = NULL;
	size_t len = 0;
	if (snprintf(path, sizeof(path), "%s/host-id", config_dir) >= (int)sizeof(path))
		return pf_reason(reason, PF_ERR_IO, "the directory name is too long");
	int rc = pf_file_read(path, 128, &text, &len);
	if (rc == PF_OK) {
		size_t digits = strspn(text, "0123456789abcdef");
		bool good = digits >= 8 && digits <= 64 && text[digits + strspn(text + digits, "\n")] == '\0';
		snprintf(out, 65, "%.*s", (int)digits, text);
		free(text);
		return good ? PF_OK : pf_reason(reason, PF_ERR_INVALID, "%s is damaged; remove it", path);
	}
	if (rc != PF_ERR_NOT_FOUND)
		return pf_reason(reason, rc, "cannot read %s: %s", path, strerror(errno));
	uint8_t random[ID_BYTES];
	char line[2 * ID_BYTES + 2];
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(out, 65, random, sizeof(random));
	snprintf(line, sizeof(line), "%s\n", out);
	rc = pf_file_write_atomic(path, line, strlen(line), 0600);
	return rc < 0 ? pf_reason(reason, rc, "cannot write %s: %s", path, strerror(errno)) : PF_OK;
}

void pf_machine_os(char *out, size_t cap, const char *os_release)
{
	char line[256], word[WORD_MAX + 1] = "";
	FILE *f = fopen(os_release, "re");
	while (f && !word[0] && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "ID=", 3) != 0)
			continue;
		size_t n = 0;
		for (const char *p = line + 3; *p && n < WORD_MAX; p++) {
			if (islower((unsigned char)*p) || isdigit((unsigned char)*p) || strchr("._-", *p))
				word[n++] = *p;
		}
		word[n] = '\0';
	}
	if (f)
		fclose(f);
	snprintf(out, cap, word[0] ? "linux/%s" : "linux", word);
}

bool pf_machine_is_virtual(const char *interface)
{
	static const char *const prefixes[] = {
		"docker", "br-", "virbr", "veth", "lxcbr", "lxdbr", "cni", "podman", "vnet"};
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (strncmp(interface, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	}
	return false;
}

static bool leads_elsewhere(const struct ifaddrs *i)
{
	return (i->ifa_flags & IFF_UP) && !(i->ifa_flags & IFF_LOOPBACK) &&
	       !pf_machine_is_virtual(i->ifa_name);
}

size_t pf_machine_addresses(struct in_addr *out, size_t cap)
{
	struct ifaddrs *all = NULL;
	size_t n = 0;
	if (getifaddrs(&all) < 0)
		return 0;
	for (const struct ifaddrs *i = all; i && n < cap; i = i->ifa_next) {
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET && leads_elsewhere(i))
			out[n++] = ((const struct sockaddr_in *)i->ifa_addr)->sin_addr;
	}
	freeifaddrs(all);
	return n;
}

struct in_addr pf_machine_address(void)
{
	struct sockaddr_in name = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(ELSEWHERE)};
	socklen_t len = sizeof(name);
	struct in_addr first = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool known = fd >= 0 && connect(fd, (struct sockaddr *)&name, len) == 0 &&
		     getsockname(fd, (struct sockaddr *)&name, &len) == 0;
	if (fd >= 0)
		close(fd);
	if (known)
		return name.sin_addr;
	pf_machine_addresses(&first, 1);
	return first;
}

unsigned pf_machine_interface(struct in_addr address)
{
	struct ifaddrs *all = NULL;
	unsigned index = 0;
	if (getifaddrs(&all) < 0)
		return 0;
	for (const struct ifaddrs *i = all; i && !index; i = i->ifa_next) {
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET &&
			((const struct sockaddr_in *)i->ifa_addr)->sin_addr.s_addr == address.s_addr)
			index = if_nametoindex(i->ifa_name);
	}
	freeifaddrs(all);
	return index;
}

static void append_mac(char *out, size_t cap, const struct sockaddr_ll *ll)
{
	size_t len = strlen(out);
	snprintf(out + len, cap - len, "%s%02x:%02x:%02x:%02x:%02x:%02x", len ? "," : "", ll->sll_addr[0],
		ll->sll_addr[1], ll->sll_addr[2], ll->sll_addr[3], ll->sll_addr[4], ll->sll_addr[5]);
}

void pf_machine_macs(char *out, size_t cap, struct in_addr first)
{
	unsigned first_index = pf_machine_interface(first), n = 0;
	struct ifaddrs *all = NULL;
	out[0] = '\0';
	if (getifaddrs(&all) < 0)
		return;
	for (int pass = 0; pass < 2; pass++) {
		for (const struct ifaddrs *i = all; i && n < MACS_MAX; i = i->ifa_next) {
			if (!i->ifa_addr || i->ifa_addr->sa_family != AF_PACKET || !leads_elsewhere(i))
				continue;
			const struct sockaddr_ll *ll = (const struct sockaddr_ll *)i->ifa_addr;
			bool is_first = (unsigned)ll->sll_ifindex == first_index;
			if (ll->sll_halen != 6 || is_first != (pass == 0) || strlen(out) + 19 > cap)
				continue;
			append_mac(out, cap, ll);
			n++;
		}
	}
	freeifaddrs(all);
}
