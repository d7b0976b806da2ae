/* Every setting: what it takes and what it refuses. */
#include "tests/sample_conf.h"

/* A whole configuration in which one line of one block is under test. */
enum block { GATEWAY, LOG, PEER, SPAN, TRUNK, NUMBERING, ROUTE, BLOCKS };

static const struct {
	const char *open;
	const char *rest; /* left out when the line under test sets the same */
} blocks[BLOCKS] = {
	[GATEWAY] = { "gateway g {\n", "listen 127.0.0.1\n" },
	[LOG] = { "log {\n", "" },
	[PEER] = { "sip-peer p {\n", "accept-from 10.0.0.1\n" },
	[SPAN] = { "span 1 {\n", "device virtual x.sock span 1\n" },
	[TRUNK] = { "trunk-group t {\n", "members span 1\n" },
	[NUMBERING] = { "numbering n {\n", "" },
	[ROUTE] = { "route from p {\n", "+ -> t\n" },
};

/* The name of a line's setting, as a prefix of another line. */
static bool same_setting(const char *line, const char *other)
{
	size_t len = strcspn(line, " ");

	return !strncmp(line, other, len) && other[len] == ' ';
}

/* What routes may lead to besides "t". */
static const char more_targets[] = "sip-peer b { server 10.1.0.1 }\n"
				   "sip-peer c { server 10.1.0.2 }\n"
				   "sip-peer d { server 10.1.0.3 }\n"
				   "sip-peer e { server 10.1.0.4 }\n";

static char *configuration(enum block under_test, const char *line)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	for (size_t b = 0; b < BLOCKS; b++) {
		bool here = b == under_test;

		fputs(blocks[b].open, out);
		if (here)
			fprintf(out, "%s\n", line);
		if (!here || !same_setting(line, blocks[b].rest))
			fputs(blocks[b].rest, out);
		fputs("}\n", out);
	}
	fputs(more_targets, out);
	if (strcmp(line, "direction out") != 0)
		fputs("route from t { + -> b }\n", out);
	fclose(out);
	return text;
}

static const struct {
	enum block block;
	const char *line;
} good[] = {
	{ GATEWAY, "listen 192.0.2.1" },
	{ GATEWAY, "listen 192.0.2.1 1" },
	{ GATEWAY, "listen 192.0.2.1 65535" },
	{ GATEWAY, "listen [2001:db8::1] 5070" },
	{ GATEWAY, "listen ::1" },
	{ GATEWAY, "listen \"127.0.0.1\" \"5060\"" },
	{ GATEWAY, "advertise 203.0.113.5" },
	{ GATEWAY, "rtp-ports 1024-2047" },
	{ GATEWAY, "rtp-ports 10000-65535" },
	{ GATEWAY, "jitter-buffer 10ms" },
	{ GATEWAY, "jitter-buffer 500ms" },
	{ GATEWAY, "control a" },
	{ GATEWAY, "control \"/run/with blank\"" },
	{ GATEWAY, "call-records none" },
	{ GATEWAY, "call-records \"none\"" },
	{ GATEWAY, "call-records /var/log/x.jsonl" },
	{ GATEWAY, "media-workers 1" },
	{ GATEWAY, "media-workers 64" },
	{ GATEWAY, "retry-after 1s" },
	{ GATEWAY, "retry-after 3600s" },
	{ GATEWAY, "retry-after 60min" },
	{ GATEWAY, "retry-after 1000ms" },
	{ GATEWAY, "drain-timeout 0s" },
	{ GATEWAY, "drain-timeout 30s" },
	{ GATEWAY, "drain-timeout 60min" },
	{ GATEWAY, "rtp-timeout 1s" },
	{ GATEWAY, "rtp-timeout 60min" },
	{ GATEWAY, "rtp-timeout 1500ms" },
	{ GATEWAY, "rtp-timeout never" },
	{ GATEWAY, "tones de" },
	{ GATEWAY, "tones \"uk\"" },
	{ GATEWAY, "control a.sock group root" },
	{ GATEWAY, "control a.sock mode 0600 group root" },
	{ GATEWAY, "control-read a.sock" },
	{ GATEWAY, "control-read a.sock mode 666" },
	{ GATEWAY, "control-read none" },
	{ GATEWAY, "call-records calls.csv" },
	{ GATEWAY, "call-records csv calls keep 100" },
	{ GATEWAY, "call-records json calls.csv" },
	{ GATEWAY, "call-records csv" },
	{ LOG, "level err" },
	{ LOG, "level warning" },
	{ LOG, "level notice" },
	{ LOG, "level info" },
	{ LOG, "level debug" },
	{ LOG, "to stderr" },
	{ LOG, "to syslog" },
	{ LOG, "to syslog, stderr" },
	{ PEER, "server 192.0.2.1" },
	{ PEER, "server 192.0.2.1 5070" },
	{ PEER, "server 192.0.2.1 udp" },
	{ PEER, "server 192.0.2.1 5070 udp" },
	{ PEER, "server [2001:db8::1] 5070 udp" },
	{ PEER, "accept-from 192.0.2.1 192.0.2.0/24, 2001:db8::/32" },
	{ PEER, "accept-from 192.0.2.1/32 [2001:db8::1]/128" },
	{ PEER, "accept-from 128.0.0.0/1" },
	{ PEER, "codecs alaw" },
	{ PEER, "codecs ulaw alaw" },
	{ PEER, "ptime 10ms" },
	{ PEER, "ptime 60ms" },
	{ PEER, "numbering n" },
	{ PEER, "trust yes" },
	{ PEER, "trust no" },
	{ PEER, "dtmf rfc4733" },
	{ PEER, "dtmf inband" },
	{ PEER, "hold silence" },
	{ PEER, "hold tone" },
	{ PEER, "keepalive never" },
	{ PEER, "keepalive options every 30s\nserver 10.0.0.1" },
	{ PEER, "keepalive options every 1s down-after 1\nserver 10.0.0.1" },
	{ PEER, "keepalive options every 60min up-after 100\nserver 10.0.0.1" },
	{ PEER, "server 10.0.0.1\n"
		"keepalive options every 30s up-after 3 down-after 4" },
	{ PEER, "server 10.0.0.1\n"
		"keepalive options, every 1500ms, down-after 4, up-after 3" },
	{ PEER, "limit none" },
	{ PEER, "limit 1 calls" },
	{ PEER, "limit 10000 calls" },
	{ PEER, "limit 1/s" },
	{ PEER, "limit 10000 calls/s" },
	{ PEER, "limit 120 calls 10 calls/s" },
	{ PEER, "limit 10 calls/s, 120 calls" },
	{ PEER, "limit 10/s 120 calls" },
	{ SPAN, "device virtual /run/x.sock span 128" },
	{ SPAN, "device dahdi 1" },
	{ SPAN, "device dahdi 128" },
	{ SPAN, "device dahdi location \"PCI Bus 04 Slot 09\" span 4" },
	{ SPAN, "device dahdi description \"T4XXP (PCI) Card 0 Span 1\"" },
	{ SPAN, "line e1" },
	{ SPAN, "line t1" },
	{ SPAN, "echo off" },
	{ SPAN, "echo hardware" },
	{ SPAN, "echo hardware tail 4ms" },
	{ SPAN, "echo hardware tail 128ms" },
	{ SPAN, "protocol ni2 side user" },
	{ SPAN, "gain receive -24dB transmit 24.0dB" },
	{ SPAN, "gain receive +2.5dB transmit -0.5dB" },
	{ SPAN, "protocol euroisdn side user" },
	{ SPAN, "channels 1" },
	{ SPAN, "channels 1-15, 17, 31 d-channel 16" },
	{ SPAN, "channels 1-30 d-channel 31" },
	{ SPAN, "channel-selection exclusive" },
	{ SPAN, "channel-selection preferred" },
	{ SPAN, "restart first-up" },
	{ SPAN, "restart never" },
	{ SPAN, "timers t200 100ms" },
	{ SPAN, "timers t200 10s t203 60s t301 10min t303 30s t305 2min "
		"t308 30s t309 5min t310 5min t313 30s" },
	{ TRUNK, "members span 1" },
	{ TRUNK, "hunt lowest-first" },
	{ TRUNK, "hunt highest-first" },
	{ TRUNK, "hunt round-robin" },
	{ GATEWAY, "time-zone UTC" },
	{ GATEWAY, "time-zone Europe/Berlin" },
	{ TRUNK, "hunt least-used" },
	{ TRUNK, "hunt least-used highest-first" },
	{ TRUNK, "hunt most-idle" },
	{ TRUNK, "hunt most-idle lowest-first" },
	{ TRUNK, "direction both" },
	{ TRUNK, "direction out" },
	{ TRUNK, "reserve 0 channels for emergency" },
	{ TRUNK, "limit none" },
	{ TRUNK, "limit 30 calls 5 calls/s 1 min/day" },
	{ TRUNK, "limit 10000000 min/day per caller, 1/s per caller" },
	{ TRUNK, "numbering n" },
	{ NUMBERING, "receive any \"\" -> +" },
	{ NUMBERING, "receive unknown 00 -> +" },
	{ NUMBERING, "receive international \"\" -> +" },
	{ NUMBERING, "receive national 0 -> +49" },
	{ NUMBERING, "receive network 1 -> \"\"" },
	{ NUMBERING, "receive subscriber *1# -> 110" },
	{ NUMBERING, "receive abbreviated +49 -> +49" },
	{ NUMBERING, "send + -> 00 unknown unknown" },
	{ NUMBERING, "send +49 -> \"\" national isdn" },
	{ NUMBERING, "send +4930 -> \"\" subscriber private" },
	{ NUMBERING, "send 110 -> 110 abbreviated" },
	{ NUMBERING, "send +4 -> +4 international" },
	{ NUMBERING, "send +4 -> 1 network" },
	/* a rule each way is no doubt */
	{ NUMBERING, "receive national 1 -> +1\nsend 1 -> 1 national" },
	{ NUMBERING, "receive any 0 -> +49\nreceive national 0 -> +49" },
	{ NUMBERING, "receive unknown isdn 0 -> +49\nreceive unknown 0 -> 1" },
	{ NUMBERING, "receive unknown isdn \"\" -> +49" },
	{ NUMBERING, "receive any 10..19 -> +110..+119\nreceive any 1 -> 2" },
	{ NUMBERING, "receive any 10..19 -> 0..9\nreceive any 12..13 -> 1..2" },
	{ NUMBERING, "send +110..+119 -> 10..19 unknown private" },
	{ NUMBERING, "country 1" },
	{ NUMBERING, "country 49\narea 30\nsend-as e164" },
	{ NUMBERING, "country 39\narea 06\ninternational-prefix 00 010" },
	{ NUMBERING, "country 234\narea none\nnational-prefix 0" },
	{ NUMBERING, "country 7\nnational-prefix 8\n"
		     "international-prefix 810\nsend-as dialled" },
	{ NUMBERING, "short 110 *21#\nshort 112 118000..118999" },
	{ NUMBERING, "caller allow +49 110 +44100..+44199 otherwise none" },
	{ NUMBERING, "caller allow +49\ncaller allow +44 otherwise +49301" },
	{ NUMBERING, "redirecting allow + otherwise drop" },
	{ NUMBERING, "clir override" },
	{ ROUTE, "+49 -> t" },
	{ ROUTE, "110 112 *21# \"#31#\" -> t" },
	{ ROUTE, "+49, +44, 110 -> t" },
	{ ROUTE, "+123456789012345 -> t" },
	{ ROUTE, "+49 -> t b" },
	{ ROUTE, "+49, +44 -> t, b" },
	{ ROUTE, "+49 -> t b c d" },
	{ ROUTE, "otherwise -> t, b retry-on 34" },
	{ ROUTE, "+49 -> t b c d retry-on 1 127 300 699 timeout" },
	{ ROUTE, "+49 -> t b, retry-on timeout, 503, 1, 3" },
	{ ROUTE, "+49 -> t b retry-on 300 301 302 303 304 305 306 307 308 309 "
		 "310 311 312 313 314 315 1 2 timeout" },
	{ ROUTE,
	  "+49 caller +4930 presentation restricted bearer speech -> t" },
	{ ROUTE, "+49 bearer data presentation allowed -> reject cause 65" },
	{ ROUTE, "otherwise caller 100..199 -> t" },
	{ ROUTE, "110, +4930100..+4930199 -> t" },
	{ ROUTE, "+49 -> t weight 1 b weight 100 c" },
	{ ROUTE, "+49 -> t weight 1, b weight 100 retry-on 34 strip 20" },
	{ ROUTE, "+49 -> t add *21# caller-as 100" },
	{ ROUTE, "+49 -> t strip 1 add +1 max 3 calls max 1 calls/s" },
	{ ROUTE, "+49 -> t replace +49 \"\"" },
	{ ROUTE, "110 -> t replace 110 +49110 emergency" },
	{ ROUTE, "+49 -> reject cause 1" },
	{ ROUTE, "+49 -> reject cause 127 \"no\"" },
	{ ROUTE, "+49 -> reject 400" },
	{ ROUTE, "+49 -> reject 699 \"no\"" },
	{ ROUTE, "+49 -> reject 403 \"\"" },
	{ ROUTE, "otherwise -> t" },
	{ ROUTE, "otherwise -> reject 404 \"unknown number\"" },
};

static void every_good_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		char *text = configuration(good[i].block, good[i].line), *said;
		struct conf *conf = parse(text, &said);

		if (!conf)
			fail_msg("%s\n%s", good[i].line, said);
		conf_free(conf);
		free(said);
		free(text);
	}
}

/* The words of the first error; the whole form is test_conf_errors's. */
#define NOT_A_LIMIT(word)                                                      \
	"\"" word "\" is not a limit: limits are written 20 calls, 5 calls/s " \
	"or 60 min/day"
#define LIMITED_ELSEWHERE                                                     \
	"a sip-peer is limited in calls and calls/s: minutes, and what each " \
	"caller may, stand after \"max\" in its routes"

static const struct {
	enum block block;
	const char *line;
	const char *error;
} bad[] = {
	{ GATEWAY, "listen", "an address is missing after \"listen\"" },
	{ GATEWAY, "listen 127.0.0.1 0", "0 is out of range: 1 to 65535" },
	{ GATEWAY, "listen 127.0.0.1 5060 udp", "\"udp\" is too much here" },
	{ GATEWAY, "listen -> 127.0.0.1",
	  "an address is missing before \"->\"" },
	{ GATEWAY, "listen [::1", "\"[::1\" is not an address" },
	{ GATEWAY, "listen \"\"", "\"\" is not an address" },
	{ GATEWAY, "listen [::1]:5060",
	  "\"[::1]:5060\" is not an address: write the port as a word of its "
	  "own, [::1] 5060" },
	{ GATEWAY, "advertise localhost",
	  "\"localhost\" is not an address: host names are not supported yet" },
	{ GATEWAY, "advertise 192.0.2.1 5060", "\"5060\" is too much here" },
	{ GATEWAY, "rtp-ports 1022-2000",
	  "1022-2000 is out of range: 1024 to "
	  "65535" },
	{ GATEWAY, "rtp-ports 16384-65536",
	  "16384-65536 is out of range: 1024 "
	  "to 65535" },
	{ GATEWAY, "rtp-ports 16384-", "\"16384-\" is not a range of ports" },
	{ GATEWAY, "rtp-ports 16384 16400",
	  "16384 is one port: a call takes "
	  "two, for RTP and RTCP" },
	{ GATEWAY, "jitter-buffer 501ms",
	  "501ms is out of range: 10ms to "
	  "500ms" },
	{ GATEWAY, "jitter-buffer 1s", "1s is out of range: 10ms to 500ms" },
	{ GATEWAY, "jitter-buffer -20ms",
	  "\"-20ms\" is not a time: times are written 60ms, 10s or 2min" },
	{ GATEWAY, "jitter-buffer 99999999999ms",
	  "\"99999999999ms\" is not a time: times are written 60ms, 10s or "
	  "2min" },
	{ GATEWAY, "control", "a path is missing after \"control\"" },
	{ GATEWAY, "control \"\"", "\"\" names no file" },
	{ GATEWAY, "call-records", "a path is missing after \"call-records\"" },
	{ GATEWAY, "call-records a keep",
	  "a number of records is missing after "
	  "\"keep\"" },
	{ GATEWAY, "call-records a keep 99",
	  "99 is out of range: 100 to 1000000" },
	{ GATEWAY, "call-records xml a",
	  "\"a\" stands where \"keep\" belongs" },
	{ GATEWAY, "control a group no-such-group",
	  "there is no group \"no-such-group\" on this machine" },
	{ GATEWAY, "control a group",
	  "the name of a group is missing after "
	  "\"group\"" },
	{ GATEWAY, "control a mode 0666",
	  "0666 is none of the modes that mean something here: who may use a "
	  "socket reads and writes" },
	{ GATEWAY, "control a mode 0640",
	  "0640 is none of the modes that mean something here: who may use a "
	  "socket reads and writes" },
	{ GATEWAY, "control a mode rw",
	  "\"rw\" is not a mode: octal digits "
	  "are, as in 0660" },
	{ GATEWAY, "control a 0660", "\"0660\" stands where \"mode\" belongs" },
	{ GATEWAY, "control a\ncontrol-read a",
	  "\"control-read\" and \"control\" have the same path, \"a\"" },
	{ GATEWAY, "media-workers 0", "0 is out of range: 1 to 64" },
	{ GATEWAY, "media-workers 4294967297",
	  "\"4294967297\" is not a number" },
	{ GATEWAY, "retry-after 500ms", "500ms is out of range: 1s to 3600s" },
	{ GATEWAY, "rtp-timeout", "a time is missing after \"rtp-timeout\"" },
	{ GATEWAY, "rtp-timeout 999ms", "999ms is out of range: 1s to 3600s" },
	{ GATEWAY, "rtp-timeout 0s", "0s is out of range: 1s to 3600s" },
	{ GATEWAY, "rtp-timeout 61min", "61min is out of range: 1s to 3600s" },
	{ GATEWAY, "rtp-timeout 30",
	  "\"30\" lacks its unit: write 30ms or 30s" },
	{ GATEWAY, "rtp-timeout always", "\"always\" is not a time" },
	{ GATEWAY, "rtp-timeout never 30s", "\"30s\" is too much here" },
	{ GATEWAY, "tones", "a country is missing after \"tones\"" },
	{ GATEWAY, "tones -> de", "a country is missing before \"->\"" },
	{ GATEWAY, "tones d",
	  "\"d\" is not a country: two letters name one, such as de or us" },
	{ GATEWAY, "tones \"\"",
	  "\"\" is not a country: two letters name one, such as de or us" },
	{ GATEWAY, "tones deu",
	  "\"deu\" is not a country: two letters name one, such as de or us" },
	{ GATEWAY, "tones 49",
	  "\"49\" is not a country: two letters name one, such as de or us" },
	{ GATEWAY, "tones de us", "\"us\" is too much here" },
	{ LOG, "level 7", "\"7\" is not a value of \"level\"" },
	{ LOG, "to", "a place to log to is missing after \"to\"" },
	{ LOG, "to /var/log/x", "\"/var/log/x\" is not a place to log to" },
	{ PEER, "server", "an address is missing after \"server\"" },
	{ PEER, "server 0.0.0.0", "\"0.0.0.0\" is no address of a server" },
	{ PEER, "server 10.0.0.1 0", "0 is out of range: 1 to 65535" },
	{ PEER, "server 10.0.0.1 tcp", "\"tcp\" is not supported yet" },
	{ PEER, "server 10.0.0.1 sctp",
	  "\"sctp\" is not a port or a "
	  "transport" },
	{ PEER, "server 10.0.0.1 udp 5060", "\"5060\" is too much here" },
	{ PEER, "accept-from", "an address is missing after \"accept-from\"" },
	{ PEER, "accept-from ::/0",
	  "\"::/0\" lets the whole Internet place calls: name the peer's "
	  "networks" },
	{ PEER, "accept-from 10.0.0.0/x",
	  "\"10.0.0.0/x\" is not a network: the length of its prefix is 1 to "
	  "32" },
	{ PEER, "accept-from 2001:db8::1/64",
	  "\"2001:db8::1/64\" has bits set after its prefix: write "
	  "2001:db8::/64" },
	{ PEER, "accept-from ::ffff:10.0.0.0/104",
	  "\"::ffff:10.0.0.0\" is an IPv4 address in disguise: write it as "
	  "IPv4" },
	{ PEER, "codecs", "a codec is missing after \"codecs\"" },
	{ PEER, "codecs g729", "\"g729\" is not a codec" },
	{ PEER, "ptime 70ms", "70ms is out of range: 10ms to 60ms" },
	{ PEER, "ptime 0ms", "0ms is out of range: 10ms to 60ms" },
	{ PEER, "numbering",
	  "the name of a numbering is missing after "
	  "\"numbering\"" },
	{ PEER, "numbering m", "there is no numbering \"m\"" },
	{ PEER, "trust", "yes or no is missing after \"trust\"" },
	{ PEER, "trust maybe", "\"maybe\" is not yes or no" },
	{ PEER, "trust yes no", "\"no\" is too much here" },
	{ PEER, "dtmf", "a value is missing after \"dtmf\"" },
	{ PEER, "dtmf info", "\"info\" is not supported yet" },
	{ PEER, "dtmf morse", "\"morse\" is not a value of \"dtmf\"" },
	{ PEER, "dtmf rfc4733 inband", "\"inband\" is too much here" },
	{ PEER, "hold", "a value is missing after \"hold\"" },
	{ PEER, "hold music", "\"music\" is not supported yet" },
	{ PEER, "hold jazz", "\"jazz\" is not a value of \"hold\"" },
	{ PEER, "hold tone tone", "\"tone\" is too much here" },
	{ PEER, "keepalive",
	  "\"options\" or \"never\" is missing after \"keepalive\"" },
	{ PEER, "keepalive 30s", "\"30s\" is not \"options\" or \"never\"" },
	{ PEER, "keepalive never every 30s", "\"every\" is too much here" },
	{ PEER, "keepalive options", "\"every\" is missing after \"options\"" },
	{ PEER, "keepalive options 30s",
	  "\"30s\" stands where \"every\" belongs" },
	{ PEER, "keepalive options every",
	  "a time is missing after \"every\"" },
	{ PEER, "keepalive options every 30",
	  "\"30\" lacks its unit: write 30ms or 30s" },
	{ PEER, "keepalive options every 999ms",
	  "999ms is out of range: 1s to 3600s" },
	{ PEER, "keepalive options every 3601s",
	  "3601s is out of range: 1s to 3600s" },
	{ PEER, "keepalive options every 30s 2",
	  "\"2\" is not \"down-after\" or \"up-after\"" },
	{ PEER, "keepalive options every 30s down-after",
	  "a number of OPTIONS is missing after \"down-after\"" },
	{ PEER, "keepalive options every 30s down-after 0",
	  "0 is out of range: 1 to 100" },
	{ PEER, "keepalive options every 30s up-after 101",
	  "101 is out of range: 1 to 100" },
	{ PEER, "keepalive options every 30s up-after 10s",
	  "\"10s\" is not a number of OPTIONS" },
	{ PEER, "keepalive options every 30s up-after 1 up-after 1",
	  "\"up-after\" is named twice" },
	{ PEER, "limit", "a limit is missing after \"limit\"" },
	{ PEER, "limit 0 calls", "0 calls is out of range: 1 to 10000" },
	{ PEER, "limit 10001 calls",
	  "10001 calls is out of range: 1 to 10000" },
	{ PEER, "limit 10001/s", "10001 calls/s is out of range: 1 to 10000" },
	{ PEER, "limit 10000001 min/day",
	  "10000001 min/day is out of range: 1 to 10000000" },
	{ PEER, "limit 99999999999 calls", "\"99999999999\" is not a number" },
	{ PEER, "limit /s", NOT_A_LIMIT("/s") },
	{ PEER, "limit x/s", NOT_A_LIMIT("x/s") },
	{ PEER, "limit -1 calls", NOT_A_LIMIT("-1") },
	{ PEER, "limit calls 10", NOT_A_LIMIT("calls") },
	{ PEER, "limit 10/min", NOT_A_LIMIT("10/min") },
	{ PEER, "limit 10calls", "\"10calls\" is not a limit" },
	{ PEER, "limit 10", "the unit of a limit is missing after \"10\"" },
	{ PEER, "limit 10 erlang", "\"erlang\" is not the unit of a limit" },
	{ PEER, "limit 10 calls 20 calls", "\"calls\" is limited twice" },
	{ PEER, "limit 10 calls/s 20 calls 5/s",
	  "\"calls/s\" is limited twice" },
	{ PEER, "limit 10 calls none", NOT_A_LIMIT("none") },
	{ PEER, "limit 10 calls per", "\"caller\" is missing after \"per\"" },
	{ PEER, "limit 10 calls per day",
	  "\"day\" stands where \"caller\" belongs" },
	{ PEER, "limit 10 calls per-caller",
	  "\"per-caller\" stands where \"per caller\" belongs" },
	{ PEER, "limit 20 calls 10 calls per caller", LIMITED_ELSEWHERE },
	{ PEER, "limit 10/s per caller", LIMITED_ELSEWHERE },
	{ PEER, "limit 20 calls, 10 min/day", LIMITED_ELSEWHERE },
	{ PEER, "limit none 10 calls", "\"10\" is too much here" },
	{ SPAN, "device", "a kind of device is missing after \"device\"" },
	{ SPAN, "device tape", "\"tape\" is not a kind of device" },
	{ SPAN, "device virtual",
	  "the path of the exchange's socket is "
	  "missing after \"virtual\"" },
	{ SPAN, "device virtual x", "\"span\" is missing after \"x\"" },
	{ SPAN, "device virtual x 1", "\"1\" stands where \"span\" belongs" },
	{ SPAN, "device virtual x span 0", "0 is out of range: 1 to 128" },
	{ SPAN, "device dahdi", "a span number is missing after \"dahdi\"" },
	{ SPAN, "device dahdi 0", "0 is out of range: 1 to 128" },
	{ SPAN, "device dahdi 129", "129 is out of range: 1 to 128" },
	{ SPAN, "device dahdi x", "\"x\" is not a span number" },
	{ SPAN, "device dahdi 1 2", "\"2\" is too much here" },
	{ SPAN, "device dahdi location",
	  "a location is missing after \"location\"" },
	{ SPAN, "device dahdi location a", "\"span\" is missing after \"a\"" },
	{ SPAN, "device dahdi location \"\" span 1",
	  "a location has 1 to 39 characters" },
	{ SPAN,
	  "device dahdi description "
	  "0123456789012345678901234567890123456789",
	  "a description has 1 to 39 characters" },
	{ SPAN, "device dahdi description a span 1",
	  "\"span\" is too much here" },
	{ SPAN, "line e3", "\"e3\" is not a kind of line" },
	{ SPAN, "line e1 crc4", "\"crc4\" is not supported yet" },
	{ SPAN, "line e1 e1", "\"e1\" is not an option of a line" },
	{ SPAN, "protocol ss7 side user", "\"ss7\" is not a protocol" },
	{ SPAN, "protocol qsig side user", "\"qsig\" is not supported yet" },
	{ SPAN, "protocol euroisdn",
	  "\"side\" is missing after "
	  "\"euroisdn\"" },
	{ SPAN, "protocol euroisdn side b", "\"b\" is not a side" },
	{ SPAN, "channels",
	  "a timeslot or a range of them is missing after "
	  "\"channels\"" },
	{ SPAN, "channels 0-15", "0-15 is out of range: 1 to 31" },
	{ SPAN, "channels 16",
	  "the D channel, timeslot 16, is among the B "
	  "channels" },
	{ SPAN, "channels d-channel 16",
	  "\"d-channel\" is not a timeslot or "
	  "a range of them" },
	{ SPAN, "channels 1 d-channel",
	  "a timeslot is missing after "
	  "\"d-channel\"" },
	{ SPAN, "channels 1 d-channel 0", "0 is out of range: 1 to 31" },
	{ SPAN, "echo", "an echo canceller is missing after \"echo\"" },
	{ SPAN, "echo software", "\"software\" is not an echo canceller" },
	{ SPAN, "echo hardware tail", "a time is missing after \"tail\"" },
	{ SPAN, "echo hardware tail 12ms",
	  "a tail is 4ms, 8ms, 16ms, 32ms, 64ms or 128ms" },
	{ SPAN, "echo hardware tail 256ms",
	  "256ms is out of range: 4ms to 128ms" },
	{ SPAN, "gain", "\"receive\" is missing after \"gain\"" },
	{ SPAN, "gain receive 3dB", "\"transmit\" is missing after \"3dB\"" },
	{ SPAN, "gain receive loud transmit 0dB",
	  "\"loud\" is not a level: levels are written -3dB, 0dB or 2.5dB" },
	{ SPAN, "gain receive - transmit 0dB",
	  "\"-\" is not a level: levels are written -3dB, 0dB or 2.5dB" },
	{ SPAN, "gain receive 3 transmit 0dB",
	  "\"3\" is not written in dB with one decimal at most, as in "
	  "-3dB or 2.5dB" },
	{ SPAN, "gain receive 3.25dB transmit 0dB",
	  "\"3.25dB\" is not written in dB with one decimal at most, as "
	  "in -3dB or 2.5dB" },
	{ SPAN, "gain receive 0dB transmit -24.1dB",
	  "-24.1dB is out of range: -24dB to 24dB" },
	{ SPAN, "gain receive 4294967296dB transmit 0dB",
	  "\"4294967296dB\" is not a level: levels are written -3dB, 0dB "
	  "or 2.5dB" },
	{ SPAN, "channel-selection any",
	  "\"any\" is not a way to choose a "
	  "channel" },
	{ SPAN, "restart always", "\"always\" is not a policy of restart" },
	{ SPAN, "timers", "a timer is missing after \"timers\"" },
	{ SPAN, "timers t301", "a time is missing after \"t301\"" },
	{ SPAN, "timers t200 99ms", "99ms is out of range: 100ms to 10s" },
	{ SPAN, "timers t310 301s", "301s is out of range: 5s to 300s" },
	{ SPAN, "like", "\"span\" is missing after \"like\"" },
	{ SPAN, "like span 1", "there is no span 1 above span 1" },
	{ TRUNK, "members", "\"span\" is missing after \"members\"" },
	{ TRUNK, "members span", "a span number is missing after \"span\"" },
	{ TRUNK, "members span 2", "there is no span 2" },
	{ TRUNK, "members span 1 span 1",
	  "span 1 is a member of trunk-group \"t\" already (line 13)" },
	{ TRUNK, "hunt random", "\"random\" is not an order of hunting" },
	{ GATEWAY, "time-zone", "a time zone is missing after \"time-zone\"" },
	{ GATEWAY, "time-zone Europe/Berln",
	  "there is no time zone \"Europe/Berln\"" },
	{ TRUNK, "hunt", "an order of hunting is missing after \"hunt\"" },
	{ TRUNK, "direction", "a value is missing after \"direction\"" },
	{ TRUNK, "reserve",
	  "a number of channels is missing after \"reserve\"" },
	{ TRUNK, "reserve 4000 channels for emergency",
	  "4000 is out of range: 0 to 3968" },
	{ TRUNK, "reserve 2 channels for everybody",
	  "\"everybody\" stands where \"emergency\" belongs" },
	{ TRUNK, "limit", "a limit is missing after \"limit\"" },
	{ TRUNK, "limit 0 calls", "0 calls is out of range: 1 to 10000" },
	{ TRUNK, "numbering 1",
	  "\"1\" is not the name of a numbering: it "
	  "begins with a letter" },
	{ NUMBERING, "receive",
	  "a type of number is missing after "
	  "\"receive\"" },
	{ NUMBERING, "receive unknown 0 ->",
	  "a prefix inside is missing after "
	  "\"->\"" },
	{ NUMBERING, "receive unknown 0 -> + isdn",
	  "\"isdn\" is too much "
	  "here" },
	{ NUMBERING, "receive unknown 0 -> +49x",
	  "\"+49x\" is not a prefix inside: +E.164 or digits, with nothing "
	  "between them" },
	{ NUMBERING, "receive unknown 12345678901234567890123456789012 -> +",
	  "\"12345678901234567890123456789012\" is longer than 31 digits" },
	{ NUMBERING, "send \"\" -> 0 unknown",
	  "\"\" is not a prefix inside: + stands for every international "
	  "number" },
	{ NUMBERING, "send + -> \"\"",
	  "a type of number is missing after "
	  "\"\"" },
	{ NUMBERING, "send + -> \"\" national isdn isdn",
	  "\"isdn\" is too much here" },
	{ ROUTE, "+49", "\"->\" is missing after \"+49\"" },
	{ ROUTE, "-> t", "a number or a prefix is missing before \"->\"" },
	{ ROUTE, "+49 t",
	  "\"t\" is not a number: \"->\" stands before a target, and \"class\" "
	  "before a number-class" },
	{ ROUTE, "+49 -> -> t",
	  "the name of a trunk-group or sip-peer is "
	  "missing before \"->\"" },
	{ ROUTE, "+49 -> reject", "a SIP status is missing after \"reject\"" },
	{ ROUTE, "+49 -> reject 700", "700 is out of range: 400 to 699" },
	{ ROUTE, "+49 -> reject 404 \"a\" b", "\"b\" is too much here" },
	{ ROUTE, "+49 -> t b t", "\"t\" is named twice" },
	{ ROUTE, "+49 -> t t retry-on 34", "\"t\" is named twice" },
	{ ROUTE, "+49 -> t b c d e",
	  "\"e\" is one target too many: a rule has 4 at most" },
	{ ROUTE, "+49 -> t x", "there is no trunk-group or sip-peer \"x\"" },
	{ ROUTE, "+49 -> t -> b",
	  "the name of a trunk-group or sip-peer is missing before \"->\"" },
	{ ROUTE, "+49 -> t 34",
	  "\"34\" is not the name of a trunk-group or sip-peer: it begins with "
	  "a letter" },
	{ ROUTE, "+49 -> t reject 404",
	  "\"reject\" stands alone: a call is sent to \"t\" or refused, not "
	  "both" },
	{ ROUTE, "+49 -> t b reject 404",
	  "\"reject\" stands alone: a call is sent to \"t\" or refused, not "
	  "both" },
	{ ROUTE, "+49 -> reject 404 \"a\" t", "\"t\" is too much here" },
	{ ROUTE, "+49 -> reject 404 retry-on 34",
	  "\"retry-on\" does not go with \"reject\": a refused call is not "
	  "tried again" },
	{ ROUTE, "+49 -> retry-on 34",
	  "the name of a trunk-group or sip-peer is missing before "
	  "\"retry-on\"" },
	{ ROUTE, "+49 -> t retry-on 34",
	  "\"retry-on\" needs a second target: nothing is left to try after "
	  "\"t\"" },
	{ ROUTE, "+49 -> t b retry-on",
	  "a cause, a status or \"timeout\" is missing after \"retry-on\"" },
	{ ROUTE, "+49 -> t b retry-on 0",
	  "0 is out of range: causes are 1 to 127, SIP statuses 300 to 699" },
	{ ROUTE, "+49 -> t b retry-on 128",
	  "128 is out of range: causes are 1 to 127, SIP statuses 300 to 699" },
	{ ROUTE, "+49 -> t b retry-on 34 299",
	  "299 is out of range: causes are 1 to 127, SIP statuses 300 to 699" },
	{ ROUTE, "+49 -> t b retry-on 700",
	  "700 is out of range: causes are 1 to 127, SIP statuses 300 to 699" },
	{ ROUTE, "+49 -> t b retry-on 5xx",
	  "\"5xx\" is not a cause, a status or \"timeout\"" },
	{ ROUTE, "+49 -> t b retry-on 99999999999",
	  "\"99999999999\" is not a cause, a status or \"timeout\"" },
	{ ROUTE, "+49 -> t b retry-on busy",
	  "\"busy\" is not a cause, a status or \"timeout\"" },
	{ ROUTE, "+49 -> t b retry-on 34 41 34", "34 is named twice" },
	{ ROUTE, "+49 -> t b retry-on 503 486 503", "503 is named twice" },
	{ ROUTE, "+49 -> t b retry-on timeout 1 timeout",
	  "timeout is named twice" },
	{ ROUTE, "+49 -> t b retry-on 34 c",
	  "\"c\" is not a cause, a status or \"timeout\"" },
	{ ROUTE,
	  "+49 -> t b retry-on 300 301 302 303 304 305 306 307 308 309 310 311 "
	  "312 313 314 315 316",
	  "316 is one SIP status too many: a rule has 16 at most" },
	{ ROUTE, "otherwise t", "\"t\" stands where \"->\" belongs" },
	{ ROUTE, "otherwise ->",
	  "the name of a trunk-group or sip-peer is "
	  "missing after \"->\"" },
};

static void every_bad_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *text = configuration(bad[i].block, bad[i].line), *said;
		struct conf *conf = parse(text, &said);
		const char *words = conf ? NULL : strstr(said, "error: ");
		size_t len = strlen(bad[i].error);

		if (!words || strncmp(words + 7, bad[i].error, len) ||
		    words[7 + len] != '\n')
			fail_msg("%s\nexpected: %s\ngot: %s", bad[i].line,
				 bad[i].error, said);
		/* one mistake, one error */
		if (strstr(words + 1, "error: "))
			fail_msg("%s\n%s", bad[i].line, said);
		free(said);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_good_line),
		cmocka_unit_test(every_bad_line),
	};

	return cmocka_run_group_tests_name("conf settings", tests, NULL, NULL);
}
