#include "sip/source_filter.h"

#include "gateway/event.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UDP_BUFFER (256 * 1024)

#define V4_SOURCE (SKF_NET_OFF + 12)
#define V6_SOURCE (SKF_NET_OFF + 8)
#define UDP_PAYLOAD 8
#define STUN_END 4 /* a STUN message begins with two bits of 0 (RFC 8489 5) */
#define STORM_WORDS_MAX 24 /* of "INVITE " and our Contact */
#define PASS UINT32_MAX	   /* bytes kept: the whole packet */
#define DROP 0

/* A network in host byte order; IPv4 uses the first word only. */
struct net {
	bool v6;
	unsigned bits;
	uint32_t word[4];
};

struct program {
	struct sock_filter *at;
	size_t length, max;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t jt,
		 uint8_t jf)
{
	if (p->length < p->max)
		p->at[p->length] = (struct sock_filter){ code, jt, jf, k };
	p->length++; /* past `max`: the length that would have been needed */
}

static uint32_t word_mask(unsigned bits, unsigned word)
{
	if (bits >= 32 * (word + 1))
		return UINT32_MAX;
	if (bits <= 32 * word)
		return 0;
	return UINT32_MAX << (32 - (bits - 32 * word));
}

/* Host bits cleared, so that a comparison after the mask can be true. */
static struct net net_from(const struct conf_network *n)
{
	const struct sockaddr_in *in = (const void *)&n->address;
	const struct sockaddr_in6 *in6 = (const void *)&n->address;
	struct net net = { .bits = n->prefix_bits };

	if (n->address.ss_family == AF_INET) {
		net.word[0] = ntohl(in->sin_addr.s_addr);
	} else {
		net.v6 = true;
		for (unsigned i = 0; i < 4; i++)
			net.word[i] = ntohl(in6->sin6_addr.s6_addr32[i]);
		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) && net.bits >= 96) {
			net = (struct net){ .bits = net.bits - 96,
					    .word[0] = net.word[3] };
		}
	}
	for (unsigned i = 0; i < 4; i++)
		net.word[i] &= word_mask(net.bits, i);
	return net;
}

static bool net_holds(const struct net *outer, const struct net *inner)
{
	if (outer->v6 != inner->v6 || outer->bits > inner->bits)
		return false;
	for (unsigned i = 0; i < 4; i++)
		if ((inner->word[i] & word_mask(outer->bits, i)) !=
		    outer->word[i])
			return false;
	return true;
}

/* True when another network makes this one needless; of equals the first
 * stays. */
static bool is_needless(const struct conf_network *networks, size_t count,
			size_t index)
{
	struct net me = net_from(&networks[index]);

	for (size_t i = 0; i < count; i++) {
		struct net other = net_from(&networks[i]);

		if (i == index || !net_holds(&other, &me))
			continue;
		if (other.bits < me.bits || i < index)
			return true;
	}
	return false;
}

/* One comparison for each word of the prefix; whichever fails goes on to the
 * next network. */
static void emit_net(struct program *p, const struct net *net, uint32_t verdict)
{
	unsigned words = (net->bits + 31) / 32;
	/* From a word's comparison to the next network: the words after it
	 * (load, compare, and one mask in the last if it is partial) and the
	 * verdict. */
	unsigned partial = net->bits % 32 ? 1 : 0;

	for (unsigned i = 0; i < words; i++) {
		unsigned after = words - 1 - i;
		bool last = after == 0;

		emit(p, BPF_LD | BPF_W | BPF_ABS,
		     (net->v6 ? V6_SOURCE : V4_SOURCE) + 4 * i, 0, 0);
		if (last && partial)
			emit(p, BPF_ALU | BPF_AND | BPF_K,
			     word_mask(net->bits, i), 0, 0);
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, net->word[i], 0,
		     (uint8_t)(2 * after + (last ? 0 : partial) + 1));
	}
	emit(p, BPF_RET | BPF_K, verdict, 0, 0);
}

/* /0 has no word to compare: its verdict stands alone, and all others of the
 * family are inside it. */
static void emit_family(struct program *p, const struct conf_network *networks,
			size_t count, bool v6, uint32_t verdict)
{
	for (size_t i = 0; i < count; i++) {
		struct net net = net_from(&networks[i]);

		if (net.v6 == v6 && !is_needless(networks, count, i))
			emit_net(p, &net, verdict);
	}
}

/* A jump to be aimed: conditional ones reach no further than 255. */
static size_t emit_jump(struct program *p)
{
	emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	return p->length - 1;
}

static void aim_here(struct program *p, size_t jump)
{
	if (jump < p->max)
		p->at[jump].k = (uint32_t)(p->length - jump - 1);
}

/* The verdict for what comes from the networks; the rest goes on after it. */
static void emit_sources(struct program *p, const struct conf_network *networks,
			 size_t count, uint32_t verdict)
{
	size_t not4, not6, end;

	/* The version nibble decides, not the socket's family: an IPv6 socket
	 * may receive IPv4 packets. */
	emit(p, BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF, 0, 0);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, 4, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 4, 1, 0);
	not4 = emit_jump(p);
	emit_family(p, networks, count, false, verdict);
	end = emit_jump(p);
	aim_here(p, not4);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 6, 1, 0);
	not6 = emit_jump(p);
	emit_family(p, networks, count, true, verdict);
	aim_here(p, not6);
	aim_here(p, end);
}

static uint32_t text_word(const char *text)
{
	uint32_t word;

	memcpy(&word, text, sizeof word);
	return ntohl(word);
}

/* Compared by whole words: the last letters of the Contact do not matter, a
 * number begins before them. A packet too short to be loaded from is dropped,
 * and is no INVITE. */
static void emit_storm(struct program *p,
		       const struct source_filter_storm *storm)
{
	char own[STORM_WORDS_MAX * 4 + 1];
	size_t words, other, ours;

	snprintf(own, sizeof own, "INVITE %s", storm->contact);
	words = strlen(own) / 4;
	emit(p, BPF_LD | BPF_W | BPF_ABS, UDP_PAYLOAD, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, text_word(own), 1, 0);
	other = emit_jump(p);
	for (size_t i = 1; i < words; i++) {
		emit(p, BPF_LD | BPF_W | BPF_ABS,
		     (uint32_t)(UDP_PAYLOAD + 4 * i), 0, 0);
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, text_word(own + 4 * i), 0,
		     (uint8_t)(2 * (words - 1 - i) + 1));
	}
	ours = emit_jump(p);
	emit_sources(p, storm->networks, storm->count, DROP);
	aim_here(p, other);
	aim_here(p, ours);
}

int source_filter_build_storm(const struct conf_network *networks, size_t count,
			      const struct source_filter_storm *storm,
			      struct sock_filter *program, size_t max,
			      size_t *length)
{
	struct program p = { .at = program, .max = max };

	/* The stack answers STUN. A packet without any payload, which has no
	 * byte to load, the kernel drops by itself. */
	emit(&p, BPF_LD | BPF_B | BPF_ABS, UDP_PAYLOAD, 0, 0);
	emit(&p, BPF_JMP | BPF_JGE | BPF_K, STUN_END, 1, 0);
	emit(&p, BPF_RET | BPF_K, DROP, 0, 0);
	if (storm->count)
		emit_storm(&p, storm);
	emit_sources(&p, networks, count, PASS);
	emit(&p, BPF_RET | BPF_K, DROP, 0, 0);
	*length = p.length;
	return p.length > max ? -E2BIG : 0;
}

int source_filter_build(const struct conf_network *networks, size_t count,
			struct sock_filter *program, size_t max, size_t *length)
{
	return source_filter_build_storm(networks, count,
					 &(struct source_filter_storm){ 0 },
					 program, max, length);
}

/* What came between the stack's bind and the filter has not been looked at by
 * it yet; a known peer repeats its request. */
static void drain(int fd)
{
	char byte;

	while (recv(fd, &byte, sizeof byte, MSG_DONTWAIT | MSG_TRUNC) >= 0)
		;
}

/* The kernel counts a program against optmem_max and says ENOMEM. */
static int attach(int fd, const struct conf_network *networks, size_t count,
		  const struct source_filter_storm *storm)
{
	struct sock_filter *program = calloc(BPF_MAXINSNS, sizeof *program);
	struct sock_fprog fprog = { .filter = program };
	size_t length;
	int err;

	if (!program)
		return -ENOMEM;
	err = source_filter_build_storm(networks, count, storm, program,
					BPF_MAXINSNS, &length);
	if (err == 0) {
		fprog.len = (unsigned short)length;
		if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &fprog,
			       sizeof fprog) < 0)
			err = errno == ENOMEM ? -E2BIG : -errno;
	}
	free(program);
	return err;
}

/* A network in which another peer has one of its own: by that peer's calls
 * nobody may suffer. */
static bool holds_another(const struct conf *conf, size_t peer,
			  const struct conf_network *network)
{
	struct net outer = net_from(network);

	for (size_t i = 0; i < conf->peer_count; i++)
		for (size_t j = 0; j < conf->peers[i].accept_from_count; j++) {
			struct net inner =
				net_from(&conf->peers[i].accept_from[j]);

			if (i != peer && net_holds(&outer, &inner))
				return true;
		}
	return false;
}

/* Those of all peers to `all`, those of a storm to `shed`. */
static void collect(const struct conf *conf, const bool *storm,
		    struct conf_network *all, struct conf_network *shed,
		    size_t *shed_count)
{
	size_t used = 0;

	*shed_count = 0;
	for (size_t i = 0; i < conf->peer_count; i++)
		for (size_t j = 0; j < conf->peers[i].accept_from_count; j++) {
			all[used] = conf->peers[i].accept_from[j];
			if (storm && storm[i] &&
			    !holds_another(conf, i, &all[used]))
				shed[(*shed_count)++] = all[used];
			used++;
		}
}

int source_filter_shed(int fd, const struct conf *conf, const bool *storm,
		       const char *contact)
{
	struct source_filter_storm shed = { .contact = contact };
	struct conf_network *all;
	size_t count = 0;
	int err;

	for (size_t i = 0; i < conf->peer_count; i++)
		count += conf->peers[i].accept_from_count;
	all = calloc(count ? 2 * count : 1, sizeof *all);
	if (!all)
		return -ENOMEM;
	shed.networks = all + count;
	collect(conf, storm, all, all + count, &shed.count);
	err = attach(fd, all, count, &shed);
	free(all);
	return err;
}

int source_filter_attach(int fd, const struct conf *conf)
{
	int err = source_filter_shed(fd, conf, NULL, "");

	if (err == 0)
		drain(fd);
	return err;
}

uint64_t source_filter_drops(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t size = sizeof info;

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size) < 0)
		return 0;
	return info[SK_MEMINFO_DROPS];
}

static bool is_bound_to(int fd, const struct sockaddr_storage *address,
			int type)
{
	const struct sockaddr_in *want4 = (const void *)address;
	const struct sockaddr_in6 *want6 = (const void *)address;
	struct sockaddr_storage got = { 0 };
	const struct sockaddr_in *got4 = (const void *)&got;
	const struct sockaddr_in6 *got6 = (const void *)&got;
	socklen_t size = sizeof got, type_size = sizeof type;
	int got_type;

	if (getsockname(fd, (struct sockaddr *)&got, &size) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_TYPE, &got_type, &type_size) < 0 ||
	    got_type != type || got.ss_family != address->ss_family)
		return false;
	if (got.ss_family == AF_INET)
		return got4->sin_port == want4->sin_port &&
		       (want4->sin_addr.s_addr == htonl(INADDR_ANY) ||
			got4->sin_addr.s_addr == want4->sin_addr.s_addr);
	return got.ss_family == AF_INET6 &&
	       got6->sin6_port == want6->sin6_port &&
	       (IN6_IS_ADDR_UNSPECIFIED(&want6->sin6_addr) ||
		IN6_ARE_ADDR_EQUAL(&got6->sin6_addr, &want6->sin6_addr));
}

int source_filter_find_sockets(const struct sockaddr_storage *address, int type,
			       int *fds, size_t max)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;
	size_t count = 0;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] == '.' || !is_bound_to(fd, address, type))
			continue;
		if (count < max)
			fds[count] = fd;
		count++;
	}
	closedir(dir);
	return (int)count;
}

/* Pitfall: whatever queues before the stack is memory. UDP queues in the
 * kernel, where this is the bound; a TCP listener would need 64 KiB, because
 * what it accepts inherits it and the stack reads on for ever. */
static void cap_receive_buffer(int fd)
{
	int size = UDP_BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

static int find_all(const struct sockaddr_storage *listen, int *fds, size_t max)
{
	char address[64];
	int count = source_filter_find_sockets(listen, SOCK_DGRAM, fds, max);

	conf_format_address(listen, address, sizeof address);
	if (count == 0)
		log_event(EVENT_SIP_NO_SOCKET, "sip",
			  "address=%s the stack has no socket for %s", address,
			  address);
	else if (count > (int)max)
		log_event(
			EVENT_SIP_MANY_ADDRESSES, "sip",
			"address=%s count=%d %s is %d addresses, more than %zu",
			address, count, address, count, max);
	if (count == 0 || count > (int)max)
		return -EADDRNOTAVAIL;
	return count;
}

int source_filter_guard(const struct conf *conf, int *fds, size_t max)
{
	int count = find_all(&conf->gateway.listen, fds, max);
	int err = 0;

	for (int i = 0; i < count && err == 0; i++) {
		cap_receive_buffer(fds[i]);
		err = source_filter_attach(fds[i], conf);
		if (err == -E2BIG)
			log_event(EVENT_SIP_FILTER_TOO_BIG, "sip",
				  "too many accept-from networks for the "
				  "kernel's socket filter");
		else if (err < 0)
			log_event(EVENT_SIP_NO_FILTER, "sip",
				  "the socket filter that keeps strangers out "
				  "cannot be attached: %s",
				  strerror(-err));
	}
	return err < 0 ? err : count;
}
