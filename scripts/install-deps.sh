#!/usr/bin/env bash
# Installs, by Debian package name, what pin2pin needs and this machine lacks. Does nothing when all is there.
#   install-deps.sh build   what `make run` and `make test` need (default)
#   install-deps.sh lint    what `make lint` needs on top
#   install-deps.sh formal  what `make formal` and `make synth` need
#   install-deps.sh bench   what `make bench` counts instructions with
#   install-deps.sh view    what `make wave` opens, what tests of waveforms and reports look at them with, and gdb
set -euo pipefail

build_packages=(
  g++ cmake ninja-build ccache make pkg-config git ca-certificates
  verilator libsystemc-dev
  libgtest-dev libbenchmark-dev
  libcli11-dev libfmt-dev libtomlplusplus-dev nlohmann-json3-dev
  libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libpng-dev libssl-dev zlib1g-dev
  mingw-w64-common mingw-w64-x86-64-dev g++-mingw-w64-x86-64
  ffmpeg
)
lint_packages=(clang-format clang-tidy shellcheck yosys python3)
formal_packages=(yosys z3 python3)
bench_packages=(valgrind linux-perf python3)
view_packages=(gtkwave xvfb xauth gdb chromium)  # xvfb-run wants xauth

packages=("${build_packages[@]}")
for group in "${@:-build}"; do
  case "$group" in
    build) ;;
    lint) packages+=("${lint_packages[@]}") ;;
    formal) packages+=("${formal_packages[@]}") ;;
    bench) packages+=("${bench_packages[@]}") ;;
    view) packages+=("${view_packages[@]}") ;;
    *) echo "install-deps.sh: unknown group '$group' (expected build, lint, formal, bench or view)" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "install-deps.sh: this is no Debian system; please install: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install-deps.sh: run as root (no sudo here): apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
