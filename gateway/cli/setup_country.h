/* How people dial in a country, for a first configuration. */
#ifndef TOLLGATE_CLI_SETUP_COUNTRY_H
#define TOLLGATE_CLI_SETUP_COUNTRY_H

#include <stdbool.h>

struct setup_country {
	const char *iso;  /* ISO 3166, as in a locale: "DE" */
	const char *zone; /* of libtonezone: "de" */
	const char *name;
	const char *code;	   /* +49 */
	const char *international; /* dialled before a foreign number */
	const char *trunk;	   /* before an area code, "" none */
	/* Of a line in `city`; "" where numbers have no part that is left out
	 * within a city. */
	const char *area, *city;
	bool bare;	       /* whole numbers are dialled without `trunk` */
	const char *emergency; /* parted by spaces */
	const char *premium;   /* what their numbers begin with, as above */
};

/* NULL: not known. */
const struct setup_country *setup_country_of_zone(const char *zone);
/* Of a locale such as "de_DE.UTF-8". NULL: it names none that is known. */
const struct setup_country *setup_country_of_locale(const char *locale);
/* Row `index`, NULL behind the last. */
const struct setup_country *setup_country_row(unsigned index);

#endif
