# The program, libdpacs and the tests, from csrc/, driver/, tb/ and tests/. Read by the Makefile.
OPTIMIZE := -O3 -g -march=native
CFLAGS := -std=c11 -D_GNU_SOURCE $(OPTIMIZE) -Wall -Wextra -Wconversion -Werror -MMD -MP
LDLIBS := -ljansson -lmd -lz -lm -ldl

CSRC := $(wildcard csrc/*/*.c)
EXAMPLE := driver/example/classify.c
DRIVER := $(filter-out $(EXAMPLE),$(wildcard driver/*/*.c))
MAIN := tb/cli/main.c
TB := $(filter-out $(MAIN),$(wildcard tb/*/*.c))
TESTS := $(wildcard tests/*/test_*.c)
TEST_START := tests/support/at_home.c
TEST_HELPERS := $(filter-out $(TEST_START),$(wildcard tests/support/*.c))
C_FILES := $(wildcard csrc/*/*.[ch] driver/*/*.[ch] tb/*/*.[ch] tb/*/*.cpp tests/*/*.[ch] tests/rtl/*.cpp)

object = $(patsubst %.c,build/obj/%.o,$(1))
ALL_OBJECTS := $(call object,$(CSRC) $(DRIVER) $(EXAMPLE) $(TB) $(MAIN) $(TESTS) $(TEST_HELPERS) $(TEST_START))
TEST_PROGRAMS := $(foreach test,$(TESTS),build/tests/$(basename $(notdir $(test))))

build/dpacs: $(call object,$(MAIN)) build/libtb.a build/libdpacs.a build/libcsrc.a build/libfst.a
	@echo "  LD    $@"
	@$(CC) -o $@ $^ $(LDLIBS)

build/libcsrc.a: $(call object,$(CSRC))
# The driver of the accelerator, with what it needs of csrc/: complete for those who install it.
build/libdpacs.a: $(call object,$(DRIVER) $(wildcard csrc/base/*.c csrc/model/*.c csrc/plan/*.c))
build/libtb.a: $(call object,$(TB))
build/libtests.a: $(call object,$(TEST_HELPERS))
build/libcsrc.a build/libdpacs.a build/libtb.a build/libtests.a:
	@echo "  AR    $@"
	@rm -f $@ && ar rcs $@ $^

build/classify: $(call object,$(EXAMPLE)) build/libdpacs.a
	@echo "  LD    $@"
	@$(CC) -o $@ $^ -ljansson -lmd -lz -lm

# A program a test, all in one folder: build/tests/test_X, of whatever room.
$(foreach test,$(TESTS),$(eval build/tests/$(basename $(notdir $(test))): $(call object,$(test))))
$(TEST_PROGRAMS): $(call object,$(TEST_START)) build/libtests.a build/libtb.a build/libdpacs.a build/libcsrc.a build/libfst.a
	@echo "  LD    $@"
	@mkdir -p $(@D)
	@$(CC) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcriterion $(LDLIBS)

# The geometries as C, for what needs no hardware build.
build/builds.inc: builds.mk
	@mkdir -p $(@D)
	@awk '/^BUILD_/ { sub(/:=/, " "); printf "{\"%s\", %d, %d, %d, %d, %d, %d, %d, %d},\n", substr($$1, 7), $$2, $$3, $$4, $$5, $$6, $$7, $$8, $$9 }' $< >$@
build/obj/tb/dut/geometries.o build/obj/tb/dut/geometries.clang: build/builds.inc
build/obj/tb/dut/geometries.o build/obj/tb/dut/geometries.clang: CFLAGS += -Ibuild
# What the cycle model has to know of the pipeline.
build/rtl.inc: rtl/dp_pkg.sv
	@mkdir -p $(@D)
	@sed -n 's,.*ArrayLatency = \([0-9]*\);.*,enum { RTL_ARRAY_LATENCY = \1 };,p' $< >$@ && test -s $@
build/obj/csrc/cycle/%.o build/obj/csrc/cycle/%.clang: CFLAGS += -Ibuild
$(foreach part,$(wildcard csrc/cycle/*.c),$(call object,$(part)) $(patsubst %.c,build/obj/%.clang,$(part))): build/rtl.inc

# GTKWave's library for waveforms, which Verilator brought along until 2025, and Debian's does: what `dpacs explain` reads them with.
fst = $(firstword $(wildcard $(shell $(VERILATOR) --getenv VERILATOR_ROOT 2>/dev/null)/include/gtkwave /usr/share/verilator/include/gtkwave))
build/libfst.a: | build/.deps-build
	@echo "  CC    the library for waveforms"
	@mkdir -p build/obj/fst
	@cd build/obj/fst && for part in fstapi fastlz lz4; do \
	    $(CC) -O2 -w -DFST_CONFIG_INCLUDE='"fst_config.h"' -I$(fst) -c $(fst)/$$part.c || exit 1; done
	@rm -f $@ && ar rcs $@ build/obj/fst/*.o

# csrc/plan/plan.c is compiled with -Icsrc/plan and a path for each room that rooms.mk allows it.
paths = $(foreach name,$(1),-I$(filter %/$(name),$(ROOMS)))
ALL_ROOMS := $(ROOMS:%=-I%)
define room_rule
build/obj/$(1)/%.o build/obj/$(1)/%.clang: INCLUDE := -I$(1) $(call paths,$(uses_$(1)))
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))
build/obj/tests/%.o build/obj/tests/%.clang: INCLUDE := $(ALL_ROOMS) -Itests/support
build/obj/tb/debug/wave_read.o build/obj/tb/debug/wave_read.clang: CFLAGS += -isystem $(fst)
build/obj/%.o: %.c | build/.deps-build
	@echo "  CC    $<"
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(INCLUDE) -c -o $@ $<
# For lint: what clang says of a file, which warns of other things than gcc.
build/obj/%.clang: %.c | build/.deps-lint
	@mkdir -p $(@D)
	@clang $(CFLAGS) $(INCLUDE) -fsyntax-only -MF $@.d -MT $@ $<
	@touch $@
$(call object,$(TESTS) $(TEST_HELPERS) $(TEST_START)): | build/.deps-test
.SECONDARY: $(ALL_OBJECTS)

-include $(wildcard build/obj/csrc/*/*.d build/obj/driver/*/*.d build/obj/tb/*/*.d build/obj/tests/*/*.d)
