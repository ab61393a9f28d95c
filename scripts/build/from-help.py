#!/usr/bin/python3
"""What the help texts of dpacs say, in another form: from-help.py 1 PROGRAM is a manual page, from-help.py bash PROGRAM a completion for bash.

Nothing is said here that the program does not say, so that nothing can go stale."""
import re
import subprocess
import sys

SIGNATURE = re.compile(r"^  (?:(-\S), |    )--([a-z-]+)(?:\[?=([^\]\s]+))?", re.M)


def said(program, *words):
    done = subprocess.run([program, *words], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin", "ARGP_HELP_FMT": "rmargin=78"})
    return done.stdout.rstrip()


def read(program):
    """(overview, {command: (what it does, help)})"""
    overview = said(program, "--help")
    commands = re.findall(r"^  ([a-z]+) +(\S.*)$", overview, re.M)
    if not commands:
        sys.exit(f"from-help.py: {program} --help lists no commands")
    return overview, {name: (what, said(program, name, "--help")) for name, what in commands}


def verbatim(text):
    """Lines as they are: a backslash, a dot or a quote at the beginning mean something in roff."""
    lines = (line.replace("\\", "\\e").replace("-", "\\-") for line in text.splitlines())
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def manual(program):
    overview, commands = read(program)
    version = said(program, "--version")
    usage, _, rest = overview.partition("\n\n")
    yield f'.TH DPACS 1 "" "{version}" "User Commands"'
    yield ".SH NAME\ndpacs \\- a dynamic\\-pruning CNN accelerator in RTL, simulated and compared with a golden reference"
    yield f".SH SYNOPSIS\n.nf\n{verbatim(usage.removeprefix('usage: '))}\n.fi"
    yield f".SH DESCRIPTION\n.nf\n{verbatim(rest)}\n.fi"
    for name, (_, text) in commands.items():
        yield f".SH DPACS {name.upper()}\n.nf\n{verbatim(text)}\n.fi"


def completion(program):
    _, commands = read(program)
    yield "# bash completion for dpacs, made from its help texts\n_dpacs() {"
    yield '    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} options= values='
    yield '    [ "$word" = "=" ] && word= || [ "$before" != "=" ] || before=${COMP_WORDS[COMP_CWORD-2]}'
    yield "    COMPREPLY=()"
    yield "    if [ \"$COMP_CWORD\" = 1 ]; then"
    yield f"        mapfile -t COMPREPLY < <(compgen -W \"{' '.join(commands)} --help --version\" -- \"$word\")\n        return\n    fi"
    yield "    case ${COMP_WORDS[1]} in"
    for name, (_, text) in commands.items():
        found = [(option, value) for _, option, value in SIGNATURE.findall(text)]
        yield f"    {name})\n        options=\"{' '.join('--' + option for option, _ in found)}\"\n        case $before in"
        for option, value in found:
            if re.fullmatch(r"[a-z]+(\|[a-z]+)+", value):
                yield f"        --{option}) values=\"{value.replace('|', ' ')}\" ;;"
            elif option == "build":
                yield f"        --{option}) values=$(\"${{COMP_WORDS[0]}}\" builds 2>/dev/null | sed '1d; s/ .*//') ;;"
        yield "        esac ;;"
    yield "    esac"
    yield '    if [ -n "$values" ]; then mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")'
    yield '    elif [ "${word#-}" != "$word" ]; then mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word"); fi'
    yield "}\ncomplete -o default -F _dpacs dpacs"


def main():
    form = {"1": manual, "bash": completion}.get(sys.argv[1]) if len(sys.argv) == 3 else None
    if not form:
        sys.exit("usage: from-help.py 1|bash PROGRAM")
    print("\n".join(form(sys.argv[2])))


if __name__ == "__main__":
    main()
