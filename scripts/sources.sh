#!/usr/bin/env bash
# Prints our C and C++ sources, one a line.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files --cached --others --exclude-standard -- '*.cpp' '*.h' '*.c' | while read -r file; do
  if [ -e "$file" ]; then echo "$file"; fi  # one deleted but not yet committed is still listed
done
