/* Numbers in leg.h's words and in libpri's, for the gateway and the exchange.
 *
 * Calling number (Q.931 4.5.10) and connected number (Q.951.5): libpri has all
 * of type, plan, presentation and screening, both ways, and an element without
 * digits. Whether a SETUP had the element at all, its older fields hide: they
 * say "not available" for either.
 *
 * Diverting number: libpri reads the redirecting number element (Q.952, the
 * last one if there are several; it has no counter) and EuroISDN's facility
 * DivertingLegInformation2 (EN 300 207-1), and answers the latter with
 * DivertingLegInformation3 in CONNECT. It sends one of them, never both, which
 * some networks complain about: the facility with pri_facility_enable, else the
 * element. EuroISDN at the T reference point is the facility, so that is
 * enabled. It has number, type, presentation and counter, but only the reasons
 * unknown, busy, no answer, unconditional and deflection, and libpri sends the
 * type subscriber as unknown; neither way has a screening indicator. libpri's
 * code for deflection is 3, Q.931's is 4.
 */
#ifndef TOLLGATE_PRI_NUMBER_H
#define TOLLGATE_PRI_NUMBER_H

#include "gateway/leg.h"

/* libpri cuts longer ones, and half a number is another one. */
#define PRI_NUMBER_DIGITS_MAX 31

struct pri_party_number;
struct pri_sr;
struct pri_subcommands;

/* Copies what came as digits. What is no IA5 character (Q.931 4.5.8) must reach
 * neither a log nor a header of another protocol as it is: it becomes '?'. */
void pri_digits_get(char out[LEG_DIGITS_MAX], const char *digits);
/* Type and plan of octet 3. */
void pri_plan_get(struct leg_number *out, int plan);

/* A number as received: present when it has digits; without them the
 * presentation tells why (1, 2), and is 0 when there was no element. */
void pri_number_get(struct leg_number *out,
		    const struct pri_party_number *number);
/* Fills in what is to be sent for `number`. False: no element. One that is not
 * present, or too long, but has a reason for it (presentation 1, 2) is sent
 * without digits.
 * '+' is what the type international says; the wire has digits only. */
bool pri_number_put(struct pri_party_number *out,
		    const struct leg_number *number);

/* Of a PRI_EVENT_RING: the last number that diverted the call. The number is
 * present, perhaps without digits, when the call was diverted. */
void pri_redirecting_get(struct leg_redirecting *out,
			 const struct pri_subcommands *subcmds);
void pri_redirecting_put(struct pri_sr *sr,
			 const struct leg_redirecting *redirecting);

/* Of a PRI_EVENT_ANSWER: who answered. */
void pri_connected_get(struct leg_number *out,
		       const struct pri_subcommands *subcmds);
/* What the call's CONNECT will carry; before pri_answer. */
struct pri;
struct q931_call;
void pri_connected_put(struct pri *pri, struct q931_call *call,
		       const struct leg_number *connected);

#endif
