#include "gateway/cdr.h"

#include "gateway/json_text.h"
#include "gateway/log.h"
#include "tests/sample_call.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

struct fixture {
	char dir[64], path[100], log[100];
	struct cdr *cdr;
	struct call call;
	bool csv;
};

#define KEEP 600

static int start(struct fixture *f, const char *path)
{
	const struct cdr_config cfg = {
		.path = path, .node = "demo", .csv = f->csv, .keep = KEEP
	};

	return cdr_new(&f->cdr, &cfg);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	strcpy(f->dir, "/tmp/tollgate-cdr-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/calls.jsonl", f->dir);
	snprintf(f->log, sizeof f->log, "%s/log", f->dir);
	assert_int_equal(start(f, f->path), 0);
	sample_call(&f->call, 17);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	cdr_free(f->cdr);
	unlink(f->path);
	unlink(f->log);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	clock_set_source(NULL);
	return 0;
}

/* Record `index` of the file, parsed; checks that the file is lines. */
static json_t *record(const char *path, int index)
{
	FILE *file = fopen(path, "r");
	char line[8192];
	json_t *json = NULL;

	assert_non_null(file);
	for (int i = 0; i <= index; i++) {
		assert_non_null(fgets(line, sizeof line, file));
		assert_non_null(strchr(line, '\n'));
	}
	fclose(file);
	json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	return json;
}

static unsigned count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned lines = 0;
	int c;

	assert_non_null(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static json_t *written(struct fixture *f)
{
	cdr_write(f->cdr, &f->call);
	cdr_flush(f->cdr);
	return record(f->path, (int)count_lines(f->path) - 1);
}

static const char *text(const json_t *json, const char *key)
{
	const char *value = json_string_value(json_object_get(json, key));

	if (!value)
		fail_msg("%s is no text", key);
	return value;
}

static json_int_t number(const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);

	if (!json_is_integer(value))
		fail_msg("%s is no number", key);
	return json_integer_value(value);
}

static void is_null(const json_t *json, const char *key)
{
	if (!json_is_null(json_object_get(json, key)))
		fail_msg("%s is not null", key);
}

static void answered_call(void **state)
{
	struct fixture *f = *state;
	char start[32], answer[32], end[32];
	uint64_t utc_ns = f->call.start_utc_ns;
	json_t *json;

	sample_end(&f->call, 11300);
	json = written(f);
	clock_format_utc(utc_ns, start);
	clock_format_utc(utc_ns + 1300 * NS_PER_MS, answer);
	clock_format_utc(utc_ns + 11300 * NS_PER_MS, end);
	assert_int_equal(number(json, "version"), 1);
	assert_string_equal(text(json, "node"), "demo");
	assert_int_equal(number(json, "seq"), 1);
	assert_int_equal(number(json, "id"), 17);
	assert_string_equal(text(json, "start_utc"), start);
	assert_string_equal(text(json, "answer_utc"), answer);
	assert_string_equal(text(json, "end_utc"), end);
	assert_int_equal(number(json, "setup_ms"), 300);
	assert_int_equal(number(json, "alert_ms"), 1000);
	assert_int_equal(number(json, "duration_ms"), 10000);
	assert_string_equal(text(json, "direction"), "out");
	assert_string_equal(text(json, "caller"), "03012345");
	assert_string_equal(text(json, "caller_core"), "+493012345");
	assert_string_equal(text(json, "caller_ton"), "unknown");
	assert_string_equal(text(json, "caller_npi"), "isdn");
	assert_true(json_is_false(json_object_get(json, "clir")));
	assert_string_equal(text(json, "called"), "+49305550100");
	assert_string_equal(text(json, "called_core"), "+49305550100");
	assert_string_equal(text(json, "called_sent"), "5550100");
	assert_string_equal(text(json, "called_ton"), "subscriber");
	assert_string_equal(text(json, "called_npi"), "isdn");
	assert_string_equal(text(json, "sip_call_id"),
			    "a84b4c76e66710@pc33.example.com");
	assert_string_equal(text(json, "sip_peer"), "phones");
	assert_string_equal(text(json, "sip_src"), "127.0.0.1:5062");
	assert_int_equal(number(json, "sip_status"), 200);
	assert_string_equal(text(json, "route_rule"), "conf/demo.conf:58");
	assert_string_equal(text(json, "trunk_group"), "city");
	assert_int_equal(number(json, "span"), 1);
	assert_int_equal(number(json, "channel"), 5);
	assert_int_equal(number(json, "attempts"), 1);
	assert_int_equal(number(json, "q850_cause"), 16);
	assert_int_equal(number(json, "q850_location"), 0);
	assert_string_equal(text(json, "cause_text"), "BYE");
	assert_string_equal(text(json, "release_by"), "caller");
	assert_string_equal(text(json, "codec"), "alaw");
	assert_int_equal(number(json, "rtp_tx"), 500);
	assert_int_equal(number(json, "rtp_rx"), 498);
	assert_int_equal(number(json, "rtp_lost"), 2);
	assert_int_equal(number(json, "concealed_ms"), 40);
	assert_int_equal(number(json, "dtmf"), 7);
	assert_string_equal(text(json, "redirecting"), "030777");
	assert_string_equal(text(json, "redirect_reason"), "unconditional");
	assert_string_equal(text(json, "connected"), "5550199");
	assert_string_equal(text(json, "caller_sent"), "12345");
	assert_string_equal(text(json, "caller_sent_ton"), "subscriber");
	assert_string_equal(text(json, "caller_sent_npi"), "isdn");
	assert_true(json_is_false(json_object_get(json, "caller_sent_clir")));
	assert_int_equal(number(json, "caller_sent_screening"), 0);
	assert_string_equal(text(json, "caller_told"), "as it came");
	is_null(json, "caller_told_by");
	assert_string_equal(text(json, "redirecting_sent"), "030777");
	assert_true(json_real_value(json_object_get(json, "jitter_ms_max")) ==
		    1.5);
	json_decref(json);
}

static void refused_before_a_called_leg(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	memset(&f->call.route, 0, sizeof f->call.route);
	memset(&f->call.sent, 0, sizeof f->call.sent);
	memset(&f->call.info_b, 0, sizeof f->call.info_b);
	memset(&f->call.setup.calling, 0, sizeof f->call.setup.calling);
	f->call.rtp_side.kind = LEG_MEDIA_NONE;
	f->call.alerting_ms = f->call.answer_ms = 0;
	f->call.attempts = 0;
	sample_end(&f->call, 7);
	f->call.released_by = CALL_BY_GATEWAY;
	f->call.cause.q850 = 3;
	f->call.info_a.sip_status = 404;
	json = written(f);
	assert_string_equal(text(json, "direction"), "out");
	is_null(json, "answer_utc");
	assert_int_equal(number(json, "setup_ms"), 7);
	assert_int_equal(number(json, "alert_ms"), 0);
	assert_int_equal(number(json, "duration_ms"), 0);
	is_null(json, "caller");
	is_null(json, "caller_core");
	is_null(json, "caller_ton");
	is_null(json, "screening");
	is_null(json, "called_core");
	is_null(json, "called_sent");
	is_null(json, "called_ton");
	is_null(json, "caller_sent");
	is_null(json, "caller_sent_clir");
	is_null(json, "caller_told");
	is_null(json, "redirecting_sent");
	is_null(json, "route_rule");
	is_null(json, "trunk_group");
	is_null(json, "span");
	is_null(json, "channel");
	is_null(json, "codec");
	assert_int_equal(number(json, "attempts"), 0);
	assert_int_equal(number(json, "sip_status"), 404);
	assert_int_equal(number(json, "q850_cause"), 3);
	assert_string_equal(text(json, "release_by"), "gateway");
	json_decref(json);
}

/* No leg was made (every channel taken), but the route is known. */
static void trunk_group_from_the_route(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	memset(&f->call.info_b, 0, sizeof f->call.info_b);
	sample_end(&f->call, 7);
	json = written(f);
	assert_string_equal(text(json, "trunk_group"), "city");
	assert_string_equal(text(json, "route_rule"), "conf/demo.conf:58");
	is_null(json, "span");
	json_decref(json);
}

static void call_from_the_pstn(void **state)
{
	struct fixture *f = *state;
	struct leg_info sip = f->call.info_a;
	json_t *json;

	f->call.info_a = f->call.info_b;
	f->call.info_b = sip;
	sample_number(&f->call.setup.called, "12345", 2, 1);
	f->call.setup.calling.presentation = 1;
	sample_number(&f->call.setup.calling, "5551234", 1, 9);
	sample_end(&f->call, 2000);
	json = written(f);
	assert_string_equal(text(json, "direction"), "in");
	assert_string_equal(text(json, "called_ton"), "national");
	assert_string_equal(text(json, "caller_ton"), "international");
	assert_string_equal(text(json, "caller_npi"), "private");
	assert_true(json_is_true(json_object_get(json, "clir")));
	assert_int_equal(number(json, "span"), 1);
	assert_string_equal(text(json, "sip_peer"), "phones");
	assert_string_equal(text(json, "trunk_group"), "city");
	json_decref(json);
}

static void who_released(void **state)
{
	static const struct {
		enum call_released_by by;
		const char *cause_text, *release_by;
	} cases[] = {
		{ CALL_BY_CALLER, "BYE", "caller" },
		{ CALL_BY_CALLEE, "", "callee" },
		{ CALL_BY_GATEWAY, "no route", "gateway" },
		{ CALL_BY_SPAN, "span down", "span" },
		{ CALL_BY_TIMER, "T310", "timer:T310" },
		{ CALL_BY_TIMER, "", "timer" },
		{ CALL_BY_OPERATOR, "operator", "operator" },
	};
	struct fixture *f = *state;

	sample_end(&f->call, 2000);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *json;

		f->call.released_by = cases[i].by;
		strcpy(f->call.cause.text, cases[i].cause_text);
		json = written(f);
		assert_string_equal(text(json, "release_by"),
				    cases[i].release_by);
		assert_int_equal(number(json, "seq"), i + 1);
		json_decref(json);
	}
	assert_int_equal(count_lines(f->path), sizeof cases / sizeof *cases);
}

/* The process ends while the call lives: it is still a record. */
static void call_cut_alive(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	sample_now_ms += 2300;
	json = written(f);
	is_null(json, "end_utc");
	is_null(json, "release_by");
	is_null(json, "q850_cause");
	assert_int_equal(number(json, "duration_ms"), 1000);
	json_decref(json);
}

static void calendar_step_is_told(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int64_t step_ms;
		bool stepped;
	} cases[] = { { 0, false },	 { 700, false },  { -700, false },
		      { 1500, true },	 { -1500, true }, { 3600000, true },
		      { -3600000, true } };

	sample_end(&f->call, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *json;

		f->call.start_utc_ns =
			clock_calendar_ns() -
			(uint64_t)(cases[i].step_ms * (int64_t)NS_PER_MS);
		json = written(f);
		if (json_is_true(json_object_get(json, "clock_stepped")) !=
		    cases[i].stepped)
			fail_msg("step of %lld ms",
				 (long long)cases[i].step_ms);
		json_decref(json);
	}
}

static void peers_words_stay_one_json_line(void **state)
{
	struct fixture *f = *state;
	json_t *json;

	strcpy(f->call.info_a.sip_call_id, "a\"b\\c\n{}\x01\x7f");
	strcpy(f->call.setup.called.digits, "\xff\xfe"
					    "123");
	strcpy(f->call.cause.text, "SIP 486 caf\xc3\xa9");
	sample_end(&f->call, 2000);
	strcpy(f->call.cause.text, "SIP 486 caf\xc3\xa9");
	json = written(f);
	assert_int_equal(count_lines(f->path), 1);
	assert_string_equal(text(json, "sip_call_id"), "a\"b\\c\n{}\x01\x7f");
	assert_string_equal(text(json, "called"), "??123");
	assert_string_equal(text(json, "cause_text"), "SIP 486 caf\xc3\xa9");
	json_decref(json);
}

static void file_is_appended_to_and_private(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	sample_end(&f->call, 2000);
	cdr_write(f->cdr, &f->call);
	cdr_free(f->cdr);
	assert_int_equal(start(f, f->path), 0);
	cdr_write(f->cdr, &f->call);
	cdr_flush(f->cdr);
	assert_int_equal(count_lines(f->path), 2);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777 & ~0640, 0);
	assert_int_equal(cdr_failures(f->cdr), 0);
}

static void rotated_file_is_made_anew(void **state)
{
	struct fixture *f = *state;
	char old[128];

	sample_end(&f->call, 2000);
	cdr_write(f->cdr, &f->call);
	cdr_flush(f->cdr);
	snprintf(old, sizeof old, "%s.1", f->path);
	assert_int_equal(rename(f->path, old), 0);
	cdr_write(f->cdr, &f->call);
	cdr_flush(f->cdr);
	assert_int_equal(count_lines(old), 1);
	assert_int_equal(count_lines(f->path), 1);
	/* Another file in its place (logrotate's "create"). */
	assert_int_equal(rename(f->path, old), 0);
	close(open(f->path, O_CREAT | O_WRONLY, 0600));
	cdr_write(f->cdr, &f->call);
	cdr_flush(f->cdr);
	assert_int_equal(count_lines(f->path), 1);
	assert_int_equal(cdr_failures(f->cdr), 0);
	unlink(old);
}

/* Runs `fn` with stderr in the file f->log; the text of it. */
static char *logged(struct fixture *f, void (*fn)(struct fixture *f))
{
	static char log[16384];
	int saved = dup(STDERR_FILENO);
	int fd = open(f->log, O_CREAT | O_TRUNC | O_RDWR, 0600);
	ssize_t n;

	assert_true(saved >= 0 && fd >= 0);
	fflush(stderr);
	dup2(fd, STDERR_FILENO);
	log_set_level(LOG_ERR);
	fn(f);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(fd, log, sizeof log - 1, 0);
	close(fd);
	assert_true(n >= 0);
	log[n] = '\0';
	return log;
}

static void write_and_flush(struct fixture *f)
{
	cdr_write(f->cdr, &f->call);
	cdr_flush(f->cdr);
}

/* The record, put together from the parts in the log. */
static json_t *from_log(char *log, unsigned *parts)
{
	char whole[8192] = "";
	json_t *json;

	*parts = 0;
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n")) {
		char *part = strstr(line, " record=\"");

		if (!part)
			continue;
		assert_non_null(strstr(line, " err "));
		assert_non_null(strstr(line, " call=17 "));
		part += strlen(" record=\"");
		for (char *to = whole + strlen(whole); *part != '"'; part++) {
			part += *part == '\\';
			*to++ = *part;
		}
		(*parts)++;
	}
	json = json_loads(whole, 0, NULL);
	assert_non_null(json);
	return json;
}

static void full_disk_logs_the_record(void **state)
{
	struct fixture *f = *state;
	unsigned parts;
	json_t *json;

	cdr_free(f->cdr);
	assert_int_equal(start(f, "/dev/full"), 0);
	sample_end(&f->call, 2000);
	json = from_log(logged(f, write_and_flush), &parts);
	assert_int_equal(number(json, "id"), 17);
	assert_string_equal(text(json, "release_by"), "caller");
	assert_true(parts >= 2);
	assert_int_equal(cdr_failures(f->cdr), 1);
	json_decref(json);
}

/* A limit on the file's size cuts a line short: its stump is taken back. */
static void cut_line_does_not_swallow_the_next(void **state)
{
	struct fixture *f = *state;
	struct rlimit old, small;
	json_t *json;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 100;
	sample_end(&f->call, 2000);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	/* The log is a file here and would meet the limit too. */
	log_open("test", 0, LOG_ERR);
	cdr_write(f->cdr, &f->call);
	cdr_flush(f->cdr);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	log_open("test", LOG_TO_STDERR, LOG_ERR);
	assert_int_equal(cdr_failures(f->cdr), 1);
	cdr_write(f->cdr, &f->call);
	cdr_flush(f->cdr);
	assert_int_equal(cdr_failures(f->cdr), 1);
	assert_int_equal(count_lines(f->path), 1);
	json = record(f->path, 0);
	assert_int_equal(number(json, "seq"), 2);
	json_decref(json);
}

static void gone_folder_logs_the_record(void **state)
{
	struct fixture *f = *state;
	char dir[100], path[128];
	unsigned parts;
	json_t *json;

	snprintf(dir, sizeof dir, "%s/sub", f->dir);
	snprintf(path, sizeof path, "%s/calls.jsonl", dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	cdr_free(f->cdr);
	assert_int_equal(start(f, path), 0);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	sample_end(&f->call, 2000);
	json = from_log(logged(f, write_and_flush), &parts);
	json_decref(json);
	assert_int_equal(cdr_failures(f->cdr), 1);
	/* It comes back by itself. */
	assert_int_equal(mkdir(dir, 0700), 0);
	write_and_flush(f);
	assert_int_equal(count_lines(path), 1);
	unlink(path);
	rmdir(dir);
}

static void no_file_wanted_or_possible(void **state)
{
	struct fixture *f = *state;
	struct cdr *cdr = f->cdr;

	assert_int_equal(start(f, ""), 0);
	sample_end(&f->call, 2000);
	cdr_write(f->cdr, &f->call);
	cdr_flush(f->cdr);
	assert_int_equal(cdr_failures(f->cdr), 0);
	cdr_free(f->cdr);
	assert_int_equal(start(f, "/nonexistent/calls"), -ENOENT);
	f->cdr = cdr;
	cdr_free(NULL);
}

/* Every field stands in the manual, in the order of the record. */
static void manual_lists_the_fields(void **state)
{
	struct fixture *f = *state;
	FILE *manual = fopen("gateway/tollgated.8", "r");
	char line[200];
	void *field;
	json_t *json;

	if (!manual)
		fail_msg("run this from the top of the source tree");
	sample_end(&f->call, 2000);
	json = written(f);
	field = json_object_iter(json);
	while (fgets(line, sizeof line, manual)) {
		if (strncmp(line, ".It Fa ", 7) != 0)
			continue;
		for (char *name = strtok(line + 7, " ,\n"); name;
		     name = strtok(NULL, " ,\n")) {
			assert_non_null(field);
			assert_string_equal(json_object_iter_key(field), name);
			field = json_object_iter_next(json, field);
		}
	}
	if (field)
		fail_msg("%s is not in the manual",
			 json_object_iter_key(field));
	fclose(manual);
	json_decref(json);
}

static void many_records_keep_their_order(void **state)
{
	struct fixture *f = *state;

	sample_end(&f->call, 2000);
	for (unsigned i = 0; i < 500; i++) {
		f->call.id = i;
		cdr_write(f->cdr, &f->call);
	}
	cdr_free(f->cdr);
	f->cdr = NULL;
	assert_int_equal(count_lines(f->path), 500);
	for (int i = 0; i < 500; i += 83) {
		json_t *json = record(f->path, i);

		assert_int_equal(number(json, "id"), i);
		assert_int_equal(number(json, "seq"), i + 1);
		json_decref(json);
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(answered_call),
		CASE(refused_before_a_called_leg),
		CASE(trunk_group_from_the_route),
		CASE(call_from_the_pstn),
		CASE(who_released),
		CASE(call_cut_alive),
		CASE(calendar_step_is_told),
		CASE(peers_words_stay_one_json_line),
		CASE(file_is_appended_to_and_private),
		CASE(rotated_file_is_made_anew),
		CASE(full_disk_logs_the_record),
		CASE(cut_line_does_not_swallow_the_next),
		CASE(gone_folder_logs_the_record),
		CASE(no_file_wanted_or_possible),
		CASE(manual_lists_the_fields),
		CASE(many_records_keep_their_order),
	};

	/* Beyond RLIMIT_FSIZE a write fails instead of ending the process. */
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
