/* Stops one thread of a process for some seconds, as nothing but a debugger
 * can: signals stop all of them.
 *
 *   tool_freeze PID THREAD-NAME SECONDS
 *
 * Exit status 77 where that is not permitted. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* The thread of that name; 0: there is none. */
static pid_t find(const char *pid, const char *name)
{
	char path[300], line[64];
	struct dirent *entry;
	pid_t found = 0;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%s/task", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		FILE *file;

		snprintf(path, sizeof path, "/proc/%s/task/%s/comm", pid,
			 entry->d_name);
		file = fopen(path, "r");
		if (file && fgets(line, sizeof line, file)) {
			line[strcspn(line, "\n")] = '\0';
			if (!strcmp(line, name))
				found = (pid_t)atoi(entry->d_name);
		}
		if (file)
			fclose(file);
	}
	if (dir)
		closedir(dir);
	return found;
}

int main(int argc, char **argv)
{
	pid_t thread;

	if (argc != 4) {
		fputs("usage: tool_freeze PID THREAD-NAME SECONDS\n", stderr);
		return 1;
	}
	thread = find(argv[1], argv[2]);
	if (!thread) {
		fprintf(stderr, "process %s has no thread %s\n", argv[1],
			argv[2]);
		return 1;
	}
	/* It runs on by itself when this process ends. */
	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0) {
		perror("ptrace");
		return errno == EPERM ? 77 : 1;
	}
	if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0 ||
	    waitpid(thread, NULL, __WALL) != thread) {
		perror("ptrace");
		return 1;
	}
	sleep((unsigned)atoi(argv[3]));
	return ptrace(PTRACE_DETACH, thread, NULL, NULL) < 0;
}
