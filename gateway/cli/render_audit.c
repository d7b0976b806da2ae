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
	const char *key, *noun, *text;
} faults[] = {
	{ "stuck_calls", "call", "that did not end" },
	{ "channel_without_call", "channel", "busy without a call" },
	{ "call_without_channel", "call", "without a channel" },
	{ "leg_without_libpri_call", "call", "that the library has dropped" },
	{ "stray_references", "call reference", "of no call" },
	{ "stray_libpri_calls", "library call", "of no call" },
	{ "stuck_releasing", "channel", "not released" },
	{ "stray_legs", "leg", "on the spans of no call" },
	{ "stray_bridges", "media bridge", "of no call" },
	{ "wrong_limits", "counter", "of a limit that was wrong" },
};

static void found_lines(struct screen *screen, const json_t *found)
{
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		long long n = field_number(found, faults[i].key);

		if (n)
			screen_put(screen, INK_WARN, "%8lld  %s%s %s\n", n,
				   faults[i].noun, plural(n), faults[i].text);
	}
}

void render_audit(struct screen *screen, const json_t *answer)
{
	const json_t *audit = field_object(answer, "audit");
	long long count = field_number(audit, "faults");
	long long calls = field_number(audit, "calls");
	long long files = field_number(audit, "descriptors");
	long long audits = field_number(audit, "audits");
	long long before = field_number(audit, "faults_since_start");

	if (count)
		screen_put(screen, INK_BAD,
			   "%lld fault%s found, %lld repaired\n", count,
			   plural(count), field_number(audit, "repaired"));
	else
		screen_put(screen, INK_GOOD, "Clean: %lld call%s\n", calls,
			   plural(calls));
	found_lines(screen, field_object(audit, "found"));
	screen_put(screen, INK_DIM, "\n              CALLS   THERE\n");
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		screen_put(screen, INK_PLAIN, "%-12s%7lld %7lld  %s\n",
			   pairs[i].label, field_number(audit, pairs[i].ours),
			   field_number(audit, pairs[i].theirs), pairs[i].who);
	screen_put(
		screen, INK_PLAIN,
		"\n%lld descriptor%s open, %.1f MB in use, %.1f MB resident\n",
		files, plural(files),
		(double)field_number(audit, "heap_bytes") / 1e6,
		(double)field_number(audit, "resident_bytes") / 1e6);
	screen_put(screen, INK_PLAIN,
		   "%lld audit%s since the start: %lld fault%s, %lld "
		   "repaired\n",
		   audits, plural(audits), before, plural(before),
		   field_number(audit, "repaired_since_start"));
}
