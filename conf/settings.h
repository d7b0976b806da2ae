/* Settings are declared, not coded: each is a row that says its name, what
 * follows it, its default, range and purpose. The parser, the error messages
 * and the manual all read these rows. */
#ifndef TOLLGATE_CONF_SETTINGS_H
#define TOLLGATE_CONF_SETTINGS_H

#include "conf/build.h"

#include <stdbool.h>
#include <stddef.h>

/* One of a fixed set of words. A table of them ends with a NULL name. */
struct keyword {
	const char *name;
	unsigned value;
	const char *also; /* for did-you-mean, see suggest_offer() */
	bool later;	  /* a word of the language that cannot be served yet */
};

enum setting_flags {
	SETTING_REQUIRED = 1,
	SETTING_REPEATS = 2,	/* may stand on several lines */
	SETTING_WHOLE_LINE = 4, /* a rule: what matters begins with its name */
	SETTING_OR_NONE = 8,	/* the word "none" empties it */
	SETTING_OR_NEVER = 16,	/* a time: the word "never" is 0 */
	SETTING_REST_OF_LINE = 32, /* where lines are shared: to its end */
	SETTING_SELECTS = 64,	   /* a rule's word: left of its arrow */
};

struct args;

struct setting {
	const char *name;     /* "": any line that no other row claims */
	const char *syntax;   /* what follows: <value> [optional] a | b ... */
	const char *fallback; /* written as in a file; NULL: none */
	const char *range;    /* in words; NULL: by min, max and unit */
	const char *also;     /* for did-you-mean, see suggest_offer() */
	const char *help;     /* sentences for the manual */
	unsigned flags;	      /* enum setting_flags */
	enum conf_effect effect; /* of a change of it */
	/* Reads what follows into the draft: 0, or -EINVAL (reported). */
	int (*apply)(struct args *args, struct draft *draft);
	/* For the common kinds of apply below. */
	size_t offset, size; /* of the field in the block's struct */
	unsigned min, max;
	const char *unit; /* "ms", "s": as stored; NULL: a count */
	const struct keyword *keywords;
};

struct block_desc {
	/* name is the block's keyword, syntax what stands before its {. */
	struct setting open;
	const struct setting *settings; /* ends with a NULL name */
	bool shares_lines;		/* several settings may stand on one */
	/* What the lines of a block without names may hold; NULL: nothing. */
	const struct setting *words;
	/* What concerns several settings of the finished block; may be NULL. */
	void (*check)(struct build *build, struct draft *draft);
};

extern const struct block_desc *const block_descs[BLOCK_KINDS];
extern const struct block_desc gateway_block, log_block, peer_block, span_block,
	trunk_block, numbering_block, hours_block, class_block, route_block,
	test_block;

/* What a route's line may hold. Each is applied to the newest of the draft's
 * lines. */
extern const struct setting route_words[]; /* ends with a NULL name */

/* The timers of a span: one row each, for "timers". */
struct timer_setting {
	const char *name;
	unsigned min_ms, max_ms;
	size_t offset; /* in struct conf_span */
	const char *help;
};
extern const struct timer_setting timer_settings[]; /* ends with a NULL name */

const struct setting *setting_find(const struct block_desc *desc,
				   const char *name);
/* Where `draft` has the setting, NULL: it has not. */
const struct token *setting_seen(const struct draft *draft, const char *name);
/* The keyword's block; NULL: none. */
const struct block_desc *block_find(const char *keyword);

/* "20ms to 500ms", or NULL. In the report's arena. */
const char *setting_range(struct report *report, const struct setting *setting);
/* "(jitter-buffer <time>, 20ms to 500ms)" */
const char *setting_usage(struct report *report, const struct setting *setting);
/* "(sip-peer <name> { })" */
const char *block_usage(struct report *report, const struct block_desc *desc);
/* "60s", "1500ms" */
const char *format_time(struct report *report, unsigned ms);

/* Common kinds of apply. */
int apply_time(struct args *args, struct draft *draft);	   /* uint32_t */
int apply_count(struct args *args, struct draft *draft);   /* uint32_t */
int apply_path(struct args *args, struct draft *draft);	   /* char[] */
int apply_keyword(struct args *args, struct draft *draft); /* enum */
int apply_yes_no(struct args *args, struct draft *draft);  /* bool */
int apply_numbering(struct args *args, struct draft *draft);
/* Headers: nothing, a name. */
int apply_no_name(struct args *args, struct draft *draft);
int apply_block_name(struct args *args, struct draft *draft);

/* Gives every setting of `draft` its default. 0 or -ENOMEM. */
int settings_default(struct build *build, struct draft *draft);

#endif
