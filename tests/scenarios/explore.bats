#!/usr/bin/env bats
# The seeded explorer, as many schedules as fit into a minute.

@test "no violation in 3000 random schedules of requests and faults" {
    run timeout 300 "${VMHA_BIN:?}/explore" --schedules 3000
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"3000 schedules, "*" steps, "* ]]
}

@test "the same seed is the same schedule" {
    "${VMHA_BIN:?}/explore" --schedules 1 --seed 42 --trace | grep -v 'schedules,' >"$BATS_TEST_TMPDIR/one"
    "${VMHA_BIN:?}/explore" --schedules 1 --seed 42 --trace | grep -v 'schedules,' >"$BATS_TEST_TMPDIR/two"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/one")" -gt 20 ]
    diff "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
}

@test "no violation while the configurations change, whatever carries the calls" {
    for transport in api ssh api+ssh mixed; do
        run timeout 200 "${VMHA_BIN:?}/explore" --schedules 400 --reloads --transport "$transport"
        echo "$transport: $output"
        [ "$status" -eq 0 ]
    done
}

@test "no violation while somebody works on the VM at the hosts, and hosts tell nothing new" {
    for transport in api mixed; do
        run timeout 200 "${VMHA_BIN:?}/explore" --schedules 400 --people --transport "$transport"
        echo "$transport: $output"
        [ "$status" -eq 0 ]
    done
}
