/* SIP over UDP without a stack, for tools that must send what no stack would
 * and when no stack would. Only what such tools share. */
#ifndef TOLLGATE_BARE_SIP_H
#define TOLLGATE_BARE_SIP_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline int64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* "127.0.0.1:5060" */
static inline bool parse_address(const char *text, struct sockaddr_in *out)
{
	char ip[INET_ADDRSTRLEN + 1];
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : sizeof(ip);

	if (len >= sizeof(ip))
		return false;
	memcpy(ip, text, len);
	ip[len] = '\0';
	memset(out, 0, sizeof(*out));
	out->sin_family = AF_INET;
	out->sin_port = htons((uint16_t)atoi(colon + 1));
	return inet_pton(AF_INET, ip, &out->sin_addr) == 1;
}

/* The value of header `name` ("\nVia: ") up to the line's end. */
static inline bool header(const char *text, const char *name, char *out,
			  size_t size)
{
	const char *at = strstr(text, name);
	size_t len;

	if (!at)
		return false;
	at += strlen(name);
	len = strcspn(at, "\r\n");
	if (len >= size)
		return false;
	memcpy(out, at, len);
	out[len] = '\0';
	return true;
}

#endif
