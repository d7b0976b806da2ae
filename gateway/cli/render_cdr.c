#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

void render_cdr(struct screen *screen, const json_t *answer)
{
	const char *trouble = field_text(answer, "trouble");
	long long failures = field_number(answer, "failures");

	if (!*field_text(answer, "path")) {
		screen_put(screen, INK_WARN,
			   "No call records are kept: call-records is none.\n");
		return;
	}
	screen_put(screen, INK_PLAIN, "File     %.200s (%.8s)\n",
		   field_text(answer, "path"), field_text(answer, "format"));
	screen_put(screen, INK_PLAIN, "Written  %lld since the start\n",
		   field_number(answer, "written"));
	screen_put(screen, *trouble ? INK_BAD : INK_PLAIN,
		   "Waiting  %lld in memory, %lld at most%s%.100s\n",
		   field_number(answer, "waiting"),
		   field_number(answer, "keep"), *trouble ? ": " : "", trouble);
	if (failures)
		screen_put(screen, INK_BAD,
			   "Lost     %lld to the log: too many waited, or the "
			   "end came\n",
			   failures);
}
