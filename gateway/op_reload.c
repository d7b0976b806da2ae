/* reload. */
#include "gateway/commands.h"
#include "gateway/gateway.h"
#include "gateway/reload.h"
#include "gateway/show.h"

#include <errno.h>
#include <string.h>

/* Answered when it is done: NULL is no want of memory then. */
json_t *op_reload_later(struct gateway *gw, unsigned flags)
{
	struct control_later *later = control_later(gw->control);
	int err;

	/* What changes nothing may come by the other socket. */
	if (!later && gw->control_read)
		later = control_later(gw->control_read);
	if (!later)
		return NULL;
	err = reload_start(gw->reload, flags, later);
	if (err == 0)
		return NULL;
	control_not_later(later);
	if (err == -EALREADY)
		return show_problem("a reload is under way; try again");
	return show_problem("%s is not read again: %s", reload_file(gw->reload),
			    strerror(-err));
}

json_t *op_reload(struct gateway *gw, const struct command_line *line)
{
	unsigned flags = (command_get(line, "--plan") ? RELOAD_PLAN : 0) |
			 (command_get(line, "--drain") ? RELOAD_DRAIN : 0);

	if (gw->phase != GATEWAY_RUNNING && !(flags & RELOAD_PLAN))
		return show_problem("the gateway stops: nothing is taken");
	return op_reload_later(gw, flags);
}
