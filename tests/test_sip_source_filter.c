#include "sip/source_filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct sockaddr_storage address(const char *ip)
{
	struct sockaddr_storage a = { 0 };
	struct sockaddr_in *in = (void *)&a;
	struct sockaddr_in6 *in6 = (void *)&a;

	if (strchr(ip, ':')) {
		a.ss_family = AF_INET6;
		assert_int_equal(inet_pton(AF_INET6, ip, &in6->sin6_addr), 1);
	} else {
		a.ss_family = AF_INET;
		assert_int_equal(inet_pton(AF_INET, ip, &in->sin_addr), 1);
	}
	return a;
}

static struct conf_network network(const char *text)
{
	char ip[64];
	unsigned bits;

	assert_int_equal(sscanf(text, "%63[^/]/%u", ip, &bits), 2);
	return (struct conf_network){ address(ip), (uint8_t)bits };
}

/* The UDP payload, as far as the program may look. */
static char payload[128] = "INVITE sip:+4930123@192.0.2.9:5060 SIP/2.0\r\n";

/* The kernel's classic BPF, as far as the program uses it. Asserts what the
 * kernel's checker would refuse: jumps and loads out of bounds, no verdict. */
static uint32_t run(const struct sock_filter *f, size_t len,
		    const uint8_t *packet, size_t packet_len)
{
	uint32_t a = 0;
	size_t pc = 0, offset;

	for (size_t steps = 0; steps < 2 * len; steps++) {
		const struct sock_filter *i = &f[pc++];

		assert_true(pc <= len);
		offset = i->k - (uint32_t)SKF_NET_OFF;
		switch (i->code) {
		case BPF_LD | BPF_B | BPF_ABS:
			if (i->k == 8) {
				a = (uint8_t)payload[0];
				break;
			}
			assert_true(offset < packet_len);
			a = packet[offset];
			break;
		case BPF_LD | BPF_W | BPF_ABS:
			if (i->k < 8 + sizeof payload - 4) {
				memcpy(&a, payload + i->k - 8, 4);
				a = ntohl(a);
				break;
			}
			assert_true(offset + 4 <= packet_len);
			memcpy(&a, packet + offset, 4);
			a = ntohl(a);
			break;
		case BPF_ALU | BPF_RSH | BPF_K: a >>= i->k; break;
		case BPF_ALU | BPF_AND | BPF_K: a &= i->k; break;
		case BPF_JMP | BPF_JA: pc += i->k; break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K: return i->k;
		default: fail_msg("unknown instruction %#x", i->code);
		}
	}
	fail_msg("no verdict");
	return 0;
}

static bool passes(const struct sock_filter *f, size_t len, const char *source)
{
	struct sockaddr_storage a = address(source);
	const struct sockaddr_in *in = (void *)&a;
	const struct sockaddr_in6 *in6 = (void *)&a;
	uint8_t packet[40] = { 0 };

	if (a.ss_family == AF_INET) {
		packet[0] = 0x45;
		memcpy(packet + 12, &in->sin_addr, 4);
		return run(f, len, packet, 20) != 0;
	}
	packet[0] = 0x60;
	memcpy(packet + 8, &in6->sin6_addr, 16);
	return run(f, len, packet, 40) != 0;
}

static const struct filter_case {
	const char *networks[6];
	const char *pass[6];
	const char *drop[6];
} filter_cases[] = {
	{ { NULL }, { NULL }, { "127.0.0.1", "::1", "0.0.0.0" } },
	{ { "127.0.0.0/8" },
	  { "127.0.0.1", "127.255.255.255" },
	  { "126.255.255.255", "128.0.0.0", "::1", "7f00::" } },
	{ { "192.0.2.7/32" }, { "192.0.2.7" }, { "192.0.2.6", "192.0.2.8" } },
	{ { "10.0.0.0/31", "10.0.0.9/32", "172.16.0.0/12" },
	  { "10.0.0.0", "10.0.0.1", "10.0.0.9", "172.31.255.255" },
	  { "10.0.0.2", "10.0.0.8", "172.32.0.0", "172.15.255.255" } },
	{ { "0.0.0.0/0" }, { "0.0.0.0", "255.255.255.255" }, { "::1" } },
	{ { "::/0" }, { "::1", "2001:db8::1" }, { "127.0.0.1" } },
	{ { "2001:db8::/32" },
	  { "2001:db8::", "2001:db8:ffff:ffff::1" },
	  { "2001:db7::", "2001:db9::", "32.1.13.184" } },
	{ { "2001:db8:1::/36", "2001:db8::8000/113", "fe80::/10" },
	  { "2001:db8:fff::", "2001:db8::ffff", "fe80::1", "febf::1" },
	  { "2001:db8:1000::", "2001:db9::8000", "fec0::1",
	    "2001:db8:1000::8000" } },
	{ { "2001:db8::1/128", "2001:db8:0:1::/64" },
	  { "2001:db8::1", "2001:db8:0:1::", "2001:db8:0:1:ffff::" },
	  { "2001:db8::2",
	    "2001:db8::", "2001:db8:0:2::", "2001:db8:0:0:1::1" } },
	{ { "2001:db8:0:1:2:3::/96", "2001:db8:0:1:2:4:8000::/97" },
	  { "2001:db8:0:1:2:3:ffff:ffff", "2001:db8:0:1:2:4:8000:0" },
	  { "2001:db8:0:1:2:2:0:0", "2001:db8:0:1:2:4:7fff:ffff" } },
	/* an IPv4-mapped network is an IPv4 network */
	{ { "::ffff:192.0.2.0/120" },
	  { "192.0.2.255" },
	  { "192.0.3.0", "::ffff:192.0.2.1" } },
	/* host bits are masked away, both families side by side */
	{ { "192.0.2.77/24", "2001:db8::77/64" },
	  { "192.0.2.1", "2001:db8::1" },
	  { "192.0.1.77", "2001:db8:0:1::77" } },
};

static void test_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof filter_cases / sizeof *filter_cases;
	     i++) {
		const struct filter_case *c = &filter_cases[i];
		struct conf_network n[6];
		struct sock_filter f[128];
		size_t count = 0, len;

		while (count < 6 && c->networks[count]) {
			n[count] = network(c->networks[count]);
			count++;
		}
		assert_int_equal(source_filter_build(n, count, f, 128, &len),
				 0);
		for (size_t j = 0; j < 6 && c->pass[j]; j++)
			if (!passes(f, len, c->pass[j]))
				fail_msg("case %zu: %s", i, c->pass[j]);
		for (size_t j = 0; j < 6 && c->drop[j]; j++)
			if (passes(f, len, c->drop[j]))
				fail_msg("case %zu: %s", i, c->drop[j]);
	}
}

/* Neither version of IP: nothing passes. */
static void test_other_versions(void **state)
{
	struct conf_network n[] = { network("0.0.0.0/0"), network("::/0") };
	struct sock_filter f[32];
	uint8_t packet[40] = { 0 };
	size_t len;

	(void)state;
	assert_int_equal(source_filter_build(n, 2, f, 32, &len), 0);
	for (unsigned version = 0; version < 16; version++) {
		packet[0] = (uint8_t)(version << 4 | 5);
		assert_int_equal(run(f, len, packet, sizeof packet) != 0,
				 version == 4 || version == 6);
	}
}

/* What the stack would answer though it is no SIP. */
static void test_stun(void **state)
{
	struct conf_network n[] = { network("0.0.0.0/0") };
	struct sock_filter f[32];
	size_t len;

	(void)state;
	assert_int_equal(source_filter_build(n, 1, f, 32, &len), 0);
	for (unsigned c = 0; c < 256; c++) {
		payload[0] = (char)c;
		assert_int_equal(passes(f, len, "192.0.2.1"), c >= 4);
	}
	payload[0] = 'I';
}

static void test_needless_networks(void **state)
{
	struct conf_network all[] = {
		network("10.0.0.0/8"),	  network("10.1.2.0/24"),
		network("10.0.0.0/8"),	  network("::ffff:10.0.0.0/104"),
		network("2001:db8::/32"), network("2001:db8:1::/48"),
	};
	struct conf_network few[] = { network("10.0.0.0/8"),
				      network("2001:db8::/32") };
	struct sock_filter f[64], g[64];
	size_t f_len, g_len;

	(void)state;
	assert_int_equal(source_filter_build(all, 6, f, 64, &f_len), 0);
	assert_int_equal(source_filter_build(few, 2, g, 64, &g_len), 0);
	assert_int_equal(f_len, g_len);
	assert_memory_equal(f, g, f_len * sizeof *f);
	/* A wider one that comes later wins as well. */
	few[0] = network("10.1.2.0/24");
	few[1] = network("0.0.0.0/0");
	assert_int_equal(source_filter_build(few, 2, f, 64, &f_len), 0);
	assert_int_equal(source_filter_build(few + 1, 1, g, 64, &g_len), 0);
	assert_int_equal(f_len, g_len);
}

static void test_too_many(void **state)
{
	enum { MANY = 2000 };
	struct conf_network *n = calloc(MANY, sizeof *n);
	struct sock_filter *f = calloc(BPF_MAXINSNS, sizeof *f);
	size_t len;

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		char text[32];

		snprintf(text, sizeof text, "10.%zu.%zu.0/24", i / 256,
			 i % 256);
		n[i] = network(text);
	}
	assert_int_equal(source_filter_build(n, MANY, f, BPF_MAXINSNS, &len),
			 -E2BIG);
	assert_true(len > BPF_MAXINSNS);
	assert_int_equal(source_filter_build(n, 1000, f, BPF_MAXINSNS, &len),
			 0);
	assert_true(passes(f, len, "10.3.231.1"));
	assert_false(passes(f, len, "10.3.232.1"));
	for (size_t max = 0; max < 16; max++) {
		struct sock_filter *exact = calloc(max + 1, sizeof *exact);

		assert_int_equal(source_filter_build(n, 1, exact, max, &len),
				 max < len ? -E2BIG : 0);
		free(exact);
	}
	free(f);
	free(n);
}

static int udp(const char *ip, uint16_t port, struct sockaddr_storage *bound)
{
	struct sockaddr_storage a = address(ip);
	socklen_t size = a.ss_family == AF_INET ? sizeof(struct sockaddr_in)
						: sizeof(struct sockaddr_in6);
	int fd = socket(a.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (a.ss_family == AF_INET)
		((struct sockaddr_in *)(void *)&a)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)(void *)&a)->sin6_port = htons(port);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) < 0)
		return -1;
	size = sizeof *bound;
	assert_int_equal(getsockname(fd, (struct sockaddr *)bound, &size), 0);
	return fd;
}

/* In a storm from 10.1.0.0/16 and 2001:db8:1::/48 only their new calls are
 * dropped. */
static void test_storm(void **state)
{
	static const struct {
		const char *start;
		bool new_call;
	} messages[] = {
		{ "INVITE sip:+4930123@192.0.2.9:5060 SIP/2.0\r\n", true },
		{ "INVITE sip:192@192.0.2.9:5060 SIP/2.0\r\n", true },
		{ "INVITE sips:192.0.2.9:5060 SIP/2.0\r\n", true },
		{ "INVITE tel:+4930123 SIP/2.0\r\n", true },
		/* re-INVITE: our Contact, and what a peer may add to it */
		{ "INVITE sip:192.0.2.9:5060 SIP/2.0\r\n", false },
		{ "INVITE sip:192.0.2.9:5060;transport=udp SIP/2.0", false },
		{ "ACK sip:+4930123@192.0.2.9:5060 SIP/2.0\r\n", false },
		{ "CANCEL sip:+4930123@192.0.2.9:5060 SIP/2.0\r\n", false },
		{ "BYE sip:192.0.2.9:5060 SIP/2.0\r\n", false },
		{ "OPTIONS sip:192.0.2.9:5060 SIP/2.0\r\n", false },
		{ "SIP/2.0 200 OK\r\n", false },
		{ "INFO sip:192.0.2.9:5060 SIP/2.0\r\n", false },
	};
	struct conf_network all[] = { network("10.0.0.0/8"),
				      network("192.0.2.0/24"),
				      network("2001:db8::/32") };
	struct conf_network shed[] = { network("10.1.0.0/16"),
				       network("2001:db8:1::/48") };
	struct source_filter_storm storm = { shed, 2, "sip:192.0.2.9:5060" };
	char usual[sizeof payload];
	struct sock_filter f[128];
	size_t len;

	(void)state;
	memcpy(usual, payload, sizeof usual);
	assert_int_equal(source_filter_build_storm(all, 3, &storm, f, 128,
						   &len),
			 0);
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		bool pass = !messages[i].new_call;

		memset(payload, 0, sizeof payload);
		strcpy(payload, messages[i].start);
		if (passes(f, len, "10.1.2.3") != pass ||
		    passes(f, len, "2001:db8:1::5") != pass)
			fail_msg("%s", messages[i].start);
		assert_true(passes(f, len, "10.2.0.1"));
		assert_true(passes(f, len, "192.0.2.1"));
		assert_true(passes(f, len, "2001:db8:2::1"));
		assert_false(passes(f, len, "11.0.0.1"));
		assert_false(passes(f, len, "2001:db9::1"));
	}
	memcpy(payload, usual, sizeof payload);
}

/* By the kernel, and not for a peer that has its own inside the network. */
static void test_shed(void **state)
{
	static const char new_call[] =
		"INVITE sip:1@127.0.0.1:5060 SIP/2.0\r\n\r\n";
	struct conf_network outer = network("127.0.0.0/24"),
			    inner = network("127.0.0.2/32");
	struct conf_peer peers[] = {
		{ .accept_from = &outer, .accept_from_count = 1 },
		{ .accept_from = &inner, .accept_from_count = 1 },
	};
	struct conf conf = { .peers = peers, .peer_count = 1 };
	struct sockaddr_storage to, from;
	int fd = udp("127.0.0.1", 0, &to), peer = udp("127.0.0.2", 0, &from);
	bool storm[] = { true, false };
	char got[128];

	(void)state;
	for (int nested = 0; nested < 3; nested++) {
		conf.peer_count = nested == 1 ? 2 : 1;
		storm[0] = nested < 2;
		assert_int_equal(source_filter_shed(fd, &conf, storm,
						    "sip:127.0.0.1:5060"),
				 0);
		assert_int_equal(sendto(peer, new_call, sizeof new_call, 0,
					(struct sockaddr *)&to,
					sizeof(struct sockaddr_in)),
				 sizeof new_call);
		assert_int_equal(recv(fd, got, sizeof got, MSG_DONTWAIT),
				 nested ? (int)sizeof new_call : -1);
	}
	assert_int_equal(source_filter_drops(fd), 1);
	close(peer);
	close(fd);
}

static void find(const struct sockaddr_storage *at, int type, int fd)
{
	int found[2] = { -1, -1 };

	assert_int_equal(source_filter_find_sockets(at, type, found, 2), 1);
	assert_int_equal(found[0], fd);
	assert_int_equal(found[1], -1);
	/* Counted beyond the room there is. */
	assert_int_equal(source_filter_find_sockets(at, type, NULL, 0), 1);
}

/* The kernel takes the program and agrees with the interpreter above. */
static void test_real_socket(void **state)
{
	struct conf_network n[] = { network("127.0.0.0/29"),
				    network("127.0.1.0/24") };
	struct conf_peer peers[] = {
		{ .accept_from = &n[0], .accept_from_count = 1 },
		{ .accept_from = &n[1], .accept_from_count = 1 },
	};
	struct conf conf = { .peers = peers, .peer_count = 2 };
	struct sockaddr_storage server, client, any;
	int fd = udp("127.0.0.1", 0, &server), friend, stranger;
	char got[16];

	(void)state;
	assert_true(fd >= 0);
	friend = udp("127.0.1.3", 0, &client);
	stranger = udp("127.0.0.9", 0, &client);
	find(&server, SOCK_DGRAM, fd);
	assert_int_equal(source_filter_find_sockets(&server, SOCK_STREAM, NULL,
						    0),
			 0);
	any = server; /* the same port of whatever address */
	((struct sockaddr_in *)(void *)&any)->sin_addr.s_addr = 0;
	find(&any, SOCK_DGRAM, fd);
	assert_int_equal(sendto(stranger, "early", 5, 0,
				(struct sockaddr *)&server,
				sizeof(struct sockaddr_in)),
			 5);
	assert_int_equal(source_filter_attach(fd, &conf), 0);
	/* What was there before the filter is gone. */
	assert_int_equal(recv(fd, got, sizeof got, 0), -1);
	assert_int_equal(source_filter_drops(fd), 0);
	for (int i = 0; i < 3; i++)
		sendto(stranger, "stranger", 8, 0, (struct sockaddr *)&server,
		       sizeof(struct sockaddr_in));
	assert_int_equal(sendto(friend, "friend", 6, 0,
				(struct sockaddr *)&server,
				sizeof(struct sockaddr_in)),
			 6);
	assert_int_equal(recv(fd, got, sizeof got, 0), 6);
	assert_memory_equal(got, "friend", 6);
	assert_int_equal(recv(fd, got, sizeof got, 0), -1);
	assert_int_equal(source_filter_drops(fd), 3);
	sendto(friend, "\0\1\0\0", 4, 0, (struct sockaddr *)&server,
	       sizeof(struct sockaddr_in));
	sendto(friend, "", 0, 0, (struct sockaddr *)&server,
	       sizeof(struct sockaddr_in));
	assert_int_equal(source_filter_drops(fd), 5);
	close(fd);
	close(friend);
	close(stranger);
}

static void test_real_ipv6_socket(void **state)
{
	struct conf_network n[] = { network("::1/128") };
	struct conf_peer peer = { .accept_from = n, .accept_from_count = 1 };
	struct conf conf = { .peers = &peer, .peer_count = 1 };
	struct sockaddr_storage server, client;
	int fd = udp("::1", 0, &server), from;
	char got[16];

	(void)state;
	if (fd < 0)
		skip(); /* a host without IPv6 */
	from = udp("::1", 0, &client);
	find(&server, SOCK_DGRAM, fd);
	assert_int_equal(source_filter_attach(fd, &conf), 0);
	sendto(from, "one", 3, 0, (struct sockaddr *)&server,
	       sizeof(struct sockaddr_in6));
	assert_int_equal(recv(fd, got, sizeof got, 0), 3);
	/* Swapped while it runs. */
	n[0] = network("2001:db8::/32");
	assert_int_equal(source_filter_attach(fd, &conf), 0);
	sendto(from, "two", 3, 0, (struct sockaddr *)&server,
	       sizeof(struct sockaddr_in6));
	assert_int_equal(recv(fd, got, sizeof got, 0), -1);
	assert_int_equal(source_filter_drops(fd), 1);
	close(fd);
	close(from);
}

static void test_no_networks(void **state)
{
	struct conf conf = { 0 };
	struct sockaddr_storage server;
	int fd = udp("127.0.0.1", 0, &server);

	(void)state;
	assert_int_equal(source_filter_attach(fd, &conf), 0);
	sendto(fd, "self", 4, 0, (struct sockaddr *)&server,
	       sizeof(struct sockaddr_in));
	assert_int_equal(source_filter_drops(fd), 1);
	assert_int_equal(source_filter_attach(-1, &conf), -EBADF);
	assert_int_equal(source_filter_drops(-1), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(test_stun),
		cmocka_unit_test(test_needless_networks),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_shed),
		cmocka_unit_test(test_real_socket),
		cmocka_unit_test(test_real_ipv6_socket),
		cmocka_unit_test(test_no_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
