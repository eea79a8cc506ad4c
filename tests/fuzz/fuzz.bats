#!/usr/bin/env bats
# What a host prints is text from outside.

@test "the parsers of what a host prints bear anything, for twenty seconds" {
    cd "$BATS_TEST_DIRNAME/../.."
    run tests/fuzz/run.sh 20
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" =~ fuzz:\ [0-9]{4,}\ executions ]]
}
