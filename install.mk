# install and uninstall. Read by the Makefile.
#
#   PREFIX/bin/dpacs             the program
#   PREFIX/lib/dpacs/            its parts, as they lie in the project: dut/, models/, scripts/waves/, waves/, rtl/
#   PREFIX/lib/libdpacs.a        the driver of the accelerator; its headers in include/dpacs/, pkgconfig/dpacs.pc, and an example
#   PREFIX/share/                the manual page and the completion for bash, both made from the help texts
#
# It may be moved as a whole: the program finds its parts from where it is (tb/dut/paths.c).
PREFIX ?= /usr/local
# What make sim needs, and which others are made.
INSTALL_BUILDS = $(or $(BUILDS),$(sort $(SIM_BUILDS) $(patsubst build/dut/%.so,%,$(wildcard build/dut/*.so))))

install: build/dpacs build/libdpacs.a build/dpacs.1 build/dpacs.bash $(call dut,$(if $(filter install,$(MAKECMDGOALS)),$(INSTALL_BUILDS))) ## install to PREFIX (/usr/local): the program, hardware builds that are made, models, manual (DESTDIR, BUILDS)
	@scripts/build/install.sh install '$(DESTDIR)$(PREFIX)' $(INSTALL_BUILDS)

uninstall: ## remove what install has put below PREFIX
	@scripts/build/install.sh uninstall '$(DESTDIR)$(PREFIX)'

build/dpacs.1 build/dpacs.bash: build/dpacs scripts/build/from-help.py
	@scripts/build/from-help.py $(@:build/dpacs.%=%) build/dpacs >$@
