#include "gateway/configuration.h"

#include "gateway/route_test.h"
#include "media/tones.h"

#include <errno.h>

/* Which countries there are is for libtonezone to say, not for conf/. */
static int check_tones(const struct conf *conf, const char *file, FILE *errors)
{
	const char *name = conf->gateway.tones;

	if (tone_zone_known(name))
		return 0;
	fprintf(errors,
		"%s: error: \"tones %s\": no such country is known; there "
		"are:",
		file, name);
	for (unsigned i = 0; (name = tone_zone_name(i)); i++)
		fprintf(errors, " %s", name);
	fputc('\n', errors);
	return -EINVAL;
}

int configuration_load(struct conf **out, const char *file, FILE *errors)
{
	int err = conf_load_verified(out, file, errors, route_test_verify);

	if (err == 0)
		err = check_tones(*out, file, errors);
	if (err == 0)
		return 0;
	conf_free(*out);
	*out = NULL;
	return err;
}
