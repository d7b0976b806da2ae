/* A first configuration. What the operator has to look at is marked on its very
 * line, so that `grep CHANGE:` lists it; everything else is to be right, or a
 * default of the language.
 */
#include "gateway/cli/setup.h"
#include "gateway/cli/setup_country.h"

#include <stdarg.h>
#include <string.h>

/* Where the marks begin. */
#define MARK_COLUMN 44
#define TEXT_COLUMNS 78

/* A line; `edit`, if any, says what is to be put into it. */
static void put(FILE *out, const char *edit, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void put(FILE *out, const char *edit, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (edit)
		fprintf(out, "%-*s # CHANGE: %s\n", MARK_COLUMN, text, edit);
	else
		fprintf(out, "%s\n", text);
}

/* A comment of as many lines as it takes. What is in it may be a driver's text:
 * any bytes. */
static void comment(FILE *out, const char *indent, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void comment(FILE *out, const char *indent, const char *fmt, ...)
{
	size_t room = TEXT_COLUMNS - strlen(indent) - 2;
	char text[1024], *at = text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	while (strlen(at) > room) {
		size_t cut = room;

		while (cut > 0 && at[cut] != ' ')
			cut--;
		if (!cut)
			cut = room;
		fprintf(out, "%s# %.*s\n", indent, (int)cut, at);
		at += cut;
		at += strspn(at, " ");
	}
	fprintf(out, "%s# %s\n", indent, at);
}

struct plan {
	const struct setup_country *country;
	const char *because; /* the end of a sentence */
	bool sure;	     /* of the country */
	bool sure_of_area;
};

/* dahdi_genconf writes loadzone=us for want of anything better: to an E1 that
 * says nothing. */
static struct plan choose_plan(const struct setup_machine *m, bool e1)
{
	const struct setup_country *zone = setup_country_of_zone(m->zone);
	const struct setup_country *locale = setup_country_of_locale(m->locale);
	bool e1_in_us = zone && e1 && !strcmp(zone->zone, "us");

	if (zone && !e1_in_us)
		return (struct plan){ zone,
				      "by loadzone in /etc/dahdi/system.conf.",
				      true, false };
	if (locale)
		return (struct plan){ locale,
				      "by the language of this system (LANG).",
				      true, false };
	return (struct plan){
		setup_country_of_locale(e1 ? "_DE" : "_US"),
		"a placeholder: nothing on this machine names a country that "
		"is known here.",
		false, false
	};
}

static void write_head(FILE *out)
{
	comment(out, "",
		"A first configuration of Tollgate, written by \"tollgate "
		"setup\" for the DAHDI spans of this machine. It is valid as "
		"it is. A line marked CHANGE holds a guess or a placeholder: "
		"put "
		"in what is true, then");
	fputs("#   tollgated --check FILE\n"
	      "# tollgate.conf(5) explains every setting.\n\n",
	      out);
}

static void write_gateway(FILE *out, const struct setup_machine *m,
			  const struct plan *plan)
{
	const char *address = *m->address ? m->address : "127.0.0.1";

	put(out, NULL, "gateway tollgate {");
	if (*m->interface)
		comment(out, "  ",
			"Where SIP is received, over UDP: the address of "
			"%s.%s%s%s",
			m->interface,
			*m->other_addresses ? " There are also " : "",
			m->other_addresses, *m->other_addresses ? "." : "");
	put(out,
	    *m->address ? "if another faces the PBX" : "there is only loopback",
	    "  listen         %s 5060", address);
	comment(out, "  ", "Where the PBX is told to send SIP and voice.");
	put(out, "behind NAT, the outer one", "  advertise      %s", address);
	comment(out, "  ",
		"UDP too, two ports a call: a firewall has to let them in.");
	put(out, NULL, "  rtp-ports      16384-32767");
	comment(out, "  ", "The tones that callers from the line hear.");
	put(out, plan->sure ? NULL : "the country", "  tones          %s",
	    plan->country->zone);
	fputs("}\n\n", out);
}

static void write_peer(FILE *out, const struct setup_machine *m, bool mulaw)
{
	comment(out, "",
		"The PBX, or whoever else speaks SIP. Packets from anywhere "
		"but its address get no answer at all. \"tollgate show "
		"peers\" tells whether it is there.");
	put(out, NULL, "sip-peer pbx {");
	/* Addresses that are nobody's: RFC 5737, RFC 3849. */
	put(out, "the PBX's address", "  server      %s",
	    *m->address && m->ipv6 ? "2001:db8::20" : "192.0.2.20");
	put(out, NULL, "  codecs      %s", mulaw ? "ulaw alaw" : "alaw ulaw");
	put(out, NULL, "  numbering   local");
	comment(out, "  ",
		"Its P-Asserted-Identity is the caller, and it is told the "
		"numbers of callers who withhold them.");
	put(out, NULL, "  trust       yes");
	put(out, NULL, "  keepalive   options every 30s");
	fputs("}\n\n", out);
}

/* Whether `text` can stand between quotes. */
static bool is_plain(const char *text)
{
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
			return false;
	return *text;
}

static void write_span_comment(FILE *out, const struct dahdi_scan_span *span)
{
	comment(out, "", "%s%s%s", span->name, *span->description ? ": " : "",
		span->description);
	if (!is_plain(span->location))
		return;
	comment(out, "", "By its place, whatever number DAHDI gives it:");
	fprintf(out, "#   device    dahdi location \"%s\" span %u\n",
		span->location, span->nth);
}

/* `like`: a span above with the same settings, or NULL. */
static void write_span(FILE *out, const struct dahdi_scan_span *span,
		       const struct setup_fit *fit,
		       const struct dahdi_scan_span *like)
{
	bool t1 = span->line == LINE_TYPE_T1;
	char list[SETUP_LIST_MAX];

	write_span_comment(out, span);
	if (like) {
		fprintf(out, "span %u { like span %u  device dahdi %u }\n\n",
			span->number, like->number, span->number);
		return;
	}
	setup_list(list, fit->channels, 0, ' ');
	put(out, NULL, "span %u {", span->number);
	put(out, NULL, "  device    dahdi %u", span->number);
	put(out, NULL, "  line      %s", t1 ? "t1" : "e1");
	/* Of what else North American exchanges speak nothing is served. */
	put(out, t1 ? "if the carrier says so" : NULL,
	    "  protocol  %s side user",
	    line_protocol_name(line_desc(span->line)->protocol));
	put(out, NULL, "  channels  %s d-channel %u", list, fit->dchannel);
	fputs("}\n\n", out);
}

/* The first span that is like span `index`, if it is another one. */
static const struct dahdi_scan_span *find_like(const struct dahdi_scan *scan,
					       unsigned index,
					       const struct setup_fit *fit)
{
	const struct dahdi_scan_span *span = &scan->span[index];

	for (unsigned i = 0; i < index; i++) {
		struct setup_fit other;

		setup_fit(&other, &scan->span[i]);
		if (other.usable && scan->span[i].line == span->line &&
		    other.channels == fit->channels &&
		    other.dchannel == fit->dchannel)
			return &scan->span[i];
	}
	return NULL;
}

static void write_spans(FILE *out, const struct dahdi_scan *scan)
{
	for (unsigned i = 0; i < scan->count; i++) {
		const struct dahdi_scan_span *span = &scan->span[i];
		struct setup_fit fit;

		setup_fit(&fit, span);
		if (fit.usable) {
			write_span(out, span, &fit, find_like(scan, i, &fit));
			continue;
		}
		comment(out, "", "DAHDI span %u is not used. %s", span->number,
			fit.why);
		fputs("\n", out);
	}
}

static void write_trunk_head(FILE *out, bool several)
{
	comment(out, "", "%s",
		several ? "All lines together: they lead to the same network. "
			  "Those to another need a group of their own."
			: "The lines that lead to the telephone network.");
	put(out, NULL, "trunk-group pstn {");
}

static void write_trunk_tail(FILE *out)
{
	comment(out, "  ",
		"The exchange mostly begins with the lowest channel: from the "
		"other end the two meet last.");
	put(out, NULL, "  hunt      highest-first");
	put(out, NULL, "  numbering local");
	fputs("}\n\n", out);
}

static void write_trunk(FILE *out, const struct dahdi_scan *scan)
{
	const char *before = "  members   ";

	write_trunk_head(out, setup_usable(scan) > 1);
	for (unsigned i = 0; i < scan->count; i++) {
		struct setup_fit fit;

		setup_fit(&fit, &scan->span[i]);
		if (!fit.usable)
			continue;
		fprintf(out, "%sspan %u", before, scan->span[i].number);
		before = ", ";
	}
	fputs("\n", out);
	write_trunk_tail(out);
}

/* The PBX and the line alike: people behind the one dial as those behind the
 * other do. */
static void write_numbers(FILE *out, const struct setup_country *c,
			  const char *country, const char *area)
{
	comment(out, "",
		"How the telephone network writes numbers, and how people dial "
		"behind the PBX, without a digit for an outside line: that one "
		"is the PBX's to take off. Inside, all are +E.164. See "
		"tollgate-numbering(7).");
	put(out, NULL, "numbering local {");
	put(out, country, "  country              %s", c->code);
	if (*c->area)
		put(out, area, "  area                 %s", c->area);
	else if (c->bare)
		put(out, country, "  area                 none");
	if (*c->trunk)
		put(out, country, "  national-prefix      %s", c->trunk);
	put(out, country, "  international-prefix %s", c->international);
	put(out, country, "  short                %s", c->emergency);
	fputs("}\n\n", out);
}

static void write_numbering(FILE *out, const struct plan *plan)
{
	const struct setup_country *c = plan->country;
	const char *country = plan->sure ? NULL : "the country";
	char text[64];
	const char *area = plan->sure_of_area ? NULL : text;

	snprintf(text, sizeof text, "area code (%s's)", c->city);
	comment(out, "", "Numbers as in %s, %s", c->name, plan->because);
	if (*c->area && area)
		comment(out, "",
			"No machine knows the area code of its line: where "
			"calls within the city fail, look here first.");
	fputs("\n", out);
	write_numbers(out, c, country, area);
}

static void write_routes(FILE *out, const struct plan *plan)
{
	const struct setup_country *c = plan->country;
	const char *premium = c->premium;

	comment(out, "",
		"What the PBX may call. The most specific rule wins. Numbers "
		"that cost much more than a call are best refused here.");
	put(out, NULL, "route from pbx {");
	put(out, plan->sure ? NULL : "emergency numbers",
	    "  %-20s -> pstn emergency", c->emergency);
	put(out, NULL, "  %-20s -> pstn", "+");
	while (*premium) {
		int len = (int)strcspn(premium, " ");
		char prefix[24];

		snprintf(prefix, sizeof prefix, "+%s%.*s", c->code, len,
			 premium);
		put(out, NULL,
		    "  %-20s -> reject 403 \"premium numbers are barred\"",
		    prefix);
		premium += len;
		premium += strspn(premium, " ");
	}
	put(out, NULL, "  %-20s -> reject 404", "otherwise");
	fputs("}\n\n", out);
	comment(out, "", "Calls from the line, whatever number they are for.");
	put(out, NULL, "route from pstn {");
	put(out, NULL, "  otherwise -> pbx");
	put(out, NULL, "}");
}

void setup_write(FILE *out, const struct setup_machine *m,
		 const struct dahdi_scan *scan)
{
	bool e1 = false;
	struct plan plan;

	for (unsigned i = 0; i < scan->count; i++) {
		struct setup_fit fit;

		setup_fit(&fit, &scan->span[i]);
		e1 |= fit.usable && scan->span[i].line == LINE_TYPE_E1;
	}
	plan = choose_plan(m, e1);
	write_head(out);
	write_gateway(out, m, &plan);
	write_peer(out, m, !e1);
	comment(out, "",
		"The lines, by DAHDI's numbers of their spans. Those follow "
		"the order in which modules are loaded.");
	fputs("\n", out);
	write_spans(out, scan);
	write_trunk(out, scan);
	write_numbering(out, &plan);
	write_routes(out, &plan);
}

static void write_virtual_head(FILE *out)
{
	comment(out, "",
		"A first configuration of Tollgate without a card, written by "
		"\"tollgate setup --virtual\": its span leads to a telephone "
		"exchange in software. It works as it is, without root, from "
		"one directory:");
	fputs("#   mkdir -p run\n"
	      "#   tollgate-exchange --socket run/exchange.sock \\\n"
	      "#     --control run/exchange-control.sock &\n"
	      "#   tollgated -f FILE\n",
	      out);
	comment(out, "",
		"A SIP phone on this machine then dials "
		"sip:+49305550101@127.0.0.1 and hears itself; "
		"tollgate-exchange(1) lists the other test numbers. "
		"\"tollgate --control run/control.sock status\" shows how "
		"things stand.");
	fputs("\n", out);
}

void setup_write_virtual(FILE *out)
{
	struct plan berlin = { setup_country_of_locale("_DE"),
			       "where the test numbers are: +49 30 5550...",
			       true, true };

	write_virtual_head(out);
	fputs("gateway tollgate {\n"
	      "  listen         127.0.0.1 5060\n"
	      "  rtp-ports      16384-16583\n"
	      "  tones          de\n"
	      "  control        run/control.sock\n"
	      "  call-records   run/calls.jsonl\n"
	      "}\n\n"
	      "log {\n"
	      "  to stderr\n"
	      "}\n\n",
	      out);
	comment(out, "",
		"Whoever calls from this machine. Calls from the exchange go "
		"to a phone on port 5070 "
		"(tollgate-exchange ctl call 5550200).");
	fputs("sip-peer pbx {\n"
	      "  server      127.0.0.1 5070\n"
	      "  accept-from 127.0.0.0/8\n"
	      "  codecs      alaw ulaw\n"
	      "  numbering   local\n"
	      "}\n\n"
	      "span 1 {\n"
	      "  device    virtual run/exchange.sock span 1\n"
	      "  line      e1\n"
	      "  protocol  euroisdn side user\n"
	      "  channels  1-15 17-31 d-channel 16\n"
	      "}\n\n",
	      out);
	write_trunk_head(out, false);
	put(out, NULL, "  members   span 1");
	write_trunk_tail(out);
	write_numbering(out, &berlin);
	write_routes(out, &berlin);
}
