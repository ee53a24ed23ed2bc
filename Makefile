# The commands for people; meson does the work. `make serve` and `make check` install what is missing.
#
#   make serve    build and start the host (ARGS='...' are its arguments)
#   make ctl      operate the host that runs: make ctl ARGS='pair arm'
#   make demo     host, private desktop and client for five seconds: demo.mp4, demo.png and the numbers
#   make check    everything that must hold: both compilers, tests, sanitizers, format, lint
#   make bench    every measured number, as ratios in one run (ARGS='fec seal --json FILE')
#   make fuzz     each fuzz harness for FUZZ_SECONDS (60)
#   make asan     unit and pipeline tests under ASan + UBSan        make tsan   the same under TSan
#   make format   rewrite all C files in the project's format       make lint   clang-tidy

BUILD ?= build
MESON_FLAGS = --werror
FUZZ_SECONDS ?= 60
C_FILES = $(shell find src tests fuzz bench demo -name '*.[ch]')

.PHONY: all deps serve ctl demo check bench fuzz asan tsan format format-check lint clean

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

$(BUILD)/build.ninja:
	meson setup $(BUILD) $(MESON_FLAGS)

deps:
	@scripts/install-deps --user

serve: deps
	@$(MAKE) --no-print-directory all
	@scripts/host $(BUILD) serve $(ARGS)

ctl: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet src/punktfunk-host >/dev/null
	@scripts/host $(BUILD) ctl $(ARGS)

demo: deps
	@$(MAKE) --no-print-directory all
	@scripts/demo $(BUILD)

check: deps
	@scripts/check

bench: deps
	@test -f build-bench/build.ninja || meson setup build-bench --buildtype=release -Dtests=false
	ninja -C build-bench bench/punktfunk-bench
	build-bench/bench/punktfunk-bench $(ARGS)

fuzz: deps
	@test -f build-fuzz/build.ninja || CC=clang meson setup build-fuzz --werror -Dfuzz_engine=true \
		-Db_sanitize=address,undefined -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link
	ninja -C build-fuzz
	scripts/fuzz build-fuzz $(FUZZ_SECONDS)

asan tsan: deps
	@scripts/check $@

format:
	clang-format -i $(C_FILES)

format-check:
	clang-format --dry-run --Werror $(C_FILES)

lint: $(BUILD)/build.ninja
	@scripts/lint $(BUILD)

clean:
	rm -rf build build-*
