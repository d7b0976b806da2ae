#include "conf/address.h"
#include "conf/args.h"

#include <errno.h>
#include <string.h>

#define SIP_PORT 5060 /* RFC 3261 19.1.2 */

static int apply_server(struct args *args, struct draft *draft)
{
	static const struct keyword transports[] = {
		{ "udp", 0, NULL, false },
		{ "tcp", 0, NULL, true },
		{ "tls", 0, NULL, true },
		{ NULL, 0, NULL, false },
	};
	const struct token *at = args_peek(args);
	struct sockaddr_storage address;
	unsigned port = SIP_PORT, transport;

	if (args_address(args, &address))
		return -EINVAL;
	if (address_is_any(&address))
		return args_error(args, at, "\"%s\" is no address of a server",
				  at->text);
	/* The port may be left out before a transport. */
	if (args_at_number(args) && args_count(args, "a port", 1, 65535, &port))
		return -EINVAL;
	if (args_left(args) &&
	    args_keyword(args, "a port or a transport", transports, &transport))
		return -EINVAL;
	address_set_port(&address, port);
	draft->as.peer.server = address;
	return args_end(args);
}

/* Who is not in here gets no answer at all, so this is what stands between the
 * Internet and the telephone bill: a prefix of length 0 is refused, and "any"
 * has to wait until peers can authenticate themselves. */
static int apply_accept_from(struct args *args, struct draft *draft)
{
	const struct token *at;
	struct conf_network network;
	struct item *item;

	do {
		at = args_peek(args);
		if (args_word(args, "any"))
			return args_error(args, at,
					  "\"any\" is not supported yet");
		if (args_network(args, &network))
			return -EINVAL;
		if (network.prefix_bits == 0)
			return args_error(args, at,
					  "\"%s\" lets the whole Internet "
					  "place calls: name the peer's "
					  "networks",
					  at->text);
		item = build_item(args->build, &draft->items, at);
		if (!item)
			return -EINVAL;
		item->network = network;
	} while (args_left(args));
	return 0;
}

static int apply_codecs(struct args *args, struct draft *draft)
{
	static const struct keyword codecs[] = {
		{ "alaw", G711_ALAW, "pcma g711a a-law g711alaw", false },
		{ "ulaw", G711_ULAW, "pcmu g711u mulaw mu-law u-law g711ulaw",
		  false },
		{ NULL, 0, NULL, false },
	};
	struct conf_peer *peer = &draft->as.peer;
	const struct token *at;
	unsigned codec;

	/* The default is in there already. */
	peer->codec_count = 0;
	do {
		at = args_peek(args);
		if (args_keyword(args, "a codec", codecs, &codec))
			return -EINVAL;
		for (size_t i = 0; i < peer->codec_count; i++)
			if (peer->codecs[i] == codec)
				return args_error(args, at,
						  "\"%s\" is named twice",
						  at->text);
		peer->codecs[peer->codec_count++] = (enum g711_law)codec;
	} while (args_left(args));
	return 0;
}

/* Blocks of a span are 10 ms, so packets are whole numbers of them. */
static int apply_ptime(struct args *args, struct draft *draft)
{
	const struct token *at = args_peek(args);
	unsigned ms;

	if (args_time(args, 10, 60, &ms))
		return -EINVAL;
	if (ms % 10)
		return args_error(
			args, at,
			"%s is not a multiple of 10ms, the block of a "
			"telephone line",
			at->text);
	draft->as.peer.ptime_ms = ms;
	return args_end(args);
}

/* Up to this many OPTIONS in a row make a peer down or up. */
#define KEEPALIVE_COUNT_MAX 100

/* "down-after 2 up-after 1", in either order, each once at most. */
static int read_thresholds(struct args *args, struct conf_peer *peer)
{
	static const struct keyword words[] = {
		{ "down-after", 0, "down fail-after failures max-failures",
		  false },
		{ "up-after", 1, "up ok-after successes", false },
		{ NULL, 0, NULL, false },
	};
	unsigned counts[2] = { 2, 1 };
	bool seen[2] = { false };

	while (args_left(args)) {
		const struct token *at = args_peek(args);
		unsigned which;

		if (args_keyword(args, "\"down-after\" or \"up-after\"", words,
				 &which))
			return -EINVAL;
		if (seen[which])
			return args_error(args, at, "\"%s\" is named twice",
					  at->text);
		seen[which] = true;
		if (args_count(args, "a number of OPTIONS", 1,
			       KEEPALIVE_COUNT_MAX, &counts[which]))
			return -EINVAL;
	}
	peer->keepalive_down = counts[0];
	peer->keepalive_up = counts[1];
	return 0;
}

/* OPTIONS is named because other ways exist (RFC 5626 has two) and may come.
 * Without a second's pause it would be a load, not a question. */
static int apply_keepalive(struct args *args, struct draft *draft)
{
	static const struct keyword ways[] = {
		{ "options", true, "option ping qualify sip", false },
		{ "never", false, "none no off", false },
		{ NULL, 0, NULL, false },
	};
	struct conf_peer *peer = &draft->as.peer;
	unsigned options, ms;

	if (args_keyword(args, "\"options\" or \"never\"", ways, &options))
		return -EINVAL;
	if (!options)
		return args_end(args);
	if (args_expect(args, "every") || args_time(args, 1000, 3600000, &ms) ||
	    read_thresholds(args, peer))
		return -EINVAL;
	peer->keepalive_ms = ms;
	return 0;
}

/* What an INVITE costs before it has a rule: whoever calls too much is refused
 * before its numbers are looked at. Callers and minutes are the rules' matter.
 */
static int apply_limit(struct args *args, struct draft *draft)
{
	struct conf_limits limits = { .count = 0 };
	uint32_t amounts[CONF_LIMIT_UNITS] = { 0 };

	if (args_word(args, "none"))
		return args_end(args);
	do {
		const struct token *at = args_peek(args);
		const struct conf_limit *limit = &limits.limit[limits.count];

		if (args_limit_add(args, &limits))
			return -EINVAL;
		if (limit->per_caller || limit->unit == CONF_LIMIT_MINUTES)
			return args_error(args, at,
					  "a sip-peer is limited in calls and "
					  "calls/s: minutes, and what each "
					  "caller may, stand after \"max\" in "
					  "its routes");
		amounts[limit->unit] = limit->amount;
	} while (args_left(args));
	draft->as.peer.limit_calls = amounts[CONF_LIMIT_CALLS];
	draft->as.peer.limit_rate = amounts[CONF_LIMIT_RATE];
	return 0;
}

/* Asterisk says rfc4733, FreeSWITCH rfc2833, older equipment "nte". */
static const struct keyword dtmf_ways[] = {
	{ "rfc4733", CONF_DTMF_RFC4733,
	  "rfc2833 2833 4733 telephone-event telephone-events nte event events "
	  "rtp",
	  false },
	{ "inband", CONF_DTMF_INBAND, "in-band audio voice none", false },
	{ "info", 0, NULL, true },
	{ NULL, 0, NULL, false },
};

static const struct keyword hold_sounds[] = {
	{ "silence", CONF_HOLD_SILENCE, "silent none nothing quiet no mute",
	  false },
	{ "tone", CONF_HOLD_TONE, "tones beep", false },
	{ "music", 0, NULL, true },
	{ NULL, 0, NULL, false },
};

#define FIELD(f) .offset = offsetof(struct conf_peer, f)

static const struct setting peer_settings[] = {
	{
		.name = "server",
		.syntax = "<address> [<port>] [udp]",
		.range = "port 1 to 65535, 5060 if left out",
		.also = "host proxy outbound-proxy contact address gateway",
		.help = "Where calls to this peer are sent. Left out, the peer "
			"only places calls. One that does not answer an INVITE "
			"at all, not even with 100, within 2 s is given up: "
			"the route's next target is tried.",
		.apply = apply_server,
	},
	{
		.name = "accept-from",
		.syntax = "<address> | <network> ...",
		.range = "prefix length 1 to 32, for IPv6 1 to 128",
		.also = "permit allow acl deny match identify source "
			"from",
		.help = "Who is this peer. A packet from an address that "
			"belongs to no peer gets no answer at all. Where "
			"networks of several peers hold an address, the "
			"longest prefix decides. Left out, it is the address "
			"of server. May stand on several lines.",
		.flags = SETTING_REPEATS,
		.apply = apply_accept_from,
	},
	{
		.name = "codecs",
		.syntax = "alaw | ulaw ...",
		.fallback = "alaw ulaw",
		.also = "codec codec-prefs allow disallow",
		.help = "Codecs that are offered and accepted, the preferred "
			"one first.",
		.apply = apply_codecs,
	},
	{
		.name = "ptime",
		.syntax = "<time>",
		.fallback = "20ms",
		.range = "10ms to 60ms, a multiple of 10ms",
		.also = "packet-time packetization maxptime framing",
		.help = "Length of the RTP packets that are sent when the peer "
			"asks for none.",
		.apply = apply_ptime,
	},
	{
		.name = "numbering",
		.syntax = "<name>",
		.also = "dialplan translation translation-profile plan",
		.help = "The numbering block that turns the peer's numbers "
			"into +E.164 and back. Left out, numbers are taken as "
			"they are.",
		.apply = apply_numbering,
	},
	{
		.name = "trust",
		.syntax = "yes | no",
		.fallback = "no",
		.also = "trusted trust_id_inbound trust-id trustrpid pai "
			"privacy asserted-identity",
		.help = "Whether the peer belongs to the same trust domain "
			"(RFC 3325). From one that does, P-Asserted-Identity "
			"is believed, and it is told the numbers of callers "
			"who withhold theirs. Say yes of a carrier or of your "
			"own PBX, never of a telephone.",
		.apply = apply_yes_no,
		FIELD(trust),
	},
	{
		.name = "dtmf",
		.syntax = "rfc4733 | inband",
		.fallback = "rfc4733",
		.also = "dtmf-mode dtmfmode dtmf_mode dtmf-type dtmf-relay "
			"digits",
		.help = "How digits travel between the peer and the telephone "
			"line. rfc4733: as telephone-event packets, where the "
			"peer offers them; tones of the line are taken out of "
			"the voice and made into packets, and the other way "
			"round. inband: tones stay in the voice.",
		.apply = apply_keyword,
		FIELD(dtmf),
		.keywords = dtmf_ways,
	},
	{
		.name = "hold",
		.syntax = "silence | tone",
		.fallback = "silence",
		.also = "moh music-on-hold mohsuggest musiconhold hold-music "
			"on-hold hold-tone",
		.help = "What the telephone line hears while the peer holds a "
			"call: nothing, or a tone of the country that "
			"\"tones\" names.",
		.apply = apply_keyword,
		FIELD(hold),
		.keywords = hold_sounds,
	},
	{
		.name = "keepalive",
		.syntax = "options every <time> [down-after <number>] "
			  "[up-after <number>] | never",
		.fallback = "never",
		.range = "1s to 3600s, 1 to 100 times",
		.also = "keep-alive qualify qualifyfreq qualify_frequency ping "
			"options options-ping monitor heartbeat",
		.help = "Asks the peer at its server with OPTIONS whether it "
			"is there. When so many in a row stay without an "
			"answer (2 if down-after is left out), it is down, "
			"and calls go to the next target of their rule at "
			"once; when so many in a row are answered (1 if "
			"up-after is left out), it is up again. Left out, it "
			"is always taken as up.",
		.apply = apply_keepalive,
	},
	{
		.name = "limit",
		.syntax = "<number> calls | <number> calls/s ... | none",
		.fallback = "none",
		.range = "1 to 10000 each",
		.also = "limits max-calls call-limit maxcalls max-sessions "
			"max-channels max-cps capacity cps call-limit-in "
			"rate-limit rate",
		.help = "How many calls the peer may have at once, those to it "
			"and from it together, and how many it may begin in a "
			"second. What is more gets 503 with Retry-After, and "
			"calls to it go to the next target of their rule; "
			"calls that are in progress are left alone. A call "
			"from it over the first is refused before its route "
			"is asked, and recorded; one over the second is "
			"counted only. A peer that has 200 in a second refused "
			"is not answered for the next second: its INVITEs are "
			"dropped, but for those of calls in progress.",
		.apply = apply_limit,
	},
	{ .name = NULL },
};

/* A peer that is only called must still be heard when it answers. */
static void accept_from_server(struct build *build, struct draft *draft)
{
	struct item *item =
		build_item(build, &draft->items, setting_seen(draft, "server"));

	if (!item)
		return;
	item->network.address = draft->as.peer.server;
	item->network.prefix_bits =
		(uint8_t)address_bits(&draft->as.peer.server);
	address_set_port(&item->network.address, 0);
}

/* Where would they be sent? Answers are no help: a peer that only calls may do
 * so from any of its addresses. */
static void check_keepalive(struct build *build, struct draft *draft)
{
	const struct setting *server = setting_find(draft->desc, "server");

	if (draft->as.peer.keepalive_ms && !draft->as.peer.server.ss_family)
		report_error(&build->report, setting_seen(draft, "keepalive"),
			     setting_usage(&build->report, server),
			     "\"keepalive\" asks the server, and %s has no "
			     "\"server\"",
			     draft->label);
}

/* A peer is somebody who calls, is called, or both. */
static void check_peer(struct build *build, struct draft *draft)
{
	const struct setting *accept = setting_find(draft->desc, "accept-from");

	check_keepalive(build, draft);
	if (draft->items.count)
		return;
	if (draft->as.peer.server.ss_family)
		accept_from_server(build, draft);
	else
		report_error(&build->report, draft->name_at,
			     setting_usage(&build->report, accept),
			     "%s has neither \"accept-from\" nor \"server\": "
			     "nobody can be this peer",
			     draft->label);
}

const struct block_desc peer_block = {
	.open = {
		.name = "sip-peer",
		.syntax = "<name>",
		.also = "peer endpoint sip carrier dial-peer sip-trunk "
			"sip-profile",
		.help = "Another SIP system: who it is, and how it is spoken "
			"to.",
		.apply = apply_block_name,
	},
	.settings = peer_settings,
	.check = check_peer,
};
