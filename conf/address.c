#include "conf/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* sockaddr_storage exists to be looked at through these types (POSIX
 * sys/socket.h); nothing else here knows the layout of an address. */
static struct sockaddr_in *v4(struct sockaddr_storage *address)
{
	return (struct sockaddr_in *)address;
}

static struct sockaddr_in6 *v6(struct sockaddr_storage *address)
{
	return (struct sockaddr_in6 *)address;
}

int address_parse(const char *text, struct sockaddr_storage *out)
{
	char inner[INET6_ADDRSTRLEN + 1];
	size_t len = strlen(text);

	memset(out, 0, sizeof *out);
	/* inet_pton, not getaddrinfo: no name service may delay a start, and
	 * "10.1" or "0x7f.1" are mistakes, not addresses. */
	if (inet_pton(AF_INET, text, &v4(out)->sin_addr) == 1) {
		out->ss_family = AF_INET;
		return 0;
	}
	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (len >= sizeof inner)
		return -EINVAL;
	memcpy(inner, text, len);
	inner[len] = '\0';
	if (inet_pton(AF_INET6, inner, &v6(out)->sin6_addr) != 1) {
		memset(out, 0, sizeof *out);
		return -EINVAL;
	}
	out->ss_family = AF_INET6;
	return 0;
}

void address_set_port(struct sockaddr_storage *address, unsigned port)
{
	if (address->ss_family == AF_INET)
		v4(address)->sin_port = htons((uint16_t)port);
	else if (address->ss_family == AF_INET6)
		v6(address)->sin6_port = htons((uint16_t)port);
}

unsigned address_port(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return 0;
}

/* The bytes of an address in network order; *len 0 for another family. */
static const uint8_t *bytes_of(const struct sockaddr *address, size_t *len)
{
	*len = 0;
	if (address->sa_family == AF_INET) {
		*len = 4;
		return (const uint8_t *)&((const struct sockaddr_in *)address)
			->sin_addr;
	}
	if (address->sa_family == AF_INET6) {
		*len = 16;
		return (const uint8_t *)&((const struct sockaddr_in6 *)address)
			->sin6_addr;
	}
	return NULL;
}

static const uint8_t *bytes(const struct sockaddr_storage *address, size_t *len)
{
	return bytes_of((const struct sockaddr *)address, len);
}

/* ::ffff:0:0/96 (RFC 4291 2.5.5.2): what a dual-stack socket makes of an IPv4
 * sender. */
static bool is_mapped(const uint8_t *b, size_t len)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return len == 16 && !memcmp(b, prefix, sizeof prefix);
}

bool address_is_any(const struct sockaddr_storage *address)
{
	static const uint8_t zero[16];
	size_t len;
	const uint8_t *b = bytes(address, &len);

	return len && !memcmp(b, zero, len);
}

bool address_is_mapped(const struct sockaddr_storage *address)
{
	size_t len;
	const uint8_t *b = bytes(address, &len);

	return is_mapped(b, len);
}

unsigned address_bits(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET ? 32 : 128;
}

bool address_mask(struct sockaddr_storage *address, unsigned bits)
{
	size_t len;
	uint8_t *b = (uint8_t *)bytes(address, &len);
	bool any = false;

	for (size_t i = 0; i < len; i++) {
		unsigned kept = bits > i * 8 ? bits - (unsigned)i * 8 : 0;
		/* 0xff00 shifted right leaves the `kept` high bits in the low
		 * byte; a shift by the width of the type is avoided. */
		uint8_t mask = kept >= 8 ? 0xff : (uint8_t)(0xff00 >> kept);

		any = any || (b[i] & ~mask);
		b[i] &= mask;
	}
	return any;
}

int network_compare(const struct conf_network *a, const struct conf_network *b)
{
	size_t a_len, b_len;
	const uint8_t *x = bytes(&a->address, &a_len);
	const uint8_t *y = bytes(&b->address, &b_len);
	int order;

	/* The families differ in length: 4 and 16 bytes. */
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	order = a_len ? memcmp(x, y, a_len) : 0;
	return order ? order : (int)a->prefix_bits - (int)b->prefix_bits;
}

bool network_holds(const struct conf_network *network,
		   const struct sockaddr *address)
{
	unsigned bits = network->prefix_bits;
	size_t len, net_len;
	const uint8_t *net = bytes(&network->address, &net_len);
	const uint8_t *b = bytes_of(address, &len);

	if (is_mapped(b, len)) {
		b += 12;
		len = 4;
	}
	if (!len || len != net_len || memcmp(b, net, bits / 8))
		return false;
	return bits % 8 == 0 || ((b[bits / 8] ^ net[bits / 8]) &
				 (0xff00 >> bits % 8) & 0xff) == 0;
}

void conf_format_address(const struct sockaddr_storage *address, char *out,
			 size_t size)
{
	char text[INET6_ADDRSTRLEN] = "?";
	unsigned port = address_port(address);
	bool six = address->ss_family == AF_INET6;
	size_t len;
	const uint8_t *b = bytes(address, &len);

	if (len)
		inet_ntop(address->ss_family, b, text, sizeof text);
	if (port)
		snprintf(out, size, six ? "[%s]:%u" : "%s:%u", text, port);
	else
		snprintf(out, size, six ? "[%s]" : "%s", text);
}

void network_format(const struct conf_network *network, char *out, size_t size)
{
	char text[INET6_ADDRSTRLEN] = "?";
	size_t len;
	const uint8_t *b = bytes(&network->address, &len);

	if (len)
		inet_ntop(network->address.ss_family, b, text, sizeof text);
	snprintf(out, size, "%s/%u", text, network->prefix_bits);
}
