#include "conf/args_number.h"
#include "conf/class.h"
#include "conf/class_file.h"
#include "conf/date.h"

#include "gateway/clock.h"

#include <errno.h>
#include <stdlib.h>

int apply_class_numbers(struct args *args, struct draft *draft)
{
	do {
		const struct token *at = args_peek(args);
		struct conf_number number;
		struct item *item;

		if (args_number_set(args, "a number or a prefix", &number))
			return -EINVAL;
		item = build_item(args->build, &draft->items, at);
		if (!item)
			return -EINVAL;
		item->member = number;
	} while (args_left(args));
	return 0;
}

static int apply_file(struct args *args, struct draft *draft)
{
	const struct token *at = args_take(args, "a file");

	if (!at || args_end(args))
		return -EINVAL;
	if (!args->build->may_include)
		return args_error(args, at,
				  "\"file\" is not possible in a text that is "
				  "no file");
	return class_file_read(args->build, at, draft);
}

static int apply_limit(struct args *args, struct draft *draft)
{
	do {
		if (args_limit_add(args, &draft->as.class.limits))
			return -EINVAL;
	} while (args_left(args));
	return 0;
}

static const struct keyword outdated[] = {
	{ "refuse", false, "error fail reject stop", false },
	{ "warn", true, "warning log ignore", false },
	{ NULL, 0, NULL, false },
};

static int apply_outdated(struct args *args, struct draft *draft)
{
	unsigned warns;

	if (args_keyword(args, "\"refuse\" or \"warn\"", outdated, &warns))
		return -EINVAL;
	draft->as.class.outdated_warns = warns;
	return args_end(args);
}

/* The list that is due first; NULL: none of them has a date. */
static const struct item *first_due(const struct draft *draft)
{
	const struct item *first = NULL;

	for (const struct item *i = draft->send.first; i; i = i->next)
		if (!first || i->day < first->day)
			first = i;
	return first;
}

static void check_age(struct build *build, struct draft *draft)
{
	struct conf_class *class = &draft->as.class;
	const struct item *due = first_due(draft);
	struct report *report = &build->report;
	int32_t today =
		(int32_t)(clock_calendar_ns() / NS_PER_S / (24 * 60 * 60));
	enum class_age age;

	if (!due)
		return;
	class->review_by = due->day;
	class->review_file = due->at->source->name;
	age = class_age(class, today);
	if (age == CLASS_DUE)
		report_warning(report, due->at,
			       "(compare it with its sources and set a new "
			       "date)",
			       "this list of numbers is out of date after %s",
			       due->at->text);
	else if (age == CLASS_OUTDATED && class->outdated_warns)
		report_warning(report, due->at,
			       "(compare it with its sources and set a new "
			       "date)",
			       "this list of numbers is out of date: it was "
			       "to be reviewed by %s",
			       due->at->text);
	if (age != CLASS_OUTDATED || class->outdated_warns)
		return;
	report_error(report, due->at,
		     report_text(report,
				 "(compare it with its sources and set a new "
				 "date, or write \"when-outdated warn\" in %s)",
				 draft->label),
		     "this list of numbers is out of date: it was to be "
		     "reviewed by %s",
		     due->at->text);
}

static void check_class(struct build *build, struct draft *draft)
{
	if (!draft->items.count)
		report_error(&build->report, draft->name_at,
			     "(numbers <number> ... or file <path>)",
			     "%s has no numbers", draft->label);
	check_age(build, draft);
}

static const struct setting class_settings[] = {
	{
		.name = "numbers",
		.syntax = "<number> ... | <first>..<last> ...",
		.also = "number prefix prefixes digits ranges range",
		.help = "The numbers of the class: +49900 is every number that "
			"begins so, 116117 exactly this short code, "
			"+4930100..+4930199 these, of this length.",
		.flags = SETTING_REPEATS,
		.apply = apply_class_numbers,
	},
	{
		.name = "file",
		.syntax = "<file> | <directory>/*.class",
		.also = "include list files data from",
		.help = "More of them from a file, on lines of their own. A "
			"relative path begins at the directory of the file "
			"that names it. The file may say dated 2026-11-01, "
			"which is when it was made, and review-by 2027-11-01: "
			"after that day it is out of date.",
		.flags = SETTING_REPEATS,
		.apply = apply_file,
	},
	{
		.name = "when-outdated",
		.syntax = "refuse | warn",
		.fallback = "refuse",
		.also = "outdated expired on-outdated when-expired",
		.help = "What a file that is out of date does to the "
			"configuration: it is refused, at start and at reload, "
			"or it is used and a warning logged. In the 30 days "
			"before there is a warning in any case.",
		.apply = apply_outdated,
	},
	{
		.name = "limit",
		.syntax = LIMIT_SYNTAX " ...",
		.range = LIMIT_RANGE,
		.also = "max limits maximum max-calls",
		.help = "So many calls to the numbers of the class, by "
			"whatever route they go: at once, a second, or "
			"minutes a day; per caller, or all together.",
		.flags = SETTING_REPEATS,
		.apply = apply_limit,
	},
	{ .name = NULL },
};

const struct block_desc class_block = {
	.open = {
		.name = "number-class",
		.syntax = "<name>",
		.also = "class numberclass number-list destination-class "
			"number-set group-of-numbers",
		.help = "Numbers that are treated alike, such as premium or "
			"satellite numbers. A route takes all of them with "
			"class.",
		.apply = apply_block_name,
	},
	.settings = class_settings,
	.check = check_class,
};
