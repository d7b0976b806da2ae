/* Words to blocks and settings. */
#ifndef TOLLGATE_CONF_PARSE_H
#define TOLLGATE_CONF_PARSE_H

#include "conf/build.h"

/* Reads `source` and what it includes into build->drafts. Errors are in the
 * report. */
void build_parse(struct build *build, const struct source *source);

/* Builds build->conf: names become pointers. Errors are in the report. */
void build_resolve(struct build *build);

/* Fills in a numbering from its draft. */
void build_numbering(struct build *build, const struct draft *draft,
		     struct conf_numbering *numbering);

/* Checks that no two rules of a numbering match alike. */
void build_check_numberings(struct build *build);

/* resolve_limits.c: its part that gives all limits their names, and lists them.
 */
void build_resolve_limits(struct build *build);

/* Checks what must hold between blocks. Errors are in the report. */
void build_check(struct build *build);
/* check_peer.c: its part that is about calls of peers which no route takes. */
void build_check_peers(struct build *build);
/* check_trunk.c: its part that is about trunk groups and their channels. */
void build_check_trunks(struct build *build);

/* The part of it that concerns routes. */
void build_check_routes(struct build *build);

/* Makes of what is right that which is looked things up in. */
void build_compile(struct build *build);

/* Warns of lines of which little is left when all are looked up in. */
void build_check_behind(struct build *build);

#endif
