/* IPv4 and IPv6 addresses and networks. */
#ifndef TOLLGATE_CONF_ADDRESS_H
#define TOLLGATE_CONF_ADDRESS_H

#include "conf/conf.h"

/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; the port stays 0. 0 or
 * -EINVAL. */
int address_parse(const char *text, struct sockaddr_storage *out);

void address_set_port(struct sockaddr_storage *address, unsigned port);
unsigned address_port(const struct sockaddr_storage *address);

/* 0.0.0.0 or [::] */
bool address_is_any(const struct sockaddr_storage *address);
bool address_is_mapped(const struct sockaddr_storage *address);

/* Bits of an address of its family, 32 or 128. */
unsigned address_bits(const struct sockaddr_storage *address);

/* Sets every bit after the first `bits` to 0; true when one was set. */
bool address_mask(struct sockaddr_storage *address, unsigned bits);

/* Orders by family, address and length; 0: the same network. */
int network_compare(const struct conf_network *a, const struct conf_network *b);

/* `address` may be IPv4-mapped IPv6, which is compared as IPv4. */
bool network_holds(const struct conf_network *network,
		   const struct sockaddr *address);

/* "192.0.2.0/24" */
void network_format(const struct conf_network *network, char *out, size_t size);

#endif
