# Tollgate. `make demo` is the place to begin; `make help` lists the rest.

PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
CC      ?= gcc
V       ?= 0

ifeq ($(origin CC),default)
CC := gcc
endif
ifneq ($(V),1)
QUIET = @
SAY   = @printf '  %-7s %s\n'
else
SAY   = @:
endif

# SANITIZE=address,undefined or thread selects an instrumented build.
SANITIZE ?=
ifneq ($(SANITIZE),)
SAN_FLAGS = -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
OPT       ?= -O1 -g
else
# Fortify needs optimisation and is not for instrumented builds.
HARDEN    = -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection -fcf-protection
OPT       ?= -O2 -g
endif

WARN     = -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror
# Sofia's headers are not clean under -Wextra: -isystem keeps their warnings out.
SOFIA_CFLAGS := $(subst -I,-isystem ,$(shell pkg-config --cflags sofia-sip-ua 2>/dev/null))
CPPFLAGS += -I. -I$(BUILD)/gen -D_GNU_SOURCE $(SOFIA_CFLAGS)
CFLAGS   += -std=gnu11 $(WARN) $(OPT) $(HARDEN) $(SAN_FLAGS) -fPIE -pthread
LDFLAGS  += -pie -Wl,-z,relro,-z,now -pthread $(SAN_FLAGS)

LIBS_DAEMON   = -lsofia-sip-ua -lpri -ljansson -lm
LIBS_EXCHANGE = -lsofia-sip-ua -lpri -lspandsp -ljansson -lm
LIBS_CLI      = -ljansson

# Every object but the mains goes into one archive: a program links what it
# uses, a unit test links the module it is about.
MAINS    = gateway/main.c exchange/main.c
LIB_SRC  = $(filter-out $(MAINS),$(wildcard gateway/*.c conf/*.c dahdi/*.c sip/*.c media/*.c exchange/*.c))
CLI_SRC  = $(wildcard gateway/cli/*.c)
LIB_OBJ  = $(LIB_SRC:%.c=$(BUILD)/%.o)
LIB      = $(BUILD)/libtollgate.a
PROGRAMS = $(BUILD)/tollgated $(BUILD)/tollgate $(BUILD)/tollgate-exchange
UNIT     = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
TOOLS    = $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/tool_*.c))
# Shared by unit tests, never by programs.
TEST_LIB_SRC = $(wildcard tests/fake_*.c)
TEST_LIB_OBJ = $(TEST_LIB_SRC:%.c=$(BUILD)/%.o)
MAN      = $(wildcard gateway/*.8 gateway/cli/*.1 exchange/*.1 conf/*.5)

.PHONY: all deps demo run test test-unit test-scenario sanitize bench lint format install uninstall clean help
.DELETE_ON_ERROR:

all: deps-check $(PROGRAMS)

help:
	@echo 'make demo           install what is missing, build, place one call, show it'
	@echo 'make run            the same without the call: stays up and says what to dial'
	@echo 'make test           the whole suite; test-unit and test-scenario are its parts'
	@echo 'make sanitize       the suite under ASan and UBSan, media under TSan'
	@echo 'make bench          figures'
	@echo 'make lint           formatting, man pages, folder rules'
	@echo 'make deps           install the Debian packages that are missing'
	@echo 'make install        DESTDIR and PREFIX are honoured; make uninstall'
	@echo 'V=1 shows commands, CC=clang builds with clang, BUILD=dir builds there'

# What a build needs, and what demo and test need beyond it.
include tests/packages.mk

.PHONY: deps-check
deps-check:
	@tests/deps.sh check $(DEPS_BUILD)

deps:
	@tests/deps.sh install $(DEPS_BUILD) $(DEPS_TEST)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(QUIET)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# The cause tables are data: the csv files are their source.
$(BUILD)/gen/cause_tables.inc: gateway/cause_tables.awk \
		gateway/cause_to_sip.csv gateway/sip_to_cause.csv
	@mkdir -p $(@D)
	$(SAY) GEN $@
	$(QUIET)awk -f $^ >$@

$(BUILD)/gateway/cause.o: $(BUILD)/gen/cause_tables.inc

$(LIB): $(LIB_OBJ)
	$(SAY) AR $@
	$(QUIET)rm -f $@ && ar rcs $@ $^

$(BUILD)/tollgated: $(BUILD)/gateway/main.o $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_DAEMON)

$(BUILD)/tollgate-exchange: $(BUILD)/exchange/main.o $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_EXCHANGE)

$(BUILD)/tollgate: $(CLI_SRC:%.c=$(BUILD)/%.o) $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_CLI)

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(TEST_LIB_OBJ) $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ -lcmocka $(LIBS_EXCHANGE)

$(BUILD)/tests/tool_%: $(BUILD)/tests/tool_%.o $(LIB)
	$(SAY) LD $@
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS_EXCHANGE)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

clean:
	rm -rf build build-* run
