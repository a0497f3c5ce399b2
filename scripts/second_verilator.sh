#!/usr/bin/env bash
# second_verilator.sh FOLDER: makes FOLDER/verilator the supported Verilator that this machine has not installed, from
# Debian's packages. Nothing is installed on the system; its libraries come along. Does nothing when it is there.
# DEBIAN_MIRROR: where packages come from (http://deb.debian.org/debian).
set -euo pipefail

folder=${1:?folder}
declare -A suites=([5.006]=bookworm [5.032]=trixie)
installed=$(verilator --version | awk '{print $2}')
for version in "${!suites[@]}"; do
  [ "$version" = "$installed" ] || second=$version
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
wrapper=$folder/verilator
folder=$folder/$second
if [ -x "$wrapper" ] && [ "$("$wrapper" --version | awk '{print $2}')" = "$second" ]; then exit 0; fi
if ! command -v apt-get >/dev/null; then
  echo "second_verilator.sh: needs apt-get to fetch Verilator $second of Debian ${suites[$second]}" >&2
  exit 1
fi

rm -rf "$folder"
mkdir -p "$folder"/{lists/partial,archives/partial,root,packages}
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
  "${DEBIAN_MIRROR:-http://deb.debian.org/debian} ${suites[$second]} main" >"$folder/sources.list"
: >"$folder/status"
apt=(-o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$folder/lists"
  -o "Dir::State::Status=$folder/status" -o "Dir::Cache=$folder" -o APT::Sandbox::User=)
echo "fetching Verilator $second of Debian ${suites[$second]}"
apt-get -qq "${apt[@]}" update
(cd "$folder/packages" && apt-get -qq "${apt[@]}" download verilator libc6 libstdc++6 libgcc-s1)
for package in "$folder"/packages/*.deb; do
  dpkg-deb -x "$package" "$folder/root"
done
loader=$(find "$folder/root" -name 'ld-linux*.so*' | head -n 1)
libraries=$(dirname "$(find "$folder/root/usr/lib" -name 'libstdc++.so.6' | head -n 1)")
: "${loader:?no loader in libc6}"
cat >"$wrapper.new" <<EOF
#!/bin/sh
VERILATOR_ROOT="$folder/root/usr/share/verilator" exec "$loader" \\
  --library-path "$(dirname "$loader"):$libraries:$folder/root/lib/$(basename "$libraries")" "$folder/root/usr/bin/verilator_bin" "\$@"
EOF
chmod +x "$wrapper.new"
"$wrapper.new" --version
mv "$wrapper.new" "$wrapper"
rm -rf "$folder/lists" "$folder/archives" "$folder/packages"
