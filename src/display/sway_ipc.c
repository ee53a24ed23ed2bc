#include "display/sway_ipc.h"

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/clock.h"

/* i3 IPC: magic, u32 length, u32 type, both in the machine's byte order; RUN_COMMAND is type 0. */
#define MAGIC       "i3-ipc"
#define MAGIC_BYTES 6
#define HEAD_BYTES  (MAGIC_BYTES + 8)
#define RUN_COMMAND 0
#define REPLY_MAX   4096

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int wait_for(int fd, short events, int64_t deadline_ns)
{
	for (;;) {
		int64_t left_ns = deadline_ns - pf_now_ns();
		struct pollfd p = {.fd = fd, .events = events};
		int n = left_ns > 0 ? poll(&p, 1, (int)(left_ns / 1000000) + 1) : 0;
		if (n > 0)
			return PF_OK;
		if (n == 0)
			return PF_ERR_TIMEOUT;
		if (errno != EINTR)
			return PF_ERR_IO;
	}
}

static int send_all(int fd, const char *data, size_t len, int64_t deadline_ns)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		int rc = n < 0 && errno != EAGAIN && errno != EINTR ? PF_ERR_IO
								    : wait_for(fd, POLLOUT, deadline_ns);
		if (rc < 0)
			return rc;
	}
	return PF_OK;
}

static int receive_all(int fd, char *data, size_t len, int64_t deadline_ns)
{
	while (len > 0) {
		ssize_t n = recv(fd, data, len, 0);
		if (n > 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		if (n == 0)
			return PF_ERR_CLOSED;
		int rc = errno != EAGAIN && errno != EINTR ? PF_ERR_IO : wait_for(fd, POLLIN, deadline_ns);
		if (rc < 0)
			return rc;
	}
	return PF_OK;
}

static int ask(int fd, const char *command, int64_t deadline_ns, char *reply, size_t *reply_len)
{
	char head[HEAD_BYTES] = MAGIC;
	uint32_t len = (uint32_t)strlen(command), type = RUN_COMMAND;
	memcpy(head + MAGIC_BYTES, &len, 4);
	memcpy(head + MAGIC_BYTES + 4, &type, 4);
	int rc = send_all(fd, head, sizeof(head), deadline_ns);
	if (rc == PF_OK)
		rc = send_all(fd, command, len, deadline_ns);
	if (rc == PF_OK)
		rc = receive_all(fd, head, sizeof(head), deadline_ns);
	if (rc < 0)
		return rc;
	memcpy(&len, head + MAGIC_BYTES, 4);
	if (memcmp(head, MAGIC, MAGIC_BYTES) != 0 || len > REPLY_MAX)
		return PF_ERR_INVALID;
	*reply_len = len;
	return receive_all(fd, reply, len, deadline_ns);
}

/* The answer is a list with one object per command. */
static int judge(const char *reply, size_t len, const char *command, struct pf_reason *reason)
{
	json_t *root = json_loadb(reply, len, 0, NULL);
	json_t *first = json_array_get(root, 0);
	bool good = json_is_true(json_object_get(first, "success"));
	const char *error = json_string_value(json_object_get(first, "error"));
	int rc = PF_OK;
	if (!good)
		rc = pf_reason(reason, PF_ERR_INVALID, "sway refused '%s': %s", command,
			error ? error : "it did not say why");
	json_decref(root);
	return rc;
}

int pf_sway_command(
	const char *socket_path, const char *command, int64_t deadline_ns, struct pf_reason *reason)
{
	int fd = connect_to(socket_path);
	if (fd < 0)
		return pf_reason(
			reason, PF_ERR_IO, "cannot reach sway at %s: %s", socket_path, strerror(errno));
	char reply[REPLY_MAX];
	size_t len = 0;
	int rc = ask(fd, command, deadline_ns, reply, &len);
	close(fd);
	if (rc < 0)
		return pf_reason(reason, rc, "sway did not answer '%s': %s", command, pf_strerror(rc));
	return judge(reply, len, command, reason);
}

int pf_sway_set_mode(const char *socket_path, uint32_t width_px, uint32_t height_px, uint32_t refresh_mhz,
	int64_t deadline_ns, struct pf_reason *reason)
{
	char command[96];
	snprintf(command, sizeof(command), "output HEADLESS-1 mode --custom %ux%u@%u.%03uHz", width_px,
		height_px, refresh_mhz / 1000, refresh_mhz % 1000);
	return pf_sway_command(socket_path, command, deadline_ns, reason);
}
