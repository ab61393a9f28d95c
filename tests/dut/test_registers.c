/* What is made from the register map is what is committed; where the tool that makes it is not installed, that is said. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { NOT_INSTALLED = 3 };

Test(registers, files_are_what_the_map_says) {
    int status = system("scripts/registers/generate.py --check 2>/dev/null");
    cr_assert(WIFEXITED(status));
    if (WEXITSTATUS(status) == NOT_INSTALLED) cr_skip_test("the Python package systemrdl-compiler is not installed");
    cr_assert_eq(WEXITSTATUS(status), 0, "scripts/registers/generate.py makes other files than those that are committed");
}

Test(registers, layout_of_commands_is_what_the_package_says) {
    int status = system("scripts/registers/layout.py --check");
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
