# make            the program, build/edgewright
# make demo       the whole story with a real Consul and a real HAProxy (KEEP=1 stays up)
# make test       everything; make unit, make sanitize, make valgrind, make e2e are its parts
# make check      format, lint, layers, warnings as errors under gcc and clang
# make bench | fuzz | install | clean
PREFIX  ?= /usr/local
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS  ?= -O2 -g
V       ?=
Q       := $(if $(V),,@)

OUT      := build$(if $(SANITIZE),/sanitize)$(if $(WERROR),/werror-$(notdir $(CC)))
PACKAGES := libcurl libcjson yaml-0.1 libsystemd libpcre2-8 libcrypto
VERSION  := 0.1.0

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
            -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 $(if $(WERROR),-Werror)
HARDEN   := -fstack-protector-strong -fPIE $(if $(SANITIZE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
CHECKED  := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OWN      := -std=c17 -D_GNU_SOURCE -DEDGEWRIGHT_VERSION='"$(VERSION)"' -Iinclude -MMD -MP \
            $(WARNINGS) $(HARDEN) $(if $(SANITIZE),$(CHECKED))
COMPILE   = $(CC) $(OWN) $(CPPFLAGS) $(CFLAGS) $(shell pkg-config --cflags $(PACKAGES))
LINK      = $(CC) $(CFLAGS) -pie -Wl,-z,relro,-z,now,--as-needed $(if $(SANITIZE),$(CHECKED)) $(LDFLAGS)
LIBS      = $(shell pkg-config --libs $(PACKAGES)) -lunistring -lm

SOURCES := $(filter-out src/app/main.c,$(wildcard src/*/*.c))
OBJECTS := $(SOURCES:src/%.c=$(OUT)/obj/%.o)
HEADERS := $(wildcard include/*/*.h src/*/*.h)
CODE    := $(HEADERS) $(wildcard src/*/*.c tests/*/*.[ch])
LINTED  := $(patsubst src/%,build/lint/%,$(wildcard src/*/*.c))
TESTS   := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/*/test_*.c))

.PHONY: all deps demo test unit sanitize valgrind e2e bench \
        check format layers cppcheck werror install clean
.DELETE_ON_ERROR:
all: $(OUT)/edgewright

$(OUT)/edgewright: $(OUT)/obj/app/main.o $(OUT)/libedgewright.a
	@echo "  LD   $@"
	$(Q)$(LINK) -o $@ $^ $(LIBS)

$(OUT)/libedgewright.a: $(OBJECTS)
	@echo "  AR   $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(OUT)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(COMPILE) -c -o $@ $<

$(OUT)/tests/%: tests/%.c $(OUT)/libedgewright.a
	@mkdir -p $(@D)
	@echo "  CC   $<"
	$(Q)$(COMPILE) -Isrc -Itests -o $@ $< $(OUT)/libedgewright.a $(LINK:$(CC)%=%) $(LIBS) -lcmocka

deps:
	$(Q)tests/install-deps

demo:
	$(Q)tests/install-deps build demo
	$(Q)+$(MAKE) --no-print-directory all
	$(Q)KEEP=$(KEEP) tests/demo

# Everything; the last line is the sum of the parts.
test: deps
	$(Q)+MAKE="$(MAKE)" tests/run-all

# Unit tests alone; UNDER=valgrind runs them below a tool.
unit: $(TESTS)
	$(Q)tests/run-unit $(TESTS)

sanitize:
	$(Q)+$(MAKE) --no-print-directory SANITIZE=1 unit e2e

valgrind:
	$(Q)+$(MAKE) --no-print-directory unit UNDER="valgrind -q --leak-check=full --errors-for-leak-kinds=definite,indirect --error-exitcode=9"

e2e: $(OUT)/edgewright
	$(Q)EDGEWRIGHT=$(abspath $<) tests/run-e2e $(E2E)

# Speed and size beside the floor's and, with CONSUL_TEMPLATE=/path, consul-template's.
bench: $(OUT)/edgewright $(OUT)/tests/bench/floor $(OUT)/tests/bench/curl_init
	$(Q)EDGEWRIGHT=$(abspath $<) tests/bench/run

# Format, layers, lint, and warnings as errors under both compilers.
check: format layers cppcheck
	$(Q)+$(MAKE) --no-print-directory -j2 $(LINTED)
	$(Q)+$(MAKE) --no-print-directory -j2 WERROR=1 CC=gcc werror
	$(Q)+$(MAKE) --no-print-directory -j2 WERROR=1 CC=clang werror

format:
	$(Q)clang-format --dry-run -Werror $(CODE)

layers:
	$(Q)tests/layers

cppcheck:
	$(Q)cppcheck -q -j2 --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=incorrectLogicOperator --error-exitcode=1 -Iinclude src

werror: $(OUT)/edgewright $(TESTS)

build/lint/%: src/% $(HEADERS) .clang-tidy
	@mkdir -p $(@D)
	@echo "  LINT $<"
	$(Q)clang-tidy --quiet $< -- $(OWN) $(CPPFLAGS) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/edgewright/templates
	install -m 755 $(OUT)/edgewright $(DESTDIR)$(PREFIX)/bin/edgewright
	install -m 644 templates/*.ctmpl $(DESTDIR)$(PREFIX)/share/edgewright/templates

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(TESTS:=.d) $(OUT)/obj/app/main.d
