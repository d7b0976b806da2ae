/* Writes the reference of all events: to stdout, or with FILE into the part of
 * the manual page that lies between its two marks. */
#include "gateway/event.h"
#include "tests/rewrite_reference.h"

int main(int argc, char **argv)
{
	return reference_tool(argc, argv, "tool_event_reference",
			      event_write_reference);
}
