# Debian 12 packages, in one place: the Makefile reads them for deps-check,
# deps, demo, test and lint.
# dahdi-source has the header that libtonezone-dev's includes; it is not built.
DEPS_BUILD = gcc libc6-dev make pkg-config libsofia-sip-ua-dev libpri-dev \
	libspandsp-dev libtonezone-dev dahdi-source libjansson-dev \
	libglib2.0-dev libedit-dev
# What places the demonstration's call and reads its JSON.
DEPS_DEMO  = sip-tester jq procps
# clang and its run-time are the fuzzers'.
DEPS_TEST  = $(DEPS_DEMO) libcmocka-dev sox clang libclang-rt-14-dev tzdata \
	tmux
DEPS_LINT  = libcmocka-dev clang clang-format mandoc
# The VM of tests/dahdi-vm, and what its DAHDI modules are built with. Kernel
# and DAHDI are fetched by tests/dahdi-vm/prepare and not installed.
DEPS_VM    = qemu-system-x86 busybox-static cpio kmod make gcc-12 libelf1 \
	bzip2 xz-utils sox tshark gojq
