# DPACS in RTL. `make help` lists the targets; everything that is made lands in build/.
#
# Layers: rooms.mk says what each room of csrc/ and tb/ may include; tests/ see all of them.
# Variables for the command line: COUNT, MODEL, ARCH, VECTORS_DIR, SEEDS, RUNS (of bench), BUGS, NETS, SIZE, JOBS, OUT (of table and plots; KEEP, SCHEDULE too of
# check-model), FAILURE, LAYER, VIEW (of waves), BUILDS (of synth),
# TIER, BUDGET, JOBS, ENGINE, OUT, DATE, TAGS (of nightly),
# MUTANTS (500; all), UNITS, SEED, JOBS (of mutate).
MAKEFLAGS += -j$(shell nproc)
SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.SUFFIXES:

include builds.mk
include rooms.mk

CC := gcc
CXX := g++
VERILATOR ?= verilator
COUNT ?= 20
MODEL ?= models/fmnist-s50c50.dpm
ARCH ?= serial
export NETS KEEP SCHEDULE SIZE JOBS OUT VIEW
TIER ?= smoke
NIGHTLY := /usr/bin/python3 scripts/nightly
# The hardware builds are those of the tier in the matrix.
NIGHTLY_BUILDS := $(if $(filter nightly,$(MAKECMDGOALS)),$(shell $(NIGHTLY) builds --tier $(TIER)))
# BUDGET=30 -> --budget '30', for what was given
given = $(if $($(1)),--$(shell echo $(1) | tr A-Z a-z) '$($(1))')
TABLE_BUILDS := $(foreach arch,parallel serial,$(arch)-$(or $(SIZE),ref) $(arch)-$(or $(SIZE),ref)-dense)
# Published vectors that the tests replay: any directory of vector sets.
VECTORS_DIR ?= $(wildcard ../shared/vectors)

OPTIMIZE := -O3 -g -march=native
# Of the hardware builds; -O0 compiles fast and simulates slowly.
MODEL_OPT := -O3
CFLAGS := -std=c11 -D_GNU_SOURCE $(OPTIMIZE) -Wall -Wextra -Wconversion -Werror -MMD -MP
LDLIBS := -ljansson -lmd -lz -lm -ldl
CXXFLAGS := -std=c++17 -O3 -march=native -fPIC -fvisibility=hidden -Wall -Wextra -Werror -MMD -MP

RTL := $(shell cat rtl/files.f)
CSRC := $(wildcard csrc/*/*.c)
MAIN := tb/cli/main.c
TB := $(filter-out $(MAIN),$(wildcard tb/*/*.c))
TESTS := $(wildcard tests/*/test_*.c)
TEST_HELPERS := $(wildcard tests/support/*.c)
UNITS := $(wildcard tests/rtl/test_*.cpp)
C_FILES := $(wildcard csrc/*/*.[ch] tb/*/*.[ch] tb/*/*.cpp tests/*/*.[ch] tests/rtl/*.cpp)

object = $(patsubst %.c,build/obj/%.o,$(1))
TEST_PROGRAMS := $(foreach test,$(TESTS),build/tests/$(basename $(notdir $(test))))
UNIT_PROGRAMS := $(UNITS:tests/rtl/%.cpp=build/tests/rtl/%)
dut = $(patsubst %,build/dut/%.so,$(1))

##@ Targets
.PHONY: help sim test waves nightly bench table plots synth lint train all builds format clean deps check-torch check-model bugs mutate

help: ## list the targets
	@awk -F ': .*## ' '/^[a-z-]+: .*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

sim: build/dpacs $(call dut,$(SIM_BUILDS)) ## run COUNT (20) test images through the RTL and compare every tile
	@build/dpacs sim $(MODEL) --arch $(ARCH) --count $(COUNT)

test: build/dpacs $(call dut,$(TEST_BUILDS)) $(TEST_PROGRAMS) $(UNIT_PROGRAMS) ## run all tests (VECTORS_DIR: published vectors to replay)
	@VECTORS_DIR='$(VECTORS_DIR)' scripts/build/run-tests.sh $(TEST_PROGRAMS) $(UNIT_PROGRAMS)

# The failure to open: the one that is named; the last one, unless a layer is; or none, and a run is traced.
failure = $(or $(FAILURE),$(if $(LAYER),,$(shell ls -td build/failures/*/ 2>/dev/null | head -n 1)))
waves: build/.deps-waves $(if $(failure),,build/dpacs $(call dut,$(ARCH)-small $(ARCH)-small.trace)) ## GTKWave on the last failure, FAILURE=DIR, or a run (LAYER=b2.conv1, VIEW, MODEL, ARCH)
	@scripts/waves/waves.sh $(if $(failure),failure '$(failure)',run '$(MODEL)' $(ARCH) '$(LAYER)')

nightly: build/dpacs $(NIGHTLY_BUILDS) build/.deps-nightly ## compare the whole space, with a report: TIER=smoke|daily|full (BUDGET, JOBS, ENGINE, OUT, DATE, TAGS)
	@$(NIGHTLY) run --tier $(TIER) $(foreach option,BUDGET JOBS ENGINE OUT DATE TAGS,$(call given,$(option)))

bugs: build/dpacs build/libverilated.a ## put single-line bugs into copies of the RTL, one at a time: caught, with wave, named? (BUGS, half an hour)
	@scripts/bugs/bugs.py $(BUGS)

mutate: build/dpacs build/libverilated.a build/libfst.a build/.deps-test ## mutate RTL and golden reference: the share that the tests notice, and what they do not (MUTANTS, UNITS, SEED, JOBS)
	@/usr/bin/python3 scripts/mutate $(foreach option,MUTANTS UNITS SEED JOBS,$(call given,$(option)))

bench: build/dpacs $(call dut,$(BENCH_BUILDS)) build/.deps-lint ## measure speed: MACs a second, cycles / limit
	@scripts/check/bench.sh

table: build/dpacs $(call dut,$(TABLE_BUILDS)) build/.deps-table ## the published table with our cycles: run what is missing, print all (NETS, SIZE, SCHEDULE, JOBS)
	@scripts/table/table.sh

plots: build/.deps-plot ## draw what make table has run: SVG and CSV in build/table/ (OUT)
	@scripts/table/plots.py $(or $(OUT),build/table)/results.jsonl --plan $(or $(OUT),build/table)/plan.txt -o $(or $(OUT),build/table)

check-model: build/dpacs $(call dut,$(TABLE_BUILDS)) build/.deps-test ## hold the cycle model against the RTL, layer by layer, on ImageNet networks (NETS, KEEP, SCHEDULE, SIZE, JOBS)
	@scripts/check/check-model.sh

synth: build/.deps-synth ## map the RTL to UltraScale+ cells with Yosys: LUT, FF, DSP, block RAM of every module (BUILDS, JOBS; may take an hour)
	@scripts/synth/synth.py $(BUILDS:%=--build %) $(JOBS:%=--jobs %)

lint: build/.deps-lint $(call object,$(CSRC) $(TB) $(MAIN) $(TESTS) $(TEST_HELPERS)) ## Verilator and Yosys on the RTL, warnings and format of the C code
	@scripts/build/lint.sh

train: build/.deps-train ## train and export the networks of models/ again (up to two hours)
	@models/train/train_all.py

check-torch: build/dpacs build/.deps-train ## compare the golden reference with PyTorch on whole networks
	@models/train/check_golden.py
	@scripts/check/check-torch.sh

all: build/dpacs $(call dut,$(SIM_BUILDS) $(TEST_BUILDS)) $(TEST_PROGRAMS) $(UNIT_PROGRAMS) ## build the program, the tests and their hardware builds

builds: $(call dut,$(GEOMETRIES) $(GEOMETRIES:=-dense)) ## make every hardware build of builds.mk (takes a while)

format: build/.deps-lint ## rewrite the C code in the project's format
	@clang-format -i $(C_FILES)

deps: ## install what building, testing and lint need
	@scripts/build/install-deps.sh build test lint

clean: ## remove build/
	rm -rf build

##@ Dependencies: checked once, then a stamp; a changed list checks again
build/.deps-%: scripts/build/install-deps.sh
	@scripts/build/install-deps.sh $*
	@mkdir -p build && touch $@
.PRECIOUS: build/.deps-%

##@ Programs
build/dpacs: $(call object,$(MAIN)) build/libtb.a build/libdpacs.a build/libfst.a
	@echo "  LD    $@"
	@$(CC) -o $@ $^ $(LDLIBS)

build/libdpacs.a: $(call object,$(CSRC))
build/libtb.a: $(call object,$(TB))
build/libtests.a: $(call object,$(TEST_HELPERS))
build/libdpacs.a build/libtb.a build/libtests.a:
	@echo "  AR    $@"
	@rm -f $@ && ar rcs $@ $^

# A program a test, all in one folder: build/tests/test_X, of whatever room.
$(foreach test,$(TESTS),$(eval build/tests/$(basename $(notdir $(test))): $(call object,$(test))))
$(TEST_PROGRAMS): build/libtests.a build/libtb.a build/libdpacs.a build/libfst.a
	@echo "  LD    $@"
	@mkdir -p $(@D)
	@$(CC) -o $@ $(filter %.o,$^) $(filter %.a,$^) -lcriterion $(LDLIBS)

# The geometries as C, for what needs no hardware build.
build/builds.inc: builds.mk
	@mkdir -p $(@D)
	@awk '/^BUILD_/ { sub(/:=/, " "); printf "{\"%s\", %d, %d, %d, %d, %d, %d, %d, %d},\n", substr($$1, 7), $$2, $$3, $$4, $$5, $$6, $$7, $$8, $$9 }' $< >$@
build/obj/tb/dut/geometries.o: build/builds.inc
build/obj/tb/dut/geometries.o: CFLAGS += -Ibuild

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
build/obj/$(1)/%.o: INCLUDE := -I$(1) $(call paths,$(uses_$(1)))
endef
$(foreach room,$(ROOMS),$(eval $(call room_rule,$(room))))
build/obj/tests/%.o: INCLUDE := $(ALL_ROOMS) -Itests/support
build/obj/tb/debug/wave_read.o: CFLAGS += -isystem $(fst)
build/obj/%.o: %.c | build/.deps-build
	@echo "  CC    $<"
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(INCLUDE) -c -o $@ $<
$(call object,$(TESTS) $(TEST_HELPERS)): | build/.deps-test
.SECONDARY: $(call object,$(CSRC) $(TB) $(MAIN) $(TESTS) $(TEST_HELPERS))

##@ Hardware builds (builds.mk): dp_top through Verilator, then one shared library with the C interface of tb/dut/dut.h
# The symbols of a library stay in it, so that several live in one process.
geometry = $(BUILD_$(patsubst %-dense,%,$(basename $*)))
field = $(word $(1),$(geometry))
prune = $(if $(filter %-dense,$(basename $*)),0,$(call field,2))
trace = $(if $(filter %.trace,$*),1,0)
coverage = $(if $(filter %.cover,$*),1,0)
prefix = Vdp_$(subst -,_,$(subst .,_,$*))
parameters = -GParallel=1\'b$(call field,1) -GPrune=1\'b$(prune) -GPi=$(call field,3) -GPo=$(call field,4) \
    -GMapWords=$(call field,5) -GWeightRows=$(call field,6) -GMaskW=$(call field,7) -GPatchBytes=$(call field,8)
defines = -DDUT_HEADER='"$(prefix).h"' -DDUT_CLASS=$(prefix) -DDUT_NAME='"$*"' -DDUT_PARALLEL=$(call field,1) -DDUT_PRUNE=$(prune) \
    -DDUT_PI=$(call field,3) -DDUT_PO=$(call field,4) -DDUT_MAP_WORDS=$(call field,5) -DDUT_WEIGHT_ROWS=$(call field,6) \
    -DDUT_MASK_W=$(call field,7) -DDUT_PATCH_BYTES=$(call field,8) -DDUT_TRACE=$(trace) -DDUT_COVERAGE=$(coverage)
fast := -O3 --noassert --x-assign fast --x-initial fast
variant = $(if $(filter 0,$(call field,1)),--unroll-count 16) $(if $(filter %.check,$*),-O3 --assert --x-assign unique --x-initial unique,$(fast)) \
    $(if $(filter %.trace,$*),--trace-fst --trace-structs --trace-max-width 2304) $(if $(filter %.cover,$*),$(cover))
# Signals of more than 512 bits are data of the whole array; their bits are alike. Where Verilator 5.006 splits an always block it counts one
# arm of an `if` as the other.
cover := tb/dut/cover.sv --coverage --coverage-max-width 512 -fno-split
verilator_include = $(shell $(VERILATOR) --getenv VERILATOR_ROOT)/include
# What is long goes to a log that is shown when the step fails.
logged = >$(1) 2>&1 || { cat $(1); exit 1; }
# Built aside and then renamed: two makes in one tree do not break each other, and there is never half a build. It is as old as
# its beginning: what was edited meanwhile makes it out of date.

build/obj/dut/%/model.a: $(RTL) rtl/files.f rtl/lint.vlt builds.mk | build/.deps-build
	$(if $(geometry),,$(error $*: no such hardware build, see builds.mk))
	@echo "  RTL   $*"
	@new=$(@D).$$$$ && mkdir -p $$new && : >$$new/began && \
	{ $(VERILATOR) --cc rtl/lint.vlt -f rtl/files.f --top-module dp_top --prefix $(prefix) -Mdir $$new $(parameters) $(variant) \
	    --output-split 20000 -Wno-fatal -CFLAGS '-march=native -fPIC -fvisibility=hidden' && \
	$(MAKE) -C $$new -f $(prefix).mk $(prefix)__ALL.a OPT_FAST=$(if $(filter %.cover,$*),-O1,$(MODEL_OPT)) OPT_SLOW=$(if $(filter %.cover,$*),-O0,-O1); } $(call logged,$$new/build.log) && \
	mv $$new/$(prefix)__ALL.a $$new/model.a && touch -r $$new/began $$new/model.a && rm -rf $(@D) && mv $$new $(@D)

$(patsubst %,build/obj/dut/%.cover/model.a,$(GEOMETRIES) $(GEOMETRIES:=-dense)): tb/dut/cover.sv

build/dut/%.so: build/obj/dut/%/model.a build/libverilated.a tb/dut/dut_shim.cpp
	@echo "  SO    $@"
	@mkdir -p $(@D)
	@$(CXX) $(CXXFLAGS) -shared -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -Wl,-z,defs $(defines) -Icsrc/base -Itb/dut -I$(<D) \
	    -isystem $(verilator_include) -MF build/obj/dut/$*.d -MT $@ -o $@ tb/dut/dut_shim.cpp $< build/libverilated.a -lz -lpthread

# The run-time library of Verilator, once for all builds.
build/libverilated.a: | build/.deps-build
	@echo "  CXX   Verilator's run-time library"
	@mkdir -p build/obj/verilated
	@cd build/obj/verilated && for part in verilated verilated_threads verilated_fst_c verilated_cov; do \
	    $(CXX) -O3 -march=native -fPIC -fvisibility=hidden -w -I$(verilator_include) -I$(verilator_include)/vltstd \
	        -c $(verilator_include)/$$part.cpp || exit 1; done
	@rm -f $@ && ar rcs $@ build/obj/verilated/*.o
.PRECIOUS: build/obj/dut/%/model.a build/dut/%.so

##@ Unit tests of the RTL: tests/rtl/test_X.cpp is one Criterion program
# Its head names the units that it runs, one comment line each:
#     // verilate: dp_fifo -GWidth=8 -GDepth=4            class Vdp_fifo in Vdp_fifo.h
#     // verilate: dp_fifo_deep=dp_fifo -GDepth=64        class Vdp_fifo_deep: the same module in another size
# Units are built with assertions on and unknowns random; a file is built again when a module that it reads changes.
build/tests/rtl/%: tests/rtl/%.cpp scripts/build/build-unit.sh build/libverilated.a | build/.deps-test
	@echo "  UNIT  $@"
	@mkdir -p $(@D)
	@scripts/build/build-unit.sh $< $@ $(call logged,$@.log)

-include $(wildcard build/obj/csrc/*/*.d build/obj/tb/*/*.d build/obj/tests/*/*.d build/obj/dut/*.d build/tests/rtl/*.d)
