#include "cli.h"
#include "interrupt.h"

int main(int argc, char **argv) {
    interrupt_install();
    return cli_main(argc, argv);
}
