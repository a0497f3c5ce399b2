#!/usr/bin/env bash
# lint.sh BUILD_DIR: formatting, layering, documents, shell, SystemVerilog, C++. Stops at the first failing kind.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:?build directory}

echo "lint: clang-format"
scripts/sources.sh | xargs clang-format --dry-run -Werror
echo "lint: layers"
python3 scripts/check-layers.py
echo "lint: rule numbers in tests"
python3 scripts/rules.py >/dev/null
echo "lint: docs/source-documents.md"
python3 scripts/source_documents.py
echo "lint: docs/ddi-coverage.md"
python3 scripts/ddi_coverage.py --check
echo "lint: docs/timing"
python3 scripts/timing_diagrams.py --check
echo "lint: shell"
git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run | xargs shellcheck
echo "lint: SystemVerilog (verilator -Wall, yosys check)"
cmake --build "$build" --target lint_rtl
echo "lint: clang-tidy"
python3 scripts/tidy.py "$build" sim/ sw/ tb/ bench/
