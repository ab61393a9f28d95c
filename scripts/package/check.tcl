# Runs package.tcl without Vivado: its commands are replaced by ones that look whether what they are given is there.
#     tclsh check.tcl package.tcl FOLDER
# A command that is not replaced here ends the run, and so does one with an option that Vivado's does not have in this use.

lassign $argv script folder
set argv [list $folder]
set folder [file normalize $folder]

proc wrong {text} {
    puts stderr "package: $text"
    exit 1
}
proc expect {condition text} {
    if {![uplevel 1 [list expr $condition]]} { wrong $text }
}
# Splits the arguments of a command: those of the options in `takes` have a value, those in `flags` none. What is left over, as a list.
proc options {what takes flags arguments} {
    upvar 1 option option
    set rest {}
    for {set i 0} {$i < [llength $arguments]} {incr i} {
        set word [lindex $arguments $i]
        if {$word in $flags} {
            set option($word) 1
        } elseif {$word in $takes} {
            set option($word) [lindex $arguments [incr i]]
        } elseif {[string match -* $word]} {
            wrong "$what: no option $word"
        } else {
            lappend rest $word
        }
    }
    return $rest
}

# Ports of the top: name, direction, width.
set list [open [file join $folder ports.txt]]
while {[gets $list line] >= 0} {
    lassign $line name direction width
    set port($name) $direction
    set width_of($name) $width
}
close $list

set files {}
proc create_project {args} {
    set rest [options create_project {-part} {-in_memory} $args]
    expect {[string match "xczu*" $option(-part)]} "create_project: -part $option(-part) is no Zynq UltraScale+"
    expect {[llength $rest] == 1} "create_project: one name"
}
proc current_project {} { return project }
proc close_project {} {}
proc get_filesets {name} {
    expect {$name in {sources_1 constrs_1}} "no fileset $name"
    return fileset:$name
}
proc add_files {args} {
    global files
    foreach file [concat {*}[options add_files {-fileset} {-norecurse} $args]] {
        expect {[file isfile $file]} "add_files: no file $file"
        expect {[string equal -length [string length $::folder] $::folder $file]} "add_files: $file lies beside the folder"
        lappend files $file
    }
}
proc get_files {name} {
    expect {$name in $::files} "get_files: $name was not added"
    return file:$name
}
proc update_compile_order {args} { options update_compile_order {-fileset} {} $args }
proc set_property {name value object} {
    global files property
    expect {$object ne ""} "set_property $name: of nothing"
    if {$name eq "top"} {
        set found [lsearch -glob $files */$value.v]
        expect {$found >= 0} "the top $value has no file, or it is not plain Verilog"
        set text [read [set file [open [lindex $files $found]]]]
        close $file
        expect {[regexp "module $value\\M" $text]} "no module $value in [lindex $files $found]"
    }
    if {$name eq "slave_memory_map_ref"} { expect {$value in $::maps} "no memory map $value" }
    if {$name eq "address_offset"} {
        expect {$value % 4 == 0 && $value < $::dpacs_range} "register at $value: not in the map"
        expect {![info exists ::taken($value)]} "two registers at $value"
        set ::taken($value) 1
    }
    set property($object,$name) $value
}
proc get_property {name object} {
    return $::property($object,$name)
}

# Buses
set buses {}
set maps {}
namespace eval ipx {
    proc package_project {args} {
        options package_project {-root_dir -vendor -library -taxonomy -set_current} {-import_files} $args
        expect {[llength $::files] > 0} "package_project: no files"
    }
    proc current_core {} { return core }
    proc infer_bus_interface {name kind core} {
        expect {[info exists ::port($name)]} "no port $name"
        expect {[regexp {^xilinx.com:signal:(clock|reset|interrupt)_rtl:1.0$} $kind]} "no kind of bus $kind"
        lappend ::buses $name
    }
    # Every signal of AXI4, or of AXI4-Lite where there is no burst length; directions as the side has them.
    proc infer_bus_interfaces {kind core} {
        expect {$kind eq "xilinx.com:interface:aximm_rtl:1.0"} "no kind of bus $kind"
        foreach name [lsort [array names ::port *_awvalid]] {
            set bus [string range $name 0 end-8]
            set lite {awaddr awprot awvalid awready wdata wstrb wvalid wready bresp bvalid bready araddr arprot arvalid arready rdata rresp rvalid rready}
            set full {awid awlen awsize awburst awlock awcache awqos wlast bid arid arlen arsize arburst arlock arcache arqos rid rlast}
            set master [expr {$::port($name) eq "output"}]
            set signals [expr {[info exists ::port(${bus}_awlen)] ? [concat $lite $full] : $lite}]
            foreach signal $signals {
                expect {[info exists ::port(${bus}_$signal)]} "$bus: no port ${bus}_$signal"
                set back [regexp {^(awready|wready|arready|rready|b.*|r.*)$} $signal]
                if {$signal in {bready rready}} { set back 0 }
                set direction [expr {$back == $master ? "input" : "output"}]
                expect {$::port(${bus}_$signal) eq $direction} "${bus}_$signal is no $direction"
            }
            expect {$::width_of(${bus}_wstrb) * 8 == $::width_of(${bus}_wdata)} "$bus: widths of wdata and wstrb"
            lappend ::buses $bus
        }
    }
    proc associate_bus_interfaces {args} {
        options associate_bus_interfaces {-busif -clock} {} $args
        expect {$option(-busif) in $::buses && $option(-clock) in $::buses} "$option(-busif), $option(-clock): no such buses"
        set ::clocked($option(-busif)) 1
    }
    proc get_bus_interfaces {name args} {
        options get_bus_interfaces {-of_objects} {} $args
        expect {$name in $::buses} "no bus $name"
        return bus:$name
    }
    proc add_bus_parameter {name bus} { return parameter:$bus:$name }
    proc get_memory_maps {name args} { return [expr {$name in $::maps ? "map:$name" : ""}] }
    proc add_memory_map {name core} { lappend ::maps $name }
    proc get_address_blocks {args} { return {} }
    proc remove_address_block {name map} {}
    proc add_address_block {name map} { return block:$name }
    proc add_register {name block} {
        expect {![info exists ::registered($name)]} "two registers $name"
        set ::registered($name) 1
        return register:$name
    }
    proc create_xgui_files {core} {}
    proc update_checksums {core} {}
    proc check_integrity {core} {
        foreach bus $::buses {
            expect {[info exists ::clocked($bus)] || ![info exists ::port(${bus}_awvalid)]} "$bus has no clock"
        }
        foreach {name _} [array get ::port] {
            set of [lsearch -inline -regexp $::buses "^([regsub {_[^_]*$} $name {}]|$name)$"]
            expect {$of ne ""} "port $name belongs to no bus"
        }
    }
    proc save_core {core} { set ::saved 1 }
}

# Constraints
proc get_ports {name} {
    expect {[info exists ::port($name)]} "constraints: no port $name"
    return port:$name
}
proc get_nets {name} {
    expect {[info exists ::port($name)]} "constraints: no net $name"
    return net:$name
}
# -filter {NAME =~ *INSTANCE/REGISTER_reg*}: some source has such an instance, and some one such a register.
proc get_cells {args} {
    options get_cells {-filter} {-hierarchical} $args
    expect {[regexp {^NAME =~ \*(\w+)/(\w+)_reg\*$} $option(-filter) _ instance register]} "constraints: filter $option(-filter)"
    foreach word [list $instance $register] {
        set found 0
        foreach file $::files {
            set text [read [set channel [open $file]]]
            close $channel
            incr found [regexp "\\m$word\\M" $text]
        }
        expect {$found > 0} "constraints: nothing is named $word"
    }
    return cells
}
proc create_clock {args} {
    set rest [options create_clock {-name -period} {} $args]
    expect {[string is double -strict $option(-period)] && $rest ne ""} "create_clock: $args"
}
proc set_false_path {args} { options set_false_path {-from -to -through} {} $args }

if {[catch { source $script } text]} { wrong $text }
expect {[info exists saved]} "nothing was saved"
set constraints [lsearch -all -inline -glob $files *.xdc]
foreach file $constraints {
    if {[catch { source $file } text]} { wrong "[file tail $file]: $text" }
}
expect {[array size registered] * 3 == [llength $dpacs_registers]} "registers are missing"
puts "package: [expr {[llength $files] - [llength $constraints]}] sources, [array size port] ports in [llength $buses] buses, [array size registered] registers: $folder"
