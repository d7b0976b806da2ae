/* `tollgate setup`: what it sees of a machine, and what it says of it. */
#include "tests/sample_setup.h"

#include <arpa/inet.h>
#include <pwd.h>

#define PCI "/sys/bus/pci/devices/0000:05:08.0"
#define DEVICE "/sys/bus/dahdi_devices/devices/pci:0000:05:08.0"
#define SPAN "/sys/bus/dahdi_spans/devices/span-1/"
#define CHANNEL(n) SPAN "dahdi!chan!001!0" #n "/"

/* A path in the machine, with the directories that lead to it. */
static const char *at(const struct fixture *f, const char *path)
{
	static char whole[512];

	snprintf(whole, sizeof whole, "%s%s", f->root, path);
	for (char *c = whole + strlen(f->root) + 1; (c = strchr(c, '/')); c++) {
		*c = '\0';
		mkdir(whole, 0755);
		*c = '/';
	}
	return whole;
}

static void there(const struct fixture *f, const char *path, const char *text)
{
	FILE *file = fopen(at(f, path), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void read_machine(struct fixture *f)
{
	setup_machine_read(&f->machine, f->root);
}

static void test_an_empty_machine(void **state)
{
	struct fixture *f = *state;
	const struct setup_machine *m = &f->machine;

	read_machine(f);
	assert_false(m->module_loaded || m->module_installed);
	assert_false(m->modules_known || m->system_conf || m->ctl_there);
	assert_int_equal(m->card_count, 0);
	assert_int_equal(m->device_count, 0);
	assert_string_equal(m->zone, "");
	assert_string_equal(m->locale, "");
	assert_true(*m->kernel);
}

static void test_a_full_machine(void **state)
{
	struct fixture *f = *state;
	const struct setup_machine *m = &f->machine;
	char path[128];

	read_machine(f);
	snprintf(path, sizeof path, "/lib/modules/%s/modules.dep", m->kernel);
	there(f, path, "kernel/a.ko: kernel/b.ko\nextra/dahdi.ko.xz:\n");
	there(f, "/sys/module/dahdi/initstate", "live\n");
	there(f, DAHDI_CTL_PATH, "");
	chmod(at(f, DAHDI_CTL_PATH), 0660);
	there(f, "/etc/dahdi/system.conf",
	      "# loadzone=es\nloadzone\t= us\n defaultzone=fr # mine\n");
	there(f, "/etc/default/locale", "LANGUAGE=x\nLANG=\"de_DE.UTF-8\"\n");
	there(f, PCI "/vendor", "0xd161\n");
	there(f, PCI "/modalias", "pci:v0000D161d00000420\n");
	assert_int_equal(symlink("../../../bus/pci/drivers/wct4xxp",
				 at(f, PCI "/driver")),
			 0);
	there(f, "/sys/bus/pci/devices/0000:00:01.0/vendor", "0x8086\n");
	there(f, DEVICE "/hardware_id", "\n");
	there(f, DEVICE "/location", "PCI Bus 05 Slot 09\n");
	there(f, DEVICE "/span_count", "4\n");
	there(f, DEVICE "/span-1/name", "TE4/0/1\n");
	there(f, DEVICE "/span-2/name", "TE4/0/2\n");
	read_machine(f);
	assert_true(m->module_loaded && m->module_installed);
	assert_true(m->modules_known && m->system_conf && m->ctl_there);
	assert_int_equal(m->ctl_mode, 0660);
	assert_string_equal(m->ctl_owner, getpwuid(geteuid())->pw_name);
	assert_true(m->self.member);
	assert_string_equal(m->zone, "fr");
	assert_string_equal(m->locale, "de_DE.UTF-8");
	assert_int_equal(m->card_count, 1);
	assert_string_equal(m->card[0].maker, "Digium");
	assert_string_equal(m->card[0].slot, "0000:05:08.0");
	assert_string_equal(m->card[0].driver, "wct4xxp");
	assert_string_equal(m->card[0].modalias, "pci:v0000D161d00000420");
	assert_int_equal(m->device_count, 1);
	assert_string_equal(m->device[0].id, "pci:0000:05:08.0");
	assert_string_equal(m->device[0].location, "PCI Bus 05 Slot 09");
	assert_int_equal(m->device[0].spans, 4);
	assert_int_equal(m->device[0].assigned, 2);
	setenv("LANG", "nl_NL.UTF-8", 1);
	setenv("LC_ALL", "C", 1);
	read_machine(f);
	assert_string_equal(m->locale, "nl_NL.UTF-8");
}

/* More than there is room for, and lines longer than any. */
static void test_a_crowded_machine(void **state)
{
	struct fixture *f = *state;
	char path[128], text[600];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof path, "/sys/bus/pci/devices/%02d/vendor",
			 i);
		there(f, path, "0xd161");
		snprintf(path, sizeof path,
			 "/sys/bus/dahdi_devices/devices/%02d/location", i);
		there(f, path, text);
	}
	there(f, "/etc/dahdi/system.conf", text);
	there(f, "/proc/net/route", text);
	read_machine(f);
	assert_int_equal(f->machine.card_count, SETUP_CARDS_MAX);
	assert_int_equal(f->machine.device_count, SETUP_DEVICES_MAX);
}

struct interface {
	const char *name, *address;
	unsigned flags;
};

static void choose(struct fixture *f, const struct interface *interfaces,
		   const char *route)
{
	struct ifaddrs list[8] = { 0 };
	struct sockaddr_in6 address[8];

	for (size_t i = 0; interfaces[i].name; i++) {
		struct sockaddr_in *in4 = (void *)&address[i];

		if (i)
			list[i - 1].ifa_next = &list[i];
		list[i].ifa_name = (char *)interfaces[i].name;
		list[i].ifa_flags = interfaces[i].flags;
		if (!interfaces[i].address)
			continue;
		list[i].ifa_addr = (void *)&address[i];
		address[i].sin6_family = AF_INET6;
		if (inet_pton(AF_INET6, interfaces[i].address,
			      &address[i].sin6_addr) == 1)
			continue;
		in4->sin_family = AF_INET;
		assert_int_equal(inet_pton(AF_INET, interfaces[i].address,
					   &in4->sin_addr),
				 1);
	}
	setup_choose_address(&f->machine, list, route);
}

static void test_addresses(void **state)
{
	static const struct interface many[] = {
		{ "lo", "127.0.0.1", IFF_UP | IFF_LOOPBACK },
		{ "ppp0", NULL, IFF_UP },
		{ "eth0", "2001:db8::1", IFF_UP },
		{ "eth1", "10.0.0.2", IFF_UP },
		{ "eth2", "203.0.113.5", IFF_UP },
		{ "eth3", "198.51.100.1", 0 },
		{ "eth4", "169.254.1.1", IFF_UP },
		{ NULL, NULL, 0 },
	};
	static const struct interface six[] = {
		{ "eth0", "fe80::1", IFF_UP },
		{ "eth0", "2001:db8::1", IFF_UP },
		{ NULL, NULL, 0 },
	};
	struct fixture *f = *state;

	choose(f, many, "eth2");
	assert_string_equal(f->machine.address, "203.0.113.5");
	assert_string_equal(f->machine.interface, "eth2");
	assert_string_equal(f->machine.other_addresses,
			    "2001:db8::1 (eth0), 10.0.0.2 (eth1)");
	choose(f, many, "");
	assert_string_equal(f->machine.address, "10.0.0.2");
	assert_false(f->machine.ipv6);
	choose(f, six, "eth0");
	assert_string_equal(f->machine.address, "2001:db8::1");
	assert_true(f->machine.ipv6);
	setup_choose_address(&f->machine, NULL, "");
	assert_string_equal(f->machine.address, "");
	assert_string_equal(f->machine.other_addresses, "");
}

static void explain(struct fixture *f, int error)
{
	struct screen screen = { .colour = false };
	struct dahdi_scan *s = error ? NULL : scan();

	screen.out = begin(f);
	setup_explain(&screen, &f->machine, error, s);
	end(f, screen.out);
	dahdi_scan_free(s);
}

static void in_group(struct setup_machine *m)
{
	m->self.member = true;
}

static void enrolled(struct setup_machine *m)
{
	m->self.enrolled = true;
}

static void roots(struct setup_machine *m)
{
	strcpy(m->ctl_group, "root");
}

static void closed(struct setup_machine *m)
{
	m->ctl_mode = 0600;
}

static void loaded(struct setup_machine *m)
{
	m->module_loaded = m->module_installed = true;
}

static void installed(struct setup_machine *m)
{
	m->modules_known = m->module_installed = true;
}

static void known(struct setup_machine *m)
{
	m->modules_known = true;
}

static void with_card(struct setup_machine *m)
{
	m->card_count = 2;
	m->card[0].maker = m->card[1].maker = "Digium";
	strcpy(m->card[0].slot, "0000:05:08.0");
	strcpy(m->card[0].driver, "wct4xxp");
	strcpy(m->card[1].slot, "0000:06:08.0");
	strcpy(m->card[1].modalias, "pci:v0000D161d00000420");
	known(m);
}

static void with_device(struct setup_machine *m)
{
	m->device_count = 1;
	strcpy(m->device[0].id, "TE4");
	strcpy(m->device[0].location, "PCI Bus 05 Slot 09");
	m->device[0].spans = 4;
}

static void with_conf(struct setup_machine *m)
{
	m->system_conf = true;
}

/* What is missing, and two things that are said of it. */
static const struct {
	int error;
	void (*is)(struct setup_machine *m);
	const char *says, *remedy;
} explanations[] = {
	{ -ENOENT, NULL, "there is no /dev/dahdi/ctl", "a container" },
	{ -ENOENT, NULL, "No telephony card", "lspci" },
	{ -ENOENT, loaded, "Its module is loaded", "udevadm trigger" },
	{ -ENOENT, installed, "installed and not loaded", "modprobe dahdi" },
	{ -ENOENT, known, "This kernel, 6.1.0-56-amd64, has no module dahdi",
	  "apt install dahdi dahdi-dkms linux-headers-6.1.0-56-amd64" },
	{ -ENOENT, with_card, "slot 0000:05:08.0 is driven by wct4xxp",
	  "modprobe 'pci:v0000D161d00000420'" },
	{ -EACCES, NULL,
	  "anna may not open /dev/dahdi/ctl, which belongs to "
	  "user root and group dialout, mode 0660",
	  "anna lacks group dialout: sudo usermod -aG dialout anna" },
	{ -EPERM, enrolled, "anna is of group dialout", "log in again" },
	{ -EACCES, in_group, "anna is of that group", "DevicePolicy" },
	{ -EACCES, roots, "No group may open it", "61-tollgate-dahdi.rules" },
	{ -EACCES, closed, "mode 0600. No group may", "udevadm trigger" },
	{ -ENXIO, NULL, "No driver answers", "modprobe dahdi" },
	{ -EMFILE, NULL, "does not open: Too many open files", "" },
};

static void test_explanations(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof explanations / sizeof *explanations;
	     i++) {
		struct setup_machine *m = &f->machine;

		memset(m, 0, sizeof *m);
		strcpy(m->kernel, "6.1.0-56-amd64");
		strcpy(m->self.user, "anna");
		strcpy(m->ctl_owner, "root");
		strcpy(m->ctl_group, "dialout");
		m->ctl_mode = 0660;
		if (explanations[i].is)
			explanations[i].is(m);
		explain(f, explanations[i].error);
		assert_said(f, explanations[i].says);
		assert_said(f, explanations[i].remedy);
	}
}

static void test_no_spans(void **state)
{
	struct fixture *f = *state;

	fake_dahdi.span[1].there = false;
	explain(f, 0);
	assert_said(f, "It knows no card");
	assert_said(f, "dahdi_hardware");
	with_device(&f->machine);
	explain(f, 0);
	assert_said(f, "the card TE4 (PCI Bus 05 Slot 09): 4 spans, 0 "
		       "assigned");
	assert_said(f, "dahdi_span_assignments auto");
	assert_said(f, "dahdi_genconf assignedspans");
}

static void unconfigure(unsigned span)
{
	for (int t = 1; t <= FAKE_TIMESLOTS; t++)
		fake_dahdi.span[span].channel[t].signalling = DAHDI_SIG_NONE;
}

static void test_unusable_spans(void **state)
{
	struct fixture *f = *state;

	unconfigure(1);
	explain(f, 0);
	assert_said(f, "There is no /etc/dahdi/system.conf");
	assert_said(f, "dahdi_genconf system dahdi_cfg -v ");
	assert_said(f, "echo_can mg2");
	with_conf(&f->machine);
	explain(f, 0);
	assert_said(f, "system.conf does not describe them");
	/* No configuration remedies these. */
	fake_dahdi.span[1].timeslots = 3;
	strcpy(fake_dahdi.span[1].type, "BRI");
	explain(f, 0);
	assert_said(f, "None of them can be used");
	assert_false(said(f, "dahdi_cfg"));
}

static void warn_daemon(struct fixture *f)
{
	struct screen screen = { .out = begin(f) };

	setup_warn_daemon(&screen, &f->machine);
	end(f, screen.out);
}

static void test_the_daemon_may_not(void **state)
{
	struct fixture *f = *state;
	struct setup_machine *m = &f->machine;

	m->ctl_there = m->daemon_there = true;
	m->ctl_mode = 0660;
	strcpy(m->ctl_owner, "root");
	strcpy(m->ctl_group, "asterisk");
	strcpy(m->daemon.user, "tollgate");
	warn_daemon(f);
	assert_said(f, "user, tollgate, may not open /dev/dahdi/ctl");
	assert_said(f, "usermod -aG asterisk tollgate");
	m->daemon.enrolled = true;
	warn_daemon(f);
	assert_string_equal(f->text, "");
	m->daemon.enrolled = false;
	m->ctl_mode = 0666;
	warn_daemon(f);
	assert_string_equal(f->text, "");
	m->daemon_there = false;
	m->ctl_mode = 0660;
	warn_daemon(f);
	assert_string_equal(f->text, "");
}

static int run(struct fixture *f, const char *output, bool virtual_span)
{
	struct setup_options opt = { .output = output,
				     .virtual_span = virtual_span,
				     .root = f->root,
				     .kernel = &fake_dahdi_kernel };
	FILE *out = fopen(at(f, "/stdout"), "w"), *err = begin(f);
	int status = setup_run(&opt, out, err);

	fclose(out);
	end(f, err);
	return status;
}

static bool is_empty(const struct fixture *f, const char *path)
{
	struct stat st;

	return stat(at(f, path), &st) < 0 || st.st_size == 0;
}

static void test_report(void **state)
{
	struct fixture *f = *state;
	struct fake_span *fs = fake_dahdi.span;

	fs[2].there = fs[3].there = fs[4].there = true;
	strcpy(fs[1].name, "TE4/0/1");
	memset(fs[1].description, 'd', sizeof fs[1].description);
	memset(fs[1].location, 'l', sizeof fs[1].location);
	fs[1].sync_source = 1;
	fs[2].sync_source = 1;
	fs[2].alarms = DAHDI_ALARM_RED | DAHDI_ALARM_YELLOW;
	unconfigure(3);
	fs[4].timeslots = 24;
	unconfigure(4);
	there(f, SPAN "is_sync_master", "1\n");
	there(f, CHANNEL(01) "ec_factory", "MG2\n");
	there(f, CHANNEL(16) "in_use", "1\n");
	assert_int_equal(run(f, NULL, false), CLI_GOOD);
	assert_false(is_empty(f, "/stdout"));
	assert_said(f, "DAHDI has 4 spans:");
	assert_said(f, "Span 1 E1 TE4/0/1 dddd");
	assert_said(f, "30 B channels (timeslots 1-15 17-31), D channel 16");
	assert_said(f, "clock from its own line; DAHDI's ticks are its");
	assert_said(f, "echo canceller MG2 open in another program");
	assert_said(f, "RED alarm: no signal");
	assert_said(f, "YELLOW alarm: the far end does not hear");
	assert_false(said(f, "BLUE") || said(f, "recovering"));
	assert_said(f, "clock from the line of span 1 no echo canceller");
	assert_said(f, "Span 3 E1 (without a name) not used. dahdi_cfg has "
		       "not configured it");
	assert_said(f, "span=3,3,0,ccs,hdb3,crc4 bchan=63-77,79-93 dchan=78");
	assert_said(f, "Span 4 T1");
	assert_said(f, "span=4,4,0,esf,b8zs bchan=94-116 dchan=117");
	assert_false(said(f, "No span has its clock"));
	fs[1].sync_source = fs[2].sync_source = 0;
	assert_int_equal(run(f, NULL, false), CLI_GOOD);
	assert_said(f, "No span has its clock from a line.");
	assert_said(f, "span=1,1,0,...");
}

static void test_nothing_is_written(void **state)
{
	struct fixture *f = *state;

	fake_dahdi.ctl_errno = EACCES;
	assert_int_equal(run(f, NULL, false), CLI_NO_SPAN);
	assert_said(f, "may not open /dev/dahdi/ctl");
	assert_said(f, "tollgate setup --virtual");
	assert_true(is_empty(f, "/stdout"));
	fake_dahdi.ctl_errno = 0;
	unconfigure(1);
	assert_int_equal(run(f, NULL, false), CLI_NO_SPAN);
	assert_said(f, "tollgate setup --virtual");
	assert_true(is_empty(f, "/stdout"));
}

static void test_files(void **state)
{
	struct fixture *f = *state;
	char path[128];
	struct stat st;

	umask(022);
	snprintf(path, sizeof path, "%s/first.conf", f->root);
	assert_int_equal(run(f, path, false), CLI_GOOD);
	assert_true(is_empty(f, "/stdout"));
	assert_said(f, "grep -n CHANGE:");
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 1000);
	assert_int_equal(st.st_mode & 0777, 0644);
	there(f, "/first.conf", "mine\n");
	assert_int_equal(run(f, path, false), CLI_REFUSED);
	assert_said(f, "exists and is left as it is");
	assert_int_equal(run(f, path, true), CLI_REFUSED);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 5);
	snprintf(path, sizeof path, "%s/no/where.conf", f->root);
	assert_int_equal(run(f, path, true), CLI_REFUSED);
	assert_said(f, "there is no such directory");
	snprintf(path, sizeof path, "%s/virtual.conf", f->root);
	assert_int_equal(run(f, path, true), CLI_GOOD);
	assert_said(f, "tollgate-exchange --socket");
	/* A broken link is a file that is not to be written through. */
	snprintf(path, sizeof path, "%s/link.conf", f->root);
	assert_int_equal(symlink("elsewhere", path), 0);
	assert_int_equal(run(f, path, true), CLI_REFUSED);
	assert_true(is_empty(f, "/elsewhere"));
}

static void test_full_disk(void **state)
{
	struct fixture *f = *state;
	struct setup_options opt = { .virtual_span = true, .root = f->root };
	FILE *full = fopen("/dev/full", "w"), *err = begin(f);

	assert_int_equal(setup_run(&opt, full, err), CLI_REFUSED);
	fclose(full);
	end(f, err);
	assert_said(f, "No space left");
}

/* As it is typed. */
static int typed(struct fixture *f, const char *a, const char *b, const char *c)
{
	char *argv[] = { (char *)"tollgate", (char *)a, (char *)b, (char *)c,
			 NULL };
	FILE *err = begin(f);
	int argc = 1, status;

	while (argv[argc])
		argc++;
	status = cli_run(argc, argv, stdout, err);
	end(f, err);
	return status;
}

static void test_command_line(void **state)
{
	struct fixture *f = *state;
	char option[128];

	assert_int_equal(typed(f, "setup", "now", NULL), CLI_REFUSED);
	assert_said(f,
		    "\"now\" is too much: setup [--output FILE] [--virtual]");
	assert_int_equal(typed(f, "setup", "--json", NULL), CLI_REFUSED);
	assert_int_equal(typed(f, "setup", "--output", NULL), CLI_REFUSED);
	assert_said(f, "--output needs a FILE");
	assert_int_equal(typed(f, "status", "--virtual", NULL), CLI_REFUSED);
	assert_said(f, "unknown option --virtual; it is: status");
	assert_int_equal(typed(f, "status", "--output", "x"), CLI_REFUSED);
	snprintf(option, sizeof option, "--output=%s/v.conf", f->root);
	assert_int_equal(typed(f, "setup", "--virtual", option), CLI_GOOD);
	assert_false(is_empty(f, "/v.conf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_an_empty_machine),
		T(test_a_full_machine),
		T(test_a_crowded_machine),
		T(test_addresses),
		T(test_explanations),
		T(test_no_spans),
		T(test_unusable_spans),
		T(test_the_daemon_may_not),
		T(test_report),
		T(test_nothing_is_written),
		T(test_files),
		T(test_full_disk),
		T(test_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
