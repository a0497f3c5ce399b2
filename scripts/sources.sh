#!/usr/bin/env bash
# Prints our C and C++ sources, one a line.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files --cached --others --exclude-standard -- '*.cpp' '*.h' '*.c'
