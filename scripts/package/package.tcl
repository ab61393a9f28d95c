# Makes an IP-XACT component of the accelerator for Zynq UltraScale+, for Vivado's IP catalogue:
#     vivado -mode batch -source package.tcl -tclargs build/package/dpacs [PART]
# Argument 1 is the folder that scripts/package/package.py has filled: sources (files.txt: those of rtl/files.f, in their order), constraints,
# registers.tcl. Every path is below it. The component lands in ip/ there.

set folder [file normalize [lindex $argv 0]]
set part [expr {[llength $argv] > 1 ? [lindex $argv 1] : "xczu9eg-ffvb1156-2-e"}]
source [file join $folder registers.tcl]

# The order of files.txt: the package first. Its top is plain Verilog, which is what the packager takes as one.
set sources {}
set list [open [file join $folder files.txt]]
while {[gets $list name] >= 0} {
    if {$name ne ""} { lappend sources [file join $folder $name] }
}
close $list

create_project -in_memory -part $part dpacs
set_property target_language Verilog [current_project]
add_files -norecurse -fileset sources_1 $sources
set constraints [file join $folder dpacs.xdc]
set alone [file join $folder dpacs_ooc.xdc]
add_files -norecurse -fileset constrs_1 [list $constraints $alone]
set_property used_in {synthesis implementation out_of_context} [get_files $alone]
set_property top dp_zynq [get_filesets sources_1]
update_compile_order -fileset sources_1

ipx::package_project -root_dir [file join $folder ip] -vendor dpacs -library accelerator -taxonomy /UserIP -import_files -set_current true
set core [ipx::current_core]
set_property name dpacs $core
set_property version $dpacs_version $core
set_property display_name "DPACS" $core
set_property description "A CNN accelerator that prunes positions and channels while it runs" $core
set_property supported_families {zynquplus Production} $core

# Clock, reset, interrupt.
ipx::infer_bus_interface aclk xilinx.com:signal:clock_rtl:1.0 $core
ipx::infer_bus_interface aresetn xilinx.com:signal:reset_rtl:1.0 $core
ipx::infer_bus_interface irq xilinx.com:signal:interrupt_rtl:1.0 $core
set_property value ACTIVE_LOW [ipx::add_bus_parameter POLARITY [ipx::get_bus_interfaces aresetn -of_objects $core]]
set_property value LEVEL_HIGH [ipx::add_bus_parameter SENSITIVITY [ipx::get_bus_interfaces irq -of_objects $core]]

# One AXI4-Lite slave, four AXI4 masters: by the names of the ports, all on one clock.
set masters {m_axi_hp0 m_axi_hp1 m_axi_hp2 m_axi_hp3}
ipx::infer_bus_interfaces xilinx.com:interface:aximm_rtl:1.0 $core
foreach bus [concat s_axi $masters] {
    ipx::associate_bus_interfaces -busif $bus -clock aclk $core
}
foreach bus $masters {
    # what docs/bus.md promises: bursts in 4 KiB, none narrow, in order
    foreach {name value} {SUPPORTS_NARROW_BURST 0 MAX_BURST_LENGTH 256 NUM_READ_OUTSTANDING 64 NUM_WRITE_OUTSTANDING 16} {
        set_property value $value [ipx::add_bus_parameter $name [ipx::get_bus_interfaces $bus -of_objects $core]]
    }
}

# The registers, as rtl/registers/dpacs.rdl has them.
if {[llength [ipx::get_memory_maps s_axi -of_objects $core]] == 0} { ipx::add_memory_map s_axi $core }
set_property slave_memory_map_ref s_axi [ipx::get_bus_interfaces s_axi -of_objects $core]
set map [ipx::get_memory_maps s_axi -of_objects $core]
foreach block [ipx::get_address_blocks -of_objects $map] {
    ipx::remove_address_block [get_property name $block] $map
}
set block [ipx::add_address_block registers $map]
set_property range $dpacs_range $block
set_property width 32 $block
set_property usage register $block
foreach {name offset text} $dpacs_registers {
    set register [ipx::add_register $name $block]
    set_property address_offset $offset $register
    set_property size 32 $register
    set_property description $text $register
}

ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
close_project
