# `make try` and `make test` set up what they need; everything else expects that it is there.

CARGO  ?= cargo
STATIC  = $(shell uname -m)-unknown-linux-gnu
RECIPE ?= encrypted-root
# Virtual machines wait a good deal: one more than there are cores keeps all of them busy.
THREADS = $$(($$(nproc) + 1))

.PHONY: help try test lab torture check bench static built docs snapshots deps clean \
	fresh quick once more honest told-test told-lab

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

try: deps ## the main job, for real, in a throw-away virtual machine
	$(CARGO) build --release
	target/release/gscript try $(RECIPE)

# Each step is a target, so that with --keep-going one that fails does not hide the others.
test: deps fresh check built quick once told-test ## all checks and tests, and each capability once for real: minutes

lab: deps fresh static once more honest told-lab ## every test with virtual machines, and the static binary

torture: deps ## the main job cut off at every place, every command failing, everything booted: hours
	$(CARGO) test --test lab -- --ignored '[torture]'

# In this order, also with --jobs: two builds in one target directory only wait for each other.
.NOTPARALLEL:

fresh:
	@rm -rf target/skipped.txt target/proved target/lab/times.txt

# Without a virtual machine.
quick:
	RUST_TEST_THREADS=$(THREADS) $(CARGO) test --no-fail-fast --lib --bins --test main
	@$(CARGO) test --quiet --test main -- --nocapture attacks::attempts_are_counted | grep attempts

once:
	$(CARGO) test --test lab -- --test-threads $(THREADS)

more:
	$(CARGO) test --test main -- --ignored static_binary
	$(CARGO) test --test lab -- --test-threads $(THREADS) --ignored --skip '[torture]' --skip honesty

# Looks at what `once` and `more` have left.
honest:
	$(CARGO) test --test lab -- --ignored honesty

told-test told-lab:
	@if [ -s target/skipped.txt ]; then echo "Skipped here, with the reason:"; cat target/skipped.txt; fi
	@echo "$$(cat target/skipped.txt 2>/dev/null | wc -l) tests could not run here."

check: ## format, lints, and the terms that messages use
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	$(CARGO) test --quiet --test main -- architecture::english

bench: deps ## measures against what one would do instead
	$(CARGO) build --release
	$(CARGO) bench --bench main

static: ## one binary without any library: target/static/gscript
	RUSTFLAGS='-C target-feature=+crt-static' $(CARGO) build --release --target $(STATIC)
	@mkdir -p target/static
	cp target/$(STATIC)/release/gscript target/static/gscript

built:
	$(CARGO) test --no-run --lib --bins --tests

docs: ## write the reference and the files for editors, shells and man
	GSCRIPT_WRITE_DOCS=1 $(CARGO) test --test main -- reference::

# What a test compares with a kept text; a change is to be read before it is accepted.
KEPT = cli:: gentoo::layouts layouts::every plans::

snapshots: ## show how plans and messages differ from the kept ones; ACCEPT=1 keeps the new ones
	$(if $(ACCEPT),GSCRIPT_WRITE_SNAPSHOTS=1 )$(CARGO) test --test main -- $(KEPT)
	$(if $(ACCEPT),GSCRIPT_WRITE_SNAPSHOTS=1 )$(CARGO) test --test lab -- --ignored bad_input

deps:
	@.ci/deps

clean:
	$(CARGO) clean
