/* The program tollgated as its user meets it: a start that fails. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_TRIES 1000
#define TRY_NS 10000000

struct fixture {
	char dir[64], program[512], conf[96], control[96], records[96], log[96];
	unsigned port;
	int taken; /* a socket at the SIP address of the configuration */
	struct rlimit files; /* rlim_max 0: as they are */
	const char *card;    /* NULL: a virtual span */
};

static void write_conf(const struct fixture *f, const char *log)
{
	FILE *file = fopen(f->conf, "w");
	char device[128];

	assert_non_null(file);
	snprintf(device, sizeof device, "virtual %s/no-exchange.sock span 1",
		 f->dir);
	fprintf(file,
		"gateway test {\n"
		"  listen 127.0.0.1 %u\n"
		"  rtp-ports 26384-26583\n"
		"  control %s\n"
		"  call-records %s/calls\n"
		"}\n"
		"log {\n"
		"  to %s\n"
		"}\n"
		"sip-peer phones {\n"
		"  accept-from 127.0.0.0/8\n"
		"}\n"
		"span 1 {\n"
		"  device %s\n"
		"}\n"
		"trunk-group city {\n"
		"  members span 1\n"
		"}\n"
		"route from phones {\n"
		"  otherwise -> city\n"
		"}\n",
		f->port, f->control, f->dir, log, f->card ? f->card : device);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	const char *build = getenv("BUILD");
	char here[256];

	strcpy(f->dir, "/tmp/tollgate-gateway-XXXXXX");
	if (!getcwd(here, sizeof here) || !mkdtemp(f->dir))
		return -1;
	snprintf(f->program, sizeof f->program, "%s/%s/tollgated", here,
		 build ? build : "build");
	snprintf(f->conf, sizeof f->conf, "%s/conf", f->dir);
	snprintf(f->control, sizeof f->control, "%s/control.sock", f->dir);
	snprintf(f->records, sizeof f->records, "%s/calls", f->dir);
	snprintf(f->log, sizeof f->log, "%s/log", f->dir);
	f->taken = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(f->taken, (const struct sockaddr *)&at, sizeof at) < 0 ||
	    getsockname(f->taken, (struct sockaddr *)&at, &len) < 0)
		return -1;
	f->port = ntohs(at.sin_port);
	*state = f;
	if (access(f->program, X_OK) < 0) {
		fprintf(stderr, "%s is not built\n", f->program);
		return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close(f->taken);
	unlink(f->conf);
	unlink(f->control);
	unlink(f->records);
	unlink(f->log);
	if (rmdir(f->dir) < 0)
		return -1;
	free(f);
	return 0;
}

/* In the child: `signo`, unless 0, arrives before the program's first line. */
static void become_gateway(const struct fixture *f, int signo)
{
	int log = open(f->log, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	sigset_t set;

	if (signo) {
		sigemptyset(&set);
		sigaddset(&set, signo);
		sigprocmask(SIG_BLOCK, &set, NULL);
		raise(signo);
	}
	if (dup2(log, 2) < 0 ||
	    (f->files.rlim_max && setrlimit(RLIMIT_NOFILE, &f->files) < 0))
		_exit(99);
	execl(f->program, f->program, "-f", f->conf, (char *)NULL);
	_exit(98);
}

/* Its wait status; kills one that does not end within 10 s. */
static int run(const struct fixture *f, int signo)
{
	const struct timespec pause = { .tv_nsec = TRY_NS };
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0)
		become_gateway(f, signo);
	for (int i = 0; i < WAIT_TRIES; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fail_msg("tollgated did not end");
	return status;
}

static bool has_said(const struct fixture *f, const char *words)
{
	static char text[8192];
	FILE *file = fopen(f->log, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	return strstr(text, words) != NULL;
}

static void assert_said(const struct fixture *f, const char *words)
{
	if (!has_said(f, words))
		fail_msg("it has not said \"%s\"", words);
}

static void assert_start_fails(const struct fixture *f, int signo)
{
	int status = run(f, signo);

	assert_said(f, "is taken by another program");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_int_equal(access(f->control, F_OK), -1);
}

/* Whoever starts it by hand must see why it does not run. */
static void test_address_taken(void **state)
{
	write_conf(*state, "syslog");
	assert_start_fails(*state, 0);
}

/* Undoing a start runs the loop once: the signal finds no gateway there. */
static void test_stopped_while_failing(void **state)
{
	write_conf(*state, "stderr");
	assert_start_fails(*state, SIGTERM);
	assert_said(*state, "signal Terminated");
}

/* 30 channels of one span: 120 sockets, 64 other files, 3 of the span. */
static void test_too_few_open_files(void **state)
{
	struct fixture *f = *state;

	write_conf(f, "stderr");
	f->files = (struct rlimit){ .rlim_cur = 64, .rlim_max = 186 };
	assert_start_fails(f, 0);
	assert_said(f, "only 186 open files are allowed");
	assert_said(f, "need 187");
}

/* A card's span: 30 B channels and the D channel in place of 3. */
static void test_too_few_open_files_for_a_card(void **state)
{
	struct fixture *f = *state;

	f->card = "dahdi 1";
	write_conf(f, "stderr");
	f->files = (struct rlimit){ .rlim_cur = 64, .rlim_max = 214 };
	assert_start_fails(f, 0);
	assert_said(f, "need 215");
}

static void test_soft_limit_of_open_files_is_raised(void **state)
{
	struct fixture *f = *state;

	write_conf(f, "stderr");
	/* It cannot come to the taken address with so few. */
	f->files = (struct rlimit){ .rlim_cur = 6, .rlim_max = 187 };
	assert_start_fails(f, 0);
	assert_false(has_said(f, "open files"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_address_taken, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_stopped_while_failing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_few_open_files, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_too_few_open_files_for_a_card, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_soft_limit_of_open_files_is_raised, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
