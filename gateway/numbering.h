/* Numbers on the wire and in the core: digits and type to +E.164 and back.
 * Pure. */
#ifndef TOLLGATE_NUMBERING_H
#define TOLLGATE_NUMBERING_H

#include "conf/conf.h"
#include "gateway/leg.h"

#define NUMBERING_CORE_MAX 40

/* Turns `number` into the core's form by the receive rules of `plan`: those
 * that are written (most specific type and plan, then range before prefix and
 * longest prefix), and those that follow from its country where their prefix is
 * longer. NULL or no match: as it is, with '+' in front for type
 * international. A rule that leads to +E.164 takes digits only: *21# stays as
 * it is. `used` (may be NULL) becomes the rule that did it, NULL when none did.
 * 0; -EINVAL: not a number (a character that is no digit, '+', '*' or '#'),
 * too long, or a prefix alone. */
int numbering_receive(const struct conf_numbering *plan,
		      const struct leg_number *number,
		      char core[NUMBERING_CORE_MAX],
		      const struct conf_number_rule **used);

/* Turns a core number into wire digits, type and plan by the send rules, chosen
 * likewise. Of the rules that follow from the country the most specific one is
 * taken that numbering_receive would lead back: the subscriber number 110 of
 * an area where 110 is a short code is sent as a national number, and what no
 * rule says rightly is not sent. NULL or no match: digits without '+', type
 * international where there was one, else unknown. `used` as above. 0; -EINVAL:
 * the rule leaves no digit, or too many, or `core` is bare digits that the plan
 * knows for a local number, not for a short code: they would reach somebody
 * else. out->present is false then. */
int numbering_send(const struct conf_numbering *plan, const char *core,
		   struct leg_number *out,
		   const struct conf_number_rule **used);

/* The same for a call's target: a trunk group always has the last word on how
 * digits look on the wire, a peer only where its plan has a rule or sends as
 * dialled; else SIP is given the number as the core has it (RFC 3966 5.1.4),
 * as it has no types. */
int numbering_send_to(const struct conf_target *to, const char *core,
		      struct leg_number *out,
		      const struct conf_number_rule **used);

/* The plan of a peer or trunk group; NULL: it has none. */
const struct conf_numbering *numbering_of(const struct conf_target *end);

/* A number that is not dialled but told (calling, redirecting, connected) is
 * passed on as far as it can be read and made; one that cannot is left out,
 * never a reason to refuse the call. numbering_read: "" when it cannot.
 * numbering_tell: `in` is what was read from, of which everything but the
 * number stays. */
void numbering_read(const struct conf_numbering *plan,
		    const struct leg_number *number,
		    char core[NUMBERING_CORE_MAX]);
void numbering_tell(const struct conf_target *to, const char *core,
		    const struct leg_number *in, struct leg_number *out);

#endif
