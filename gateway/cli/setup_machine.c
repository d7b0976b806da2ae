#include "gateway/cli/setup_machine.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define DAEMON_USER "tollgate"
#define DEVICES "/sys/bus/dahdi_devices/devices"
#define PCI "/sys/bus/pci/devices"
#define GROUPS_MAX 256

static void join(char path[PATH_MAX], const char *root, const char *fmt,
		 va_list ap)
{
	int used = snprintf(path, PATH_MAX, "%s", root);

	vsnprintf(path + used, (size_t)(PATH_MAX - used), fmt, ap);
}

static bool exists(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static bool exists(const char *root, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	join(path, root, fmt, ap);
	va_end(ap);
	return access(path, F_OK) == 0;
}

static FILE *open_text(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static FILE *open_text(const char *root, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	join(path, root, fmt, ap);
	va_end(ap);
	return fopen(path, "re");
}

/* The first line of a file and no more than fits; closes it. NULL is fine. */
static void take_line(FILE *file, char *out, size_t size)
{
	*out = '\0';
	if (!file)
		return;
	if (fgets(out, (int)size, file))
		out[strcspn(out, "\n")] = '\0';
	fclose(file);
}

static void read_number(FILE *file, unsigned *out)
{
	char text[16];

	take_line(file, text, sizeof text);
	*out = (unsigned)strtoul(text, NULL, 0);
}

/* The last "KEY=VALUE" of a file, spaces around '=' or none, quoted or not;
 * what is there already stays when there is none. */
static void read_setting(const char *root, const char *path, const char *key,
			 char *out, size_t size)
{
	FILE *file = open_text(root, "%s", path);
	char line[256];

	while (file && fgets(line, sizeof line, file)) {
		char *at = line + strspn(line, " \t");
		size_t len = strlen(key);

		if (strncmp(at, key, len) != 0)
			continue;
		at += len;
		at += strspn(at, " \t");
		if (*at++ != '=')
			continue;
		at += strspn(at, " \t\"'");
		at[strcspn(at, " \t\"'\n,#")] = '\0';
		snprintf(out, size, "%s", at);
	}
	if (file)
		fclose(file);
}

/* The module may be compressed, and lie in any folder of the kernel's. */
static void read_modules(struct setup_machine *m, const char *root)
{
	char line[1024];
	FILE *file = open_text(root, "/lib/modules/%s/modules.dep", m->kernel);

	m->module_loaded = exists(root, "/sys/module/dahdi");
	m->modules_known = file != NULL;
	while (file && !m->module_installed && fgets(line, sizeof line, file)) {
		line[strcspn(line, ":")] = '\0';
		m->module_installed = strstr(line, "/dahdi.ko") != NULL;
	}
	if (file)
		fclose(file);
}

static bool in_group(const gid_t *groups, int count, gid_t gid)
{
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* Of a user as a new process of it would have them. */
static bool is_enrolled(const struct passwd *user, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;

	return user &&
	       getgrouplist(user->pw_name, user->pw_gid, groups, &count) > 0 &&
	       in_group(groups, count, gid);
}

static void read_access(struct setup_machine *m, gid_t gid)
{
	const struct passwd *user = getpwuid(geteuid());
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);

	if (user)
		snprintf(m->self.user, sizeof m->self.user, "%s",
			 user->pw_name);
	m->self.enrolled = is_enrolled(user, gid);
	m->self.member = getegid() == gid || in_group(groups, count, gid);
	user = getpwnam(DAEMON_USER);
	m->daemon_there = user != NULL;
	strcpy(m->daemon.user, DAEMON_USER);
	m->daemon.enrolled = m->daemon.member = is_enrolled(user, gid);
}

static void read_ctl(struct setup_machine *m, const char *root)
{
	char path[PATH_MAX];
	const struct passwd *owner;
	const struct group *group;
	struct stat st;

	snprintf(path, sizeof path, "%s%s", root, DAHDI_CTL_PATH);
	if (stat(path, &st) < 0)
		return;
	m->ctl_there = true;
	m->ctl_mode = st.st_mode & 0777;
	owner = getpwuid(st.st_uid);
	snprintf(m->ctl_owner, sizeof m->ctl_owner, "%s",
		 owner ? owner->pw_name : "?");
	group = getgrgid(st.st_gid);
	snprintf(m->ctl_group, sizeof m->ctl_group, "%s",
		 group ? group->gr_name : "?");
	read_access(m, st.st_gid);
}

/* Who makes cards for DAHDI, or their PCI chips: PCI vendor numbers. */
static const char *maker_of(unsigned vendor)
{
	static const struct {
		unsigned vendor;
		const char *maker;
	} makers[] = {
		{ 0xd161, "Digium" },	{ 0x1923, "Sangoma" },
		{ 0x0b0b, "Rhino" },	{ 0x1b74, "OpenVox" },
		{ 0xe159, "TigerJet" }, { 0x1397, "Cologne Chip" },
	};

	for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
		if (makers[i].vendor == vendor)
			return makers[i].maker;
	return NULL;
}

static void add_card(struct setup_machine *m, const char *root,
		     const char *slot)
{
	struct setup_card *card = &m->card[m->card_count];
	char path[PATH_MAX], target[PATH_MAX];
	unsigned vendor;
	ssize_t len;

	if (m->card_count == SETUP_CARDS_MAX)
		return;
	read_number(open_text(root, PCI "/%s/vendor", slot), &vendor);
	card->maker = maker_of(vendor);
	if (!card->maker)
		return;
	snprintf(card->slot, sizeof card->slot, "%.15s", slot);
	take_line(open_text(root, PCI "/%s/modalias", slot), card->modalias,
		  sizeof card->modalias);
	snprintf(path, sizeof path, "%s" PCI "/%s/driver", root, slot);
	len = readlink(path, target, sizeof target - 1);
	if (len > 0) {
		target[len] = '\0';
		snprintf(card->driver, sizeof card->driver, "%.39s",
			 strrchr(target, '/') ? strrchr(target, '/') + 1
					      : target);
	}
	m->card_count++;
}

/* The spans that are assigned are directories of their device. */
static unsigned count_spans(const char *root, const char *name)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	snprintf(path, sizeof path, "%s" DEVICES "/%s", root, name);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		count += !strncmp(entry->d_name, "span-", 5);
	if (dir)
		closedir(dir);
	return count;
}

static void add_device(struct setup_machine *m, const char *root,
		       const char *name)
{
	struct setup_device *device = &m->device[m->device_count];

	if (m->device_count == SETUP_DEVICES_MAX)
		return;
	take_line(open_text(root, DEVICES "/%s/hardware_id", name), device->id,
		  sizeof device->id);
	if (!*device->id)
		snprintf(device->id, sizeof device->id, "%.39s", name);
	take_line(open_text(root, DEVICES "/%s/location", name),
		  device->location, sizeof device->location);
	read_number(open_text(root, DEVICES "/%s/span_count", name),
		    &device->spans);
	device->assigned = count_spans(root, name);
	m->device_count++;
}

static void each_entry(struct setup_machine *m, const char *root,
		       const char *where,
		       void (*add)(struct setup_machine *m, const char *root,
				   const char *name))
{
	char path[PATH_MAX];
	struct dirent **entries;
	int count;

	snprintf(path, sizeof path, "%s%s", root, where);
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.')
			add(m, root, entries[i]->d_name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* "IFACE DESTINATION GATEWAY ...", numbers in hexadecimal. */
static void read_route(const char *root, char interface[IF_NAMESIZE])
{
	FILE *file = open_text(root, "/proc/net/route");
	char line[256], name[IF_NAMESIZE];
	unsigned long destination;

	*interface = '\0';
	while (file && !*interface && fgets(line, sizeof line, file))
		if (sscanf(line, "%15s %lx", name, &destination) == 2 &&
		    !destination)
			strcpy(interface, name);
	if (file)
		fclose(file);
}

/* 0: cannot be used; the larger the better. */
static int rank(const struct ifaddrs *at, const char *route)
{
	const struct sockaddr_in6 *in6 = (const void *)at->ifa_addr;
	const struct sockaddr_in *in4 = (const void *)at->ifa_addr;
	int on_route = !strcmp(at->ifa_name, route);

	if (!at->ifa_addr || !(at->ifa_flags & IFF_UP) ||
	    (at->ifa_flags & IFF_LOOPBACK))
		return 0;
	switch (at->ifa_addr->sa_family) {
	case AF_INET:
		/* One that the interface gave itself (RFC 3927). */
		if (ntohl(in4->sin_addr.s_addr) >> 16 == 0xa9fe)
			return 0;
		return 3 + on_route;
	case AF_INET6:
		if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
			return 0;
		return 1 + on_route;
	default: return 0;
	}
}

static void format(const struct ifaddrs *at, char text[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in6 *in6 = (const void *)at->ifa_addr;
	const struct sockaddr_in *in4 = (const void *)at->ifa_addr;

	inet_ntop(at->ifa_addr->sa_family,
		  at->ifa_addr->sa_family == AF_INET
			  ? (const void *)&in4->sin_addr
			  : (const void *)&in6->sin6_addr,
		  text, INET6_ADDRSTRLEN);
}

void setup_choose_address(struct setup_machine *m, const struct ifaddrs *list,
			  const char *route)
{
	const struct ifaddrs *best = NULL;
	size_t used = 0;

	for (const struct ifaddrs *at = list; at; at = at->ifa_next)
		if (rank(at, route) > (best ? rank(best, route) : 0))
			best = at;
	*m->address = *m->interface = *m->other_addresses = '\0';
	if (!best)
		return;
	format(best, m->address);
	m->ipv6 = best->ifa_addr->sa_family == AF_INET6;
	snprintf(m->interface, sizeof m->interface, "%s", best->ifa_name);
	for (const struct ifaddrs *at = list; at; at = at->ifa_next) {
		char text[INET6_ADDRSTRLEN];

		if (at == best || !rank(at, route) ||
		    used > sizeof m->other_addresses - sizeof text -
				    IF_NAMESIZE - 6)
			continue;
		format(at, text);
		used += (size_t)sprintf(m->other_addresses + used, "%s%s (%s)",
					used ? ", " : "", text, at->ifa_name);
	}
}

/* As setlocale(3) looks for them. Nobody's calls are those of "C". */
static void read_locale(struct setup_machine *m, const char *root)
{
	static const char *const names[] = { "LC_ALL", "LC_TELEPHONE", "LANG" };
	const char *value = NULL;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		value = getenv(names[i]);
		if (value && strchr(value, '_'))
			break;
		value = NULL;
	}
	if (value)
		snprintf(m->locale, sizeof m->locale, "%s", value);
	else
		read_setting(root, "/etc/default/locale", "LANG", m->locale,
			     sizeof m->locale);
}

void setup_machine_read(struct setup_machine *m, const char *root)
{
	char route[IF_NAMESIZE];
	struct ifaddrs *list;
	struct utsname uts;

	memset(m, 0, sizeof *m);
	if (uname(&uts) == 0)
		snprintf(m->kernel, sizeof m->kernel, "%s", uts.release);
	read_modules(m, root);
	read_ctl(m, root);
	m->system_conf = exists(root, "/etc/dahdi/system.conf");
	each_entry(m, root, PCI, add_card);
	each_entry(m, root, DEVICES, add_device);
	read_setting(root, "/etc/dahdi/system.conf", "loadzone", m->zone,
		     sizeof m->zone);
	read_setting(root, "/etc/dahdi/system.conf", "defaultzone", m->zone,
		     sizeof m->zone);
	read_locale(m, root);
	read_route(root, route);
	if (getifaddrs(&list) == 0) {
		setup_choose_address(m, list, route);
		freeifaddrs(list);
	}
}

void setup_span_read(struct setup_span *out, const char *root,
		     const struct dahdi_scan_span *span)
{
#define SPAN "/sys/bus/dahdi_spans/devices/span-%u/"
	unsigned master, in_use = 0;

	memset(out, 0, sizeof *out);
	read_number(open_text(root, SPAN "is_sync_master", span->number),
		    &master);
	out->sync_master = master;
	for (unsigned t = 1; t <= TDM_TIMESLOTS && !out->in_use; t++) {
		enum dahdi_use use = dahdi_use(&span->timeslot[t - 1]);

		if (use != DAHDI_USE_B && use != DAHDI_USE_D)
			continue;
		read_number(open_text(root, SPAN "dahdi!chan!%03u!%03u/in_use",
				      span->number, span->number, t),
			    &in_use);
		out->in_use = in_use;
		if (use == DAHDI_USE_B && !*out->echo)
			take_line(open_text(root,
					    SPAN "dahdi!chan!%03u!%03u/"
						 "ec_factory",
					    span->number, span->number, t),
				  out->echo, sizeof out->echo);
	}
#undef SPAN
}
