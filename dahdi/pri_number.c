#include "dahdi/pri_number.h"

#include <libpri.h>
#include <stdio.h>
#include <string.h>

#define REASON_DEFLECTION 4 /* Q.931 4.6.7 */
#define UNAVAILABLE 2	    /* presentation, Q.931 4.5.10 */

void pri_digits_get(char out[LEG_DIGITS_MAX], const char *digits)
{
	size_t len = 0;

	for (; digits[len] && len < LEG_DIGITS_MAX - 1; len++)
		out[len] = digits[len] <= ' ' || digits[len] > '~'
				   ? '?'
				   : digits[len];
	out[len] = '\0';
}

void pri_plan_get(struct leg_number *out, int plan)
{
	out->type = (uint8_t)(plan >> 4 & 7);
	out->plan = (uint8_t)(plan & 15);
}

void pri_number_get(struct leg_number *out,
		    const struct pri_party_number *number)
{
	*out = (struct leg_number){ 0 };
	if (!number->valid)
		return;
	pri_digits_get(out->digits, number->str);
	pri_plan_get(out, number->plan);
	out->presentation = (uint8_t)(number->presentation >> 5 & 3);
	out->screening = (uint8_t)(number->presentation & 3);
	out->present = *out->digits != '\0';
}

bool pri_number_put(struct pri_party_number *out,
		    const struct leg_number *number)
{
	const char *digits = number->present ? number->digits : "";
	uint8_t type = number->type;

	memset(out, 0, sizeof *out);
	if (*digits == '+') {
		digits++;
		if (type == PRI_TON_UNKNOWN)
			type = PRI_TON_INTERNATIONAL;
	}
	if (strlen(digits) > PRI_NUMBER_DIGITS_MAX)
		digits = "";
	if (!*digits && !number->presentation)
		return false;
	out->valid = 1;
	out->plan = type << 4 | number->plan;
	out->presentation =
		(number->presentation & 3) << 5 | (number->screening & 3);
	snprintf(out->str, sizeof out->str, "%s", digits);
	return true;
}

static const struct pri_subcommand *find(const struct pri_subcommands *subcmds,
					 int cmd)
{
	for (int i = 0; subcmds && i < subcmds->counter_subcmd; i++)
		if (subcmds->subcmd[i].cmd == cmd)
			return &subcmds->subcmd[i];
	return NULL;
}

void pri_redirecting_get(struct leg_redirecting *out,
			 const struct pri_subcommands *subcmds)
{
	const struct pri_subcommand *found =
		find(subcmds, PRI_SUBCMD_REDIRECTING);
	const struct pri_party_redirecting *redirecting;

	*out = (struct leg_redirecting){ 0 };
	if (!found)
		return;
	redirecting = &found->u.redirecting;
	pri_number_get(&out->number, &redirecting->from.number);
	out->number.present = redirecting->from.number.valid;
	out->reason = redirecting->reason == PRI_REDIR_DEFLECTION
			      ? REASON_DEFLECTION
			      : (uint8_t)(redirecting->reason & 15);
	out->count = (uint8_t)redirecting->count;
}

void pri_redirecting_put(struct pri_sr *sr,
			 const struct leg_redirecting *redirecting)
{
	struct pri_party_redirecting parties;
	struct leg_number number = redirecting->number;

	if (!number.present)
		return;
	memset(&parties, 0, sizeof parties);
	/* Diverted by a number that nobody told. */
	if (!number.digits[strspn(number.digits, "+")] && !number.presentation)
		number.presentation = UNAVAILABLE;
	pri_number_put(&parties.from.number, &number);
	parties.count = redirecting->count;
	parties.reason = redirecting->reason == REASON_DEFLECTION
				 ? PRI_REDIR_DEFLECTION
				 : redirecting->reason;
	pri_sr_set_redirecting_parties(sr, &parties);
}

void pri_connected_get(struct leg_number *out,
		       const struct pri_subcommands *subcmds)
{
	const struct pri_subcommand *found =
		find(subcmds, PRI_SUBCMD_CONNECTED_LINE);

	*out = (struct leg_number){ 0 };
	if (found)
		pri_number_get(out, &found->u.connected_line.id.number);
}

void pri_connected_put(struct pri *pri, struct q931_call *call,
		       const struct leg_number *connected)
{
	struct pri_party_connected_line line;

	memset(&line, 0, sizeof line);
	if (pri_number_put(&line.id.number, connected))
		pri_connected_line_update(pri, call, &line);
}
