#include "sip/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static in_port_t listen_port(const struct conf_gateway *g)
{
	const struct sockaddr_in *in = (const void *)&g->listen;
	const struct sockaddr_in6 *in6 = (const void *)&g->listen;

	return g->listen.ss_family == AF_INET6 ? in6->sin6_port : in->sin_port;
}

struct sockaddr_storage sip_address_advertised(const struct conf_gateway *g)
{
	struct sockaddr_storage a = g->advertise;

	if (a.ss_family == AF_UNSPEC)
		a = g->listen;
	if (a.ss_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)&a)->sin6_port = listen_port(g);
	else
		((struct sockaddr_in *)(void *)&a)->sin_port = listen_port(g);
	return a;
}

void sip_address_host(const struct sockaddr_storage *address, char *out,
		      size_t size)
{
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;
	char text[INET6_ADDRSTRLEN] = "";

	if (address->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
	else
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
	snprintf(out, size, address->ss_family == AF_INET6 ? "[%s]" : "%s",
		 text);
}

void sip_address_user(const char *number, char *out, size_t size)
{
	static const char plain[] = "0123456789+*"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz";
	size_t used = 0;

	for (; *number && used + 4 <= size; number++)
		if (strchr(plain, *number))
			out[used++] = *number;
		else
			used += (size_t)snprintf(out + used, size - used,
						 "%%%02X",
						 (unsigned char)*number);
	out[used] = '\0';
}
