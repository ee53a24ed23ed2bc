#include "integration/lives.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t read_proc(const char *pid, const char *file, char *out, size_t cap)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	size_t len = 0;
	for (ssize_t n; len < cap - 1 && (n = read(fd, out + len, cap - 1 - len)) > 0;)
		len += (size_t)n;
	close(fd);
	out[len] = 0;
	return len;
}

static pid_t walk(const char *word, const char *name, int *count)
{
	DIR *proc = opendir("/proc");
	if (!proc)
		return 0;
	pid_t found = 0;
	*count = 0;
	for (struct dirent *e; (e = readdir(proc));) {
		char text[16384], comm[64];
		pid_t pid = atoi(e->d_name);
		if (pid <= 0 || pid == getpid())
			continue;
		size_t n = read_proc(e->d_name, "environ", text, sizeof(text));
		if (n == 0 || !memmem(text, n, word, strlen(word)))
			continue;
		++*count;
		n = read_proc(e->d_name, "comm", comm, sizeof(comm));
		comm[strcspn(comm, "\n")] = 0;
		if (name && !strcmp(comm, name))
			found = pid;
	}
	closedir(proc);
	return found;
}

int lives_count(const char *word)
{
	int count = -1;
	walk(word, NULL, &count);
	return count;
}

pid_t lives_find(const char *word, const char *name)
{
	int count;
	return walk(word, name, &count);
}

long lives_cpu_ms(pid_t pid)
{
	char name[32] = "self", text[1024];
	if (pid)
		snprintf(name, sizeof(name), "%d", (int)pid);
	read_proc(name, "stat", text, sizeof(text));
	const char *after = strrchr(text, ')');
	unsigned long user = 0, kernel = 0;
	if (!after || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			      &kernel) != 2)
		return 0;
	return (long)((user + kernel) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK));
}

int lives_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}
