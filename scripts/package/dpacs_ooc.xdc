# Constraints of the accelerator alone, out of context. The clock is that of the authors' board, 187.48 MHz.
create_clock -name aclk -period 5.334 [get_ports aclk]
