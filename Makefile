# pin2pin: the commands people type. `make help` lists them.
BUILD ?= build/release
OUT   ?= out
SEED  ?= 1
PREFIX ?= /usr/local
SEEDS ?= 1-200
COUNT ?= 1000
MINUTES ?= 60
V     ?= 0
DIR   ?= $(OUT)
PROGRAM := $(BUILD)/bin/pin2pin
# two jobs a core would thrash small machines: the Verilated model and SystemC are memory-hungry to compile
JOBS  ?= $(shell nproc)
CMAKE_QUIET := $(if $(filter 1,$(V)),,--log-level=WARNING)

.DEFAULT_GOAL := help
.PHONY: help install run test test-fast bench build sanitize lint tidy schedules mutate formal synth rules ddi coverage coverage-chip coverage-driver format format-check wave clean deps

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install missing Debian packages by name
	@scripts/install-deps.sh build

$(BUILD)/build.ninja: CMakePresets.json
	@cmake --preset release -B $(BUILD) $(CMAKE_QUIET)

build: deps ## build everything into build/release
	@test -f $(BUILD)/build.ninja || cmake --preset release -B $(BUILD) $(CMAKE_QUIET)
	@cmake --build $(BUILD) -j $(JOBS) $(if $(filter 1,$(V)),-v)

run: deps ## build, then capture the built-in clip: 30 frames of 640x480, into out/
	@test -f $(BUILD)/build.ninja || cmake --preset release -B $(BUILD) $(CMAKE_QUIET)
	@cmake --build $(BUILD) -j $(JOBS) --target pin2pin_run $(if $(filter 1,$(V)),-v)
	@$(PROGRAM) run --source pattern:bars --size 640x480 --frames 30 --seed $(SEED) --out $(OUT)
	@echo "capture:  $(OUT)/capture.mkv   pictures: $(OUT)/contact.png"
	@echo "report:   $(OUT)/report.html   summary:  $(OUT)/summary.json   events: $(OUT)/events.jsonl"

test: lint ## lint, then every test
	@scripts/install-deps.sh formal view
	@mkdir -p build/reports
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS) --output-junit $(CURDIR)/build/reports/tests.xml

test-fast: build ## tests that take seconds
	@ctest --test-dir $(BUILD) --output-on-failure -j $(JOBS) -LE slow

schedules: build ## every case of the kernel's and AVStream's suites under each of SEEDS=1-200 random schedules
	@ls $(BUILD)/tests/test_ntos_* $(BUILD)/tests/test_ks_bench | P2P_SCHEDULE_SEEDS=$(SEEDS) xargs -P $(JOBS) -n 1 env

sanitize: deps ## build and test under the address and undefined sanitizers
	@test -f build/sanitize/build.ninja || cmake --preset sanitize $(CMAKE_QUIET)
	@cmake --build build/sanitize -j $(JOBS)
	@ctest --test-dir build/sanitize --output-on-failure -j $(JOBS)

lint: build ## formatting, layering, rule numbers, shellcheck, clang-tidy, SystemVerilog lint
	@scripts/install-deps.sh lint
	@scripts/lint.sh $(BUILD)

tidy: build ## clang-tidy over every unit, tests too; with DEEP=1 the path-sensitive analyzer as well
	@scripts/install-deps.sh lint
	@python3 scripts/tidy.py $(if $(DEEP),--deep) $(BUILD)

format: ## rewrite sources with clang-format
	@scripts/install-deps.sh lint
	@scripts/sources.sh | xargs clang-format -i

format-check: ## fail if clang-format would change a file
	@scripts/sources.sh | xargs clang-format --dry-run -Werror

formal: ## prove the capture chip's blocks, bounded the whole chip, and break what was proved (rtl/formal/README.md)
	@scripts/install-deps.sh formal
	@python3 scripts/formal.py --jobs $(JOBS) build

synth: ## synthesise the capture chip with Yosys: cells and flip-flops, for no target, ECP5 (one plane and two) and iCE40
	@scripts/install-deps.sh formal
	@python3 scripts/synth.py build

rules: ## each rule of the Windows semantics with its tests; after `make test` only with those that passed in it
	@python3 scripts/rules.py $(if $(wildcard build/reports/tests.xml),--ran build/reports/tests.xml)

ddi: ## write docs/ddi-coverage.md: every DDI that is there, with its IRQL and rules, and those that are not
	@python3 scripts/ddi_coverage.py

bench: ## compare the co-simulation with the bare Verilated model: CPU time, instructions, bus use
	@scripts/install-deps.sh build bench
	@test -f $(BUILD)/build.ninja || cmake --preset release -B $(BUILD) $(CMAKE_QUIET)
	@cmake --build $(BUILD) -j $(JOBS) --target pin2pin_run bench_bare_chip bench_chip_limits bench_chip_limits_long bench_irp_stack bench_software_path $(if $(filter 1,$(V)),-v)
	@python3 bench/bench.py $(BUILD) build/reports/bench.json

coverage: coverage-driver coverage-chip ## what the tests reach of the chip and of the driver's life; each gap by its place (docs/coverage.md)

coverage-chip: deps ## the chip's half: lines, toggles, functional bins
	@scripts/install-deps.sh build lint
	@test -f build/coverage/build.ninja || cmake --preset coverage $(CMAKE_QUIET)
	@cmake --build build/coverage -j $(JOBS) --target rtl_tests $(if $(filter 1,$(V)),-v)
	@rm -rf build/coverage/points && mkdir -p build/coverage/points
	@ls build/coverage/tests/test_rtl_* | P2P_COVERAGE_DIR=build/coverage/points xargs -P $(JOBS) -I{} env {} --gtest_brief=1
	@python3 scripts/coverage.py build/coverage/points --least-line 100 --least-toggle 98 --least-bins 99 --html build/coverage/coverage.html --json build/coverage/coverage.json

coverage-driver: deps ## the driver's half: functional bins, by random sequences and by runs that are steered to what is missing
	@scripts/install-deps.sh build
	@test -f $(BUILD)/build.ninja || cmake --preset release -B $(BUILD) $(CMAKE_QUIET)
	@cmake --build $(BUILD) -j $(JOBS) --target pin2pin_run test_ks_sequences $(if $(filter 1,$(V)),-v)
	@rm -rf build/coverage/driver && mkdir -p build/coverage/driver
	@seq 0 $$(($(JOBS) - 1)) | P2P_COVERAGE_DIR=build/coverage/driver GTEST_TOTAL_SHARDS=$(JOBS) xargs -P $(JOBS) -I{} env GTEST_SHARD_INDEX={} $(BUILD)/tests/test_ks_sequences --gtest_brief=1 --gtest_filter='Seeds/*' > build/coverage/driver/sequences.log
	@python3 scripts/scenarios.py $(BUILD) build/coverage/driver --jobs $(JOBS) --least 99

mutate: deps ## mutants of the chip (COUNT=1000, SEED=1) and of the driver: which do the tests not notice? each half takes MINUTES=60 at most
	@scripts/install-deps.sh build lint
	@test -f $(BUILD)/build.ninja || cmake --preset release -B $(BUILD) $(CMAKE_QUIET)
	@cmake --build $(BUILD) -j $(JOBS) --target pin2pin_run test_driver_vcapdrv test_ks_capture test_ks_chip test_ks_sequences $(if $(filter 1,$(V)),-v)
	@python3 scripts/mutate_rtl.py --count $(COUNT) --seed $(SEED) --minutes $(MINUTES) --jobs $(JOBS)
	@python3 scripts/mutate_driver.py $(BUILD) --minutes $(MINUTES) --jobs $(JOBS)

install: deps ## install the program and the CMake package for drivers below PREFIX (/usr/local)
	@test -f $(BUILD)/build.ninja || cmake --preset release -B $(BUILD) $(CMAKE_QUIET)
	@cmake --build $(BUILD) -j $(JOBS) --target pin2pin_installed $(if $(filter 1,$(V)),-v)
	@cmake --install $(BUILD) --component pin2pin --prefix $(PREFIX)

wave: build ## trace a short run in full and open it in GTKWave
	@scripts/install-deps.sh view
	@$(PROGRAM) run --source pattern:bars --size 64x48 --frames 3 --seed $(SEED) --trace full --out $(OUT)/wave
	@$(PROGRAM) view $(OUT)/wave

clean: ## remove build and output folders
	@rm -rf build $(OUT)
