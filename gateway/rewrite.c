#include "gateway/rewrite.h"

#include "conf/number.h"

#include <errno.h>
#include <string.h>

static int put(const char *front, const char *rest,
	       char out[NUMBERING_CORE_MAX])
{
	if (number_join(front, rest, out, NUMBERING_CORE_MAX))
		return -EINVAL;
	return out[*out == '+'] ? 0 : -EINVAL;
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
