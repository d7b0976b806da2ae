#include "gateway/cli/setup_country.h"

#include <stddef.h>
#include <string.h>

/* Clang-format would give each field a line. */
/* clang-format off */
static const struct setup_country countries[] = {
	{ "DE", "de", "Germany", "49", "00", "0", "30", "Berlin", false,
	  "110 112", "900" },
	{ "AT", "at", "Austria", "43", "00", "0", "1", "Vienna", false,
	  "112 122 133 144", "9" },
	{ "AU", "au", "Australia", "61", "0011", "0", "2", "Sydney", false,
	  "000 112", "190" },
	{ "BE", "be", "Belgium", "32", "00", "0", "", "", false,
	  "100 101 112", "90" },
	{ "CA", "us", "Canada", "1", "011", "1", "", "", true,
	  "911", "900" },
	{ "CH", "ch", "Switzerland", "41", "00", "0", "", "", false,
	  "112 117 118 144", "90" },
	{ "CZ", "cz", "Czechia", "420", "00", "", "", "", true,
	  "112 150 155 158", "90" },
	{ "DK", "dk", "Denmark", "45", "00", "", "", "", true,
	  "112", "90" },
	{ "EE", "ee", "Estonia", "372", "00", "", "", "", true,
	  "112", "900" },
	{ "ES", "es", "Spain", "34", "00", "", "", "", true,
	  "112", "803 806 807" },
	{ "FI", "fi", "Finland", "358", "00", "0", "9", "Helsinki", false,
	  "112", "" },
	{ "FR", "fr", "France", "33", "00", "0", "", "", false,
	  "15 17 18 112", "89" },
	{ "GB", "uk", "the United Kingdom", "44", "00", "0", "20", "London",
	  false, "112 999", "9" },
	{ "GR", "gr", "Greece", "30", "00", "", "", "", true,
	  "100 112 166 199", "90" },
	{ "HU", "hu", "Hungary", "36", "00", "06", "1", "Budapest", false,
	  "104 105 107 112", "90" },
	{ "IL", "il", "Israel", "972", "00", "0", "3", "Tel Aviv", false,
	  "100 101 102 112", "" },
	{ "IN", "in", "India", "91", "00", "0", "11", "Delhi", false,
	  "100 101 102 112", "" },
	{ "IT", "it", "Italy", "39", "00", "", "", "", true,
	  "112 113 115 118", "89" },
	{ "NL", "nl", "the Netherlands", "31", "00", "0", "20", "Amsterdam",
	  false, "112", "90" },
	{ "NO", "no", "Norway", "47", "00", "", "", "", true,
	  "110 112 113", "82" },
	{ "NZ", "nz", "New Zealand", "64", "00", "0", "9", "Auckland", false,
	  "111", "900" },
	{ "PL", "pl", "Poland", "48", "00", "", "", "", true,
	  "112 997 998 999", "70" },
	{ "PT", "pt", "Portugal", "351", "00", "", "", "", true,
	  "112", "" },
	{ "SE", "se", "Sweden", "46", "00", "0", "8", "Stockholm", false,
	  "112", "900" },
	{ "US", "us", "the United States", "1", "011", "1", "", "", true,
	  "911", "900" },
	{ "ZA", "za", "South Africa", "27", "00", "0", "", "", false,
	  "112 10111 10177", "" },
};
/* clang-format on */

#define COUNTRIES (sizeof countries / sizeof *countries)

/* A zone that two countries share is the larger one's. */
const struct setup_country *setup_country_of_zone(const char *zone)
{
	if (!strcmp(zone, "us"))
		return setup_country_of_locale("_US");
	for (size_t i = 0; i < COUNTRIES; i++)
		if (!strcmp(zone, countries[i].zone))
			return &countries[i];
	return NULL;
}

const struct setup_country *setup_country_of_locale(const char *locale)
{
	const char *iso = strchr(locale, '_');

	for (size_t i = 0; iso && i < COUNTRIES; i++)
		if (!strncmp(iso + 1, countries[i].iso, 2) &&
		    strchr(".@", iso[3]))
			return &countries[i];
	return NULL;
}

const struct setup_country *setup_country_row(unsigned index)
{
	return index < COUNTRIES ? &countries[index] : NULL;
}
