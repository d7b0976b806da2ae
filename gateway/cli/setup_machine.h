/* What a first configuration depends on besides DAHDI's spans, and what tells
 * why there are none. */
#ifndef TOLLGATE_CLI_SETUP_MACHINE_H
#define TOLLGATE_CLI_SETUP_MACHINE_H

#include "dahdi/dahdi_scan.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define SETUP_CARDS_MAX 8
#define SETUP_DEVICES_MAX 16
#define SETUP_NAME_MAX 40

/* A telephony card on the PCI bus, whether or not DAHDI knows of it. */
struct setup_card {
	char slot[16], modalias[80];
	char driver[SETUP_NAME_MAX]; /* "": none */
	const char *maker;
};

/* What DAHDI calls a device: a card, whose spans may not be assigned. */
struct setup_device {
	char id[SETUP_NAME_MAX], location[SETUP_NAME_MAX];
	unsigned spans, assigned;
};

/* The group that a file's group permission is for. */
struct setup_access {
	char user[SETUP_NAME_MAX]; /* whom it is about */
	bool member;		   /* its processes have the group */
	bool enrolled; /* the group's list has the user, whatever this one has
			*/
};

struct setup_machine {
	char kernel[66];
	bool module_loaded, module_installed;
	bool modules_known; /* the kernel's list of modules can be read */
	bool system_conf;

	bool ctl_there;
	char ctl_owner[SETUP_NAME_MAX], ctl_group[SETUP_NAME_MAX];
	unsigned ctl_mode;
	struct setup_access self;
	bool daemon_there; /* the user tollgate */
	struct setup_access daemon;

	unsigned card_count, device_count;
	struct setup_card card[SETUP_CARDS_MAX];
	struct setup_device device[SETUP_DEVICES_MAX];

	/* Where SIP is to be received; "": nothing but loopback is there. */
	char address[INET6_ADDRSTRLEN], interface[IF_NAMESIZE];
	bool ipv6;
	char other_addresses[160]; /* "10.0.0.2 (eth1), ..." */

	/* What the country is guessed from, "" if it says nothing. */
	char zone[8], locale[SETUP_NAME_MAX];
};

/* What is known of a span outside DAHDI's ioctls. */
struct setup_span {
	char echo[SETUP_NAME_MAX]; /* its echo canceller, "" none */
	bool in_use;		   /* a program has its channels open */
	bool sync_master;	   /* DAHDI's ticks come from it */
};

/* Reads from the file system beneath `root` ("" for the real one) and from
 * this process. Nothing fails: what cannot be read is not there. */
void setup_machine_read(struct setup_machine *machine, const char *root);

void setup_span_read(struct setup_span *out, const char *root,
		     const struct dahdi_scan_span *span);

/* The address of `list` that SIP is received on most likely: IPv4 rather than
 * IPv6, that of `route`, the interface of the default route, rather than
 * another. */
void setup_choose_address(struct setup_machine *machine,
			  const struct ifaddrs *list, const char *route);

#endif
