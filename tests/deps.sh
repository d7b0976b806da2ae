#!/bin/sh
# deps.sh check|install PACKAGE... : says which Debian packages are missing, or
# installs them as root or through sudo, naming them first.
set -eu
mode=$1
shift
missing=
for package in "$@"; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$mode" = check ]; then
	echo "These Debian packages are missing:$missing" >&2
	echo "Run 'make deps' to install them." >&2
	exit 1
fi
echo "Installing the Debian packages that are missing:$missing"
as_root=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "Not root and no sudo here. As root: apt-get install$missing" >&2
		exit 1
	}
	as_root=sudo
fi
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # a list of names
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
