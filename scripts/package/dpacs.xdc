# Constraints of the accelerator (dp_zynq), wherever it is instantiated.
# aresetn may fall at any time; dp_reset_sync puts its end in step with the clock, two cycles later, so no path from aresetn itself is timed.
set_false_path -through [get_nets aresetn]
# The registers that synchronize it lie together.
set_property ASYNC_REG TRUE [get_cells -hierarchical -filter {NAME =~ *u_reset/sync_q_reg*}]
