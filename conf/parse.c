#include "conf/parse.h"

#include "conf/args.h"
#include "conf/source.h"
#include "conf/suggest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
	struct build *build;
	struct lexer lexer;
	struct token ahead;  /* the next token */
	struct token *words; /* of the line being collected */
	size_t room;
	/* The block we are in: `in_block` with no draft is one of a kind that
	 * nobody knows, and is passed over. */
	bool in_block;
	bool borrowed; /* opened by the file that includes this one */
	struct draft *draft;
	struct token open; /* its brace */
};

/* What stands on one line, up to a brace. */
struct line {
	const struct token *tokens;
	size_t count;
	bool broken; /* something that is no token was left out */
};

static void advance(struct parser *p)
{
	if (lexer_next(&p->lexer, &p->ahead))
		p->build->report.no_memory = true;
}

static bool stopped(const struct parser *p)
{
	return report_full(&p->build->report);
}

static bool push_word(struct parser *p, size_t count)
{
	struct token *more;

	if (count == p->room) {
		p->room = p->room ? p->room * 2 : 64;
		more = realloc(p->words, p->room * sizeof *p->words);
		if (!more) {
			p->build->report.no_memory = true;
			return false;
		}
		p->words = more;
	}
	p->words[count] = p->ahead;
	return true;
}

/* Keeps the token for the life of the build. */
static const struct token *keep(struct parser *p, const struct token *token)
{
	struct token *copy = build_alloc(p->build, sizeof *copy);

	if (copy)
		*copy = *token;
	return copy ? copy : token;
}

static void report_bad(struct parser *p)
{
	const struct token *at = keep(p, &p->ahead);

	if (!stopped(p))
		report_error(&p->build->report, at, NULL, "%s", at->text);
}

static struct line take_line(struct parser *p)
{
	struct line line = { 0 };
	struct token *tokens;

	for (; !stopped(p); advance(p)) {
		enum token_kind kind = p->ahead.kind;

		if (kind == TOKEN_NEWLINE || kind == TOKEN_END ||
		    kind == TOKEN_OPEN || kind == TOKEN_CLOSE)
			break;
		if (kind == TOKEN_BAD) {
			/* One of them is enough to read of in a line. */
			if (!line.broken)
				report_bad(p);
			line.broken = true;
		} else if (push_word(p, line.count)) {
			line.count++;
		}
	}
	tokens = build_alloc(p->build, (line.count + 1) * sizeof *tokens);
	if (tokens && line.count)
		memcpy(tokens, p->words, line.count * sizeof *tokens);
	else
		line.count = 0;
	line.tokens = tokens;
	return line;
}

/* Passes over a block whose brace comes next, and what is nested in it. */
static void skip_block(struct parser *p)
{
	size_t depth = 0;

	for (; p->ahead.kind != TOKEN_END && !stopped(p); advance(p)) {
		if (p->ahead.kind == TOKEN_OPEN)
			depth++;
		if (p->ahead.kind == TOKEN_CLOSE && --depth == 0) {
			advance(p);
			return;
		}
	}
}

static bool is_word(const struct token *token, const char *word)
{
	return token->kind == TOKEN_WORD && !strcmp(token->text, word);
}

/* A word that is near a setting is taken for it, as far as to say that this
 * setting is not missing: one mistake, one error. */
static void unknown_setting(struct parser *p, const struct token *at)
{
	struct draft *draft = p->draft;
	struct report *report = &p->build->report;
	const struct setting *setting = draft->desc->settings;
	struct suggestion s;
	const char *hint = "";

	suggest_begin(&s, at->text);
	for (; setting->name; setting++)
		suggest_offer(&s, setting->name, setting->also, setting);
	setting = s.best_entry;
	if (setting) {
		/* Not missing, only misspelt. */
		draft->given[setting - draft->desc->settings] = true;
		hint = report_text(report, "did you mean \"%s\"?  %s", s.best,
				   setting_usage(report, setting));
	} else {
		draft->unknown = true;
		for (setting = draft->desc->settings; setting->name; setting++)
			hint = report_text(report, "%s%s%s", hint,
					   *hint ? ", " : "", setting->name);
		hint = report_text(report, "(%s takes %s)",
				   draft->desc->open.name, hint);
	}
	report_error(report, at, hint, "unknown setting \"%s\" in %s", at->text,
		     draft->label);
}

/* Hands a line to the reader of its setting. The setting counts as given even
 * when it cannot be read. */
static void apply_setting(struct parser *p, const struct setting *setting,
			  const struct token *tokens, size_t count)
{
	struct draft *draft = p->draft;
	size_t row = (size_t)(setting - draft->desc->settings);
	struct args args = { .build = p->build,
			     .setting = setting,
			     .desc = draft->desc,
			     .tokens = tokens,
			     .count = count,
			     .next = 1 };

	if (setting->flags & SETTING_WHOLE_LINE)
		args.next = 0;
	draft->given[row] = true;
	if (draft->seen[row] && !(setting->flags & SETTING_REPEATS)) {
		report_error(&p->build->report, tokens, NULL,
			     "\"%s\" is set twice in %s (other: %s)",
			     tokens->text, draft->label,
			     report_place(&p->build->report, draft->seen[row],
					  tokens));
		draft->broken = true;
		return;
	}
	draft->seen[row] = tokens;
	if (setting->apply(&args, draft))
		draft->broken = true;
}

/* As it might be written again. NULL for want of memory. */
static const char *text_of(struct build *build, const struct token *tokens,
			   size_t count)
{
	size_t len = 0;
	char *text, *end;

	for (size_t i = 0; i < count; i++)
		len += strlen(tokens[i].text) + 3;
	end = text = arena_alloc(build->keep, len + 1);
	if (!text) {
		build->report.no_memory = true;
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		const char *quote = tokens[i].kind == TOKEN_STRING ? "\"" : "";

		end += sprintf(end, "%s%s%s%s", i ? " " : "", quote,
			       tokens[i].text, quote);
	}
	return text;
}

static void note_line(struct parser *p, const struct setting *setting,
		      const struct token *tokens, size_t count)
{
	struct draft *draft = p->draft;
	struct draft_line *noted = build_alloc(p->build, sizeof *noted);

	if (!noted)
		return;
	noted->line = (struct conf_line){
		.name = setting && !(setting->flags & SETTING_REPEATS)
				? setting->name
				: "",
		.text = text_of(p->build, tokens, count),
		.place = build_place(tokens),
		.digest = build_digest(tokens, count),
		.effect = setting ? setting->effect : CONF_AT_ONCE,
	};
	draft->digest += noted->line.digest;
	*draft->texts_tail = noted;
	draft->texts_tail = &noted->next;
	draft->text_count++;
}

static void statement(struct parser *p, const struct token *tokens,
		      size_t count)
{
	const struct setting *setting =
		setting_find(p->draft->desc, tokens->text);

	p->draft->statements++;
	/* "quoted" is a value, never the name of a setting. */
	if (setting && *setting->name && tokens->kind != TOKEN_WORD)
		setting = NULL;
	note_line(p, setting, tokens, count);
	if (setting) {
		apply_setting(p, setting, tokens, count);
	} else {
		unknown_setting(p, tokens);
		p->draft->broken = true;
	}
}

/* "span 2 { like span 1  device virtual a.sock span 2 }": in a block on one
 * line the next setting begins with its name. */
static size_t statement_length(const struct parser *p, const struct line *line,
			       size_t from)
{
	const struct block_desc *desc = p->draft->desc;
	const struct setting *setting;
	/* A setting has a value, but for those that are a value. */
	const struct setting *first =
		setting_find(desc, line->tokens[from].text);
	size_t i = from + (first && !*first->name ? 1 : 2);

	if (first && first->flags & SETTING_REST_OF_LINE)
		return line->count - from;
	if (!desc->shares_lines && (line->tokens->source != p->open.source ||
				    line->tokens->line != p->open.line))
		return line->count - from;
	for (; i < line->count; i++) {
		if (line->tokens[i].kind != TOKEN_WORD)
			continue;
		setting = setting_find(desc, line->tokens[i].text);
		if (setting && *setting->name)
			return i - from;
	}
	return line->count - from;
}

/* The settings of one line. A line that could not be read whole is not read at
 * all: what is left of it might mean something else. */
static void statements(struct parser *p, const struct line *line)
{
	size_t from = 0, length;

	if (line->broken) {
		const struct setting *setting =
			line->count ? setting_find(p->draft->desc,
						   line->tokens->text)
				    : NULL;

		if (setting)
			p->draft->given[setting - p->draft->desc->settings] =
				true;
		else
			p->draft->unknown = true;
		p->draft->broken = true;
		return;
	}
	for (; from < line->count; from += length) {
		length = statement_length(p, line, from);
		statement(p, line->tokens + from, length);
	}
}

/* Looks for what is missing, then lets the block check itself, which it can
 * only when all of it was understood. */
static void close_block(struct parser *p)
{
	struct draft *draft = p->draft;
	const struct setting *setting;

	p->in_block = false;
	p->draft = NULL;
	if (!draft)
		return;
	setting = draft->desc->settings;
	for (size_t i = 0; setting[i].name && !draft->unknown; i++)
		if ((setting[i].flags & SETTING_REQUIRED) && !draft->given[i]) {
			report_error(&p->build->report, draft->name_at,
				     setting_usage(&p->build->report,
						   &setting[i]),
				     "%s has no \"%s\"", draft->label,
				     setting[i].name);
			draft->broken = true;
		}
	if (draft->desc->check && !draft->broken && !stopped(p))
		draft->desc->check(p->build, draft);
}

static void all_unsure(struct build *build)
{
	for (size_t i = 0; i < BLOCK_KINDS; i++)
		build->unsure[i] = true;
}

/* The block that has a setting of this name, for who forgot the block. */
static const struct block_desc *block_with(const char *name)
{
	for (size_t i = 0; i < BLOCK_KINDS; i++) {
		const struct setting *setting =
			setting_find(block_descs[i], name);

		if (setting && *setting->name)
			return block_descs[i];
	}
	return NULL;
}

/* Reports the unknown block and guesses what it is; NULL: no idea. */
static const struct block_desc *unknown_block(struct parser *p,
					      const struct token *at)
{
	struct report *report = &p->build->report;
	const struct block_desc *owner = block_with(at->text);
	const struct block_desc *guess;
	struct suggestion s;

	suggest_begin(&s, at->text);
	for (size_t i = 0; i < BLOCK_KINDS; i++)
		suggest_offer(&s, block_descs[i]->open.name,
			      block_descs[i]->open.also, block_descs[i]);
	guess = s.best_entry;
	if (p->ahead.kind != TOKEN_OPEN && owner)
		report_error(report, at,
			     report_text(report, "(it belongs in %s { })",
					 owner->open.name),
			     "\"%s\" stands outside of a block", at->text);
	else
		report_error(report, at,
			     guess ? report_text(report,
						 "did you mean \"%s\"?  %s",
						 s.best,
						 block_usage(report, guess))
				   : "(blocks are gateway, log, sip-peer, "
				     "span, trunk-group, numbering, hours, "
				     "number-class, route, test)",
			     "unknown block \"%s\"", at->text);
	return guess;
}

static enum block_kind kind_of(const struct block_desc *desc)
{
	size_t kind = 0;

	while (block_descs[kind] != desc)
		kind++;
	return (enum block_kind)kind;
}

/* Defaults first: settings overwrite them, and so does "like". */
static void begin_draft(struct parser *p, const struct block_desc *desc,
			const struct line *line)
{
	enum block_kind kind = kind_of(desc);
	struct draft *draft = build_draft(p->build, kind, line->tokens);
	struct args args = { .build = p->build,
			     .setting = &desc->open,
			     .tokens = line->tokens,
			     .count = line->count,
			     .next = 1 };

	if (!draft || settings_default(p->build, draft)) {
		p->build->report.no_memory = true;
		return;
	}
	p->draft = draft;
	if (line->broken || desc->open.apply(&args, draft)) {
		draft->broken = true;
		p->build->unsure[kind] = true;
	}
}

/* Blank lines may stand between a block's header and its brace. */
static bool brace_follows(struct parser *p)
{
	while (p->ahead.kind == TOKEN_NEWLINE && !stopped(p))
		advance(p);
	return p->ahead.kind == TOKEN_OPEN;
}

/* After a header without its brace: true when what follows can hardly be the
 * block's settings. */
static bool block_is_over(const struct parser *p)
{
	const struct setting *setting;

	if (p->ahead.kind == TOKEN_END || is_word(&p->ahead, "include"))
		return true;
	if (p->ahead.kind != TOKEN_WORD || !block_find(p->ahead.text))
		return false;
	setting = setting_find(p->draft->desc, p->ahead.text);
	return !setting || !*setting->name;
}

/* Reads a header. A block whose keyword is misspelt is read as the one that
 * was probably meant: its own mistakes are found, its name is known. */
static void open_block(struct parser *p, const struct line *line)
{
	const struct token *keyword = line->tokens;
	const struct block_desc *desc = block_find(keyword->text);
	bool brace, guessed = !desc;

	if (!desc)
		desc = unknown_block(p, keyword);
	brace = brace_follows(p);
	if (guessed && !brace)
		return;
	p->in_block = true;
	p->borrowed = false;
	p->open = p->ahead;
	if (desc)
		begin_draft(p, desc, line);
	else
		all_unsure(p->build);
	if (!p->draft) {
		p->in_block = false;
		skip_block(p);
	} else if (brace) {
		advance(p);
	} else {
		report_error(&p->build->report, &line->tokens[line->count - 1],
			     block_usage(&p->build->report, desc),
			     "\"{\" is missing after %s", p->draft->label);
		p->draft->broken = true;
		if (block_is_over(p))
			close_block(p);
	}
}

static void parse_source(struct build *build, const struct source *source,
			 const struct parser *outer);

static int include_each(struct build *build, const struct source *source,
			void *ctx)
{
	parse_source(build, source, ctx);
	return 0;
}

/* In a block or outside of one. A file that cannot be read may have held any
 * name, so that from here on none is missed. */
static void include(struct parser *p, const struct line *line)
{
	static const char usage[] = "(include <file> | <directory>/*.conf)";
	struct report *report = &p->build->report;
	const struct token *at = &line->tokens[line->count > 1 ? 1 : 0];
	bool failed = true;

	if (line->broken)
		failed = true; /* and reported */
	else if (line->count < 2)
		report_error(report, at, usage,
			     "a file is missing after \"include\"");
	else if (line->count > 2)
		report_error(report, &line->tokens[2], usage,
			     "\"%s\" is too much here", line->tokens[2].text);
	else if (!p->build->may_include)
		report_error(report, at, NULL,
			     "\"include\" is not possible in a text that is "
			     "no file");
	else
		failed = source_include(p->build, at, include_each, p) < 0;
	if (failed)
		all_unsure(p->build);
	if (failed && p->draft)
		p->draft->unknown = p->draft->broken = true;
}

/* A block's keyword inside a block, and a brace: a } was forgotten. */
static void open_inside(struct parser *p, const struct line *line)
{
	struct report *report = &p->build->report;
	const struct token *at = line->tokens;

	if (p->borrowed || !line->count || !block_find(at->text)) {
		if (!line->broken)
			report_error(report, at, NULL,
				     "\"%s\" opens a block inside of %s",
				     at->text, p->draft->label);
		p->draft->broken = p->draft->unknown = true;
		if (p->borrowed)
			all_unsure(p->build);
		skip_block(p);
		return;
	}
	report_error(report, at, NULL,
		     "\"%s\" begins a block, but %s (%s) is not closed: "
		     "\"}\" is missing",
		     at->text, p->draft->label,
		     report_place(report, p->draft->keyword, at));
	/* What it lacks may stand after the brace that is missing. */
	p->draft->unknown = true;
	close_block(p);
	open_block(p, line);
}

static void parse_line(struct parser *p)
{
	struct line line = take_line(p);

	if (stopped(p))
		return;
	if (line.count && is_word(line.tokens, "include"))
		include(p, &line);
	else if (p->in_block && p->ahead.kind == TOKEN_OPEN)
		open_inside(p, &line);
	else if (p->in_block)
		statements(p, &line);
	else if (line.count)
		open_block(p, &line);
	else if (p->ahead.kind == TOKEN_OPEN) {
		all_unsure(p->build);
		skip_block(p);
	}
}

static void parse_brace(struct parser *p)
{
	struct report *report = &p->build->report;
	const struct token *at = keep(p, &p->ahead);

	if (at->kind == TOKEN_OPEN) {
		report_error(report, at, NULL,
			     "\"{\" without the name of a block before it");
		all_unsure(p->build);
		skip_block(p);
		return;
	}
	if (!p->in_block)
		report_error(report, at, NULL,
			     "\"}\" closes nothing: no block is open");
	else if (p->borrowed)
		report_error(report, at, NULL,
			     "\"}\" closes %s, which was opened in another "
			     "file",
			     p->draft->label);
	else
		close_block(p);
	advance(p);
}

/* One file. Within a block it holds lines of that block, which it can neither
 * close nor leave open. */
static void parse_source(struct build *build, const struct source *source,
			 const struct parser *outer)
{
	struct parser p = { .build = build };

	if (outer && outer->in_block) {
		p.in_block = p.borrowed = true;
		p.draft = outer->draft;
		p.open = outer->open;
	}
	lexer_init(&p.lexer, source, build->scratch);
	advance(&p);
	while (p.ahead.kind != TOKEN_END && !stopped(&p)) {
		if (p.ahead.kind == TOKEN_NEWLINE)
			advance(&p);
		else if (p.ahead.kind == TOKEN_OPEN ||
			 p.ahead.kind == TOKEN_CLOSE)
			parse_brace(&p);
		else
			parse_line(&p);
	}
	if (p.in_block && !p.borrowed && p.draft && !stopped(&p)) {
		report_error(&build->report, p.draft->keyword, NULL,
			     "%s is not closed: \"}\" is missing",
			     p.draft->label);
		p.draft->unknown = true;
		close_block(&p);
	}
	free(p.words);
}

void build_parse(struct build *build, const struct source *source)
{
	parse_source(build, source, NULL);
}
