/* Which numbers whom is told: the caller's and the diverting one, as the
 * numbering of a call's target allows. Pure. */
#ifndef TOLLGATE_NUMBERING_TOLD_H
#define TOLLGATE_NUMBERING_TOLD_H

#include "gateway/numbering.h"

/* What became of a number. */
enum numbering_verdict {
	NUMBERING_NONE,	   /* there was none, and none is told */
	NUMBERING_AS_CAME, /* nothing is said about it */
	NUMBERING_ALLOWED,
	NUMBERING_REPLACED,
	NUMBERING_LEFT_OUT,
};

struct numbering_told {
	enum numbering_verdict verdict;
	/* What allowed it, or the rule that made it; may be NULL. */
	const struct conf_number_rule *allowed, *sent;
	bool shown;    /* though withheld */
	bool withheld; /* though allowed to be shown */
};

/* Who calls, in the core's form; "" when it is not known. */
struct numbering_who {
	const char *calling, *redirecting;
	bool emergency;
};

/* Makes the calling and redirecting numbers of `out` for the target `to`, from
 * `who` and from what `in` says about them. A number that `to` may not be told
 * is replaced or left out (`caller`, `redirecting`); screening then says who
 * vouches for it (Q.951.3): we, as a user, have checked it; a number of our own
 * for a peer is the network's. A withheld number is shown or hidden as `clir`
 * says; an emergency call keeps its number, shown (Directive 2002/58/EC
 * article 10), whatever the rules. `calling` and `redirecting` (may be NULL)
 * become what was done. */
void numbering_tell_who(const struct conf_target *to,
			const struct numbering_who *who,
			const struct leg_setup *in, struct leg_setup *out,
			struct numbering_told *calling,
			struct numbering_told *redirecting);

/* "replaced", for people. */
const char *numbering_verdict_name(enum numbering_verdict verdict);

#endif
