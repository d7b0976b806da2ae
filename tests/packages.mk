# Debian 12 packages, in one place: deps, the README and CI read them here.
DEPS_BUILD = gcc libc6-dev pkg-config libsofia-sip-ua-dev libpri-dev \
	libspandsp-dev libjansson-dev
DEPS_TEST  = libcmocka-dev sip-tester tshark clang clang-format libclang-rt-14-dev \
	mandoc sox iproute2 procps python3
