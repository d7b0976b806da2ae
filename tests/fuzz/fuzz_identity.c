/* Who calls, who answers and who diverted: read from headers of any kind,
 * written for every peer, read again. The input is lines of headers; and as it
 * stands the value of a Diversion header, and a number from the telephone
 * network. */
#include "sip/identity.h"
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

#define HOST "[2001:db8::1]"

/* The longest that is made a message of. */
#define LINES_MAX 2048

static void start_stack(void)
{
	static bool started;

	if (started)
		return;
	PROMISED("a stack", su_init() == 0);
	PROMISED("its extra headers",
		 sip_update_default_mclass(sip_extend_mclass(NULL)) >= 0);
	started = true;
}

static void check_number(const struct leg_number *n)
{
	PROMISED("the digits end", memchr(n->digits, 0, sizeof n->digits));
	PROMISED("a number is one", n->present == (n->digits[0] != '\0'));
	PROMISED("a number is one",
		 n->present == identity_is_number(n->digits));
	PROMISED("it is shown, withheld or not there", n->presentation <= 2);
	PROMISED("what is there is available",
		 !n->present || n->presentation != 2);
	PROMISED("three of Q.931's screenings",
		 n->screening <= 3 && n->screening != 2);
	PROMISED("a plan is the telephone network's", !n->type && !n->plan);
}

static void check_redirecting(const struct leg_redirecting *by, bool trusted)
{
	if (by->count == 0) {
		PROMISED("not diverted, nobody has",
			 !by->number.present && !by->number.presentation);
		return;
	}
	check_number(&by->number);
	PROMISED("two digits of count", by->count <= 99);
	PROMISED("a reason of Q.931's", strchr("\1\2\4\11\17", by->reason));
	PROMISED("strangers screen nothing",
		 trusted || by->number.screening == 0);
}

/* Nothing of a number may reach beyond its place in a header. */
static void check_text(const char *text, size_t size)
{
	size_t brackets = 0;

	PROMISED("a header ends", memchr(text, 0, size));
	for (; *text; text++) {
		PROMISED("a header is text", *text >= ' ' && *text <= '~');
		PROMISED("one line of it", *text != ',' && *text != '\\');
		brackets += *text == '<' || *text == '>';
	}
	PROMISED("at most one URI", brackets == 0 || brackets == 2);
}

static void check_headers(const struct identity_headers *h, bool trusted)
{
	check_text(h->from, sizeof h->from);
	check_text(h->asserted, sizeof h->asserted);
	check_text(h->diversion, sizeof h->diversion);
	PROMISED("one privacy", !h->privacy || !strcmp(h->privacy, "id"));
	PROMISED("strangers are asserted nothing", trusted || !*h->asserted);
}

static void check_written_diversion(const struct identity_headers *h,
				    const struct leg_redirecting *by)
{
	static const char name[] = "Diversion: ";
	struct leg_redirecting back = { .count = 0 };

	if (!*h->diversion)
		return;
	PROMISED("it has its name",
		 !strncmp(h->diversion, name, sizeof name - 1));
	PROMISED("we read what we write",
		 identity_parse_diversion(h->diversion + sizeof name - 1, true,
					  &back) == 0);
	PROMISED("the number stays",
		 !strcmp(back.number.digits, by->number.digits));
	PROMISED("it stays shown or withheld",
		 (back.number.presentation == 1) ==
			 (by->number.presentation != 0));
	PROMISED("there was one",
		 back.count >= 1 && (!by->count || by->count > 99 ||
				     back.count == by->count));
}

static void check_written(const struct leg_setup *setup)
{
	for (int trusted = 0; trusted < 2; trusted++) {
		const struct leg_number *n = &setup->calling;
		struct identity_headers h;

		identity_write_setup(setup, trusted, HOST, &h);
		check_headers(&h, trusted);
		PROMISED("From is always there", *h.from);
		PROMISED("strangers learn no withheld number",
			 trusted || !*h.diversion ||
				 setup->redirecting.number.presentation == 0);
		PROMISED("a withheld number stays out of From",
			 n->presentation == 0 || n->presentation == 2 ||
				 strstr(h.from, "anonymous.invalid"));
		check_written_diversion(&h, &setup->redirecting);
		identity_write_connected(n, trusted, HOST, &h);
		check_headers(&h, trusted);
		PROMISED("an answer has no From", !*h.from && !*h.diversion);
	}
}

static void check_message(const char *lines, bool response)
{
	static const char fixed[] =
		"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
		"To: <sip:999@h>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\n";
	char text[LINES_MAX + 512];
	int n = snprintf(text, sizeof text, "%s\r\n%s%s\r\n",
			 response ? "SIP/2.0 200 OK" : "INVITE sip:1@h SIP/2.0",
			 fixed, lines);
	msg_t *msg = msg_make(sip_default_mclass(), 0, text, n);
	const sip_t *sip = msg ? sip_object(msg) : NULL;

	for (int trusted = 0; sip && trusted < 2; trusted++) {
		struct leg_setup s;
		int err;

		memset(&s, 0xff, sizeof s);
		if (response) {
			memset(&s.redirecting, 0, sizeof s.redirecting);
			err = identity_read_connected(sip, trusted, &s.calling);
		} else {
			err = identity_read_setup(sip, trusted, &s);
		}
		PROMISED("two results", err == 0 || err == -EBADMSG);
		check_number(&s.calling);
		PROMISED("what is not there is said to be, of who calls",
			 s.calling.present || s.calling.presentation ||
				 response);
		PROMISED("strangers assert nothing",
			 trusted || s.calling.screening == 0);
		check_redirecting(&s.redirecting, trusted);
		check_written(&s);
	}
	msg_destroy(msg);
}

static void check_diversion(const char *value)
{
	for (int trusted = 0; trusted < 2; trusted++) {
		struct leg_setup s = { .calling.presentation = 2 };
		int err = identity_parse_diversion(value, trusted,
						   &s.redirecting);

		PROMISED("two results", err == 0 || err == -EBADMSG);
		check_redirecting(&s.redirecting, trusted);
		check_written(&s);
	}
}

/* Any bytes, with any indicators. */
static void check_network_number(const uint8_t *data, size_t size)
{
	struct leg_setup s = { .calling.present = true };
	struct leg_number *n = &s.calling;
	char *exact = calloc(1, sizeof n->digits);

	PROMISED("memory", exact);
	if (size > 0)
		n->presentation = data[0] & 3;
	if (size > 1)
		n->screening = data[1] & 3;
	if (size > 2)
		memcpy(n->digits, data + 2,
		       size - 2 < sizeof n->digits ? size - 2
						   : sizeof n->digits);
	memcpy(exact, n->digits, sizeof n->digits);
	PROMISED("digits without an end are no number",
		 !identity_is_number(exact) || strlen(exact) < LEG_DIGITS_MAX);
	free(exact);
	s.redirecting.number = *n;
	s.redirecting.reason = size > 0 ? data[0] >> 2 : 0;
	s.redirecting.count = size > 1 ? data[1] : 0;
	check_written(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char digits[LEG_DIGITS_MAX];
	char *text = malloc(size + 1);

	PROMISED("memory", text);
	start_stack();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (size <= LINES_MAX) {
		check_message(text, false);
		check_message(text, true);
	}
	check_diversion(text);
	PROMISED("a number is one or none", (identity_number(text, digits) ==
					     0) == identity_is_number(digits));
	check_network_number(data, size);
	free(text);
	return 0;
}
