# Hardware builds: one line a geometry. Every NAME also exists as NAME-dense (Prune = 0: the dense baseline), and each of
# those as NAME.trace (writes FST waveforms), NAME.check (assertions on, unknowns random), NAME.cover (counts coverage) and NAME.netlist (what
# Yosys makes of it): make build/dut/NAME.so
#
#                           Parallel  Prune  Pi  Po  MapWords  WeightRows  MaskW  PatchBytes  MACs a cycle
BUILD_parallel-small :=         1       1     8   8     2048       64        32       32    #   576
BUILD_serial-small   :=         0       1     8   8     2048      320        32       32    #    64
BUILD_parallel-mid   :=         1       1    16  16     2048       64        32      160    #  2304
BUILD_serial-mid     :=         0       1    16  16     2048      320        32      160    #   256
BUILD_parallel-ref   :=         1       1    16  32    16384       64        64      160    #  4608, the published size
BUILD_serial-ref     :=         0       1    32  64     8192      288        64      160    #  2048, the published size

GEOMETRIES := parallel-small serial-small parallel-mid serial-mid parallel-ref serial-ref
SIM_BUILDS := serial-small serial-small.trace serial-small-dense
TEST_BUILDS := parallel-small serial-small parallel-small-dense serial-small-dense \
    parallel-small.check serial-small.check parallel-small.trace serial-small.trace parallel-mid serial-mid \
    parallel-ref serial-ref \
    serial-small.cover serial-small-board serial-small-board1 serial-small-board3 parallel-small-board2 serial-small-board.check \
    serial-small-board.trace
BENCH_BUILDS := parallel-small serial-small parallel-ref serial-ref
