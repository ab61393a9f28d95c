# The rooms of csrc/, driver/ and tb/, lower ones first, each with the rooms whose headers it may include: it is compiled with
# their paths and no others. csrc/ knows nothing of Verilator, golden nothing of plan and cycle.
ROOMS := csrc/base csrc/model csrc/golden csrc/naive csrc/data csrc/plan csrc/cycle csrc/gen \
    driver/core driver/linux driver/file driver/example \
    tb/dut tb/input tb/bus tb/check tb/run tb/debug tb/sweep tb/cli

# base    errors, memory, random numbers, files written whole
# model   a network, its container
# golden  the reference: what every tile must be           naive   a second one, nested loops straight from docs/numerics.md
# data    images, published vectors
# plan    memory image and commands of a network           cycle   how many cycles they take
# gen     networks with random weights
# core    libdpacs: registers, memory, jobs; needs nothing of its host         linux   … through UIO and u-dma-buf
# file    networks from containers and planned files        example a program of one screen
# dut     the hardware behind a C interface                input   network, images and build that a command line names
# bus     DDR behind AXI, registers behind AXI-Lite         check   records against golden, counters, hangs, coverage
# run     images through the hardware: results, waves       debug   a failure: bundle, explain, shrink
# sweep   many runs                                         cli     dpacs COMMAND

uses_csrc/base :=
uses_csrc/model := base
uses_csrc/golden := base model
uses_csrc/naive := base model golden
uses_csrc/data := base model golden
uses_csrc/plan := base model golden
uses_csrc/cycle := base model golden plan
uses_csrc/gen := base model golden
all_of_csrc := base model golden naive data plan cycle gen

# Of plan, the core has the layout of a command and calls nothing (scripts/build/bare-metal.sh).
uses_driver/core := plan
uses_driver/linux := core
uses_driver/file := base model golden plan core
uses_driver/example := core linux file

uses_tb/dut := base
uses_tb/input := base model golden data plan gen dut
uses_tb/bus := base dut
uses_tb/check := base model golden plan dut bus
uses_tb/run := base model golden data plan cycle core file dut input bus check
uses_tb/debug := base model golden data plan cycle core dut input bus check run
uses_tb/sweep := base model golden data plan gen core dut input bus check run
uses_tb/cli := $(all_of_csrc) core file dut input bus check run debug sweep
