/* The file of the call records, for the operator. */
#include "gateway/cdr.h"
#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <string.h>

json_t *op_cdr_status(struct gateway *gw, const struct command_line *line)
{
	json_t *object = json_object();
	struct cdr_status now;
	bool lost = false;

	(void)line;
	cdr_status(gw->cdr, &now);
	json_put(object, "path", json_text(now.path), &lost);
	json_put(object, "format", json_string(now.csv ? "csv" : "json"),
		 &lost);
	json_put(object, "written", json_count(now.written), &lost);
	json_put(object, "waiting", json_count(now.waiting), &lost);
	json_put(object, "keep", json_count(now.keep), &lost);
	json_put(object, "failures", json_count(now.failures), &lost);
	json_put(object, "trouble",
		 now.trouble ? json_text(strerror(now.trouble)) : json_null(),
		 &lost);
	return json_whole(object, lost);
}

json_t *op_cdr_rotate(struct gateway *gw, const struct command_line *line)
{
	char to[CDR_PATH_MAX], done[CDR_PATH_MAX + 64];

	(void)line;
	if (cdr_rotate(gw->cdr, to) < 0)
		return show_problem("no call records are kept: call-records "
				    "is none");
	snprintf(done, sizeof done, "call records so far go to %s", to);
	return json_pack("{s:s, s:s}", "done", done, "to", to);
}
