# `make try` and `make test` install what they need; all other targets expect the tools to be installed.

CARGO  ?= cargo
STATIC  = $(shell uname -m)-unknown-linux-gnu
# LLD, Rust's linker on x86-64, can merge identical functions and pack relocations.
SMALL   = $(if $(filter x86_64,$(shell uname -m)),-C link-arg=-Wl$(comma)--icf=all$(comma)--pack-dyn-relocs=relr)
comma   = ,
# A faster kernel for the virtual machines, if .ci/deps could get it.
export PATH := /usr/local/lib/gscript-uml/bin:$(PATH)
RECIPE ?= encrypted-root
# Tests wait for programs: one more than there are cores keeps all cores busy.
THREADS = $$(($$(nproc) + 1))
# A virtual machine stays on one core, and is often idle.
MACHINES = $$(($$(nproc) + 2))

.PHONY: help try test lab torture check bench fuzz static built docs snapshots deps deps-lab clean \
	fresh quick alone once more honest summary-test summary-lab

help: ## show this list
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

try: deps ## run the main recipe for real in a disposable virtual machine
	$(CARGO) build --release
	target/release/gscript try $(RECIPE)

# One target per step, so that with --keep-going a failure does not hide the others.
test: deps fresh check built quick once summary-test ## run all checks and tests, and each capability once for real (minutes)

lab: deps-lab fresh static alone once more honest summary-lab ## run every test in virtual machines and test the static binary (about 35 minutes)

torture: deps ## interrupt the main recipe at every place, fail every command, boot every variant (hours)
	$(CARGO) test --test lab -- --ignored '[torture]'

# In this order, even with --jobs: two builds in one target directory only wait for each other.
.NOTPARALLEL:

fresh:
	@rm -rf target/skipped.txt target/proved target/lab/times.txt

# Runs the tests that need no virtual machine.
quick:
	RUST_TEST_THREADS=$(THREADS) $(CARGO) test --no-fail-fast --lib --bins --test main --test fuzz
	@$(CARGO) test --quiet --test main -- --nocapture attacks::attempts_are_counted | grep attempts

once:
	$(CARGO) test --test lab -- --test-threads $(MACHINES)

alone:
	$(CARGO) test --test main -- --ignored static_binary

more:
	$(CARGO) test --test lab -- --test-threads $(MACHINES) --ignored --skip '[torture]' --skip honesty

# Checks the results of `once` and `more`.
honest:
	$(CARGO) test --test lab -- --ignored honesty

summary-test summary-lab:
	@if [ -s target/skipped.txt ]; then echo "Skipped here, with the reason:"; cat target/skipped.txt; fi
	@echo "$$(cat target/skipped.txt 2>/dev/null | wc -l) tests could not run here."

check: ## check formatting, lints and the terms used in messages
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) test --quiet --test main -- architecture::english

bench: ## run benchmarks against doing the same without gscript
	.ci/deps bench
	$(CARGO) build --release
	$(CARGO) bench --bench main

# What libFuzzer needs to know which input reaches what. It is a program in C++, built with the target.
COVERAGE = -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
	-Cllvm-args=-sanitizer-coverage-trace-compares
FUZZER = RUSTFLAGS='--cfg fuzzing $(COVERAGE)' $(CARGO) test --profile fuzz --target $(STATIC) --test fuzz
SECONDS ?= 60
TARGETS ?= $(notdir $(wildcard tests/fuzz/corpus/*))

fuzz: ## fuzz every parser of foreign text, each for SECONDS=60; TARGETS="fstab lock" selects some
	$(FUZZER) --no-run
	@for target in $(TARGETS); do \
		mkdir -p target/fuzz/$$target; \
		echo "$$target"; \
		GSCRIPT_FUZZ=$$target $(FUZZER) --quiet -- -max_total_time=$(SECONDS) -timeout=10 -max_len=16384 \
			-rss_limit_mb=1024 -verbosity=0 -print_final_stats=1 -artifact_prefix=target/fuzz/$$target- \
			target/fuzz/$$target tests/fuzz/corpus/$$target || failed="$$failed $$target"; \
	done; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed. The inputs are target/fuzz/NAME-*: fix the fault, and keep them in tests/fuzz/corpus/NAME."; exit 1; fi

static: ## build a statically linked binary, target/static/gscript
	RUSTFLAGS='-C target-feature=+crt-static $(SMALL)' $(CARGO) build --release --target $(STATIC)
	@mkdir -p target/static
	cp target/$(STATIC)/release/gscript target/static/gscript

built:
	$(CARGO) test --no-run --lib --bins --tests

docs: ## generate the reference and the files for editors, shells and man
	GSCRIPT_WRITE_DOCS=1 $(CARGO) test --test main -- reference::

# Tests that compare output with committed snapshots. Review a change before accepting it.
KEPT = cli:: gentoo::layouts layouts::every plans::

snapshots: ## show differences from the committed snapshots; ACCEPT=1 accepts them
	$(if $(ACCEPT),GSCRIPT_WRITE_SNAPSHOTS=1 )$(CARGO) test --test main -- $(KEPT)
	$(if $(ACCEPT),GSCRIPT_WRITE_SNAPSHOTS=1 )$(CARGO) test --test lab -- --ignored bad_input

deps:
	@.ci/deps

deps-lab:
	@.ci/deps lab

clean:
	$(CARGO) clean
