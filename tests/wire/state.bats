#!/usr/bin/env bats
# The state directory: missing, full of nonsense, or not to be written. None of that keeps a VM from being started,
# watched and stopped, and each trouble is said once.

setup_file() {
    load support
    start_site
    site_configuration
}
teardown_file() { load support; stop_all; }
setup() {
    load support
    rm -rf "$room/ec1.state" "$room/ec1.run"
    mkdir -p "$room/ec1.state"
}
teardown() { stop ec1; }

begin_node() { start_node ec1 && wait_until 20 both_up ec1; }

main_job() {
    on ec1 "$bin/vmha-exec" start vm1
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    on ec1 "$bin/vmha-genw" vm1
    on ec1 "$bin/vmha-exec" stop vm1
    [ "$(power_at esxi1 vm1)" = absent ]
}

# said COUNT TEXT: in so many lines of the daemon's log.
said() {
    local count
    count=$(grep -cF -- "$2" "$room/ec1.log") || true
    [ "$count" -eq "$1" ] || { echo "$count times: $2"; cat "$room/ec1.log"; return 1; }
}

@test "a missing state directory is made" {
    rm -rf "$room/ec1.state"
    begin_node
    main_job
    [ -d "$room/ec1.state" ]
}

@test "files of nonsense are said, replaced, and keep nothing up" {
    for file in ids.json judgement.json breaker.json; do echo '{"half' >"$room/ec1.state/$file"; done
    begin_node
    main_job
    said 1 ids.json
    said 1 judgement.json
    wait_until 5 jq . "$room/ec1.state/ids.json"
}

@test "a state directory that cannot be written: the runtime directory takes its place" {
    for name in flying answering ids.json judgement.json breaker.json; do
        case $name in
            *.json) mkdir "$room/ec1.state/$name" ;;
            *) echo "in the way" >"$room/ec1.state/$name" ;;
        esac
    done
    begin_node
    main_job
    main_job
    said 1 "the runtime directory takes its place"
    [ "$(grep -c '\[E\]' "$room/ec1.log")" -lt 8 ]
    rm "$room/ec1.state/flying"
    on ec1 "$bin/vmha-exec" start vm1
    on ec1 "$bin/vmha-exec" stop vm1
    said 1 "is written again"
}
