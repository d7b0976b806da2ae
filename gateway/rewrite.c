#include "gateway/rewrite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int put(const char *front, const char *rest,
	       char out[NUMBERING_CORE_MAX])
{
	int len = snprintf(out, NUMBERING_CORE_MAX, "%s%s", front, rest);

	if (len >= NUMBERING_CORE_MAX)
		return -EINVAL;
	return strspn(out, "+") == (size_t)len ? -EINVAL : 0;
}

int rewrite_number(const struct conf_rewrite *rewrite, const char *core,
		   char out[NUMBERING_CORE_MAX])
{
	const char *digits = core + (*core == '+');
	size_t from_len = rewrite ? strlen(rewrite->from) : 0;

	if (from_len && !strncmp(core, rewrite->from, from_len))
		return put(rewrite->to, core + from_len, out);
	if (!rewrite || (!rewrite->strip && !*rewrite->add))
		return put("", core, out);
	if (strlen(digits) < rewrite->strip)
		return -EINVAL;
	return put(rewrite->add, digits + rewrite->strip, out);
}
