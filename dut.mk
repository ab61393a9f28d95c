# Hardware builds (builds.mk): dp_top through Verilator, then one shared library with the C interface of tb/dut/dut.h; and the
# unit tests of the RTL. Read by the Makefile.
VERILATOR ?= verilator
# -O0 compiles fast and simulates slowly.
MODEL_OPT := -O3
CXXFLAGS := -std=c++17 -O3 -march=native -fPIC -fvisibility=hidden -Wall -Wextra -Werror -MMD -MP

RTL := $(shell cat rtl/files.f)
# Beside the units: what they promise, and what is asked of their neighbours. Builds with assertions read them (and `make formal`).
PROPERTIES := $(wildcard rtl/*/*.svh)
UNITS := $(wildcard tests/rtl/test_*.cpp)
UNIT_PROGRAMS := $(UNITS:tests/rtl/%.cpp=build/tests/rtl/%)
dut = $(patsubst %,build/dut/%.so,$(1))

# The symbols of a library stay in it, so that several live in one process. What clang needs of libatomic, gcc has built in.
# NAME[-dense][-board[N]][.variant]: with N (4) memory ports around it, the top is dp_board.
plain = $(firstword $(subst -board, ,$(basename $*)))
base = $(patsubst %-dense,%,$(plain))
geometry = $(BUILD_$(base))
field = $(word $(1),$(geometry))
prune = $(if $(filter %-dense,$(plain)),0,$(call field,2))
ports = $(if $(filter %-board,$(basename $*)),4,$(or $(patsubst $(plain)-board%,%,$(filter %-board1 %-board2 %-board3,$(basename $*))),0))
top = $(if $(filter 0,$(ports)),dp_top,dp_board)
comma := ,
trace = $(if $(filter %.trace,$*),1,0)
coverage = $(if $(filter %.cover,$*),1,0)
# Nothing looks into such a build, and its inputs change with the clock.
clocked = $(if $(filter %.trace %.check %.cover %.netlist,$*)$(filter-out 0,$(ports)),0,1)
prefix = Vdp_$(subst -,_,$(subst .,_,$*))
# Of dp_top, for Verilator and for Yosys.
sizes = Parallel=1\'b$(call field,1) Prune=1\'b$(prune) Pi=$(call field,3) Po=$(call field,4) MapWords=$(call field,5) \
    WeightRows=$(call field,6) MaskW=$(call field,7) PatchBytes=$(call field,8)
parameters = $(addprefix -G,$(sizes)) $(if $(filter dp_board,$(top)),-GPorts=$(ports))
hardware = $(if $(filter %.netlist,$*),build/obj/netlist/$(basename $*).v,rtl/lint.vlt -f rtl/files.f $(parameters))
defines = -DDUT_HEADER='"$(prefix).h"' -DDUT_CLASS=$(prefix) -DDUT_NAME='"$*"' -DDUT_PARALLEL=$(call field,1) -DDUT_PRUNE=$(prune) \
    -DDUT_PI=$(call field,3) -DDUT_PO=$(call field,4) -DDUT_MAP_WORDS=$(call field,5) -DDUT_WEIGHT_ROWS=$(call field,6) \
    -DDUT_MASK_W=$(call field,7) -DDUT_PATCH_BYTES=$(call field,8) -DDUT_PORT_COUNT=$(ports) -DDUT_TRACE=$(trace) -DDUT_COVERAGE=$(coverage) -DDUT_CLOCKED=$(clocked)
fast := -O3 --noassert --x-assign fast --x-initial fast
# Kept in a build, and compared when it is loaded (tb/dut/dut_sources.c).
READ := rtl/files.f rtl/lint.vlt tb/dut/verilated_casts.h $(RTL)
sources = { grep '^BUILD_$(base) ' builds.mk; cat $(READ) $(checked) $(bound); } | sha256sum | cut -c 1-64
shim_sources = cat tb/dut/dut.h tb/dut/dut_shim.cpp | sha256sum | cut -c 1-64
checked = $(if $(filter %.check,$*),$(sort $(PROPERTIES)))
bound = $(if $(filter 1,$(clocked)),tb/dut/dp_clocked.sv) $(if $(filter %.trace,$*),tb/dut/dp_cycle.sv) $(if $(filter %.cover,$*),tb/dut/cover.sv)
variant = --unroll-count 16 $(if $(filter %.check,$*),-O3 --assert --x-assign unique --x-initial unique +define+DP_PROPERTIES+DP_CHECK $(sort $(dir $(RTL:%=-I%))),$(fast)) \
    $(bound) $(if $(filter %.trace,$*),--trace-fst --trace-structs --trace-max-width 2304) $(if $(filter %.cover,$*),$(cover))
# Signals of more than 512 bits are data of the whole array; their bits are alike. Where Verilator 5.006 splits an always block it counts one
# arm of an `if` as the other.
cover := --coverage --coverage-max-width 512 -fno-split
verilator_include = $(shell $(VERILATOR) --getenv VERILATOR_ROOT)/include
# What is long goes to a log that is shown when the step fails.
logged = >$(1) 2>&1 || { cat $(1); exit 1; }
# A recipe with $(MAKE) in it is run under `make -n` too.
dry_run = $(findstring n,$(firstword -$(MAKEFLAGS)))
# By content too: a file that comes back with an old date is another one. So are other flags.
RTL_SUM := $(firstword $(shell cat builds.mk dut.mk tb/dut/dp_clocked.sv tb/dut/dp_cycle.sv tb/dut/cover.sv $(READ) | sha256sum))
ifneq ($(RTL_SUM),$(shell cat build/obj/dut/rtl.sha256 2>/dev/null))
$(shell rm -f build/obj/dut/rtl.sha256)
endif
build/obj/dut/rtl.sha256:
	@mkdir -p $(@D)
	@echo $(RTL_SUM) >$@

# Another Verilator makes everything anew.
which_verilator = { $(VERILATOR) --version && $(VERILATOR) --getenv VERILATOR_ROOT; } 2>/dev/null
ifneq ($(shell $(which_verilator)),$(shell cat build/obj/dut/verilator 2>/dev/null))
$(shell rm -f build/obj/dut/verilator)
endif
build/obj/dut/verilator: | build/.deps-build
	@mkdir -p $(@D)
	@$(which_verilator) >$@

# How g++ and clang include a precompiled header first. A Verilator that was made for another compiler, as PyPI's is, does not know.
precompiled := CFG_CXXFLAGS_PCH_I=-include
# Since 2025 Verilator writes waveforms itself, and takes lz4 from the system.
lz4 = $(wildcard $(verilator_include)/fstcpp)

# Built aside and then renamed: two makes in one tree do not break each other, and there is never half a build. It is as old as
# its beginning: what was edited meanwhile makes it out of date.
# Every build without its variant.
BARE := $(foreach name,$(GEOMETRIES) $(GEOMETRIES:=-dense),$(name) $(name)-board $(name)-board1 $(name)-board2 $(name)-board3)
$(BARE:%=build/obj/dut/%.check/model.a): $(PROPERTIES)
build/obj/dut/%/model.a build/obj/dut/%/sources: build/obj/dut/rtl.sha256 build/obj/dut/verilator $(READ) builds.mk | build/.deps-build
	$(if $(geometry),,$(error $*: no such hardware build, see builds.mk))
	@echo "  RTL   $*"
	@$(if $(dry_run),exit 0;) new=$(@D).$$$$ && mkdir -p $$new && : >$$new/began && $(sources) >$$new/sources && \
	{ echo '#pragma GCC system_header' && printf '#include "%s"\n' $(verilator_include)/verilated.h $(CURDIR)/tb/dut/verilated_casts.h; } >$$new/verilated.h && \
	{ $(VERILATOR) --cc $(hardware) --top-module $(if $(filter 1,$(clocked)),dp_clocked,$(top)) --prefix $(prefix) -Mdir $$new $(variant) \
	    --output-split 20000 -Wno-fatal -CFLAGS '-march=native -fPIC -fvisibility=hidden' && \
	$(MAKE) -C $$new -f $(prefix).mk $(prefix)__ALL.a $(precompiled) OPT_FAST='$(if $(filter %.cover %.netlist,$*),-O1,$(MODEL_OPT))' OPT_SLOW=$(if $(filter %.cover,$*),-O0,-O1); } $(call logged,$$new/build.log) && \
	mv $$new/$(prefix)__ALL.a $$new/model.a && touch -r $$new/began $$new/model.a && rm -rf $(@D) && mv $$new $(@D)

$(patsubst %,build/obj/dut/%/model.a,$(GEOMETRIES) $(GEOMETRIES:=-dense)): tb/dut/dp_clocked.sv
$(BARE:%=build/obj/dut/%.cover/model.a): tb/dut/cover.sv
$(BARE:%=build/obj/dut/%.trace/model.a): tb/dut/dp_cycle.sv
$(patsubst %,build/obj/dut/%.netlist/model.a,$(GEOMETRIES) $(GEOMETRIES:=-dense)): build/obj/dut/%.netlist/model.a: build/obj/netlist/%.v
build/obj/netlist/%.v: $(RTL) builds.mk scripts/synth/netlist.sh | build/.deps-synth
	@echo "  YOSYS $*"
	@mkdir -p $(@D)
	@scripts/synth/netlist.sh $@ $(sizes)
.PRECIOUS: build/obj/netlist/%.v

build/dut/%.so: build/obj/dut/%/model.a build/obj/dut/%/sources build/libverilated.a tb/dut/dut_shim.cpp
	@echo "  SO    $@"
	@mkdir -p $(@D)
	@$(CXX) $(CXXFLAGS) -shared -Wl,-Bsymbolic -Wl,--exclude-libs,ALL -Wl,-z,defs $(if $(filter 1,$(trace)),-Wl$(comma)--wrap=fclose) $(defines) \
	    -DDUT_SOURCES="\"$$(cat $(<D)/sources) $$($(shim_sources))\"" -Icsrc/base -Itb/dut -I$(<D) \
	    -isystem $(verilator_include) -MF build/obj/dut/$*.d -MT $@ -o $@ tb/dut/dut_shim.cpp $< build/libverilated.a -lz -lpthread \
	    -Wl,--as-needed -latomic $(if $(lz4),-llz4)

# The run-time library of Verilator, once for all builds.
build/libverilated.a: build/obj/dut/verilator | build/.deps-build
	@echo "  CXX   Verilator's run-time library"
	@$(if $(lz4),scripts/build/install-deps.sh newer)
	@mkdir -p build/obj/verilated
	@cd build/obj/verilated && for part in verilated verilated_threads verilated_fst_c verilated_cov; do \
	    $(CXX) -O3 -march=native -fPIC -fvisibility=hidden -w -I$(verilator_include) -I$(verilator_include)/vltstd \
	        -c $(verilator_include)/$$part.cpp || exit 1; done
	@rm -f $@ && ar rcs $@ build/obj/verilated/*.o
.PRECIOUS: build/obj/dut/%/model.a build/obj/dut/%/sources build/dut/%.so

# Unit tests of the RTL: tests/rtl/test_X.cpp is one Criterion program
# Its head names the units that it runs, one comment line each:
#     // verilate: dp_masks @builds                     in every size that the builds have of it (scripts/build/build-unit.sh)
#     // verilate: dp_fifo -GWidth=8 -GDepth=4            class Vdp_fifo in Vdp_fifo.h
#     // verilate: dp_fifo_deep=dp_fifo -GDepth=64        class Vdp_fifo_deep: the same module in another size
# Units are built with assertions on and unknowns random; a file is built again when a module that it reads changes.
build/tests/rtl/%: tests/rtl/%.cpp scripts/build/build-unit.sh build/libverilated.a build/units.txt build/obj/unit/flags | build/.deps-test
	@echo "  UNIT  $@"
	@mkdir -p $(@D)
	@CXX='$(CXX)' scripts/build/build-unit.sh $< $@ $(call logged,$@.log)

# It keeps its date where no size has changed, so that other changes of the RTL do not build all tests anew.
build/units.txt: build/obj/unit/units ;
build/obj/unit/units: scripts/build/unit-geometries.py builds.mk $(RTL) build/obj/dut/verilator | build/.deps-build
	@mkdir -p $(@D)
	@scripts/build/unit-geometries.py build/units.txt
	@touch $@

# Headers take most of a unit test's time: Verilator's, Criterion's and the library's are compiled once.
UNIT_FLAGS = -std=c++17 -O1 -fPIC -w -MMD -MP -isystem $(verilator_include) -isystem $(verilator_include)/vltstd
build/obj/unit/flags: tests/rtl/unit.h dut.mk build/obj/dut/verilator | build/.deps-test
	@echo "  PCH   tests/rtl/unit.h"
	@mkdir -p $(@D)
	@echo '#include "$(CURDIR)/tests/rtl/unit.h"' >$(@D)/unit.h
	@$(CXX) $(UNIT_FLAGS) -x c++-header -MF $(@D)/unit.d -o $(@D)/unit.h.gch $(@D)/unit.h
	@echo '$(UNIT_FLAGS)' >$@

-include $(wildcard build/obj/dut/*.d build/tests/rtl/*.d)
