#include "dahdi/pri_setup.h"

#include <libpri.h>
#include <stdio.h>
#include <string.h>

/* The wire has digits only; '+' is what the type of number says. */
static int number_plan(const struct leg_number *number)
{
	uint8_t type = number->type;

	if (number->digits[0] == '+' && type == PRI_TON_UNKNOWN)
		type = PRI_TON_INTERNATIONAL;
	return type << 4 | number->plan;
}

static const char *number_digits(const struct leg_number *number)
{
	return number->digits + (number->digits[0] == '+');
}

static void set_calling(struct pri_sr *sr, const struct leg_number *number)
{
	struct pri_party_id party;

	if (!number->present)
		return;
	memset(&party, 0, sizeof party);
	party.number.valid = 1;
	party.number.plan = number_plan(number);
	party.number.presentation =
		(number->presentation & 3) << 5 | (number->screening & 3);
	snprintf(party.number.str, sizeof party.number.str, "%s",
		 number_digits(number));
	pri_sr_set_caller_party(sr, &party);
}

struct pri_sr *pri_setup_new(const struct leg_setup *setup, enum g711_law law,
			     unsigned channel, bool exclusive)
{
	struct pri_sr *sr = pri_sr_new();
	char called[LEG_DIGITS_MAX];

	if (!sr)
		return NULL;
	snprintf(called, sizeof called, "%s", number_digits(&setup->called));
	pri_sr_set_channel(sr, (int)channel, exclusive, 0);
	/* 3.1 kHz audio, not speech: fax and modems must pass untouched. */
	pri_sr_set_bearer(sr, PRI_TRANS_CAP_3_1K_AUDIO,
			  law == G711_ALAW ? PRI_LAYER_1_ALAW
					   : PRI_LAYER_1_ULAW);
	pri_sr_set_called(sr, called, number_plan(&setup->called), 1);
	set_calling(sr, &setup->calling);
	return sr;
}
