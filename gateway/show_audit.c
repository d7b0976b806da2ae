#include "gateway/gateway.h"
#include "gateway/json_text.h"
#include "gateway/show.h"

#include <stdio.h>

static json_t *faults_of(const struct audit_report *report)
{
	const struct isdn_audit *isdn = &report->isdn;
	json_t *object = json_object();
	bool lost = false;

	json_put(object, "stuck_calls", json_integer(report->stuck_calls),
		 &lost);
	json_put(object, "channel_without_call",
		 json_integer(isdn->channel_without_call), &lost);
	json_put(object, "call_without_channel",
		 json_integer(isdn->call_without_channel), &lost);
	json_put(object, "leg_without_libpri_call",
		 json_integer(isdn->leg_without_libpri_call), &lost);
	json_put(object, "stray_references",
		 json_integer(isdn->stray_references), &lost);
	json_put(object, "stray_libpri_calls",
		 json_integer(isdn->stray_libpri_calls), &lost);
	json_put(object, "stuck_releasing", json_integer(isdn->stuck_releasing),
		 &lost);
	json_put(object, "stray_legs", json_integer(report->stray_legs), &lost);
	json_put(object, "stray_bridges", json_integer(report->stray_bridges),
		 &lost);
	json_put(object, "wrong_limits", json_integer(report->wrong_limits),
		 &lost);
	return json_whole(object, lost);
}

static void put_counts(json_t *object, const struct audit_report *report,
		       bool *lost)
{
	json_put(object, "calls", json_integer(report->calls), lost);
	json_put(object, "sip_legs", json_integer(report->sip_legs), lost);
	json_put(object, "dialogs", json_integer(report->dialogs), lost);
	json_put(object, "isdn_legs", json_integer(report->isdn_legs), lost);
	json_put(object, "span_legs", json_integer(report->isdn.legs), lost);
	json_put(object, "references", json_integer(report->isdn.references),
		 lost);
	json_put(object, "libpri_calls",
		 json_integer(report->isdn.libpri_calls), lost);
	json_put(object, "call_bridges", json_integer(report->bridges), lost);
	json_put(object, "media_bridges", json_integer(report->bridges_kept),
		 lost);
	json_put(object, "descriptors", json_integer(report->descriptors),
		 lost);
	json_put(object, "heap_bytes", json_count(report->heap_bytes), lost);
	json_put(object, "resident_bytes", json_count(report->resident_bytes),
		 lost);
}

json_t *show_audit(struct gateway *gw, const struct command_line *line)
{
	struct audit *audit = &gw->audit;
	json_t *object = json_object();
	char done[80];
	bool lost = false;

	(void)line;
	audit_run(audit);
	put_counts(object, &audit->last, &lost);
	json_put(object, "faults", json_integer(audit->last.faults), &lost);
	json_put(object, "repaired", json_integer(audit->last.repaired), &lost);
	json_put(object, "found", faults_of(&audit->last), &lost);
	json_put(object, "audits", json_count(audit->runs), &lost);
	json_put(object, "faults_since_start", json_count(audit->faults),
		 &lost);
	json_put(object, "repaired_since_start", json_count(audit->repaired),
		 &lost);
	/* What the log has of it. */
	snprintf(done, sizeof done, "calls: %u, faults: %u, mended: %u",
		 audit->last.calls, audit->last.faults, audit->last.repaired);
	return json_pack("{s:s, s:o}", "done", done, "audit",
			 json_whole(object, lost));
}
