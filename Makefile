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
LIBS      = $(shell pkg-config --libs $(PACKAGES)) -lunistring

SOURCES := $(filter-out src/app/main.c,$(wildcard src/*/*.c))
OBJECTS := $(SOURCES:src/%.c=$(OUT)/obj/%.o)
TESTS   := $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/*/test_*.c))

.PHONY: all unit clean
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

# Unit tests alone; UNDER=valgrind runs them below a tool.
unit: $(TESTS)
	$(Q)tests/run-unit $(TESTS)

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(TESTS:=.d) $(OUT)/obj/app/main.d
