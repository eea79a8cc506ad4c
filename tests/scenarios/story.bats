#!/usr/bin/env bats
# README.md tells what vmhad does; the scenarios prove it.

@test "the README's table is the one that the scenarios make" {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    tests/scenarios/story.sh >"$BATS_TEST_TMPDIR/made"
    sed -n '/^<!-- story:begin/,/^<!-- story:end/p' README.md | sed '1d;$d' >"$BATS_TEST_TMPDIR/told"
    [ "$(grep -c '^| ' "$BATS_TEST_TMPDIR/told")" -gt 60 ]
    diff <(sed '/^$/d' "$BATS_TEST_TMPDIR/made") <(sed '/^$/d' "$BATS_TEST_TMPDIR/told")
}
