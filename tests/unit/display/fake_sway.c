#include "fake_sway.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void *serve(void *arg)
{
	struct fake_sway *f = arg;
	int fd = accept(f->listener, NULL, NULL);
	char head[14];
	const char *magic = f->magic ? f->magic : "i3-ipc";
	uint32_t len = 0, type = 0;
	if (recv(fd, head, sizeof(head), MSG_WAITALL) == sizeof(head)) {
		memcpy(&len, head + 6, 4);
		if (len < sizeof(f->command) && recv(fd, f->command, len, MSG_WAITALL) == (ssize_t)len)
			f->command[len] = 0;
	}
	if (!f->silent) {
		len = f->claimed_len ? f->claimed_len : (uint32_t)strlen(f->reply);
		memcpy(head, magic, 6);
		memcpy(head + 6, &len, 4);
		memcpy(head + 10, &type, 4);
		send(fd, head, sizeof(head), MSG_NOSIGNAL);
		send(fd, f->reply, strlen(f->reply), MSG_NOSIGNAL);
	} else {
		recv(fd, head, 1, 0); /* until the other side gives up */
	}
	close(fd);
	return NULL;
}

void fake_sway_start(struct fake_sway *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(f->directory, sizeof(f->directory), "/tmp/pf-ipc-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->path, sizeof(f->path), "%s/s", f->directory);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", f->path);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(f->listener, 1), 0);
	assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

void fake_sway_stop(struct fake_sway *f)
{
	pthread_join(f->thread, NULL);
	close(f->listener);
	unlink(f->path);
	rmdir(f->directory);
}
