/* A configuration in the making: what the parser has read of each block, kept
 * with the places it was read from until every name can be resolved. */
#ifndef TOLLGATE_CONF_BUILD_H
#define TOLLGATE_CONF_BUILD_H

#include "conf/conf.h"
#include "conf/lexer.h"
#include "conf/report.h"

#define BUILD_SETTINGS_MAX 32 /* settings of one block */

enum block_kind {
	BLOCK_GATEWAY,
	BLOCK_LOG,
	BLOCK_PEER,
	BLOCK_SPAN,
	BLOCK_TRUNK,
	BLOCK_NUMBERING,
	BLOCK_HOURS,
	BLOCK_CLASS,
	BLOCK_ROUTE,
	BLOCK_TEST,
	BLOCK_KINDS
};

/* What a line of a route says beside its numbers, shared by the rules that
 * these become. */
struct route_line {
	struct route_line *next;
	struct conf_action *action; /* kept */
	/* Names to resolve: as many as the action counts. */
	const struct token *targets[CONF_TARGETS_MAX];
	const struct token *when; /* NULL: always */
	struct conf_number caller;
	unsigned presentation, bearer;
	const struct conf_hours *hours; /* `when` resolved */
	/* The parts of the action that not every line has: kept. */
	struct conf_retry *retry;
	struct conf_rewrite *rewrite;
	struct conf_limits *limits;
	const struct token *at[BUILD_SETTINGS_MAX]; /* its words, by row */
	bool unsure; /* something it names is not there, and was reported */
};

/* One of the many of a block: a network, a member, a rule. */
struct item {
	struct item *next;
	unsigned order; /* within its block */
	const struct token *at;
	union {
		struct conf_network network;
		unsigned span;
		struct conf_number_rule number;
		struct {
			struct conf_number called;
			const struct token *class; /* in its stead */
			struct route_line *line;
		} route;
		struct conf_hours_week week;
		struct conf_hours_date date; /* in `send` */
		struct conf_number member;
		int32_t day; /* in `send` */
	};
};

struct item_list {
	struct item *first, **tail;
	size_t count;
};

/* A line of a block, for struct conf_line. */
struct draft_line {
	struct draft_line *next;
	struct conf_line line;
};

struct draft {
	struct draft *next;
	enum block_kind kind;
	const struct block_desc *desc;
	const struct token *keyword;
	const struct token *name_at; /* the keyword where there is no name */
	const char *name;	     /* "" when it has none, or none usable */
	const char *label;	     /* `trunk-group "city"` */
	/* By row of the settings table. */
	const struct token *seen[BUILD_SETTINGS_MAX];
	bool given[BUILD_SETTINGS_MAX]; /* seen, or had by "like" */
	unsigned statements;
	uint64_t digest; /* as in struct conf_block */
	struct draft_line *texts, **texts_tail;
	size_t text_count;
	bool broken;		       /* something of it could not be read */
	bool unknown;		       /* and what it was cannot be guessed */
	const struct token *numbering; /* its name; NULL: none */
	struct item_list items;	       /* networks, members, rules (receive) */
	struct item_list send;	       /* of numbering; dates of hours,
					  review-by of classes,
					  names that tests expect */
	struct item_list codes, prefixes, callers, redirecting; /* numbering */
	struct route_line *lines;      /* route only, newest first */
	const struct item **rule_item; /* route only, by rule */
	size_t index;		       /* in the array of struct conf */
	union {
		struct conf_gateway gateway;
		struct conf_log log;
		struct conf_peer peer;
		struct conf_span span;
		struct conf_trunk trunk;
		struct conf_numbering numbering;
		struct conf_route route;
		struct conf_hours hours;
		struct conf_class class;
		struct conf_test test;
	} as;
};

struct draft_list {
	struct draft *first, **tail;
	size_t count;
};

struct build {
	struct conf *conf;
	struct arena *keep;    /* becomes the configuration's */
	struct arena *scratch; /* gone when it is built */
	struct report report;
	struct draft_list drafts[BLOCK_KINDS];
	/* Some block of this kind could not be read: a name that is not found
	 * may be its name, and says nothing. */
	bool unsure[BLOCK_KINDS];
	bool may_include;
	unsigned sources; /* opened so far */
	size_t bytes;	  /* of all of them */
};

/* NULL for want of memory (noted in the report). */
void *build_alloc(struct build *build, size_t size);
struct draft *build_draft(struct build *build, enum block_kind kind,
			  const struct token *keyword);
struct item *build_item(struct build *build, struct item_list *list,
			const struct token *at);

/* Of one statement: for struct conf_block. */
uint64_t build_digest(const struct token *tokens, size_t count);
struct conf_place build_place(const struct token *at);

#endif
