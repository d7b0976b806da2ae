#include "gateway/cli/field.h"
#include "gateway/cli/render.h"

/* Two counts of the same thing, by two parts of the gateway. */
static const struct {
	const char *label, *ours, *theirs, *who;
} pairs[] = {
	{ "SIP legs", "sip_legs", "dialogs", "dialogs of the SIP stack" },
	{ "ISDN legs", "isdn_legs", "span_legs", "legs on the spans" },
	{ "references", "isdn_legs", "references", "kept by the D channels" },
	{ "libpri", "isdn_legs", "libpri_calls", "calls of the library" },
	{ "bridges", "call_bridges", "media_bridges", "of the media workers" },
};

static const struct {
	const char *key, *text;
} faults[] = {
	{ "stuck_calls", "calls that did not end" },
	{ "channel_without_call", "channels busy without a call" },
	{ "call_without_channel", "calls without a channel" },
	{ "leg_without_libpri_call", "calls that the library has dropped" },
	{ "stray_references", "call references of no call" },
	{ "stray_libpri_calls", "library calls of no call" },
	{ "stuck_releasing", "channels that were never released" },
	{ "stray_legs", "legs on the spans of no call" },
	{ "stray_bridges", "media bridges of no call" },
};

static void found_lines(struct screen *screen, const json_t *found)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		if (field_number(found, faults[i].key))
			screen_put(screen, INK_WARN, "%8lld  %s\n",
				   field_number(found, faults[i].key),
				   faults[i].text);
}

void render_audit(struct screen *screen, const json_t *answer)
{
	const json_t *audit = field_object(answer, "audit");
	long long count = field_number(audit, "faults");

	if (count)
		screen_put(screen, INK_BAD,
			   "%lld faults found, %lld repaired\n", count,
			   field_number(audit, "repaired"));
	else
		screen_put(screen, INK_GOOD, "Clean: %lld calls\n",
			   field_number(audit, "calls"));
	found_lines(screen, field_object(audit, "found"));
	screen_put(screen, INK_DIM, "\n              CALLS   THERE\n");
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		screen_put(screen, INK_PLAIN, "%-12s%7lld %7lld  %s\n",
			   pairs[i].label, field_number(audit, pairs[i].ours),
			   field_number(audit, pairs[i].theirs), pairs[i].who);
	screen_put(
		screen, INK_PLAIN,
		"\n%lld descriptors open, %.1f MB in use, %.1f MB resident\n",
		field_number(audit, "descriptors"),
		(double)field_number(audit, "heap_bytes") / 1e6,
		(double)field_number(audit, "resident_bytes") / 1e6);
	screen_put(screen, INK_PLAIN,
		   "%lld audits since the start: %lld faults, %lld repaired\n",
		   field_number(audit, "audits"),
		   field_number(audit, "faults_since_start"),
		   field_number(audit, "repaired_since_start"));
}
