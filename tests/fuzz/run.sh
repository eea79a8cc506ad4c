#!/bin/sh
# Feeds the parsers of what a host prints with anything, for some seconds (20). Ends 1 at the first text that one of
# them does not bear, and keeps it.
#   tests/fuzz/run.sh [SECONDS]
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-20}
compiler=${FUZZ_CXX:-clang++-16}
work=${FUZZ_DIR:-build/fuzz}
mkdir -p "$work/corpus" "$work/found"

sources="tests/fuzz/shell_text_fuzz.cpp $(echo daemon/shell/text/*.cpp) daemon/xml/xml.cpp daemon/core/vmx_path.cpp daemon/core/host_words.cpp
    common/result.cpp common/log_line.cpp"
newer=$(find tests/fuzz daemon/shell/text daemon/xml daemon/core common -newer "$work/fuzz" 2>/dev/null || echo none)
if [ ! -x "$work/fuzz" ] || [ -n "$newer" ]; then
    flags="-std=c++20 -O1 -gline-tables-only -I. -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined"
    rm -f "$work"/*.o
    # shellcheck disable=SC2016,SC2086
    printf '%s\n' $sources | xargs -P "$(nproc)" -I{} sh -c \
        '"$1" $2 -c "$3" -o "$4/$(echo "$3" | tr / _).o"' compile "$compiler" "$flags" {} "$work"
    # shellcheck disable=SC2086
    "$compiler" $flags "$work"/*.o -lpugixml -o "$work/fuzz"
fi

# A sample's file is named after its parser: the first letter is the byte that chooses it.
for sample in tests/fuzz/samples/*; do
    name=$(basename "$sample")
    { printf '%s' "${name%"${name#?}"}" && cat "$sample"; } >"$work/corpus/$name"
done

if ! "$work/fuzz" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="$work/found/" "$work/corpus" >"$work/log" 2>&1; then
    tail -n 40 "$work/log"
    echo "fuzz: a parser failed; the text is in $work/found"
    exit 1
fi
executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
echo "fuzz: $executions executions in $seconds s, no failure"
