#include "conf/class_file.h"

#include "conf/args_number.h"
#include "conf/date.h"
#include "conf/source.h"
#include "conf/suggest.h"

#include <errno.h>
#include <string.h>

#define LINE_TOKENS_MAX 60

/* One file while it is read. */
struct reader {
	struct build *build;
	struct draft *draft;
	const struct token *dated, *review; /* its days; NULL: it has none */
	int32_t dated_day, review_day;
};

/* What a line may begin with. */
enum row { ROW_DATED, ROW_REVIEW, ROW_NUMBERS };

static const struct setting rows[] = {
	[ROW_DATED] = { .name = "dated", .syntax = "<date>" },
	[ROW_REVIEW] = { .name = "review-by", .syntax = "<date>" },
	[ROW_NUMBERS] = { .name = "",
			  .syntax = "<number> ... | <first>..<last> ..." },
};

static int read_day(struct reader *r, struct args *args)
{
	bool dated = args->setting == &rows[ROW_DATED];
	const struct token **seen = dated ? &r->dated : &r->review;
	const struct token *at = args_take(args, "a date");
	struct date date;
	const char *s;

	if (!at)
		return -EINVAL;
	s = at->text;
	if (date_read(&s, &date) || *s)
		return args_error(args, at,
				  "\"%s\" is no date: dates are written "
				  "2026-12-25",
				  at->text);
	if (*seen)
		return args_error(args, args->tokens,
				  "\"%s\" is set twice (other: %s)",
				  args->tokens->text,
				  report_place(&args->build->report, *seen,
					       at));
	*seen = at;
	*(dated ? &r->dated_day : &r->review_day) = date_days(date);
	return args_end(args);
}

static int unknown_word(struct args *args, const struct token *at)
{
	struct report *report = &args->build->report;
	const char *hint =
		"(a line is dated <date>, review-by <date>, or numbers)";
	struct suggestion s;

	suggest_begin(&s, at->text);
	suggest_offer(&s, "dated", "date as-of from version", NULL);
	suggest_offer(&s, "review-by",
		      "review expires valid-until until best-before expiry",
		      NULL);
	if (s.best)
		hint = report_text(report, "did you mean \"%s\"?  %s", s.best,
				   hint);
	report_error(report, at, hint,
		     "\"%s\" is neither a number nor a word of a list of "
		     "numbers",
		     at->text);
	return -EINVAL;
}

static int read_line(struct reader *r, const struct token *tokens, size_t count)
{
	struct args args = { .build = r->build,
			     .setting = &rows[ROW_NUMBERS],
			     .tokens = tokens,
			     .count = count };

	r->draft->digest += build_digest(tokens, count);
	if (tokens->kind != TOKEN_WORD && tokens->kind != TOKEN_STRING)
		return args_error(&args, tokens, "no numbers: \"%s\"",
				  tokens->text ? tokens->text : "");
	for (size_t i = ROW_DATED; i <= ROW_REVIEW; i++)
		if (!strcmp(tokens->text, rows[i].name)) {
			args.setting = &rows[i];
			args.next = 1;
			return read_day(r, &args);
		}
	if (*tokens->text && !strchr("+0123456789*#", *tokens->text))
		return unknown_word(&args, tokens);
	return apply_class_numbers(&args, r->draft);
}

/* For the life of the build; NULL for want of memory. */
static const struct token *keep(struct build *build, const struct token *tokens,
				size_t count)
{
	struct token *copy = build_alloc(build, count * sizeof *copy);

	if (copy)
		memcpy(copy, tokens, count * sizeof *copy);
	return copy;
}

static int bad_line(struct reader *r, const struct token *token)
{
	const struct token *at = keep(r->build, token, 1);

	if (at)
		report_error(&r->build->report, at, NULL, "%s",
			     at->kind == TOKEN_BAD
				     ? at->text
				     : "a line has 60 numbers at most");
	return -EINVAL;
}

/* Collects a line; what is no token at all is an error of its own. Returns how
 * many tokens, or -errno. */
static int take_line(struct reader *r, struct lexer *lexer,
		     struct token tokens[LINE_TOKENS_MAX + 1], bool *end)
{
	int count = 0, err;

	for (;;) {
		struct token *token = &tokens[count];

		err = lexer_next(lexer, token);
		if (err) {
			r->build->report.no_memory = true;
			return err;
		}
		*end = token->kind == TOKEN_END;
		if (*end || token->kind == TOKEN_NEWLINE)
			return count;
		if (token->kind == TOKEN_BAD || count == LINE_TOKENS_MAX)
			return bad_line(r, token);
		count++;
	}
}

static int read_lines(struct reader *r, const struct source *source)
{
	struct token tokens[LINE_TOKENS_MAX + 1];
	const struct token *kept;
	struct lexer lexer;
	bool end = false;
	int err = 0, count;

	lexer_init(&lexer, source, r->build->scratch);
	while (!end && !report_full(&r->build->report)) {
		count = take_line(r, &lexer, tokens, &end);
		if (count < 0)
			return count;
		if (!count)
			continue;
		kept = keep(r->build, tokens, (size_t)count);
		if (!kept)
			return -ENOMEM;
		if (read_line(r, kept, (size_t)count))
			err = -EINVAL;
	}
	return err;
}

static int read_file(struct build *build, const struct source *source,
		     void *ctx)
{
	struct reader r = { .build = build, .draft = ctx };
	struct item *item;

	if (read_lines(&r, source)) {
		r.draft->broken = true;
		return -EINVAL;
	}
	if (r.dated && r.review && r.review_day < r.dated_day) {
		report_error(&build->report, r.review, NULL,
			     "\"review-by\" is before \"dated\"");
		r.draft->broken = true;
		return -EINVAL;
	}
	if (!r.review)
		return 0;
	item = build_item(build, &r.draft->send, r.review);
	if (!item)
		return -ENOMEM;
	item->day = r.review_day;
	return 0;
}

int class_file_read(struct build *build, const struct token *at,
		    struct draft *draft)
{
	return source_include(build, at, read_file, draft) || draft->broken
		       ? -EINVAL
		       : 0;
}
