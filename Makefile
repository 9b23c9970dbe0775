# `make try` and `make test` set up what they need; everything else expects that it is there.

CARGO  ?= cargo
STATIC  = $(shell uname -m)-unknown-linux-gnu
RECIPE ?= encrypted-root
# Virtual machines wait a good deal: one more than there are cores keeps all of them busy.
THREADS = $$(($$(nproc) + 1))

.PHONY: help try test torture check bench static built docs snapshots deps clean

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

try: deps ## the main job, for real, in a throw-away virtual machine
	$(CARGO) build --release
	target/release/gscript try $(RECIPE)

test: deps ## every check and every test
	@$(MAKE) --no-print-directory --jobs=3 --output-sync=line check static built
	@rm -rf target/skipped.txt target/proved
	RUST_TEST_THREADS=$(THREADS) $(CARGO) test --no-fail-fast
	$(CARGO) test --test main -- --ignored --nocapture honesty
	@$(CARGO) test --quiet --test main -- --nocapture attacks::attempts_are_counted | grep attempts
	@if [ -s target/skipped.txt ]; then echo "Skipped here, with the reason:"; cat target/skipped.txt; fi
	@echo "$$(cat target/skipped.txt 2>/dev/null | wc -l) tests could not run here."

torture: deps ## the main job cut off at every place, every command going wrong, everything booted: hours
	$(CARGO) test --test main -- --ignored --nocapture torture

check: ## format and lints
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings

bench: deps ## measures against what one would do instead
	$(CARGO) build --release
	$(CARGO) bench --bench main

static: ## one binary without any library: target/static/gscript
	RUSTFLAGS='-C target-feature=+crt-static' $(CARGO) build --release --target $(STATIC)
	@mkdir -p target/static
	cp target/$(STATIC)/release/gscript target/static/gscript

built:
	$(CARGO) test --no-run

docs: ## write the reference and the files for editors, shells and man
	GSCRIPT_WRITE_DOCS=1 $(CARGO) test --test main -- editors:: examples::

# What a test compares with a kept text; a change is to be read before it is accepted.
KEPT = bad_input:: cli:: gentoo::layouts layouts::every plans::

snapshots: ## show how plans and messages differ from the kept ones; ACCEPT=1 keeps the new ones
	$(if $(ACCEPT),GSCRIPT_WRITE_SNAPSHOTS=1 )$(CARGO) test --test main -- $(KEPT)

deps:
	@.ci/deps

clean:
	$(CARGO) clean
