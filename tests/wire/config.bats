#!/usr/bin/env bats
# vmhad --check-config: every bad input gets a sentence with its place, all at once, exit 2, and changes nothing.

setup_file() {
    load support
    pin=$(printf 'AB:%.0s' {1..31})CD
    write_configuration "$room" secret . 192.0.2.1 443 "$pin" 192.0.2.2 443 "$pin"
}
setup() { load support; }

check() { run timeout 10 "$daemon_bin/vmhad" --check-config --config "$1" --node ec1; }

# refused TUNING TEXT...: the configuration changed so is refused, and every text is in the output.
refused() {
    jq "$1" "$room/vmhad.json" >"$room/bad.json"
    shift
    check "$room/bad.json"
    echo "$output"
    [ "$status" -eq 2 ]
    local text
    for text in "$@"; do [[ "$output" == *"$text"* ]]; done
}

@test "a good configuration is good" {
    check "$room/vmhad.json"
    [ "$status" -eq 0 ]
    [[ "$output" == *"node ec1"* ]]
}

@test "one bad value at a time, each with its path" {
    refused '.nodes.ec1.host.iscsi_adaptor = "vmhba65"' nodes.ec1.host.iscsi_adaptor iscsi_adapter
    refused '.nodes.ec1.host.address = "esxi1.example"' nodes.ec1.host.address
    refused '.vms.vm1.vmx = "vm1/vm1.vmx"' vms.vm1.vmx
    refused '.vms.vm2.vmx = "[EC_iSCSI] vm1/vm1.vmx"' vms.vm2.vmx vm1
    refused '.nodes.ec1.host.api.port = 70000' nodes.ec1.host.api.port
    refused '.nodes.ec1.host.api.port = 0' nodes.ec1.host.api.port
    refused '.nodes.ec1.host.api.thumbprint = "AA:BB"' nodes.ec1.host.api.thumbprint
    refused '.freshness_s = -1' freshness_s
    refused '.freshness_s = 0' freshness_s
    refused '.defaults.start_timeout_s = 0' defaults.start_timeout_s
    refused '.vms.vm1.confirm_s = {powered_off: -3}' vms.vm1.confirm_s.powered_off
    refused '.nodes.ec1.host.api.password_file = "none.password"' nodes.ec1.host.api.password_file none.password
    refused 'del(.nodes.ec1.host.api)' nodes.ec1.host
    refused '.nodes = {}' nodes
    refused '.vms["bad name"] = {vmx: "[x] y/z.vmx"}' 'bad name'
    refused '.defaults.stop_mode = "suspend"' defaults.stop_mode
    refused '.vms.vm1 = 7' vms.vm1
}

@test "all problems at once" {
    refused '.freshness_s = -1 | .vms.vm1.vmx = "x" | .nodes.ec2.host.api.port = 99999 | .typo = 1' \
        freshness_s vms.vm1.vmx nodes.ec2.host.api.port typo '4 problems'
}

@test "a secret that others can read, an empty one, and one that is a directory" {
    cp "$room/esxi.password" "$room/open.password"
    chmod 644 "$room/open.password"
    refused '.nodes.ec1.host.api.password_file = "open.password"' open.password
    (umask 077 && : >"$room/empty.password" && mkdir -p "$room/dir.password")
    refused '.nodes.ec1.host.api.password_file = "empty.password"' empty.password
    refused '.nodes.ec1.host.api.password_file = "dir.password"' dir.password
}

@test "broken JSON is named with line and column; so are doubled keys" {
    printf '{\n  "freshness_s": 5,,\n}\n' >"$room/bad.json"
    check "$room/bad.json"
    [ "$status" -eq 2 ]
    [[ "$output" == *"line 2, column"* ]]
    printf '{"freshness_s": 5, "freshness_s": 6}' >"$room/bad.json"
    check "$room/bad.json"
    [ "$status" -eq 2 ]
    [[ "$output" == *freshness_s* ]]
}

@test "beside a broken file the others are checked in the same run" {
    mkdir -p "$room/broken/conf.d"
    jq '.typo = 1' "$room/vmhad.json" >"$room/broken/vmhad.json"
    cp "$room/esxi.password" "$room/broken/"
    echo '{"vms": {"vm9": ' >"$room/broken/conf.d/10.json"
    echo '{"vms": {"vm8": {"tidy": 1}}} }' >"$room/broken/conf.d/20.json"
    echo '{"vms": {"vm7": {"tidy": 1}}}' >"$room/broken/conf.d/30.json"
    check "$room/broken/vmhad.json"
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *conf.d/10.json*conf.d/20.json*vmhad.json:\ typo:*conf.d/30.json:\ vms.vm7.tidy:* ]]
    [[ "$output" == *"4 problems" ]]
}

@test "a missing file, and a node that is nobody's address" {
    check "$room/none.json"
    [ "$status" -eq 2 ]
    [[ "$output" == *none.json* ]]
    jq '.nodes.ec1.address = "192.0.2.11" | .nodes.ec2.address = "192.0.2.12"' "$room/vmhad.json" >"$room/elsewhere.json"
    run timeout 10 "$daemon_bin/vmhad" --check-config --config "$room/elsewhere.json"
    [ "$status" -eq 2 ]
    [[ "$output" == *192.0.2.11* ]]
    run timeout 10 "$daemon_bin/vmhad" --check-config --config "$room/elsewhere.json" --node ec9
    [ "$status" -eq 2 ]
}

@test "conf.d is merged in name order, comments and all; a problem names the file that set it" {
    mkdir -p "$room/merged/conf.d"
    cp "$room/vmhad.json" "$room/esxi.password" "$room/merged/"
    printf '{ // one more VM\n "vms": {"vm9": {"vmx": "[EC_iSCSI] vm9/vm9.vmx"}} }\n' >"$room/merged/conf.d/10-vm9.json"
    check "$room/merged/vmhad.json"
    [ "$status" -eq 0 ]
    [[ "$output" == *"4 VMs"* ]]
    echo '{"vms": {"vm9": {"vmx": "vm9.vmx"}}}' >"$room/merged/conf.d/20-vm9.json"
    check "$room/merged/vmhad.json"
    [ "$status" -eq 2 ]
    [[ "$output" == *20-vm9.json*vms.vm9.vmx* ]]
}

@test "a broken configuration falls back, loudly, to the last good one; --check-config stays strict" {
    mkdir -p "$room/f" "$room/f.state" "$room/f.run"
    cp "$room/vmhad.json" "$room/esxi.password" "$room/f/"
    oneshot() {
        run timeout 20 "$daemon_bin/vmhad" --config "$room/f/vmhad.json" --node ec1 --state-dir "$room/f.state" \
            --runtime-dir "$room/f.run" --oneshot check vm9
    }
    oneshot
    [ "$status" -eq 2 ]
    echo '{' >"$room/f/vmhad.json"
    oneshot
    [[ "$output" == *"LAST GOOD"* || "$output" == *"last good"* ]]
    [[ "$output" == *"no VM 'vm9'"* ]]
    check "$room/f/vmhad.json"
    [ "$status" -eq 2 ]
}

@test "a monitor without a usable configuration does not know, and that is no failover" {
    mkdir -p "$room/g.state" "$room/g.run"
    run timeout 20 "$daemon_bin/vmhad" --config "$room/none.json" --state-dir "$room/g.state" \
        --runtime-dir "$room/g.run" --oneshot check vm1
    [ "$status" -eq 0 ]
    [[ "$output" == *"[E]"* ]]
    run timeout 20 "$daemon_bin/vmhad" --config "$room/none.json" --state-dir "$room/g.state" \
        --runtime-dir "$room/g.run" --oneshot start vm1
    [ "$status" -eq 2 ]
}
