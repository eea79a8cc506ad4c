#!/usr/bin/env bats
# The rules of the house that a machine can check: who includes whom, what lies where, which words stand for
# unfinished work, and that the tables of the README are those of the code.

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    # A tree that was unpacked rather than cloned has no index.
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        mapfile -t files < <(git ls-files -co --exclude-standard | while read -r f; do [ -e "$f" ] && echo "$f"; done)
    else
        mapfile -t files < <(find . -type f -not -path './build/*' -not -path './.git/*' -printf '%P\n')
    fi
}

matching() { printf '%s\n' "${files[@]}" | grep -E "$1"; }

# empty TEXT: fails with what was found.
empty() { [ -z "$1" ] || { printf '%s\n' "$1"; return 1; }; }

# includes ROOM: "file header" for each project header that files directly in the room, or below it, include.
includes() {
    matching "^$1/.*\.(cpp|hpp)$" | while read -r f; do
        sed -nE "s|^ *#include \"([^\"]+)\".*|$f \1|p" "$f"
    done
}

# only ROOM ALLOWED: the room includes project headers of the allowed rooms alone, by their full path.
only() {
    empty "$(includes "$1" | awk -v allowed="^($2)/" '$2 !~ allowed')"
}

@test "common includes only common" { only common 'common'; }
@test "client includes only client and common, but what reads the cluster's XML: the XML room" {
    empty "$(includes client | awk '$2 !~ /^(client|common)\// && !($1 ~ /^client\/ec\/conf\// && $2 == "daemon/xml/xml.hpp")')"
}
@test "core includes only core and common" { only daemon/core 'daemon/core|common'; }
@test "xml includes only xml and common" { only daemon/xml 'daemon/xml|common'; }
@test "net includes only net and common" { only daemon/net 'daemon/net|common'; }
@test "esx never includes api, config or run" { only daemon/esx 'daemon/(esx|core|xml|net)|common'; }
@test "shell never includes esx, api, config or run" { only daemon/shell 'daemon/(shell|core|net|xml)|common'; }
@test "what parses the hosts' output is pure: no Asio, no files, no sockets" {
    only daemon/shell/text 'daemon/(shell/text|core|xml)|common'
    empty "$(matching '^daemon/shell/text/' | xargs -r grep -nE '#include *<(boost/(asio|beast)|libssh|fstream|thread)')"
}
@test "api never includes esx, config or run" { only daemon/api 'daemon/(api|core|net)|common'; }
@test "config never includes esx or api" { only daemon/config 'daemon/(config|core|net|run)|common'; }
@test "run never includes esx, api or config" { only daemon/run 'daemon/(run|core|net)|common'; }

@test "the simulated site shares no code with what it is a witness of" {
    only tests/simulator 'tests/(simulator|support)|daemon/(xml|net)|common'
}

@test "the product never includes the tests" {
    empty "$({ includes daemon; includes client; includes common; } | awk '$2 ~ /^tests\//')"
}

@test "core is pure: the standard library without clocks, threads, files or sockets" {
    empty "$(matching '^daemon/core/' | xargs -r grep -nE \
        '#include *<([^>]*[/.][^>]*|iostream|fstream|filesystem|thread|mutex|condition_variable|future|random|syncstream)>')"
    empty "$(matching '^daemon/core/' | xargs -r grep -nE 'clock::now|\btime\(|getenv|std::cout|std::cerr')"
}

@test "common stays small: no Asio, no Beast, no threads" {
    empty "$(matching '^common/' | xargs -r grep -nE '#include *<(boost/(asio|beast)|spdlog|systemd|openssl|thread)')"
}

@test "client stays small: no Asio but its buffers, no spdlog, no threads" {
    empty "$(matching '^client/' | xargs -r grep -nE '#include *<(boost/asio|spdlog|systemd|openssl|thread|iostream)' |
        grep -v '<boost/asio/buffer.hpp>')"
}

@test "JSON and XML come through their one room" {
    empty "$(matching '^(client|daemon)/' | xargs -r grep -n '#include *<nlohmann')"
    empty "$(matching '^(client|common|daemon)/' | grep -v '^daemon/xml/' | xargs -r grep -n '#include *[<"]pugixml')"
}

@test "the top level holds only what belongs there" {
    allowed='CMakeLists.txt CMakePresets.json README.md CHANGELOG.md LICENSE daemon client common systemd config tests'
    found=$(printf '%s\n' "${files[@]}" | cut -d/ -f1 | sort -u | while read -r entry; do
        case " $allowed " in *" $entry "*) ;; *) [[ $entry == .* ]] || echo "$entry" ;; esac
    done)
    empty "$found"
}

@test "no source file is longer than 600 lines" {
    empty "$(matching '\.(cpp|hpp|sh|bash|bats|py|rb|go)$' | xargs wc -l | awk '$2 != "total" && $1 > 600')"
}

@test "no word stands for unfinished work" {
    empty "$(matching '\.(cpp|hpp|sh|bash|bats|py|rb|go|md|txt|cmake|json)$' |
        xargs grep -nE '\b([T]ODO|[F]IXME|[X]XX|[n]ot implemented|[s]tub)\b')"
}

@test "no path of the workplace stands in the tree" {
    empty "$(printf '%s\n' "${files[@]}" | xargs grep -nIE '(^|[^[:alnum:]_.])/([w]ork|[f]arm)/|/[t]mp/b-|\b[s]hared/|\.[l]ibrary')"
}

@test "the programs of tests can be run" {
    for program in tests/run.sh tests/demo.sh tests/bench.sh .ci/run; do
        [ -x "$program" ] || { echo "$program"; return 1; }
        grep -q "$program" README.md || [ "$program" = .ci/run ] || { echo "README.md does not show $program"; return 1; }
    done
}

@test "the README's table of exit codes is the code's" {
    sed -nE 's/^ *(\w+) = ([0-9]+),$/\1 \2/p' common/exit_codes.hpp | while read -r name number; do
        sentence=$(sed -nE "s/^ *\{$name, \"(.*)\"\},$/\1/p" common/exit_codes.cpp)
        [ -n "$sentence" ] || { echo "$name has no sentence"; return 1; }
        grep -qF "| $number | $sentence |" README.md || { echo "README.md lacks: | $number | $sentence |"; return 1; }
    done
}

@test "the README's table of reason words is the code's" {
    table=$(sed -nE 's/^ *\{\w+, "(\w+)", "(.*)"\},$/| `\1` | \2 |/p' common/reasons.cpp)
    [ "$(wc -l <<<"$table")" -gt 40 ]
    empty "$(grep -vxFf <(grep '^| `' README.md) <<<"$table")"
}

# GCC 12 runs parts of such an expression twice.
@test "no choice is made between two co_await" {
    empty "$(matching '^(client|daemon|tests)/.*\.(cpp|hpp)$' | xargs grep -nE '\?[^:]*co_await.*:.*co_await')"
}

@test "the sources are formatted" {
    command -v clang-format >/dev/null || skip "clang-format is not installed"
    matching '^(common|client|daemon|tests)/.*\.(cpp|hpp)$' | xargs clang-format --dry-run -Werror
}

@test "the shell scripts pass shellcheck" {
    command -v shellcheck >/dev/null || skip "shellcheck is not installed"
    matching '^(tests/.*\.(sh|bash)|\.ci/run|config/.*\.sh|client/completion/.*)$' | xargs shellcheck -x -e SC1091
}

@test "clang-tidy finds nothing in common and core" {
    command -v clang-tidy >/dev/null || skip "clang-tidy is not installed"
    # No compile database: these two rooms need no more than the include path and the language.
    matching '^(common|daemon/core)/.*\.cpp$' | timeout 300 xargs -P "$(nproc)" -I{} clang-tidy --quiet {} -- \
        -std=c++20 -I. -DJSON_USE_IMPLICIT_CONVERSIONS=0 -DVMHA_VERSION='"0"' -Wno-everything
}
