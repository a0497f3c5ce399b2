#!/usr/bin/env bash
# lint.sh BUILD_DIR: formatting, layering, SystemVerilog, shell. Stops at the first failing kind.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?build directory}

echo "lint: clang-format"
scripts/sources.sh | xargs clang-format --dry-run -Werror
echo "lint: layers"
python3 scripts/check-layers.py
echo "lint: rule numbers in tests"
python3 scripts/rules.py >/dev/null
echo "lint: shell"
git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run | xargs shellcheck
echo "lint: SystemVerilog (verilator -Wall, yosys check)"
cmake --build "$build" --target lint_rtl
