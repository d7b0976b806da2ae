# Tollgate. `make demo` is the place to begin; `make help` lists the rest.

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=
BUILD      ?= build
V          ?= 0
JOBS       ?= $(shell nproc)

ifeq ($(origin CC),default)
CC := gcc
endif
ifneq ($(V),1)
QUIET = @
SAY   = @printf '  %-7s %s\n'
MAKEFLAGS += --no-print-directory
else
SAY   = @:
endif

# SANITIZE=address,undefined or thread selects an instrumented build.
SANITIZE ?=
ifneq ($(SANITIZE),)
SAN_FLAGS = -fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
OPT       ?= -O1 -g
else
# Fortify needs optimisation and is not for instrumented builds.
HARDEN_x86_64  = -fcf-protection
HARDEN_aarch64 = -mbranch-protection=standard
HARDEN    = -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection $(HARDEN_$(shell uname -m))
OPT       ?= -O2 -g
endif

WARN     = -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes -Werror
# Sofia's headers are not clean under -Wextra: -isystem keeps their warnings
# out. Read when make starts, so what installs pkg-config builds in a sub-make.
SOFIA_CFLAGS := $(subst -I,-isystem ,$(shell pkg-config --cflags sofia-sip-ua \
	2>/dev/null))
# One file's alone.
GLIB_CFLAGS := $(subst -I,-isystem ,$(shell pkg-config --cflags glib-2.0 \
	2>/dev/null))
CPPFLAGS += -I. -I$(BUILD)/gen -D_GNU_SOURCE $(SOFIA_CFLAGS)
CFLAGS   += -std=gnu11 $(WARN) $(OPT) $(HARDEN) $(SAN_FLAGS) -fPIE -pthread
LDFLAGS  += -pie -Wl,-z,relro,-z,now -pthread $(SAN_FLAGS)

LIBPRI       ?= -lpri
LIBS_DAEMON   = -lsofia-sip-ua $(LIBPRI) -lspandsp -ltonezone -ljansson \
	-lglib-2.0 -lm
LIBS_EXCHANGE = -lsofia-sip-ua $(LIBPRI) -lspandsp -ltonezone -ljansson \
	-lglib-2.0 -lm
LIBS_CLI      = -ljansson -ledit -lglib-2.0
# A test may have parts of all of them.
LIBS_TEST     = $(LIBS_EXCHANGE) -ledit

# Every object but the mains goes into one archive: a program links what it
# uses, a unit test links the module it is about.
MAINS    = gateway/main.c gateway/cli/main.c exchange/main.c
LIB_SRC  = $(filter-out $(MAINS),$(wildcard gateway/*.c gateway/cli/*.c \
	conf/*.c dahdi/*.c sip/*.c media/*.c exchange/*.c))
LIB_OBJ  = $(LIB_SRC:%.c=$(BUILD)/%.o)
LIB      = $(BUILD)/libtollgate.a
PROGRAMS = $(BUILD)/tollgated $(BUILD)/tollgate $(BUILD)/tollgate-exchange
COMPLETIONS = $(BUILD)/completion/bash $(BUILD)/completion/zsh
UNIT     = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
TOOLS    = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/tool_*.c))
# Shared by unit tests, never by programs; an archive, so that a test that has
# stand-ins of its own is not given these too.
FAKES_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fake_*.c))
FAKES     = $(BUILD)/tests/libfakes.a

# Again under ThreadSanitizer: the tests of what has threads.
TSAN_UNIT = $(patsubst tests/%.c,build-tsan/tests/%,\
	$(wildcard tests/test_media*.c tests/test_ring.c tests/test_cdr*.c \
	tests/test_log*.c tests/test_reload.c))

# libFuzzer is clang's. Fuzzers are instrumented down to the last module, so
# they have a build directory of their own.
FUZZ_NAMES = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZERS    = $(FUZZ_NAMES:%=build-fuzz/tests/fuzz/%)
MAKE_FUZZ  = $(MAKE) -j$(JOBS) CC=clang BUILD=build-fuzz \
	SANITIZE=fuzzer-no-link,address,undefined $(FUZZERS)
FUZZ_SECONDS ?= 60

.PHONY: all deps deps-check demo run check-programs test test-unit test-fuzz \
	test-scenario test-dahdi sanitize fuzz bench bench-dahdi lint format install \
	uninstall clean help fuzzers
.DELETE_ON_ERROR:
.SECONDARY:

all: deps-check $(PROGRAMS) $(COMPLETIONS)

help:
	@echo 'make demo       install what is missing, build, place one call, show it'
	@echo 'make run        the same without the call: stays up, says what to dial'
	@echo 'make            build'
	@echo 'make test       the whole suite; test-unit, test-fuzz, test-scenario'
	@echo 'make test-dahdi the scenarios on the real DAHDI drivers, in a VM'
	@echo 'make sanitize   the suite under ASan and UBSan, threads under TSan'
	@echo 'make fuzz       every fuzzer for FUZZ_SECONDS=60; see tests/fuzz/run'
	@echo 'make bench      figures: CPU and memory of a call, calls per second, delay;'
	@echo '                HELD="30 120 480 960" calls held, each for HELD_S=8 s,'
	@echo '                CALLS=2000 short ones at RATE=100 a second'
	@echo 'make bench-dahdi the same on the real DAHDI drivers, in a VM;'
	@echo '                HELD="30 60 120 240" HELD_S=8 VM_CLOCK=virtual or real'
	@echo 'make lint       formatting, man pages, folder rules, a build with clang'
	@echo 'make format     clang-format over the tree'
	@echo 'make deps       install the Debian packages that are missing'
	@echo 'make install    DESTDIR, PREFIX and SYSCONFDIR honoured; make uninstall'
	@echo 'V=1 shows commands, CC=clang builds with clang, BUILD=dir builds there'

include tests/packages.mk

deps-check:
	@tests/deps.sh check $(DEPS_BUILD)

deps:
	@tests/deps.sh install $(DEPS_BUILD) $(DEPS_TEST)

demo run:
	@tests/deps.sh install $(DEPS_BUILD) $(DEPS_DEMO)
	@+$(MAKE) -j$(JOBS) all
	@BUILD=$(BUILD) tests/demo.sh $@

# All that the suite runs, once the packages are there.
check-programs: $(PROGRAMS) $(UNIT) $(TOOLS)

test: WHAT = unit fuzz scenario
test-unit: WHAT = unit
test-scenario: WHAT = scenario
test test-unit test-scenario: deps
	@+$(MAKE) -j$(JOBS) check-programs
	@BUILD=$(BUILD) tests/run $(WHAT)

test: fuzzers
test-fuzz: fuzzers
	@tests/run fuzz

fuzzers: deps
	@+$(MAKE_FUZZ)

fuzz: fuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run $(FUZZERS)

sanitize: deps
	@+$(MAKE) -j$(JOBS) BUILD=build-asan SANITIZE=address,undefined \
		check-programs
	@+$(MAKE) -j$(JOBS) BUILD=build-tsan SANITIZE=thread $(TSAN_UNIT)
	@BUILD=build-asan tests/run unit scenario $(TSAN_UNIT)

# The scenarios again where spans are DAHDI's; see tests/dahdi-vm/run. In a
# clock of its own the VM is never late, however busy this machine is.
VM_CLOCK ?= virtual
test-dahdi:
	@tests/deps.sh install $(DEPS_BUILD) $(DEPS_DEMO) $(DEPS_VM)
	@+$(MAKE) -j$(JOBS) $(PROGRAMS) $(TOOLS)
	@VM_CLOCK=$(VM_CLOCK) VM_TIMEOUT_S=1500 BUILD=$(BUILD) JOBS=$(JOBS) \
		tests/dahdi-vm/all || \
		[ $$? -eq 77 ]

bench:
	@tests/deps.sh install $(DEPS_BUILD) $(DEPS_DEMO)
	@+$(MAKE) -j$(JOBS) all $(TOOLS)
	@BUILD=$(BUILD) tests/bench/run

bench-dahdi:
	@tests/deps.sh install $(DEPS_BUILD) $(DEPS_DEMO) $(DEPS_VM)
	@+$(MAKE) -j$(JOBS) $(PROGRAMS) $(TOOLS)
	@VM_CLOCK=$(VM_CLOCK) BUILD=$(BUILD) tests/bench/dahdi

lint:
	@tests/deps.sh install $(DEPS_BUILD) $(DEPS_LINT)
	@+$(MAKE) -j$(JOBS) CC=clang BUILD=build-clang check-programs
	@tests/lint.sh

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# What the objects were built with: another compiler or flag builds anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(CPPFLAGS) $(CFLAGS)' | cmp -s - $@ || \
		echo '$(CC) $(CPPFLAGS) $(CFLAGS)' >$@
.PHONY: FORCE

$(BUILD)/%.o: %.c $(BUILD)/flags | deps-check
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(QUIET)$(CC) $(CPPFLAGS) $(OWN_CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/conf/hours.o: OWN_CPPFLAGS = $(GLIB_CFLAGS)

# The cause tables are data: the csv files are their source.
$(BUILD)/gen/cause_tables.inc: gateway/cause_tables.awk \
		gateway/cause_to_sip.csv gateway/sip_to_cause.csv
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(QUIET)awk -f $^ >$@

$(BUILD)/gateway/cause.o: $(BUILD)/gen/cause_tables.inc

$(LIB): $(LIB_OBJ)
	$(SAY) AR $@
	$(QUIET)rm -f $@ && ar rcs $@ $(LIB_OBJ)

$(BUILD)/tollgated: $(BUILD)/gateway/main.o $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON)

$(BUILD)/tollgate-exchange: $(BUILD)/exchange/main.o $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_EXCHANGE)

$(BUILD)/tollgate: $(BUILD)/gateway/cli/main.o $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_CLI)

# Written by the program itself; see gateway/cli/completion.c.
$(COMPLETIONS): $(BUILD)/completion/%: $(BUILD)/tollgate
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(QUIET)$< completion $* >$@

$(FAKES): $(FAKES_OBJ)
	$(SAY) AR $@
	$(QUIET)rm -f $@ && ar rcs $@ $(FAKES_OBJ)

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(FAKES) $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_TEST)

$(BUILD)/tests/tool_%: $(BUILD)/tests/tool_%.o $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_EXCHANGE)

$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(FAKES) $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS_EXCHANGE)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# Installed files as mode:source:destination, one list for both directions.
# The configuration itself is the operator's: only samples are installed.
SBIN  = $(PREFIX)/sbin
BIN   = $(PREFIX)/bin
# Examples and lists of numbers, to be copied: the copies are the operator's.
SHARE = $(PREFIX)/share/tollgate
MANS  = $(wildcard gateway/*.8 gateway/*.7 gateway/cli/*.1 exchange/*.1 conf/*.5 conf/*.7)
UNIT_FILE = $(PREFIX)/lib/systemd/system/tollgate.service
INIT_FILE = $(SYSCONFDIR)/init.d/tollgate
BASH_FILE = $(PREFIX)/share/bash-completion/completions/tollgate
# Debian's zsh looks in /usr/local/share/zsh/site-functions, but not so in /usr.
ZSH_FILE  = $(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),$\
	vendor-completions,site-functions)/_tollgate
FILES = \
	755:$(BUILD)/tollgated:$(SBIN)/tollgated \
	755:$(BUILD)/tollgate:$(BIN)/tollgate \
	755:$(BUILD)/tollgate-exchange:$(BIN)/tollgate-exchange \
	$(foreach m,$(MANS),\
	644:$(m):$(PREFIX)/share/man/man$(patsubst .%,%,$(suffix $(m)))/$(notdir $(m))) \
	644:$(BUILD)/completion/bash:$(BASH_FILE) \
	644:$(BUILD)/completion/zsh:$(ZSH_FILE) \
	644:conf/tollgate.conf.sample:$(SYSCONFDIR)/tollgate/tollgate.conf.sample \
	644:conf/card.conf:$(SYSCONFDIR)/tollgate/card.conf.sample \
	644:init/tollgate.service:$(UNIT_FILE) \
	$(foreach f,$(wildcard conf/example-*.conf),\
	644:$(f):$(SHARE)/$(notdir $(f))) \
	$(foreach f,$(wildcard conf/classes/*.class),\
	644:$(f):$(SHARE)/classes/$(notdir $(f))) \
	755:init/tollgate.init:$(INIT_FILE) \
	644:init/tollgate.sysusers:$(PREFIX)/lib/sysusers.d/tollgate.conf \
	644:init/61-tollgate-dahdi.rules:$(PREFIX)/lib/udev/rules.d/61-tollgate-dahdi.rules \
	644:init/tollgate.logrotate:$(SYSCONFDIR)/logrotate.d/tollgate

install: all
	@set -eu; for f in $(FILES); do \
		mode=$${f%%:*}; f=$${f#*:}; \
		to=$(DESTDIR)$${f#*:}; from=$${f%%:*}; \
		echo "  INSTALL $$to"; \
		install -D -m $$mode "$$from" "$$to"; \
	done
	@sed -i -e 's,/usr/sbin/tollgated,$(SBIN)/tollgated,' \
		-e 's,/etc/tollgate,$(SYSCONFDIR)/tollgate,' \
		$(DESTDIR)$(UNIT_FILE) $(DESTDIR)$(INIT_FILE)

uninstall:
	@for f in $(FILES); do \
		to=$(DESTDIR)$${f##*:}; \
		echo "  REMOVE  $$to"; \
		rm -f "$$to"; \
	done
	@rmdir $(DESTDIR)$(SYSCONFDIR)/tollgate 2>/dev/null || :

clean:
	rm -rf build build-* run
