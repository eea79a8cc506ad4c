#!/usr/bin/env bats
# What the README tells people to copy is accepted by the program.

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    bin=${VMHA_BIN:-build/release/bin}
}

@test "the README's configuration is accepted" {
    sed -n '/^```jsonc/,/^```$/p' README.md | sed '1d;$d' >"$BATS_TEST_TMPDIR/vmhad.json"
    grep -q '"nodes"' "$BATS_TEST_TMPDIR/vmhad.json"
    # Only the thumbprints are shortened there.
    sed -Ei "s/(AA:BB|CC:DD):…/$(printf 'AB:%.0s' {1..31})AB/" "$BATS_TEST_TMPDIR/vmhad.json"
    mkdir "$BATS_TEST_TMPDIR/credentials"
    for host in esxi1 esxi2; do
        (umask 077 && echo secret >"$BATS_TEST_TMPDIR/credentials/$host.password")
    done
    run "$bin/vmhad" --check-config --config "$BATS_TEST_TMPDIR/vmhad.json" --node ec1
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "every program that the README names is built" {
    for program in vmhad vmha-exec vmha-genw vmhactl esxsim; do
        "$bin/$program" --version
    done
}
