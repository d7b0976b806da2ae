/* Errors by exact text. Those in plain text are in tests/conf/errors.txt. */
#include "conf/conf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES "tests/conf/errors.txt"

#define GATEWAY "gateway g { listen 127.0.0.1 }\n"

/* Parses `text` and returns what was written to the errors (free it). */
static char *errors_of(const char *text, size_t len, int expected)
{
	struct conf *conf = NULL;
	char *said = NULL;
	size_t said_len;
	FILE *errors = open_memstream(&said, &said_len);

	assert_non_null(errors);
	assert_int_equal(conf_parse(&conf, "t.conf", text, len, errors),
			 expected);
	fclose(errors);
	assert_true(expected ? conf == NULL : conf != NULL);
	conf_free(conf);
	return said;
}

/* Reads a file that must be there (free it). */
static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	FILE *copy = open_memstream(&text, len);
	char buf[4096];
	size_t got;

	if (!file)
		fail_msg("%s: run the tests in the top directory", path);
	while ((got = fread(buf, 1, sizeof buf, file)))
		fwrite(buf, 1, got, copy);
	fclose(file);
	fclose(copy);
	return text;
}

/* One case: a name, a text up to "---", the errors up to the next "===". */
static const char *run_case(const char *at)
{
	const char *text = strchr(at, '\n') + 1;
	const char *line = strstr(text, "\n---\n");
	const char *want, *end;
	char *said;

	assert_non_null(line);
	want = line + strlen("\n---\n");
	end = strstr(want, "\n=== ");
	end = end ? end + 1 : want + strlen(want);
	said = errors_of(text, (size_t)(line + 1 - text), -EINVAL);
	if (strlen(said) != (size_t)(end - want) ||
	    memcmp(said, want, (size_t)(end - want)))
		fail_msg("%.*s\nexpected:\n%.*s\ngot:\n%s",
			 (int)(text - at - 1), at, (int)(end - want), want,
			 said);
	free(said);
	return end;
}

static void every_case(void **state)
{
	size_t len, count = 0;
	char *all = read_file(CASES, &len);
	const char *at = strstr(all, "\n=== ") + 1;

	(void)state;
	for (; *at; count++)
		at = run_case(at);
	free(all);
	print_message("%zu cases\n", count);
	assert_true(count >= 110);
}

static const struct {
	const char *text;
	size_t len; /* 0: strlen */
	const char *errors;
} odd_bytes[] = {
	{ GATEWAY "log {\n  level in\afo\n}\n", 0,
	  "t.conf:3:11: error: a control character: remove it\n"
	  "    3 |   level in?fo\n"
	  "      |           ^\n" },
	/* one of them is enough to read of */
	{ GATEWAY "log {\n  level \a \b \a\n}\n", 0,
	  "t.conf:3:9: error: a control character: remove it\n"
	  "    3 |   level ? ? ?\n"
	  "      |         ^\n" },
	/* a terminal must not obey it */
	{ GATEWAY "log {\n  level \033[31minfo\n}\n", 0,
	  "t.conf:3:9: error: a control character: remove it\n"
	  "    3 |   level ?[31minfo\n"
	  "      |         ^\n" },
	/* C1 CSI in UTF-8 does the same */
	{ GATEWAY "log {\n  level \xc2\x9b"
		  "31m\n}\n",
	  0,
	  "t.conf:3:9: error: a control character: remove it\n"
	  "    3 |   level ?31m\n"
	  "      |         ^\n" },
	{ GATEWAY "log {\n  level inf\xff\n}\n", 0,
	  "t.conf:3:12: error: a byte that is not UTF-8: save the file as "
	  "UTF-8\n"
	  "    3 |   level inf\xff\n"
	  "      |            ^\n" },
	{ GATEWAY "log {\n\0 level info\n}\n", sizeof GATEWAY + 20,
	  "t.conf:3:1: error: a NUL byte: this is no text file\n"
	  "    3 | ? level info\n"
	  "      | ^\n" },
	/* a carriage return ends lines, and stands nowhere else */
	{ "gateway g {\r\n  listen 127.0.0.1 x\r\n}\r\n", 0,
	  "t.conf:2:20: error: \"x\" is not a port\n"
	  "    2 |   listen 127.0.0.1 x\n"
	  "      |                    ^  (listen <address> [<port>], port 1 to "
	  "65535, 5060 if left out)\n" },
	{ GATEWAY "log {\n  level\rinfo\n}\n", 0,
	  "t.conf:3:8: error: a control character: remove it\n"
	  "    3 |   level?info\n"
	  "      |        ^\n" },
	/* a byte order mark counts for nothing */
	{ "\xef\xbb\xbf" GATEWAY "x\n", 0,
	  "t.conf:2:1: error: unknown block \"x\"\n"
	  "    2 | x\n"
	  "      | ^  (blocks are gateway, log, sip-peer, span, trunk-group, "
	  "numbering, hours, number-class, route, test)\n" },
	/* without a line end at the end */
	{ "gateway g { listen 127.0.0.1", 0,
	  "t.conf:1:1: error: gateway \"g\" is not closed: \"}\" is missing\n"
	  "    1 | gateway g { listen 127.0.0.1\n"
	  "      | ^^^^^^^\n" },
	{ "", 0,
	  "t.conf: error: there is no gateway block: write gateway <name> { "
	  "listen <address> }\n" },
};

static void every_odd_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof odd_bytes / sizeof *odd_bytes; i++) {
		size_t len = odd_bytes[i].len ? odd_bytes[i].len
					      : strlen(odd_bytes[i].text);
		char *said = errors_of(odd_bytes[i].text, len, -EINVAL);

		assert_string_equal(said, odd_bytes[i].errors);
		free(said);
	}
}

static unsigned count_lines(const char *text, const char *with)
{
	unsigned count = 0;

	while ((text = strstr(text, with))) {
		count++;
		text++;
	}
	return count;
}

/* A configuration with `count` mistakes. */
static char *mistakes(unsigned count)
{
	char *text = NULL, *said;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	fputs(GATEWAY "numbering n {\n", out);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "  wrong%u\n", i);
	fputs("}\n", out);
	fclose(out);
	said = errors_of(text, len, -EINVAL);
	free(text);
	return said;
}

static void stops_after_twenty(void **state)
{
	static const char last[] = "too many errors, stopping after 20\n";
	char *said = mistakes(20);

	(void)state;
	assert_int_equal(count_lines(said, ": error: "), 20);
	assert_null(strstr(said, last));
	free(said);
	said = mistakes(21);
	assert_int_equal(count_lines(said, ": error: "), 20);
	assert_string_equal(said + strlen(said) - strlen(last), last);
	free(said);
	said = mistakes(100000);
	assert_int_equal(count_lines(said, ": error: "), 20);
	free(said);
}

/* Errors are found in several passes and shown in the order of the text. */
static void in_order_of_lines(void **state)
{
	static const char text[] = "route from nobody { + -> reject 404 }\n"
				   "log { level quiet }\n"
				   "gateway g { listen 0.0.0.0 }\n"
				   "span 1 {\n";
	unsigned line = 1;
	char *said = errors_of(text, strlen(text), -EINVAL);
	char *at = said;
	char want[32];

	(void)state;
	for (; line <= 4; line++) {
		snprintf(want, sizeof want, "t.conf:%u:", line);
		at = strstr(at, want);
		assert_non_null(at);
	}
	assert_int_equal(count_lines(said, ": error: "), 4);
	free(said);
}

/* Of a long line a part is shown, with the caret still under the word. */
static void long_line(void **state)
{
	char *text = NULL, *said, *caret, *word, *from;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	fputs(GATEWAY "numbering n {\n  receive unknown ", out);
	for (int i = 0; i < 300; i++)
		fputs("\"\" ", out);
	fputs("-> WRONG", out);
	for (int i = 0; i < 300; i++)
		fputs(" 12", out);
	fputs("\n}\nlog {", out);
	for (int i = 0; i < 300; i++)
		fputs(" ", out);
	fputs("WRONG 1 2 3 }\n", out);
	fclose(out);
	said = errors_of(text, len, -EINVAL);
	from = strstr(said, "t.conf:5:");
	assert_non_null(from);
	word = strstr(from, "... ");
	caret = strchr(from, '^');
	word = strchr(strchr(from, '\n') + 1, 'W');
	from = strchr(from, '\n') + 1;
	assert_ptr_equal(strchr(word, '\n') + 1 + (word - from), caret);
	for (char *line = said; *line; line = strchr(line, '\n') + 1)
		assert_true(strcspn(line, "\n") < 250);
	free(text);
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case),
		cmocka_unit_test(every_odd_byte),
		cmocka_unit_test(stops_after_twenty),
		cmocka_unit_test(in_order_of_lines),
		cmocka_unit_test(long_line),
	};

	return cmocka_run_group_tests_name("conf errors", tests, NULL, NULL);
}
