# make            the program, build/edgewright
# make demo       the whole story with a real Consul and a real HAProxy (KEEP=1 stays up)
# make test       everything; make unit, make sanitize, make valgrind, make e2e are its parts
# make check      format, lint, layers, warnings as errors under gcc and clang
# make fuzz       ten minutes of each fuzz target: TARGET=json, SECONDS=60
# make bench | install | deb | clean
PREFIX  ?= /usr/local
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS  ?= -g
Q       := $(if $(V),,@)
# As many jobs as processors for what demo and test build, unless a -j says otherwise.
JOBS     = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

OUT      := build$(if $(FUZZER),/fuzzer,$(if $(SANITIZE),/sanitize))$(if $(WERROR),/werror-$(notdir $(CC)))
PACKAGES := libcurl libcjson yaml-0.1 libsystemd libpcre2-8 libcrypto
VERSION  := 0.1.0

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 $(if $(WERROR),-Werror)
# Calls go straight through the table of addresses, which is filled at the start: 3 KB less of stubs.
HARDEN   := -fno-asynchronous-unwind-tables -fPIE -fno-plt $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
CHECKED  := -fsanitize=address,undefined$(FUZZER:1=,fuzzer-no-link) -fno-sanitize-recover=all -fno-omit-frame-pointer
OWN      := -std=c17 -D_GNU_SOURCE -DEDGEWRIGHT_VERSION='"$(VERSION)"' -Iinclude -MMD -MP \
            $(WARNINGS) $(HARDEN) $(if $(SANITIZE),$(CHECKED))
# The program is optimized as a whole, which makes it 5 % smaller; tests link the same objects each by itself.
SMALL    := -fno-inline-small-functions -fno-partial-inlining
WHOLE    := $(if $(findstring clang,$(CC))$(SANITIZE),,1)
SMALLER  := -Oz $(if $(WHOLE),-fno-caller-saves -fno-tree-dominator-opts)
# What renders most is fast, the rest as small as gcc makes it. What reads bytes from outside has the stronger
# protector. CFLAGS come later and win.
FAST     := src/base/arena.c src/base/buf.c src/base/map.c src/base/slice.c src/consul/fingerprint.c \
            src/consul/parts.c src/consul/recall.c src/consul/scanner.c src/data/json.c src/data/store.c \
            src/data/text.c src/data/value.c src/tmpl/eval_output.c tests/%
READERS  := src/data/% src/io/%
OPTIMIZE  = $(if $(filter $(FAST),$<),-O2,$(SMALLER)) -fstack-protector$(if $(filter $(READERS),$<),-strong) \
            -ffunction-sections -fdata-sections \
            $(if $(WHOLE),$(SMALL) -flto -ffat-lto-objects)
COMPILE   = $(CC) $(OPTIMIZE) $(OWN) $(CPPFLAGS) $(CFLAGS) $(shell pkg-config --cflags $(PACKAGES))
# One segment for code and constants: three would be padded to pages.
LINKING   = $(CFLAGS) -pie -Wl,-z,relro,-z,now,-z,noseparate-code,-z,pack-relative-relocs,--gc-sections,-O2,--as-needed $(if $(SANITIZE),$(CHECKED)) $(LDFLAGS)
LINK      = $(CC) $(LINKING)
START     = @mkdir -p $(@D) && echo
LIBS      = $(shell pkg-config --libs $(PACKAGES)) -lunistring -lm

SOURCES := $(filter-out src/app/main.c,$(wildcard src/*/*.c))
OBJECTS := $(SOURCES:src/%.c=$(OUT)/obj/%.o)
HEADERS := $(wildcard include/*/*.h src/*/*.h)
FUZZERS := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/fuzz/fuzz_$(or $(TARGET),*).c))
TESTS   := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/*/test_*.c)) $(FUZZERS)

# End-to-end tests that a sanitized program adds nothing to but their time.
PLAIN_ONLY := package alerts crash syscall_faults

.PHONY: all deps demo test unit sanitize valgrind e2e bench fuzz run-fuzz check format layers manuals size cppcheck werror install deb clean
.DELETE_ON_ERROR:
all: $(OUT)/edgewright

$(OUT)/edgewright: $(OUT)/obj/app/main.o $(OUT)/libedgewright.a
	@echo "  LD   $@"
	$(Q)$(LINK) $(if $(WHOLE),$(SMALLER) $(HARDEN) $(SMALL) -flto=auto -flto-partition=one) -o $@ $^ $(LIBS)

$(OUT)/libedgewright.a: $(OBJECTS)
	@echo "  AR   $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/obj/%.o: src/%.c Makefile
	$(START) "  CC   $<"
	$(Q)$(COMPILE) -c -o $@ $<

$(OUT)/tests/%: tests/%.c $(OUT)/libedgewright.a
	$(START) "  CC   $<"
	$(Q)$(COMPILE) $(if $(WHOLE),-fno-lto) -Isrc -Itests -o $@ $(DRIVER) $< $(OUT)/libedgewright.a $(LINKING) $(LIBS) -lcmocka

# Preloaded by tests, never linked.
$(OUT)/tests/fault/%.so: tests/fault/%.c
	$(START) "  CC   $<"
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE -O1 -U_FORTIFY_SOURCE $(WARNINGS) -fPIC -shared -o $@ $<

# What calls a fuzz target: a fuzzer, or a main() that replays the saved inputs.
$(FUZZERS): DRIVER = $(if $(FUZZER),-fsanitize=fuzzer,tests/fuzz/replay.c)
$(FUZZERS): tests/fuzz/replay.c

deps:
	$(Q)tests/install-deps

demo:
	$(Q)tests/install-deps build demo
	$(Q)+$(MAKE) --no-print-directory $(if $(V),,-s) $(JOBS) all
	$(Q)KEEP=$(KEEP) tests/demo

test: deps
	$(Q)+tests/run-all $(MAKE) --no-print-directory $(JOBS)

unit: $(TESTS)
	$(Q)tests/run-unit $(TESTS)

sanitize:
	$(Q)+$(MAKE) --no-print-directory SANITIZE=1 unit
	$(Q)+$(MAKE) --no-print-directory SANITIZE=1 e2e

valgrind:
	$(Q)+$(MAKE) --no-print-directory unit UNDER="valgrind -q --leak-check=full --errors-for-leak-kinds=definite,indirect --error-exitcode=9"

e2e: $(OUT)/edgewright $(OUT)/tests/haproxy/plan_tool $(OUT)/tests/haproxy/drive_tool $(OUT)/tests/io/bus_tool $(OUT)/tests/fault/fail_nth.so
	$(Q)EDGEWRIGHT=$(abspath $<) PLAN_TOOL=$(abspath $(OUT)/tests/haproxy/plan_tool) tests/run-e2e $(or $(E2E),$(if $(SANITIZE),$(PLAIN_ONLY:%=--ignore=tests/e2e/test_%.py) tests/e2e))

# Speed and size beside the floor's and those of consul-template (CONSUL_TEMPLATE=/path) or its stand-in (GO=/path).
bench: $(OUT)/edgewright $(OUT)/tests/bench/floor $(OUT)/tests/bench/curl_init $(OUT)/tests/bench/bench_render
	$(Q)tests/bench/render
	$(Q)EDGEWRIGHT=$(abspath $<) tests/bench/run
	$(Q)EDGEWRIGHT=$(abspath $<) tests/bench/start
	$(Q)EDGEWRIGHT=$(abspath $<) tests/bench/delivery
	$(Q)EDGEWRIGHT=$(abspath $<) tests/bench/crowd
	$(Q)EDGEWRIGHT=$(abspath $<) tests/bench/giant
	$(Q)EDGEWRIGHT=$(abspath $<) tests/bench/hitless

fuzz: deps
	$(Q)+$(MAKE) --no-print-directory FUZZER=1 SANITIZE=1 CC=clang run-fuzz

run-fuzz: $(FUZZERS)
	$(Q)tests/run-fuzz $(or $(SECONDS),600) $^

check: format layers cppcheck manuals size
	$(Q)+$(MAKE) --no-print-directory $(JOBS) $(patsubst src/%,build/lint/%,$(wildcard src/*/*.c))
	$(Q)+for cc in gcc clang; do $(MAKE) --no-print-directory $(JOBS) WERROR=1 CC=$$cc werror || exit; done

format:
	$(Q)clang-format --dry-run -Werror $(HEADERS) $(wildcard src/*/*.c tests/*/*.[ch])

layers:
	$(Q)tests/layers

size: $(OUT)/edgewright
	$(Q)strip -o $(OUT)/stripped $< && size=$$(stat -c %s $(OUT)/stripped) && \
		{ [ $$size -le 614400 ] || { echo "the program has $$size bytes, stripped: more than 600 KB"; exit 1; }; }

manuals:
	$(Q)mandoc -Tlint -Wwarning contrib/man/*

cppcheck:
	$(Q)cppcheck -q -j2 --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=incorrectLogicOperator --error-exitcode=1 -Iinclude src

werror: $(OUT)/edgewright $(TESTS)

build/lint/%: src/% $(HEADERS) .clang-tidy
	$(START) "  LINT $<"
	$(Q)clang-tidy --quiet $< -- $(OWN) $(CPPFLAGS) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

install: all
	$(Q)PROGRAM=$(OUT)/edgewright PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) UNITDIR=$(UNITDIR) contrib/install

deb:
	$(Q)tests/install-deps build package
	$(Q)contrib/debian/build $(VERSION)

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(TESTS:=.d) $(OUT)/obj/app/main.d
