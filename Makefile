# DPACS in RTL. `make help` lists the targets; everything that is made lands in build/.
#
#   builds.mk    the hardware builds, a line each        dut.mk      how they are made, and the unit tests of the RTL
#   rooms.mk     what each room of csrc/ and tb/ may     program.mk  the program and the tests
#                include; tests/ see all of them         install.mk  install and uninstall
#
# Variables for the command line:
#   all        CC, CXX, VERILATOR
#   sim        COUNT, MODEL, ARCH                        waves     FAILURE; LAYER, VIEW, MODEL, ARCH
#   test       VECTORS_DIR                               nightly   TIER, BUDGET, JOBS, ENGINE, OUT, DATE, TAGS
#   bench      RUNS; BASE, ONLY                          mutate    MUTANTS (500; all), SIDE, UNITS, SEED, JOBS
#   bugs       BUGS                                      synth     BUILDS, JOBS; pnr BUILD, NEXTPNR, SEED, FREQ; netlist COUNT
#   sanitize   ONLY                                      fuzz      SECONDS, ONLY
#   table      NETS, SIZE, SCHEDULE, BANDWIDTH, CLOCK,   plots     OUT
#              JOBS, OUT                                 gallery   MODEL, IMAGES, COUNT (200), OUT
#   accuracy   COUNT (10000), PART, JOBS, OUT, IMAGES    tradeoff  LIST, COUNT (1000), JOBS, OUT
#   install    PREFIX, DESTDIR, BUILDS                   check-model  NETS, SIZE, SCHEDULE, JOBS, KEEP
PLACE := $(shell pwd -P | LC_ALL=C tr -c 'a-zA-Z0-9._/+@%=~\n\200-\377-' '?')
ifneq ($(findstring ?,$(PLACE)),)
$(error '$(CURDIR)': neither make nor Verilator works below a folder with a space or the like in its name ($(PLACE)); move the checkout)
endif

MAKEFLAGS += -j$(shell nproc)
SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.SUFFIXES:

CC := gcc
CXX := g++
COUNT ?= 20
MODEL ?= models/fmnist-s50c50.dpm
ARCH ?= serial
export NETS KEEP SCHEDULE SIZE BANDWIDTH CLOCK JOBS OUT VIEW
TIER ?= smoke
NIGHTLY := /usr/bin/python3 scripts/nightly
# The hardware builds are those of the tier in the matrix.
NIGHTLY_BUILDS := $(if $(filter nightly,$(MAKECMDGOALS)),$(shell $(NIGHTLY) builds --tier $(TIER)))
# BUDGET=30 -> --budget '30', for what was given
given = $(if $($(1)),--$(shell echo $(1) | tr A-Z a-z) '$($(1))')
TABLE_BUILDS = $(foreach arch,parallel serial,$(arch)-$(or $(SIZE),ref) $(arch)-$(or $(SIZE),ref)-dense)
# Published vectors that the tests replay: any directory of vector sets.
VECTORS_DIR ?= $(wildcard ../shared/vectors)

include builds.mk rooms.mk program.mk dut.mk install.mk

##@ Targets
TARGETS := help sim test check waves nightly bugs mutate formal formal-mutants sanitize fuzz bench table plots accuracy gallery tradeoff check-model synth pnr netlist package lint train import check-torch \
    all builds format deps install uninstall clean distclean
.PHONY: $(TARGETS)
# A folder or file of that name is no target: `make tests` is a mistake, not "nothing to be done".
$(foreach goal,$(filter-out $(TARGETS),$(MAKECMDGOALS)),$(if $(or $(filter-out build/%,$(goal)),$(wildcard $(goal)/.)),\
    $(error make $(goal): no such target; `make help` lists them)))

help: ## list the targets
	@awk -F ': .*## ' '/^[a-z-]+: .*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile install.mk

sim: build/dpacs $(call dut,$(SIM_BUILDS)) ## run COUNT (20) test images through the RTL and compare every tile
	@build/dpacs sim $(MODEL) --arch $(ARCH) --count $(COUNT)

test: build/dpacs $(call dut,$(TEST_BUILDS)) $(TEST_PROGRAMS) $(UNIT_PROGRAMS) build/.tried-import ## run all tests (VECTORS_DIR: published vectors to replay)
	@VECTORS_DIR='$(VECTORS_DIR)' AFTERWARDS=scripts/check/met.py scripts/build/run-tests.sh $(TEST_PROGRAMS) $(UNIT_PROGRAMS)

check: test ## the same as test

# The failure to open: the one that is named; the last one, unless a layer or a view is; or none, and a run is traced.
failure = $(or $(FAILURE),$(if $(LAYER)$(VIEW),,$(shell ls -td build/failures/*/ 2>/dev/null | head -n 1)))
waves: build/.deps-waves $(if $(failure),,build/dpacs $(call dut,$(ARCH)-small $(ARCH)-small.trace)) ## GTKWave on the last failure, FAILURE=DIR, or a run (LAYER=b2.conv1, VIEW, MODEL, ARCH)
	@scripts/waves/waves.sh $(if $(failure),failure '$(failure)',run '$(MODEL)' $(ARCH) '$(LAYER)')

nightly: build/dpacs $(NIGHTLY_BUILDS) build/units.txt build/.deps-nightly ## compare the whole space, with a report: TIER=smoke|daily|full (BUDGET, JOBS, ENGINE, OUT, DATE, TAGS)
	@$(NIGHTLY) run --tier $(TIER) $(foreach option,BUDGET JOBS ENGINE OUT DATE TAGS,$(call given,$(option)))

bugs: build/dpacs build/libverilated.a ## put single-line bugs into copies of the RTL, one at a time: caught, with wave, named? (BUGS, half an hour)
	@scripts/bugs/bugs.py $(BUGS)

mutate: build/dpacs build/libverilated.a build/libfst.a build/.deps-test ## mutate RTL, golden reference and checker: the share that the tests notice, and what they do not (MUTANTS, SIDE, UNITS, SEED, JOBS)
	@/usr/bin/python3 scripts/mutate $(foreach option,MUTANTS SIDE UNITS SEED JOBS,$(call given,$(option)))

formal: build/.deps-formal ## prove the properties beside the units, by induction or for so many cycles (UNITS, JOBS)
	@scripts/formal/prove.py $(UNITS) $(JOBS:%=--jobs %)

formal-mutants: build/.deps-formal ## put single bugs into those units: a property must fail (UNITS, JOBS)
	@scripts/formal/prove.py --mutants $(UNITS) $(JOBS:%=--jobs %)

# gcc's, in a tree of its own; the hardware builds are the same. What is leaked, read beyond its end or undefined ends a test.
SANITIZE := TREE=build/sanitize OPTIMIZE='-O1 -g -fno-omit-frame-pointer' \
    INSTRUMENT='-fsanitize=address,undefined -fno-sanitize-recover=all'
# A replay is a forked copy of a process that has threads, and gcc 12's AddressSanitizer may wait for ever for its own lock there.
UNSANITIZED := test_bundle test_shrink test_snapshot test_wave
SANITIZED := $(or $(ONLY:%=build/sanitize/tests/%),$(filter-out $(UNSANITIZED:%=build/sanitize/tests/%),$(TEST_PROGRAMS:build/%=build/sanitize/%)))
sanitize: $(call dut,$(TEST_BUILDS)) build/units.txt build/.tried-import build/.deps-nightly ## run the tests in C and a smoke night, or ONLY some tests, under AddressSanitizer and UndefinedBehaviorSanitizer
	@MAKEFLAGS= $(MAKE) -s --no-print-directory VERILATOR='$(VERILATOR)' $(SANITIZE) build/sanitize/dpacs $(SANITIZED)
	@$(if $(ONLY),,echo 'left out, since they replay in forked processes: $(UNSANITIZED)')
	@DPACS=build/sanitize/dpacs scripts/build/run-tests.sh $(SANITIZED)
	@$(if $(ONLY),,DPACS_DUT_DIR=build/dut $(NIGHTLY) run --tier smoke --dpacs build/sanitize/dpacs --out build/sanitize/nightly --budget 60)

# clang's libFuzzer. tests/fuzz/corpus holds small valid files to begin with.
FUZZ_TREE := TREE=build/fuzz CC=clang OPTIMIZE='-O1 -g' INSTRUMENT='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all'
FUZZ_NAMES := $(or $(ONLY),$(FUZZ:tests/fuzz/fuzz_%.c=%))
SECONDS ?= 60
fuzz: build/.deps-fuzz ## feed broken files to every reader, SECONDS (60) each, coverage-guided; golden against naive on what loads (ONLY)
	@MAKEFLAGS= $(MAKE) -s --no-print-directory VERILATOR='$(VERILATOR)' $(FUZZ_TREE) $(FUZZ_NAMES:%=build/fuzz/fuzz/fuzz_%)
	@scripts/check/fuzz.sh '$(SECONDS)' $(FUZZ_NAMES)

bench: $(if $(BASE),,build/dpacs $(call dut,$(BENCH_BUILDS))) build/.deps-lint ## measure speed: MACs a second, cycles / limit; BASE=REVISION: beside that one (RUNS, ONLY)
	@$(if $(BASE),scripts/check/compare.py '$(BASE)' $(RUNS:%=--runs %) $(if $(ONLY),--only '$(ONLY)'),scripts/check/bench.sh)

table: build/dpacs $(call dut,$(TABLE_BUILDS)) build/.deps-table ## the published table with our cycles: run what is missing, print all (NETS, SIZE, SCHEDULE, BANDWIDTH, CLOCK, JOBS)
	@scripts/table/table.sh

plots: build/.deps-plot ## draw what make table has run: SVG and CSV in build/table/ (OUT)
	@scripts/table/plots.py $(or $(OUT),build/table)/results.jsonl --plan $(or $(OUT),build/table)/plan.txt -o $(or $(OUT),build/table)

# COUNT has another default for `make sim`.
accuracy: build/dpacs $(call dut,parallel-small serial-small) build/.deps-plot ## all test images through the RTL, every tile compared: accuracy, cycles of each image (COUNT, PART, JOBS, OUT, IMAGES)
	@COUNT=$(if $(filter file,$(origin COUNT)),10000,$(COUNT)) PART='$(PART)' IMAGES='$(IMAGES)' scripts/accuracy/accuracy.sh

gallery: build/dpacs $(call dut,parallel-small serial-small) build/.deps-gallery ## a page that shows what the hardware skipped, image by image: build/gallery/index.html (MODEL, IMAGES, COUNT (200), OUT)
	@scripts/gallery/gallery.py '$(MODEL)' --count $(if $(filter file,$(origin COUNT)),200,$(COUNT)) $(if $(IMAGES),--images '$(IMAGES)') -o '$(or $(OUT),build/gallery)'

tradeoff: build/dpacs $(call dut,parallel-small serial-small) build/.deps-plot ## accuracy against cycles, MACs and bytes of the networks in LIST (models/networks.csv), COUNT (1000) images of each on the RTL: docs/tradeoff.md (JOBS, OUT)
	@scripts/tradeoff/tradeoff.py $(LIST) --count $(if $(filter file,$(origin COUNT)),1000,$(COUNT)) $(JOBS:%=--jobs %) -o '$(or $(OUT),build/tradeoff)'

check-model: build/dpacs $(call dut,$(TABLE_BUILDS)) build/.deps-test ## hold the cycle model against the RTL, layer by layer, on ImageNet networks (NETS, KEEP, SCHEDULE, SIZE, JOBS)
	@scripts/check/check-model.sh

synth: build/.deps-synth ## map the RTL to UltraScale+ cells with Yosys: LUT, FF, DSP, block RAM of every module (BUILDS, JOBS; may take an hour)
	@scripts/synth/synth.py $(BUILDS:%=--build %) $(JOBS:%=--jobs %)

pnr: build/.deps-synth ## place and route serial-small on an LFE5U-85F: what it takes, its clock and longest path (BUILD, NEXTPNR, SEED, FREQ)
	@scripts/synth/pnr.py $(call given,BUILD) $(call given,NEXTPNR) $(call given,SEED) $(call given,FREQ)

netlist: build/dpacs $(call dut,serial-small.netlist parallel-small.netlist serial-small parallel-small) build/.deps-lint ## run the trained networks on the netlists that Yosys makes, and compare every tile and cycle (COUNT images of each: 2)
	@COUNT=$(if $(filter file,$(origin COUNT)),2,$(COUNT)) scripts/check/netlist.sh

package: build/.deps-package ## an IP-XACT component for Vivado: sources, constraints and its script in build/package/, checked without Vivado
	@scripts/package/package.py

lint: build/.deps-lint $(ALL_OBJECTS) $(ALL_OBJECTS:.o=.clang) ## Verilator and Yosys on the RTL, warnings of gcc and clang, format of the C code
	@scripts/build/lint.sh

train: build/.deps-train ## train and export the networks of models/ again (up to two hours)
	@models/train/train_all.py

# What the importer needs to know and the file does not say goes through ARGS: make import CHECKPOINT=net.pth OUT=net.dpm ARGS='--size 64'
import: build/.deps-import ## turn a PyTorch or ONNX checkpoint into a container: CHECKPOINT, OUT (IMAGES, REPORT: a directory, ARGS; docs/import.md)
	@$(if $(and $(CHECKPOINT),$(OUT)),,$(error make import needs CHECKPOINT=FILE and OUT=FILE.dpm))models/import/import.py '$(CHECKPOINT)' -o '$(OUT)' \
	    $(if $(IMAGES),--images '$(IMAGES)') $(if $(REPORT),--report '$(REPORT)') $(ARGS)

check-torch: build/dpacs build/.deps-train ## compare the golden reference with PyTorch on whole networks
	@models/train/check_golden.py
	@scripts/check/check-torch.sh

all: build/dpacs build/classify $(call dut,$(SIM_BUILDS) $(TEST_BUILDS)) $(TEST_PROGRAMS) $(UNIT_PROGRAMS) ## build the program, the tests and their hardware builds

builds: $(call dut,$(GEOMETRIES) $(GEOMETRIES:=-dense)) ## make every hardware build of builds.mk (takes a while)

format: build/.deps-lint ## rewrite the C code in the project's format
	@clang-format -i $(C_FILES)

deps: ## install what building, testing and lint need
	@scripts/build/install-deps.sh build test lint

clean: ## remove build/
	rm -rf build

distclean: clean ## and what else running leaves in the tree: waveforms, Python's caches, temporary files
	find . -name .git -prune -o \( -name '*.fst' -o -name '*.fst.hier' -o -name '*.vcd' -o -name '*.tmp' \
	    -o -name '*.pyc' -o -name '.*.swp' \) -type f -exec rm -f {} +
	find . -name __pycache__ -type d -empty -delete

##@ Dependencies: checked once, then a stamp; a changed list checks again
# PyTorch is large and only the importer's tests need it: without it they are skipped, with their reason.
build/.tried-import: scripts/build/install-deps.sh
	@scripts/build/install-deps.sh import || echo "make test: without these packages the tests of the importer are skipped"
	@mkdir -p build && touch $@
build/.deps-%: scripts/build/install-deps.sh
	@scripts/build/install-deps.sh $*
	@mkdir -p build && touch $@
.PRECIOUS: build/.deps-%
