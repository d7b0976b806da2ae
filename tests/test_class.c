/* Number classes and the files that they come from. */
#include "conf/class.h"
#include "conf/conf.h"
#include "conf/date.h"
#include "conf/diff.h"
#include "gateway/class_notice.h"
#include "tests/conf_dir.h"
#include "tests/fake_log.h"

#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define GATEWAY "gateway g { listen 127.0.0.1 }\n"
#define LISTS "conf/classes/*.class"

static struct conf *load(struct conf_dir *dir, const char *name, int expected,
			 char *said, size_t size)
{
	struct conf *conf = NULL;
	FILE *errors;
	char path[64];
	int err;

	snprintf(path, sizeof path, "%s/%s", dir->path, name);
	memset(said, 0, size);
	errors = fmemopen(said, size - 1, "w");
	err = conf_load(&conf, path, errors);
	fclose(errors);
	conf_dir_strip(dir, said);
	if (err != expected)
		fail_msg("%s: %s", strerror(-err), said);
	return conf;
}

static void refused(struct conf_dir *dir, const char *text, const char *want)
{
	char said[4096];

	conf_dir_put(dir, "t.conf", text);
	load(dir, "t.conf", -EINVAL, said, sizeof said);
	assert_string_equal(said, want);
}

static struct conf *taken(struct conf_dir *dir, const char *text)
{
	char said[4096];

	conf_dir_put(dir, "t.conf", text);
	return load(dir, "t.conf", 0, said, sizeof said);
}

static const struct {
	const char *core;
	bool holds;
} members[] = {
	{ "+49900", true },
	{ "+499001234", true },
	{ "+4990", false },
	{ "+491371", true },
	{ "+49138", false },
	{ "110", true },
	{ "1100", false },
	{ "11", false },
	{ "+4930100", true },
	{ "+4930149", true },
	{ "+4930150", false },
	{ "+49301000", false },
	{ "+4930099", false },
	{ "11800", true },
	{ "11899", true },
	{ "11900", false },
	{ "118000", false },
	{ "", false },
	{ "+", false },
	{ "4990012345", false },
	{ "+4990012345678901234567890123456789012345", true },
	{ "+4890012345678901234567890123456789012345", false },
};

static void who_is_in_it(void **state)
{
	struct conf_dir *dir = *state;
	struct conf *conf;

	conf_dir_put(dir, "a.class", "+49900 +49900\n# none\n\n110\n");
	conf_dir_put(dir, "b.class", "dated 2026-01-01\n11800..11899 +49137\n");
	conf = taken(dir, GATEWAY "number-class c {\n"
				  "  numbers +49900 +4930100..+4930149\n"
				  "  file *.class\n  limit 5 calls 10/s\n"
				  "  limit 60 min/day per caller\n}\n");
	assert_int_equal(conf->class_count, 1);
	assert_string_equal(conf->classes[0].name, "c");
	assert_int_equal(conf->classes[0].number_count, 5);
	assert_int_equal(conf->classes[0].limits.count, 3);
	assert_int_equal(conf->classes[0].review_by, 0);
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (class_holds(&conf->classes[0], members[i].core) !=
		    members[i].holds)
			fail_msg("\"%s\"", members[i].core);
	conf_free(conf);
}

/* A class that holds everything, short codes too. */
static void everything(void **state)
{
	struct conf *conf =
		taken(*state, GATEWAY "number-class c { numbers + 110 }\n");

	assert_true(class_holds(&conf->classes[0], "+1"));
	assert_true(class_holds(&conf->classes[0], "110"));
	assert_false(class_holds(&conf->classes[0], "112"));
	conf_free(conf);
}

static void how_old_it_is(void **state)
{
	struct conf_class class = { .review_by = 1000 };

	(void)state;
	assert_int_equal(class_age(&class, 1001), CLASS_OUTDATED);
	assert_int_equal(class_age(&class, 1000), CLASS_DUE);
	assert_int_equal(class_age(&class, 970), CLASS_DUE);
	assert_int_equal(class_age(&class, 969), CLASS_FRESH);
	class.review_by = 0;
	assert_int_equal(class_age(&class, 100000), CLASS_FRESH);
}

/* The one that is due first counts. */
static void out_of_date(void **state)
{
	struct conf_dir *dir = *state;
	struct conf *conf;

	conf_dir_put(dir, "old.class",
		     "# a list\ndated 1999-01-01\nreview-by 2000-01-01\n+1\n");
	conf_dir_put(dir, "new.class", "review-by 2199-01-01\n+2\n");
	refused(dir,
		GATEWAY "number-class c {\n  file new.class\n"
			"  file old.class\n}\n",
		"old.class:3:11: error: this list of numbers is out of date: "
		"it was to be reviewed by 2000-01-01\n"
		"    3 | review-by 2000-01-01\n"
		"      |           ^^^^^^^^^^  (compare it with its sources "
		"and "
		"set a new date, or write \"when-outdated warn\" in "
		"number-class \"c\")\n");
	conf = taken(dir, GATEWAY "number-class c {\n  file new.class\n"
				  "  file old.class\n  when-outdated warn\n"
				  "}\n");
	assert_true(conf->classes[0].outdated_warns);
	assert_int_equal(conf->classes[0].review_by,
			 date_days((struct date){ 2000, 1, 1 }));
	conf_dir_strip(dir, (char *)conf->classes[0].review_file);
	assert_string_equal(conf->classes[0].review_file, "old.class");
	conf_free(conf);
	conf = taken(dir, GATEWAY "number-class c { file new.class }\n");
	assert_false(conf->classes[0].outdated_warns);
	conf_free(conf);
}

static const struct {
	const char *list, *error;
} lists[] = {
	{ "+49 90\n+49x\n",
	  "x.class:2:1: error: \"+49x\" is no pattern: +49 alone takes every "
	  "number that begins so\n"
	  "    2 | +49x\n"
	  "      | ^^^^  (<number> ... | <first>..<last> ...)\n" },
	{ "review 2027-01-01\n+1\n",
	  "x.class:1:1: error: \"review\" is neither a number nor a word of a "
	  "list of numbers\n"
	  "    1 | review 2027-01-01\n"
	  "      | ^^^^^^  did you mean \"review-by\"?  (a line is dated "
	  "<date>, "
	  "review-by <date>, or numbers)\n" },
	{ "premium\n",
	  "x.class:1:1: error: \"premium\" is neither a number nor a word of a "
	  "list of numbers\n"
	  "    1 | premium\n"
	  "      | ^^^^^^^  (a line is dated <date>, review-by <date>, or "
	  "numbers)\n" },
	{ "dated 1.11.2026\n",
	  "x.class:1:7: error: \"1.11.2026\" is no date: dates are written "
	  "2026-12-25\n"
	  "    1 | dated 1.11.2026\n"
	  "      |       ^^^^^^^^^  (dated <date>)\n" },
	{ "dated\n+1\n",
	  "x.class:1:1: error: a date is missing after \"dated\"\n"
	  "    1 | dated\n"
	  "      | ^^^^^  (dated <date>)\n" },
	{ "dated 2026-01-01\ndated 2026-01-02\n",
	  "x.class:2:1: error: \"dated\" is set twice (other: line 1)\n"
	  "    2 | dated 2026-01-02\n"
	  "      | ^^^^^  (dated <date>)\n" },
	{ "review-by 2126-01-01\ndated 2126-01-02\n+1\n",
	  "x.class:1:11: error: \"review-by\" is before \"dated\"\n"
	  "    1 | review-by 2126-01-01\n"
	  "      |           ^^^^^^^^^^\n" },
	{ "+1 {\n",
	  "x.class:1:4: error: \"{\" is not a number or a prefix: +E.164 or "
	  "digits, with nothing between them\n"
	  "    1 | +1 {\n"
	  "      |    ^  (<number> ... | <first>..<last> ...)\n" },
	{ "+1\n\a\n", "x.class:2:1: error: a control character: remove it\n"
		      "    2 | ?\n"
		      "      | ^\n" },
	{ "# nothing\n",
	  "t.conf:2:14: error: number-class \"c\" has no numbers\n"
	  "    2 | number-class c { file x.class }\n"
	  "      |              ^  (numbers <number> ... or file <path>)\n" },
};

static void wrong_lists(void **state)
{
	struct conf_dir *dir = *state;

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		conf_dir_put(dir, "x.class", lists[i].list);
		refused(dir, GATEWAY "number-class c { file x.class }\n",
			lists[i].error);
	}
	refused(dir, GATEWAY "number-class c { file none.class }\n",
		"t.conf:2:23: error: cannot read \"none.class\": No such file "
		"or directory\n"
		"    2 | number-class c { file none.class }\n"
		"      |                       ^^^^^^^^^^\n");
}

/* Lists of a hundred thousand lines are had, so that a line takes no more than
 * it needs; but there is a longest one. */
static void long_lines(void **state)
{
	char list[61 * 9 + 1], said[4096];
	struct conf_dir *dir = *state;

	for (size_t i = 0; i < 61; i++)
		snprintf(list + i * 9, 10, "+49900%02zu%c", i,
			 i == 60 ? '\n' : ' ');
	conf_dir_put(dir, "x.class", list);
	conf_dir_put(dir, "t.conf",
		     GATEWAY "number-class c { file x.class }\n");
	assert_null(load(dir, "t.conf", -EINVAL, said, sizeof said));
	assert_non_null(strstr(said, "x.class:1:541: error: a line has 60 "
				     "numbers at most\n"));
	list[60 * 9 - 1] = '\n';
	list[60 * 9] = '\0';
	conf_dir_put(dir, "x.class", list);
	conf_free(taken(dir, GATEWAY "number-class c { file x.class }\n"));
}

static void changed(void *ctx, const struct conf_block_change *change)
{
	snprintf(ctx, 64, "%s", change->now->label);
	assert_int_equal(change->line_count, 1);
	assert_string_equal(change->lines[0].now->text, "file x.class");
}

/* What stands in the file is part of the block. */
static void a_new_list_is_a_change(void **state)
{
	struct conf_dir *dir = *state;
	const char *text = GATEWAY "number-class c { file x.class }\n";
	struct conf *before, *same, *after;
	char label[64] = "";

	conf_dir_put(dir, "x.class", "+49900\n");
	before = taken(dir, text);
	conf_dir_put(dir, "x.class", "# the same\n+49900\n");
	same = taken(dir, text);
	conf_dir_put(dir, "x.class", "+49901\n");
	after = taken(dir, text);
	assert_int_equal(conf_diff(before, same, changed, label), 0);
	assert_int_equal(conf_diff(before, after, changed, label), 1);
	assert_string_equal(label, "number-class \"c\"");
	conf_free(before);
	conf_free(same);
	conf_free(after);
}

/* Said each day, with the list that is due first. */
static void notices(void **state)
{
	struct conf_dir *dir = *state;
	struct conf *conf;
	int32_t day = date_days((struct date){ 2130, 6, 1 });

	conf_dir_put(dir, "a.class", "review-by 2130-06-01\n+1\n");
	conf_dir_put(dir, "b.class", "review-by 2140-01-01\n+2\n");
	conf = taken(dir, GATEWAY "number-class c { file *.class }\n"
				  "number-class d { file b.class }\n");
	fake_log_start();
	assert_int_equal(class_notice_log(conf, day - 31), 0);
	assert_int_equal(class_notice_log(conf, day - 30), 1);
	assert_true(fake_log_has("warning", "class-outdated class=c"));
	assert_true(fake_log_has("warning", "review_by=2130-06-01"));
	assert_true(fake_log_has("warning", "is to be reviewed soon"));
	assert_false(fake_log_has("warning", "is out of date"));
	assert_int_equal(class_notice_log(conf, day + 1), 1);
	assert_true(fake_log_has("warning", "is out of date"));
	fake_log_stop();
	conf_free(conf);
}

/* Those that come with Tollgate, whatever day it is. */
static void our_own_lists(void **state)
{
	struct conf_dir *dir = *state;
	char cwd[256], text[512];
	glob_t found;

	assert_int_equal(glob(LISTS, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 10);
	assert_non_null(getcwd(cwd, sizeof cwd));
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct conf *conf;

		snprintf(text, sizeof text,
			 GATEWAY "number-class c {\n  file %s/%s\n"
				 "  when-outdated warn\n}\n",
			 cwd, found.gl_pathv[i]);
		conf = taken(dir, text);
		assert_true(conf->classes[0].number_count);
		conf_free(conf);
	}
	globfree(&found);
}

int main(void)
{
#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, conf_dir_new, conf_dir_free)
	const struct CMUnitTest tests[] = {
		CASE(who_is_in_it),
		CASE(everything),
		cmocka_unit_test(how_old_it_is),
		CASE(out_of_date),
		CASE(wrong_lists),
		CASE(long_lines),
		CASE(a_new_list_is_a_change),
		CASE(notices),
		CASE(our_own_lists),
	};

	return cmocka_run_group_tests_name("class", tests, NULL, NULL);
}
