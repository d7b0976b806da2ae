# Debian 12 packages, in one place: the Makefile reads them for deps-check,
# deps, demo, test and lint.
# dahdi-source has the header that libtonezone-dev's includes; it is not built.
DEPS_BUILD = gcc libc6-dev make pkg-config libsofia-sip-ua-dev libpri-dev \
	libspandsp-dev libtonezone-dev dahdi-source libjansson-dev
# What places the demonstration's call and reads its JSON.
DEPS_DEMO  = sip-tester jq procps
# clang and its run-time are the fuzzers'.
DEPS_TEST  = $(DEPS_DEMO) libcmocka-dev sox clang libclang-rt-14-dev
DEPS_LINT  = libcmocka-dev clang clang-format mandoc
