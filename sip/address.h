/* Our addresses and the peers' as the text that SIP messages hold. Pure. */
#ifndef TOLLGATE_SIP_ADDRESS_H
#define TOLLGATE_SIP_ADDRESS_H

#include "conf/conf.h"

/* The address that peers see, with the port of the listening socket. */
struct sockaddr_storage sip_address_advertised(const struct conf_gateway *g);

/* The address alone, in brackets where it is IPv6. */
void sip_address_host(const struct sockaddr_storage *address, char *out,
		      size_t size);

/* A number as the user part of a URI: what may not stand there is escaped
 * (RFC 3261 25.1), "#" among it. Cut where `out` is too short; three bytes a
 * character and one are enough. */
void sip_address_user(const char *number, char *out, size_t size);

#endif
