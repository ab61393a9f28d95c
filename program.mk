# The program, libdpacs and the tests, from csrc/, driver/, tb/ and tests/. Read by the Makefile. What is compiled of C lands in TREE: the sanitizers and
# the fuzzers have trees of their own.
TREE := build
OPTIMIZE := -O3 -g -march=native
CFLAGS := -std=c11 -D_GNU_SOURCE $(OPTIMIZE) $(INSTRUMENT) -Wall -Wextra -Wconversion -Werror -MMD -MP
LDLIBS := -ljansson -lmd -lz -lm -ldl

CSRC := $(wildcard csrc/*/*.c)
EXAMPLE := driver/example/classify.c
DRIVER := $(filter-out $(EXAMPLE),$(wildcard driver/*/*.c))
MAIN := tb/cli/main.c
TB := $(filter-out $(MAIN),$(wildcard tb/*/*.c))
TESTS := $(wildcard tests/*/test_*.c)
TEST_START := tests/support/at_home.c
TEST_HELPERS := $(filter-out $(TEST_START),$(wildcard tests/support/*.c))
FUZZ := $(filter-out %_box.c,$(wildcard tests/fuzz/*.c))
C_FILES := $(wildcard csrc/*/*.[ch] driver/*/*.[ch] tb/*/*.[ch] tb/*/*.cpp tests/*/*.[ch] tests/rtl/*.cpp)

object = $(patsubst %.c,$(TREE)/obj/%.o,$(1))
ALL_OBJECTS := $(call object,$(CSRC) $(DRIVER) $(EXAMPLE) $(TB) $(MAIN) $(TESTS) $(TEST_HELPERS) $(TEST_START) $(FUZZ) tests/fuzz/fuzz_box.c)
TEST_PROGRAMS := $(foreach test,$(TESTS),$(TREE)/tests/$(basename $(notdir $(test))))

$(TREE)/dpacs: $(call object,$(MAIN)) $(TREE)/libtb.a $(TREE)/libdpacs.a $(TREE)/libcsrc.a $(TREE)/libfst.a
	@echo "  LD    $@"
	@$(CC) $(INSTRUMENT) -o $@ $^ $(LDLIBS)

$(TREE)/libcsrc.a: $(call object,$(CSRC))
# The driver of the accelerator, with what it needs of csrc/: complete for those who install it.
$(TREE)/libdpacs.a: $(call object,$(DRIVER) $(wildcard csrc/base/*.c csrc/model/*.c csrc/plan/*.c))
$(TREE)/libtb.a: $(call object,$(TB))
$(TREE)/libtests.a: $(call object,$(TEST_HELPERS))
$(TREE)/libcsrc.a $(TREE)/libdpacs.a $(TREE)/libtb.a $(TREE)/libtests.a:
	@echo "  AR    $@"
	@rm -f $@ && ar rcs $@ $^

$(TREE)/classify: $(call object,$(EXAMPLE)) $(TREE)/libdpacs.a
	@echo "  LD    $@"
	@$(CC) $(INSTRUMENT) -o $@ $^ -ljansson -lmd -lz -lm

# A program a test, all in one folder: $(TREE)/tests/test_X, of whatever room.
$(foreach test,$(TESTS),$(eval $(TREE)/tests/$(basename $(notdir $(test))): $(call object,$(test))))
$(TEST_PROGRAMS): $(call object,$(TEST_START)) $(TREE)/libtests.a $(TREE)/libtb.a $(TREE)/libdpacs.a $(TREE)/libcsrc.a $(TREE)/libfst.a
	@echo "  LD    $@"
	@mkdir -p $(@D)
	@$(CC) $(INSTRUMENT) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcriterion $(LDLIBS)

# A fuzzer each; `make fuzz` makes them in a tree of its own.
FUZZERS := $(FUZZ:tests/fuzz/%.c=$(TREE)/fuzz/%)
$(FUZZERS): $(TREE)/fuzz/%: $(TREE)/obj/tests/fuzz/%.o $(TREE)/obj/tests/fuzz/fuzz_box.o $(TREE)/libtb.a $(TREE)/libdpacs.a $(TREE)/libcsrc.a $(TREE)/libfst.a
	@echo "  LD    $@"
	@mkdir -p $(@D)
	@$(CC) $(INSTRUMENT) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# The geometries as C, for what needs no hardware build.
build/builds.inc: builds.mk
	@mkdir -p $(@D)
	@awk '/^BUILD_/ { sub(/:=/, " "); printf "{\"%s\", %d, %d, %d, %d, %d, %d, %d, %d},\n", substr($$1, 7), $$2, $$3, $$4, $$5, $$6, $$7, $$8, $$9 }' $< >$@
$(TREE)/obj/tb/dut/geometries.o $(TREE)/obj/tb/dut/geometries.clang: build/builds.inc
$(TREE)/obj/tb/dut/geometries.o $(TREE)/obj/tb/dut/geometries.clang: CFLAGS += -Ibuild
# What the cycle model has to know of the pipeline.
build/rtl.inc: rtl/dp_pkg.sv
	@mkdir -p $(@D)
	@sed -n 's,.*ArrayLatency = \([0-9]*\);.*,enum { RTL_ARRAY_LATENCY = \1 };,p; s,.*MaskLatency = \([0-9]*\);.*,enum { RTL_MASK_LATENCY = \1 };,p' $< >$@ && test $$(wc -l <$@) = 2
$(TREE)/obj/csrc/cycle/%.o $(TREE)/obj/csrc/cycle/%.clang: CFLAGS += -Ibuild
$(foreach part,$(wildcard csrc/cycle/*.c),$(call object,$(part)) $(patsubst %.c,$(TREE)/obj/%.clang,$(part))): build/rtl.inc

# GTKWave's library for waveforms, which Verilator brought along until 2025, and Debian's does: what `dpacs explain` reads them with.
fst = $(firstword $(wildcard $(shell $(VERILATOR) --getenv VERILATOR_ROOT 2>/dev/null)/include/gtkwave /usr/share/verilator/include/gtkwave))
$(TREE)/libfst.a: | build/.deps-build
	@echo "  CC    the library for waveforms"
	@mkdir -p $(TREE)/obj/fst
	@cd $(TREE)/obj/fst && for part in fstapi fastlz lz4; do \
	    $(CC) -O2 -w -DFST_CONFIG_INCLUDE='"fst_config.h"' -I$(fst) -c $(fst)/$$part.c || exit 1; done
	@rm -f $@ && ar rcs $@ $(TREE)/obj/fst/*.o

# csrc/plan/plan.c is compiled with -Icsrc/plan and a path for each room that rooms.mk allows it.
paths = $(foreach name,$(1),-I$(filter %/$(name),$(ROOMS)))
ALL_ROOMS := $(ROOMS:%=-I%)
define room_rule
$(TREE)/obj/$(1)/%.o $(TREE)/obj/$(1)/%.clang: INCLUDE := -I$(1) $(call paths,$(uses_$(1)))
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))
$(TREE)/obj/tests/%.o $(TREE)/obj/tests/%.clang: INCLUDE := $(ALL_ROOMS) -Itests/support
$(TREE)/obj/tb/debug/wave_read.o $(TREE)/obj/tb/debug/wave_read.clang: CFLAGS += -isystem $(fst)
$(TREE)/obj/%.o: %.c | build/.deps-build
	@echo "  CC    $<"
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(INCLUDE) -c -o $@ $<
# For lint: what clang says of a file, which warns of other things than gcc.
$(TREE)/obj/%.clang: %.c | build/.deps-lint
	@mkdir -p $(@D)
	@clang $(CFLAGS) $(INCLUDE) -fsyntax-only -MF $@.d -MT $@ $<
	@touch $@
$(call object,$(TESTS) $(TEST_HELPERS) $(TEST_START)): | build/.deps-test
.SECONDARY: $(ALL_OBJECTS)

-include $(wildcard $(TREE)/obj/csrc/*/*.d $(TREE)/obj/driver/*/*.d $(TREE)/obj/tb/*/*.d $(TREE)/obj/tests/*/*.d)
