/* The program tollgate-exchange as its user meets it: options, what it prints,
 * ctl, signals, its sockets. */
#include "exchange/ctl.h"
#include "exchange/numbers.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/loop.h"
#include "tests/fake_user.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX 16

struct fixture {
	char dir[64], program[512], socket[96], control[96];
	char out[96], err[96];	/* of the last command */
	char said[96], log[96]; /* of the exchange that runs */
	pid_t pid;		/* of the exchange, 0 while it does not run */
	char text[16384];
};

static void sleep_ms(long ms)
{
	struct timespec pause = { .tv_nsec = ms * 1000000 };

	nanosleep(&pause, NULL);
}

static pid_t spawn(struct fixture *f, const char *out_path,
		   const char *err_path, const char *const words[])
{
	const char *argv[WORDS_MAX] = { f->program };
	pid_t pid;

	for (int i = 0; words[i]; i++)
		argv[i + 1] = words[i];
	pid = fork();
	if (pid == 0) {
		int out = open(out_path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
		int err = open(err_path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

		if (dup2(out, 1) < 0 || dup2(err, 2) < 0 || chdir(f->dir) < 0)
			_exit(99);
		execv(f->program, (char **)(uintptr_t)argv);
		_exit(98);
	}
	assert_true(pid > 0);
	return pid;
}

/* Its exit status; -1 when it does not end within 10 s. */
static int await_end(pid_t pid)
{
	int status;

	for (int i = 0; i < 1000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status)
						 : 256 + WTERMSIG(status);
		sleep_ms(10);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

static const char *content(struct fixture *f, const char *path)
{
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	f->text[fread(f->text, 1, sizeof f->text - 1, file)] = 0;
	fclose(file);
	return f->text;
}

static int run(struct fixture *f, const char *const words[])
{
	return await_end(spawn(f, f->out, f->err, words));
}

#define RUN(f, ...) run(f, (const char *const[]){ __VA_ARGS__, NULL })

/* Both sockets are made before it says what it serves. */
static void start(struct fixture *f, const char *spans)
{
	const char *const words[] = { "--socket", f->socket, "--control",
				      f->control, "--spans", spans,
				      NULL };

	unlink(f->said);
	f->pid = spawn(f, f->said, f->log, words);
	for (int i = 0; i < 1000; i++) {
		if (access(f->said, F_OK) == 0 && *content(f, f->said))
			return;
		sleep_ms(10);
	}
	fail_msg("it does not start: %s", content(f, f->log));
}

static int end(struct fixture *f, int signo)
{
	pid_t pid = f->pid;

	f->pid = 0;
	kill(pid, signo);
	return await_end(pid);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	const char *build = getenv("BUILD");
	char here[256];

	strcpy(f->dir, "/tmp/tollgate-program-XXXXXX");
	if (!getcwd(here, sizeof here) || !mkdtemp(f->dir))
		return -1;
	snprintf(f->program, sizeof f->program, "%s/%s/tollgate-exchange", here,
		 build ? build : "build");
	snprintf(f->socket, sizeof f->socket, "%s/exchange.sock", f->dir);
	snprintf(f->control, sizeof f->control, "%s/control.sock", f->dir);
	snprintf(f->out, sizeof f->out, "%s/out", f->dir);
	snprintf(f->err, sizeof f->err, "%s/err", f->dir);
	snprintf(f->said, sizeof f->said, "%s/said", f->dir);
	snprintf(f->log, sizeof f->log, "%s/log", f->dir);
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

	if (f->pid)
		end(f, SIGKILL);
	unlink(f->socket);
	unlink(f->control);
	unlink(f->out);
	unlink(f->err);
	unlink(f->said);
	unlink(f->log);
	if (rmdir(f->dir) < 0)
		return -1;
	free(f);
	return 0;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

static void test_help_lists_every_number(void **state)
{
	struct fixture *f = *state;
	const struct test_number *number;

	assert_int_equal(RUN(f, "--help"), 0);
	content(f, f->out);
	for (size_t i = 0; (number = test_number_at(i)); i++) {
		char item[32];

		snprintf(item, sizeof item, "  5550%s ", number->pattern);
		assert_has(f->text, item);
		assert_has(f->text, number->help);
	}
	assert_has(f->text, "--sound SOUND");
	assert_int_equal(RUN(f, "--version"), 0);
	assert_has(content(f, f->out), "tollgate-exchange ");
}

static void test_wrong_options(void **state)
{
	static const struct {
		const char *option, *value, *says;
	} rows[] = {
		{ "--spans", "0", "--spans 0: it must be 1..128" },
		{ "--spans", "129", "--spans 129: it must be 1..128" },
		{ "--delay", "501", "--delay 501: it must be 0..500 ms" },
		{ "--t309", "0", "--t309 0: it must be 1..300 s" },
		{ "--spans", "-1", "--spans -1: it must be 1..128" },
		{ "--spans", "2x", "--spans 2x: it must be 1..128" },
		{ "--span", "dahdi", "--span dahdi: it must be virtual or" },
		{ "--span", "dahdi:", "--span dahdi:: it must be virtual or" },
		{ "--span", "dahdi:0", "it must be virtual or dahdi:1..128" },
		{ "--span", "dahdi:129", "it must be virtual or dahdi:1..128" },
		{ "--span", "tape", "it must be virtual or dahdi:1..128" },
		{ "--span", "7", "it must be virtual or dahdi:1..128" },
		{ "--prefix", "+49", "--prefix +49: it must be at most 20" },
		{ "--prefix", "123456789012345678901", "at most 20 digits" },
		{ "--span", "virtual:j1", "with :t1, :e1" },
		{ "--span", "dahdi:t1", "it must be virtual or dahdi:1..128" },
		{ "--tones", "xx", "--tones xx: no such zone; there are us" },
		{ "--nonsense", NULL, "--help lists all options" },
		{ "show", NULL, "\"show\" is no option; the only command" },
		{ "ctl", NULL, "ctl wants a command: show" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(RUN(f, rows[i].option, rows[i].value), 2);
		assert_has(content(f, f->err), rows[i].says);
	}
}

static void test_spans_one_by_one(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(RUN(f, "--spans", "2", "--span", "virtual"), 2);
	assert_has(content(f, f->err), "exclude each other: list every span");
	assert_int_equal(RUN(f, "--span", "dahdi:1", "--spans", "2"), 2);
	/* Without a virtual span the gateways' socket is not even tried. */
	assert_int_equal(RUN(f, "--span", "dahdi:128", "--socket", "no/such/s",
			     "--control", "no/such/control"),
			 1);
	assert_has(content(f, f->err), "no/such/control: No such file");
	assert_int_equal(RUN(f, "--span", "dahdi:128", "--span", "virtual",
			     "--socket", "no/such/s"),
			 1);
	assert_has(content(f, f->err), "no/such/s: No such file");
}

static void test_starts_tells_and_ends(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		start(f, "3");
		assert_has(content(f, f->said), "tollgate-exchange: 3 spans");
		assert_has(f->text, f->socket);
		assert_has(f->text, f->control);
		assert_has(f->text, "  5550100 ");
		assert_int_equal(access(f->socket, F_OK), 0);
		assert_int_equal(end(f, signals[i]), 0);
		assert_int_equal(access(f->socket, F_OK), -1);
		assert_int_equal(access(f->control, F_OK), -1);
	}
}

static void test_second_one_and_dead_sockets(void **state)
{
	struct fixture *f = *state;

	start(f, "1");
	assert_int_equal(RUN(f, "--socket", f->socket, "--control", "other"),
			 1);
	assert_has(content(f, f->err), "another exchange answers there");
	/* Any control socket, a gateway's too, is none of an exchange's. */
	assert_int_equal(RUN(f, "--socket", f->control, "--control", "other"),
			 1);
	assert_has(content(f, f->err), "another program's socket answers");
	assert_int_equal(access(f->control, F_OK), 0);
	assert_int_equal(access(f->socket, F_OK), 0);
	assert_int_equal(end(f, SIGKILL), 256 + SIGKILL);
	assert_int_equal(access(f->socket, F_OK), 0);
	start(f, "1");
	assert_int_equal(end(f, SIGTERM), 0);
}

static void test_cannot_start(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(RUN(f, "--socket", "no/such/exchange.sock"), 1);
	assert_has(content(f, f->err),
		   "no/such/exchange.sock: No such file or directory; make its "
		   "directory first");
	assert_int_equal(RUN(f, "--socket", f->out), 1);
	assert_has(content(f, f->err), "a file that is no socket stands there");
}

static void test_ctl(void **state)
{
	struct fixture *f = *state;

	start(f, "2");
	assert_int_equal(RUN(f, "ctl", "--control", f->control, "show"), 0);
	assert_has(content(f, f->out),
		   "SPAN  LINE  LAYER 1     D CHANNEL  CALLS");
	assert_has(f->text, "   2  E1    no gateway  down           0");
	assert_has(f->text, "No call yet: dial 5550100");
	assert_int_equal(RUN(f, "ctl", "--control", f->control, "show",
			     "--json"),
			 0);
	assert_has(content(f, f->out), "\"calls\":[]");
	assert_int_equal(RUN(f, "ctl", "--control", f->control, "layer1",
			     "down", "2"),
			 0);
	assert_string_equal(content(f, f->out), "");
	assert_int_equal(RUN(f, "ctl", "--control", f->control, "show"), 0);
	assert_has(content(f, f->out),
		   "   2  E1    down        down           0");
	assert_int_equal(RUN(f, "ctl", "--control", f->control, "call", "123"),
			 1);
	assert_has(content(f, f->err), "no call on span 1: its D channel is "
				       "down");
	assert_int_equal(RUN(f, "ctl", "--control", f->control, "layer1",
			     "down", "3"),
			 1);
	assert_string_equal(content(f, f->err),
			    "tollgate-exchange: span 3 does not exist: this "
			    "exchange has 1..2\n");
	assert_int_equal(end(f, SIGTERM), 0);
	assert_int_equal(RUN(f, "ctl", "--control", f->control, "show"), 2);
	assert_has(content(f, f->err), "no exchange answers on ");
}

/* One whole call through the sockets, as a gateway in another process has it.
 */
static void test_a_call(void **state)
{
	struct fixture *f = *state;
	struct fake_user *user;
	struct loop *loop;
	unsigned cref = 0;

	start(f, "1");
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(fake_user_new(&user, loop, f->socket, 1), 0);
	fake_user_voice(user, 1, FAKE_LOOP);
	for (int i = 0; i < 500 && !fake_user_up(user); i++)
		loop_step(loop, 10);
	assert_true(fake_user_up(user));
	cref = fake_user_call(user, 1, true, "5550100");
	for (uint64_t end = clock_now_ms() + 1000; clock_now_ms() < end;)
		loop_step(loop, 10);
	fake_user_hangup(user, cref);
	for (int i = 0; i < 500 && !fake_user_count(user, cref, Q931_RELEASE);
	     i++)
		loop_step(loop, 10);
	assert_string_equal(fake_user_story(user, cref),
			    "CALL PROCEEDING, CONNECT, RELEASE");
	fake_user_free(user);
	loop_free(loop);
	assert_int_equal(RUN(f, "ctl", "--control", f->control, "show"), 0);
	assert_has(content(f, f->out), "16 Normal call clearing (user); ");
	assert_has(f->text, " bits compared, 0 errors, 0 sync losses\n");
	assert_int_equal(end(f, SIGTERM), 0);
	/* The story of a call is told in two lines. */
	assert_has(content(f, f->log),
		   "span=1 ch=1 call=1 SETUP from 4930123456 to 5550100: 100");
	assert_has(f->text, "span=1 ch=1 call=1 over: cause 16");
}

/* The same the other way: the exchange calls. */
static void test_a_call_to_the_user(void **state)
{
	struct fixture *f = *state;
	struct fake_user *user;
	struct loop *loop;
	unsigned cref;
	pid_t pid;

	start(f, "1");
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(fake_user_new(&user, loop, f->socket, 1), 0);
	fake_user_voice(user, 31, FAKE_LOOP);
	fake_user_takes(user, FAKE_ANSWERS, 0);
	for (int i = 0; i < 500 && !fake_user_up(user); i++)
		loop_step(loop, 10);
	pid = spawn(f, f->out, f->err,
		    (const char *const[]){ "ctl", "--control", f->control,
					   "call", "5551234", "--from",
					   "+4930123", "--hold", "1", NULL });
	for (int i = 0; i < 500 && !(cref = fake_user_rang(user, NULL)); i++)
		loop_step(loop, 10);
	for (int i = 0;
	     i < 500 && !fake_user_count(user, cref, Q931_RELEASE_COMPLETE);
	     i++)
		loop_step(loop, 10);
	assert_string_equal(fake_user_story(user, cref),
			    "SETUP, CONNECT ACKNOWLEDGE, DISCONNECT, RELEASE "
			    "COMPLETE");
	fake_user_free(user);
	loop_free(loop);
	assert_int_equal(await_end(pid), 0);
	assert_string_equal(
		content(f, f->out),
		"exchange's call 1 to 5551234 on span 1 channel 31\n");
	assert_int_equal(RUN(f, "ctl", "--control", f->control, "show"), 0);
	assert_has(content(f, f->out), "     1  out  ");
	assert_has(f->text, "16 Normal call clearing (exchange); ");
	assert_has(f->text, " bits compared, 0 errors, 0 sync losses\n");
	assert_int_equal(end(f, SIGTERM), 0);
	assert_has(content(f, f->log), "span=1 ch=31 call=1 SETUP to the user, "
				       "from 4930123 to 5551234");
}

/* The tables, from an answer made by hand. */
static void test_tables(void **state)
{
	static const char json[] =
		"{\"prefix\":\"5550\",\"spans\":[{\"span\":1,\"line\":\"T1\","
		"\"layer1\":\"up\","
		"\"dchannel\":\"up\",\"busy\":1,\"voice\":{\"blocks_in\":98,"
		"\"blocks_out\":100,\"slips_in\":1,\"slips_out\":2,"
		"\"overruns\":4,\"underruns\":5}}],\"calls\":[{\"id\":1,"
		"\"span\":1,\"channel\":7,\"cref\":12,\"test\":\"100\","
		"\"called\":\"5550100\",\"state\":\"over\",\"setup_utc\":"
		"\"2026-11-20T06:02:34.123Z\",\"alerting_ms\":null,"
		"\"answer_ms\":5,\"end_ms\":10234,\"cause\":16,\"cause_name\":"
		"\"Normal call clearing\",\"ended_by\":\"user\","
		"\"bits_compared\":640000,\"bit_errors\":3,\"sync_losses\":1,"
		"\"in_sync\":true,\"direction\":\"in\"},{\"id\":2,\"span\":1,"
		"\"channel\":31,"
		"\"cref\":13,\"test\":\"\",\"called\":\"\",\"state\":"
		"\"alerting\",\"setup_utc\":\"x\",\"alerting_ms\":0,"
		"\"direction\":\"out\",\"progress_indicators\":[1,8]},{\"id\":"
		"3,"
		"\"span\":1,\"channel\":2,\"cref\":14,\"test\":\"106\","
		"\"called\":\"5550106\",\"state\":\"active\",\"setup_utc\":"
		"\"x\",\"direction\":\"in\",\"dtmf\":\"12#\"}]}";
	static const char want[] =
		"SPAN  LINE  LAYER 1     D CHANNEL  CALLS   BLOCKS IN  BLOCKS "
		"OUT   "
		"SLIPS  UNDERRUNS  OVERRUNS\n"
		"   1  T1    up          up             1          98         "
		"100   "
		"    3          5         4\n"
		"\n"
		"  CALL  DIR  SETUP (UTC)   SPAN     CREF  TEST    CALLED      "
		"     "
		" STATE        ALERT s  ANSWER s     END s  RESULT\n"
		"     1  in   06:02:34.123  1/7        12  100     5550100     "
		"     "
		" over               -     0.005    10.234  16 Normal call "
		"clearing (user); 640000 bits compared, 3 errors, 1 sync "
		"loss\n"
		"     2  out  x             1/31       13  -       -           "
		"     "
		" alerting       0.000         -         -  PI 1 8; \n"
		"     3  in   x             1/2        14  106     5550106     "
		"     "
		" active             -         -         -  heard 12#\n";
	struct fixture *f = *state;
	FILE *out = fopen(f->out, "w");

	assert_non_null(out);
	ctl_print_show(json, out);
	fclose(out);
	assert_string_equal(content(f, f->out), want);
	/* An answer that lacks everything must not crash it. */
	out = fopen(f->out, "w");
	ctl_print_show("{}", out);
	ctl_print_show("[1]", out);
	ctl_print_show("{\"spans\":[3],\"calls\":[null,{}]}", out);
	fclose(out);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_help_lists_every_number),
		T(test_wrong_options),
		T(test_spans_one_by_one),
		T(test_starts_tells_and_ends),
		T(test_second_one_and_dead_sockets),
		T(test_cannot_start),
		T(test_ctl),
		T(test_a_call),
		T(test_a_call_to_the_user),
		T(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
