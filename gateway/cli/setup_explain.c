/* What is missing, in the order in which it is put right: module, card, spans,
 * their configuration, the right to open them. */
#include "gateway/cli/field.h"
#include "gateway/cli/setup.h"

#include <errno.h>
#include <string.h>

#define CTL DAHDI_CTL_PATH
#define TRIGGER "udevadm trigger --subsystem-match=dahdi"
#define GROUP_READ_WRITE 060

static void explain_cards(struct screen *screen, const struct setup_machine *m)
{
	for (unsigned i = 0; i < m->card_count; i++) {
		const struct setup_card *card = &m->card[i];

		if (*card->driver) {
			setup_say(screen,
				  "The %s card in PCI slot %s is driven by %s.",
				  card->maker, card->slot, card->driver);
			continue;
		}
		setup_say(screen,
			  "The %s card in PCI slot %s is driven by no module. "
			  "If there is one for it, this loads it:",
			  card->maker, card->slot);
		setup_type(screen, "modprobe '%s'", card->modalias);
	}
	if (!m->card_count)
		setup_say(screen,
			  "No telephony card of a known maker is seen on the "
			  "PCI bus (lspci -nn): is it seated, and powered? One "
			  "for USB would be seen by lsusb.");
}

static void explain_no_device(struct screen *screen,
			      const struct setup_machine *m)
{
	setup_say(screen, "DAHDI is not there: there is no " CTL ".");
	if (m->module_loaded) {
		setup_say(screen,
			  "Its module is loaded, so it is udev that makes no "
			  "devices. Does it run? Into a container the host has "
			  "to pass /dev/dahdi.");
		setup_type(screen, TRIGGER);
		return;
	}
	if (m->module_installed) {
		setup_say(screen, "Its module is installed and not loaded:");
	} else if (m->modules_known) {
		setup_say(screen,
			  "This kernel, %s, has no module dahdi:", m->kernel);
		setup_type(screen,
			   "apt install dahdi dahdi-dkms linux-headers-%s",
			   m->kernel);
	} else {
		setup_say(screen,
			  "The modules of this kernel, %s, are not to be seen "
			  "either (/lib/modules). In a container it is the "
			  "host that has to load dahdi; elsewhere install "
			  "dahdi-dkms and the kernel's headers.",
			  m->kernel);
	}
	setup_type(screen, "modprobe dahdi");
	explain_cards(screen, m);
}

static void explain_group(struct screen *screen, const struct setup_machine *m)
{
	const char *user = *m->self.user ? m->self.user : "USER";

	if ((m->ctl_mode & GROUP_READ_WRITE) != GROUP_READ_WRITE ||
	    !strcmp(m->ctl_group, "root")) {
		setup_say(screen,
			  "No group may open it: a udev rule has to give it "
			  "to one. Tollgate's 'make install' brings "
			  "61-tollgate-dahdi.rules; then:");
		setup_type(screen, "udevadm control --reload");
		setup_type(screen, TRIGGER);
	} else if (!m->self.member && m->self.enrolled) {
		setup_say(screen,
			  "%s is of group %s since this session began: log in "
			  "again.",
			  user, m->ctl_group);
	} else if (!m->self.member) {
		setup_say(screen, "%s lacks group %s:", user, m->ctl_group);
		setup_type(screen, "sudo usermod -aG %s %s", m->ctl_group,
			   user);
		setup_say(screen, "Then log in again.");
	} else {
		setup_say(screen,
			  "%s is of that group, so something else forbids it: "
			  "a container, systemd's DevicePolicy, AppArmor.",
			  user);
	}
}

static void explain_no_permission(struct screen *screen,
				  const struct setup_machine *m)
{
	setup_say(screen,
		  "%s may not open " CTL ", which belongs to user %s and group "
		  "%s, mode %04o.",
		  *m->self.user ? m->self.user : "This user", m->ctl_owner,
		  m->ctl_group, m->ctl_mode);
	explain_group(screen, m);
	setup_say(screen, "Or let root look:");
	setup_type(screen, "sudo tollgate setup");
}

static void explain_device(struct screen *screen,
			   const struct setup_device *device)
{
	setup_say(screen,
		  "DAHDI knows the card %s%s%s%s: %u span%s, %u "
		  "assigned.",
		  device->id, *device->location ? " (" : "", device->location,
		  *device->location ? ")" : "", device->spans,
		  plural(device->spans), device->assigned);
}

static void explain_no_span(struct screen *screen,
			    const struct setup_machine *m)
{
	setup_say(screen, "DAHDI is there and has no span.");
	for (unsigned i = 0; i < m->device_count; i++)
		explain_device(screen, &m->device[i]);
	if (m->device_count) {
		setup_say(screen,
			  "Spans get their numbers when they are assigned, and "
			  "the kind of line (E1 or T1) before that. Both are "
			  "kept over a reboot:");
		setup_type(screen, "dahdi_genconf --line-mode=E1 spantypes");
		setup_type(screen, "dahdi_span_types set");
		setup_type(screen, "dahdi_span_assignments auto");
		setup_type(screen, "dahdi_genconf assignedspans");
		return;
	}
	setup_say(screen,
		  "It knows no card: the card's own module is not loaded, or "
		  "does not find it (dmesg, dahdi_hardware).");
	explain_cards(screen, m);
}

static void explain_unusable(struct screen *screen,
			     const struct setup_machine *m,
			     const struct dahdi_scan *scan)
{
	bool configure = false;

	for (unsigned i = 0; i < scan->count; i++) {
		struct setup_fit fit;

		setup_fit(&fit, &scan->span[i]);
		configure |= fit.configure;
	}
	setup_say(screen, "None of them can be used as it is.");
	if (configure && !m->system_conf)
		setup_say(screen,
			  "There is no /etc/dahdi/system.conf. dahdi_genconf "
			  "writes one for the cards that it sees:");
	else if (configure)
		setup_say(screen,
			  "/etc/dahdi/system.conf does not describe them, or "
			  "has not been applied. dahdi_genconf writes it anew, "
			  "dahdi_cfg applies it:");
	if (!configure)
		return;
	setup_type(screen, "dahdi_genconf system");
	setup_type(screen, "dahdi_cfg -v");
	setup_say(screen,
		  "Where dahdi_cfg ends with DAHDI_ATTACH_ECHOCAN failed: "
		  "Debian 12 cannot load oslec, the echo canceller that "
		  "dahdi_genconf names unless /etc/dahdi/genconf_parameters "
		  "says");
	setup_type(screen, "echo_can mg2");
}

void setup_explain(struct screen *screen, const struct setup_machine *m,
		   int error, const struct dahdi_scan *scan)
{
	switch (-error) {
	case 0:
		if (scan->count)
			explain_unusable(screen, m, scan);
		else
			explain_no_span(screen, m);
		break;
	case ENOENT: explain_no_device(screen, m); break;
	case EACCES:
	case EPERM: explain_no_permission(screen, m); break;
	case ENXIO:
	case ENODEV:
		setup_say(screen, "No driver answers behind " CTL ": the file "
				  "is left over, the module is not loaded.");
		setup_type(screen, "modprobe dahdi");
		explain_cards(screen, m);
		break;
	default: setup_say(screen, CTL " does not open: %s.", strerror(-error));
	}
}

void setup_warn_daemon(struct screen *screen, const struct setup_machine *m)
{
	if (!m->daemon_there || m->daemon.enrolled || !m->ctl_there ||
	    (m->ctl_mode & 006) == 006 || !strcmp(m->ctl_owner, m->daemon.user))
		return;
	setup_say(screen,
		  "The daemon's user, %s, may not open " CTL ": it lacks group "
		  "%s (mode %04o). 'make install' brings a udev rule that "
		  "gives it to the daemon's own group, 61-tollgate-dahdi.rules;"
		  " or:",
		  m->daemon.user, m->ctl_group, m->ctl_mode);
	setup_type(screen, "usermod -aG %s %s", m->ctl_group, m->daemon.user);
}
