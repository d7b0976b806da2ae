/* Writes the reference of all settings: to stdout, or with FILE into the part
 * of the manual page that lies between its two marks. */
#include "conf/conf.h"
#include "tests/rewrite_reference.h"

int main(int argc, char **argv)
{
	return reference_tool(argc, argv, "tool_conf_reference",
			      conf_write_reference);
}
