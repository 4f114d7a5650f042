# Two commands do all on a fresh machine: `make demo` (set up and run a campaign) and `make test`.
#
#   build        virtual environment in .venv, C library, bindings
#   demo         a predictive campaign over real SIP and RTP; results under demo-out/
#   test         everything CI runs, in its order        test-fast  Python tests without the slow ones
#   test-c       C tests: plain, out-of-memory, ASan + UBSan          test-py  Python tests
#   lint types   format and style; mypy --strict and layering
#   tsan fuzz    thread sanitizer; libFuzzer targets for FUZZ_SECONDS each
#   bench soak   figures of README.md; a long run with flat memory
#   bench-media  cost of media against a bare relay and rtpengine in the same run (bench/README.md)
#   docs wheel clean         lock   newer versions of the Python packages
.DEFAULT_GOAL := build
SHELL := /bin/bash
PY := .venv/bin/python
FUZZ_SECONDS ?= 60
T ?=

C_SRC := $(shell find csrc -name '*.c' -o -name '*.h')
BIND_SRC := $(wildcard bindings/*.pyx bindings/*.pxd bindings/*.pxi bindings/*.py)

# --- set-up: installs what is missing, asks for nothing -----------------------------------------
BUILD_PACKAGES := build-essential pkg-config libssl-dev libspandsp-dev libopus-dev libsrtp2-dev python3-venv python3-dev
TEST_PACKAGES := clang libclang-rt-dev llvm sip-tester baresip ffmpeg iproute2 procps

# $(1) packages. Debian 12 has libclang-rt only with its version in the name.
define need
@missing=; for p in $(1); do \
  if [ $$p = libclang-rt-dev ]; then \
    dpkg -l 'libclang-rt-*' 2>/dev/null | grep -q ^ii && continue; \
  else dpkg -s $$p >/dev/null 2>&1 && continue; fi; \
  missing="$$missing $$p"; done; \
[ -z "$$missing" ] || { echo "installing:$$missing"; \
  command -v apt-get >/dev/null || { echo "this needs apt-get (Debian 12, Ubuntu 24.04); install by hand:$$missing"; exit 1; }; \
  sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
  $$sudo apt-get update -qq; \
  case "$$missing" in *libclang-rt-dev*) \
    apt-cache show libclang-rt-dev >/dev/null 2>&1 || missing="$${missing/libclang-rt-dev/libclang-rt-14-dev}";; esac; \
  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }
endef

.PHONY: build demo test test-fast test-c test-py lint types tsan asan fuzz bench bench-media bench-short soak docs wheel clean \
        debug packages test-packages format lock

packages:
	$(call need,$(BUILD_PACKAGES))
test-packages: packages
	$(call need,$(TEST_PACKAGES))

# What the project and its extras need, a requirement a line.
REQUIRED = $(PY) -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
  print(*sorted({r for e in (p["dependencies"], *p["optional-dependencies"].values()) for r in e \
  if not r.startswith("switchroom")}), sep="\n")'
.venv/.made: pyproject.toml constraints.txt | packages
	@python=$$(for p in python3 python3.13 python3.12 python3.11; do command -v $$p >/dev/null && \
	  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' && { echo $$p; break; }; done); \
	[ -n "$$python" ] || { echo "Python 3.11 or newer is needed; found: $$(python3 --version 2>&1)"; exit 1; }; \
	[ -x $(PY) ] || $$python -m venv .venv
	$(REQUIRED) | $(PY) -m pip install -q --disable-pip-version-check -c constraints.txt -r /dev/stdin
	@touch $@

# constraints.txt: the versions the tests have been seen to pass with. This takes the newest ones; run the tests, then commit.
lock: .venv/.made
	$(REQUIRED) | $(PY) -m pip install -q --disable-pip-version-check --upgrade -r /dev/stdin
	$(PY) -m pip list --format freeze --exclude pip --exclude switchroom > constraints.txt

build/.built: .venv/.made setup.py $(C_SRC) $(BIND_SRC) engine/switchroom/_version.py
	@mkdir -p build
	$(PY) setup.py -q build_ext --inplace
	@printf '#!/bin/sh\nPYTHONPATH="%s/engine$${PYTHONPATH:+:$$PYTHONPATH}" exec "%s/$(PY)" -m switchroom "$$@"\n' "$$PWD" "$$PWD" > .venv/bin/switchroom
	@chmod +x .venv/bin/switchroom
	@$(PY) -c 'import site, pathlib, os; pathlib.Path(site.getsitepackages()[0], "switchroom.pth").write_text(os.getcwd() + "/engine\n")'
	@touch $@
build: build/.built

debug: .venv/.made
	SWITCHROOM_DEBUG=1 $(PY) setup.py -q build_ext --inplace --force

demo: build
	$(PY) -m switchroom demo $(DEMO)

# --- tests, in the order of CI ------------------------------------------------------------------
test: build test-packages lint types test-c tsan test-py fuzz-short
test-fast: build
	$(PY) -m pytest -m 'not slow' $(T)
test-py: build test-packages
	$(PY) -m pytest $(T)
test-c: | packages
	$(MAKE) -s -C csrc -j2 test-plain
	$(MAKE) -s -C csrc -j2 test-oom
	$(MAKE) -s -C csrc -j2 test-asan
tsan: | packages
	$(MAKE) -s -C csrc -j2 tsan
lint: .venv/.made
	.venv/bin/ruff check engine bindings bench tests setup.py
	.venv/bin/ruff format --check engine bindings bench tests setup.py
	.venv/bin/clang-format --dry-run --Werror $(filter-out %.inc,$(C_SRC))
format: .venv/.made
	.venv/bin/ruff check --fix-only -q engine bindings bench tests setup.py
	.venv/bin/ruff format -q engine bindings bench tests setup.py
	.venv/bin/clang-format -i $(C_SRC)
types: build
	.venv/bin/mypy
	PYTHONPATH=engine .venv/bin/lint-imports
fuzz: test-packages
	$(MAKE) -s -C csrc -j2 fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)
fuzz-short: test-packages
	$(MAKE) -s -C csrc -j2 fuzz FUZZ_SECONDS=60
asan: build test-packages
	@echo "the extension under AddressSanitizer"
	SWITCHROOM_SANITIZE=address,undefined $(PY) setup.py -q build_ext --inplace --force
	PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 LD_PRELOAD=$$(gcc -print-file-name=libasan.so) $(PY) -m pytest -m 'not slow' tests/unit; \
	  status=$$?; $(PY) setup.py -q build_ext --inplace --force; exit $$status

bench: build test-packages
	$(PY) -m bench $(BENCH)
bench-media: build packages
	$(call need,rtpengine-daemon)
	$(PY) -m bench media --json build/bench-media.json $(BENCH)
bench-short: build
	$(PY) -m bench --short
soak: build
	$(PY) -m pytest tests/soak --soak-seconds 1800 --timeout 2400
docs: build
	$(PY) -m switchroom.config.reference > docs/configuration.md
	$(PY) -m switchroom api --markdown > docs/protocol.md
	$(PY) -m switchroom api --json > docs/api-level-1.json
	$(PY) -m switchroom api --stubs python > engine/switchroom/client/_methods.py
wheel: build
	$(PY) -m pip wheel -q --no-deps --no-build-isolation -w dist .
clean:
	rm -rf build dist demo-out .pytest_cache .mypy_cache .ruff_cache engine/switchroom/*.so
