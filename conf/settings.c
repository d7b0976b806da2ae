#include "conf/settings.h"

#include "conf/args.h"
#include "conf/suggest.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* More words than any default has. */
#define DEFAULT_TOKENS_MAX 32

const struct block_desc *const block_descs[BLOCK_KINDS] = {
	[BLOCK_GATEWAY] = &gateway_block, [BLOCK_LOG] = &log_block,
	[BLOCK_PEER] = &peer_block,	  [BLOCK_SPAN] = &span_block,
	[BLOCK_TRUNK] = &trunk_block,	  [BLOCK_NUMBERING] = &numbering_block,
	[BLOCK_HOURS] = &hours_block,	  [BLOCK_CLASS] = &class_block,
	[BLOCK_ROUTE] = &route_block,	  [BLOCK_TEST] = &test_block,
};

const struct block_desc *block_find(const char *keyword)
{
	for (size_t i = 0; i < BLOCK_KINDS; i++)
		if (!strcmp(block_descs[i]->open.name, keyword))
			return block_descs[i];
	return NULL;
}

/* Tables are short: the longest has ten rows. */
const struct setting *setting_find(const struct block_desc *desc,
				   const char *name)
{
	const struct setting *setting = desc->settings;

	for (; setting->name; setting++)
		if (!*setting->name || !strcmp(setting->name, name))
			return setting;
	return NULL;
}

const struct token *setting_seen(const struct draft *draft, const char *name)
{
	return draft
		->seen[setting_find(draft->desc, name) - draft->desc->settings];
}

const char *format_time(struct report *report, unsigned ms)
{
	if (ms % 1000 == 0)
		return report_text(report, "%us", ms / 1000);
	return report_text(report, "%ums", ms);
}

/* Milliseconds in the unit that a field is kept in. */
static unsigned unit_ms(const struct setting *setting)
{
	return strcmp(setting->unit, "s") ? 1 : 1000;
}

const char *setting_range(struct report *report, const struct setting *setting)
{
	if (setting->range)
		return setting->range;
	if (!setting->max)
		return NULL;
	if (!setting->unit)
		return report_text(report, "%u to %u", setting->min,
				   setting->max);
	return report_text(report, "%s to %s",
			   format_time(report, setting->min * unit_ms(setting)),
			   format_time(report,
				       setting->max * unit_ms(setting)));
}

const char *setting_usage(struct report *report, const struct setting *setting)
{
	const char *range = setting_range(report, setting);

	return report_text(report, "(%s%s%s%s%s)", setting->name,
			   *setting->name && *setting->syntax ? " " : "",
			   setting->syntax, range ? ", " : "",
			   range ? range : "");
}

const char *block_usage(struct report *report, const struct block_desc *desc)
{
	return report_text(report, "(%s%s%s { })", desc->open.name,
			   *desc->open.syntax ? " " : "", desc->open.syntax);
}

/* Offsets count from the block's struct, and all of them begin the union. */
static void *field(struct draft *draft, const struct setting *setting)
{
	return (char *)&draft->as + setting->offset;
}

int apply_time(struct args *args, struct draft *draft)
{
	static const struct keyword never[] = {
		{ "never", 0, "none no off disabled inf infinite", false },
		{ NULL, 0, NULL, false },
	};
	const struct setting *setting = args->setting;
	unsigned scale = unit_ms(setting), ms;
	int err;

	if ((setting->flags & SETTING_OR_NEVER) && !args_at_number(args))
		err = args_keyword(args, "a time", never, &ms);
	else
		err = args_time(args, setting->min * scale,
				setting->max * scale, &ms);
	if (err)
		return -EINVAL;
	*(uint32_t *)field(draft, setting) = ms / scale;
	return args_end(args);
}

int apply_count(struct args *args, struct draft *draft)
{
	const struct setting *setting = args->setting;
	unsigned value;

	if (args_count(args, "a number", setting->min, setting->max, &value))
		return -EINVAL;
	*(uint32_t *)field(draft, setting) = value;
	return args_end(args);
}

int apply_path(struct args *args, struct draft *draft)
{
	const struct setting *setting = args->setting;

	if ((setting->flags & SETTING_OR_NONE) && args_word(args, "none"))
		*(char *)field(draft, setting) = '\0';
	else if (args_path(args, "a path", field(draft, setting),
			   setting->size))
		return -EINVAL;
	return args_end(args);
}

int apply_keyword(struct args *args, struct draft *draft)
{
	const struct setting *setting = args->setting;
	const char *what = report_text(&args->build->report,
				       "a value of \"%s\"", setting->name);
	unsigned value;

	if (!args_left(args))
		what = "a value";
	if (args_keyword(args, what, setting->keywords, &value))
		return -EINVAL;
	/* The fields are enums or int, all of this size; memcpy leaves open
	 * which signedness the compiler chose for them. */
	memcpy(field(draft, setting), &value, sizeof value);
	return args_end(args);
}

int apply_yes_no(struct args *args, struct draft *draft)
{
	static const struct keyword words[] = {
		{ "yes", true, "true on 1 enabled y", false },
		{ "no", false, "false off 0 disabled n never", false },
		{ NULL, 0, NULL, false },
	};
	unsigned value;

	if (args_keyword(args, "yes or no", words, &value))
		return -EINVAL;
	*(bool *)field(draft, args->setting) = value;
	return args_end(args);
}

int apply_numbering(struct args *args, struct draft *draft)
{
	if (args_name(args, "the name of a numbering", &draft->numbering))
		return -EINVAL;
	return args_end(args);
}

int apply_no_name(struct args *args, struct draft *draft)
{
	draft->label = args->setting->name;
	return args_end(args);
}

int apply_block_name(struct args *args, struct draft *draft)
{
	const struct token *name;

	draft->label = args->setting->name;
	if (args_name(args, "a name", &name))
		return -EINVAL;
	draft->name_at = name;
	draft->name = name->text;
	draft->label = report_text(&args->build->report, "%s \"%s\"",
				   args->setting->name, name->text);
	return args_end(args);
}

/* Reads a default as if it stood in a file, so that the manual, which prints
 * the same text, cannot be wrong about it. */
static int apply_default(struct build *build, struct draft *draft,
			 const struct setting *setting)
{
	struct source *source = build_alloc(build, sizeof *source);
	struct token *tokens =
		build_alloc(build, DEFAULT_TOKENS_MAX * sizeof *tokens);
	struct args args = { .build = build,
			     .setting = setting,
			     .desc = draft->desc,
			     .tokens = tokens,
			     .count = 1,
			     .next = 1 };
	struct lexer lexer;
	int err;

	if (!source || !tokens)
		return -ENOMEM;
	*source = (struct source){ .name = "default",
				   .text = setting->fallback,
				   .len = strlen(setting->fallback) };
	lexer_init(&lexer, source, build->scratch);
	tokens[0] = (struct token){ .kind = TOKEN_WORD,
				    .source = source,
				    .at = source->text,
				    .text = setting->name };
	while (args.count < DEFAULT_TOKENS_MAX) {
		err = lexer_next(&lexer, &tokens[args.count]);
		if (err)
			return err;
		if (tokens[args.count].kind == TOKEN_END)
			break;
		args.count++;
	}
	err = setting->apply(&args, draft);
	/* A default that its own setting refuses is a mistake in the table. */
	assert(!err || build->report.no_memory);
	return err ? -ENOMEM : 0;
}

int settings_default(struct build *build, struct draft *draft)
{
	const struct setting *setting = draft->desc->settings;
	int err;

	for (; setting->name; setting++) {
		if (!setting->fallback)
			continue;
		err = apply_default(build, draft, setting);
		if (err)
			return err;
	}
	return 0;
}
