#!/usr/bin/env bats
# vmhactl import: the scripts of a cluster, with the values people put into them, become a configuration that vmhad
# accepts; what is wrong in them is reported with its place, and then nothing is written.

setup_file() {
    export keys=$BATS_FILE_TMPDIR
    ssh-keygen -q -t rsa -b 2048 -N '' -f "$keys/id_rsa"
    ssh-keygen -q -t ecdsa -N '' -f "$keys/id_ecdsa"
    ssh-keygen -q -t ed25519 -N '' -f "$keys/id_ed25519"
    ssh-keygen -q -t rsa -b 2048 -N secret -f "$keys/locked_new"
    ssh-keygen -q -t rsa -b 2048 -N secret -m PEM -f "$keys/locked_pem"
    host_key=$(cut -d' ' -f1,2 "$keys/id_rsa.pub")
    other_key=$(cut -d' ' -f1,2 "$keys/id_ecdsa.pub")
    printf '%s\n' "172.31.255.3 $other_key" >"$keys/hashed"
    ssh-keygen -q -H -f "$keys/hashed" 2>/dev/null
    # As it grows over the years: a name too, one hashed, a stranger, and an address that begins alike.
    { echo "# hosts"; echo "esxi1,172.31.255.2 $host_key"; cat "$keys/hashed"; echo "192.0.2.9 $other_key"
      echo "172.31.255.20 $other_key"; } >"$keys/known_hosts"
}

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    bin=${VMHA_BIN:-build/release/bin}
    bin=$(cd "$bin" && pwd)
    room=$BATS_TEST_TMPDIR
    tree=$room/scripts
    out=$room/vmhad
}

# script KIND VMX: what vm-start.pl, vm-stop.pl and genw-vm.pl look like at their heads.
script() {
    printf '#!/usr/bin/perl -w\n# a script of the cluster\nuse strict;\nmy $cfg_path = '"'%s'"';\t# the VM\n' "$2"
    [ "$1" = genw ] || printf 'my $vmhba1 = "vmhba65";\nmy $vmhba2 = "vmhba66";\nmy $datastore = "EC_iSCSI";\n'
    printf 'my $vmk1 = "172.31.255.2"; # ESXi#1\nmy $vmk2 = "172.31.255.3";\n'
    printf 'my $ec1 = "172.31.255.11";\nmy $ec2 = "172.31.255.12";\n'
    [ "$1" != start ] || printf 'my $storage_check_interval = 3;\nmy $interval = 3;\nmy $max_cnt = 30;\nmy $start_to = 10;\n'
    [ "$1" != stop ] || printf 'my $interval = 6;\nmy $max_cnt = 50;\n'
    printf 'my $vmk = "";\nif (`ip a` =~ /$ec1/) {\n\t$vmk = $vmk1;\n}\nfor (my $i = 0; $i < 3; $i++) {\n\tsleep 1;\n}\n'
}

# add_vm NAME [VMX]: its scripts, where the cluster manager has them.
add_vm() {
    local vmx=${2:-/vmfs/volumes/EC_iSCSI/$1/$1.vmx}
    mkdir -p "$tree/failover-vm/exec-$1" "$tree/monitor.s/genw-$1"
    script start "$vmx" >"$tree/failover-vm/exec-$1/start.sh"
    script stop "$vmx" >"$tree/failover-vm/exec-$1/stop.sh"
    script genw "$vmx" >"$tree/monitor.s/genw-$1/genw.sh"
}

import() {
    run timeout 20 "$bin/vmhactl" import "$@" --output "$out" --identity "${identity:-$keys/id_rsa}" \
        --known-hosts "${known_hosts:-$keys/known_hosts}"
}

# edit FILE NAME VALUE: another value in a script.
edit() { sed -i "s|^my \$$2 = .*|my \$$2 = $3;|" "$tree/$1"; }

expect() { [ "$status" -eq "$1" ] || { echo "status $status instead of $1:"; echo "$output"; return 1; }; }
says() { [[ "$output" == *"$1"* ]] || { echo "not said: $1"; echo "$output"; return 1; }; }
nothing_written() { [ ! -e "$out" ] || { ls -lR "$out"; return 1; }; }
# refused TEXT...: exit 2, each text, and nothing was written.
refused() {
    expect 2
    local text
    for text in "$@"; do says "$text"; done
    nothing_written
}

@test "a cluster's tree becomes a configuration that vmhad accepts" {
    add_vm vm1
    add_vm vm2
    import "$tree" --host esxi1 --host esxi2
    expect 0
    says "ec1   172.31.255.11  esxi1  172.31.255.2  vmhba65"
    says "vm2  /vmfs/volumes/EC_iSCSI/vm2/vm2.vmx  start stop genw"
    says "good; 2 nodes, 2 VMs"
    says "next:"
    run "$bin/vmhad" --check-config --config "$out/vmhad.json" --node ec2
    expect 0
    [ "$(sed '/^ *\/\//d' "$out/vmhad.json" | jq -c '.nodes.ec2')" = '{"address":"172.31.255.12","host":{"name":"esxi2","address":"172.31.255.3","iscsi_adapter":"vmhba66","ssh":{"user":"root","identity_file":"id_rsa","known_hosts":"known_hosts"}}}' ]
    [ "$(sed '/^ *\/\//d' "$out/conf.d/vm1.json" | jq -c '.vms')" = '{"vm1":{"vmx":"/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx"}}' ]
}

@test "the service's user can read the folders that it makes, whatever the umask" {
    add_vm vm1
    umask 077
    import "$tree" --host esxi1 --host esxi2
    expect 0
    [ "$(stat -c %a "$out" "$out/conf.d" "$out/vmhad.json" "$out/conf.d/vm1.json" | paste -sd ' ')" = "755 755 644 644" ]
}

@test "the key is copied for its owner alone, and of the host keys those of the two hosts, hashed or not" {
    add_vm vm1
    import "$tree"
    expect 0
    cmp "$keys/id_rsa" "$out/id_rsa"
    [ "$(stat -c %a "$out/id_rsa")" = 600 ]
    [ "$(wc -l <"$out/known_hosts")" -eq 2 ]
    ssh-keygen -F 172.31.255.2 -f "$out/known_hosts"
    ssh-keygen -F 172.31.255.3 -f "$out/known_hosts"
    [ -z "$(ssh-keygen -F 192.0.2.9 -f "$out/known_hosts")" ]
    [ -z "$(ssh-keygen -F 172.31.255.20 -f "$out/known_hosts")" ]
    # What is said names the key and never shows it.
    [[ "$output" != *"PRIVATE KEY"* ]]
}

@test "an ECDSA key keeps its kind of name; ed25519, encrypted ones and others are refused with the reason" {
    add_vm vm1
    for identity in id_ed25519:"ESXi takes RSA and ECDSA keys only" locked_new:"it has a passphrase" \
        locked_pem:"it has a passphrase" known_hosts:"no private key" id_rsa.pub:"no private key" none:"none: No such"; do
        reason=${identity#*:}
        identity=$keys/${identity%%:*}
        import "$tree"
        refused "$reason"
    done
    identity=$keys/id_ecdsa
    import "$tree"
    expect 0
    cmp "$keys/id_ecdsa" "$out/id_ecdsa"
    grep -q '"identity_file": "id_ecdsa"' "$out/vmhad.json"
}

@test "a host whose key is not known is an error that says how to get it" {
    add_vm vm1
    known_hosts=$room/known
    grep esxi1 "$keys/known_hosts" >"$known_hosts"
    import "$tree"
    refused "holds no key of the host 172.31.255.3" "ssh-keyscan -t rsa,ecdsa 172.31.255.3" "console"
    known_hosts=$room/none
    import "$tree"
    refused "no key of the host 172.31.255.2" "no key of the host 172.31.255.3"
    # A revoked key is none, and a pattern that excludes the address is none either.
    { echo "@revoked 172.31.255.2 $(cut -d' ' -f1,2 "$keys/id_rsa.pub")"
      echo "172.31.*,!172.31.255.3 $(cut -d' ' -f1,2 "$keys/id_rsa.pub")"; } >"$room/known"
    known_hosts=$room/known
    import "$tree"
    refused "no key of the host 172.31.255.2" "no key of the host 172.31.255.3"
}

@test "what is none of ours is skipped by name, not silently" {
    add_vm vm1
    mkdir -p "$tree/failover-vm/exec-iscsi" "$tree/monitor.s/genw-md"
    printf '#!/bin/sh\nsystemctl start target\n' >"$tree/failover-vm/exec-iscsi/start.sh"
    printf '#!/usr/bin/perl\nmy $ec1 = "172.31.255.11";\n' >"$tree/monitor.s/genw-md/genw.sh"
    script start /vmfs/volumes/EC_iSCSI/old/old.vmx >"$tree/failover-vm/exec-vm1/start.sh.bak"
    ln -s "$tree/failover-vm" "$tree/failover-vm/exec-vm1/loop"
    mkfifo "$tree/failover-vm/exec-vm1/stop.pl"
    import "$tree"
    expect 0
    for file in failover-vm/exec-iscsi/start.sh monitor.s/genw-md/genw.sh failover-vm/exec-vm1/start.sh.bak \
        failover-vm/exec-vm1/loop failover-vm/exec-vm1/stop.pl; do
        says "skipped: $tree/$file: "
    done
    [[ "$output" != *"old.vmx"* ]]
}

@test "single scripts make a VM too, named by its folder; one that is none of ours is an error" {
    mkdir -p "$room/a"
    script start /vmfs/volumes/EC_iSCSI/web/x.vmx >"$room/a/vm-start.pl"
    script stop /vmfs/volumes/EC_iSCSI/web/x.vmx >"$room/a/vm-stop.pl"
    echo 'print 1;' >"$room/a/other.pl"
    import "$room/a/vm-start.pl" "$room/a/other.pl"
    refused "$room/a/other.pl: " "none of the scripts of a VM"
    import "$room/a/none.pl"
    refused "cannot read $room/a/none.pl"
    import "$room/a/vm-start.pl" "$room/a/vm-stop.pl"
    expect 0
    says "web has no genw script here"
    [ -e "$out/conf.d/web.json" ]
    # A relative path, from the script's own folder, tells the resource as well.
    add_vm vm7
    cd "$tree/failover-vm/exec-vm7"
    out=$room/second
    import start.sh stop.sh
    expect 0
    [ -e "$out/conf.d/vm7.json" ]
}

@test "the .vmx by uuid is written as it is, and that its datastore was not compared is said" {
    add_vm vm1 /vmfs/volumes/63c1a2b4-5d6e7f80-1a2b-001122334455/vm1/vm1.vmx
    import "$tree"
    expect 0
    says "cannot be compared with the .vmx"
    grep -qF '"vmx": "/vmfs/volumes/63c1a2b4-5d6e7f80-1a2b-001122334455/vm1/vm1.vmx"' "$out/conf.d/vm1.json"
}

@test "every problem is reported at once, with file and line, and nothing is written" {
    add_vm vm1
    add_vm vm2
    edit failover-vm/exec-vm1/stop.sh vmk1 '"172.31.255.9"'
    edit failover-vm/exec-vm2/start.sh ec2 '"%%EC2%%"'
    edit failover-vm/exec-vm2/stop.sh cfg_path "'/vmfs/volumes/EC_iSCSI/vm2'"
    edit monitor.s/genw-vm2/genw.sh vmk2 '"esxi2.example.com"'
    edit monitor.s/genw-vm1/genw.sh ec1 '$ARGV[0]'
    identity=$keys/id_ed25519
    import "$tree"
    refused "exec-vm1/stop.sh:8: \$vmk1 is '172.31.255.9', but $tree/failover-vm/exec-vm1/start.sh:8 says '172.31.255.2'" \
        "exec-vm2/start.sh:11: \$ec2: the placeholder %%EC2%% was not replaced" \
        "exec-vm2/stop.sh:4: \$cfg_path: '/vmfs/volumes/EC_iSCSI/vm2' does not name a .vmx file" \
        "genw-vm2/genw.sh:6: \$vmk2: 'esxi2.example.com' is no IP address" \
        "genw-vm1/genw.sh:7: not understood what is assigned to \$ec1" \
        "ESXi takes RSA and ECDSA keys only" "6 problems, nothing was written"
}

@test "contradictions: the .vmx, the datastore, the pairs of two VMs, one .vmx under two names" {
    add_vm vm1
    edit failover-vm/exec-vm1/stop.sh cfg_path "'/vmfs/volumes/EC_iSCSI/vm2/vm2.vmx'"
    import "$tree"
    refused "exec-vm1/stop.sh:4: the .vmx is"
    add_vm vm1
    edit failover-vm/exec-vm1/start.sh datastore '"other"'
    import "$tree"
    refused "exec-vm1/start.sh:7: \$datastore is 'other', but the .vmx lies on 'EC_iSCSI'"
    add_vm vm1
    add_vm vm2
    for kind in failover-vm/exec-vm2/start.sh failover-vm/exec-vm2/stop.sh monitor.s/genw-vm2/genw.sh; do
        edit $kind vmk1 '"172.31.255.3"'
        edit $kind vmk2 '"172.31.255.2"'
    done
    import "$tree"
    refused "exec-vm2/start.sh:8: \$vmk1 is '172.31.255.3', but"
    add_vm vm2 /vmfs/volumes/EC_iSCSI/vm1/vm1.vmx
    import "$tree"
    refused "one VM cannot be protected under two names"
}

@test "an edited shutdown time is carried over and accepted; a name that is not valid needs --name" {
    add_vm "my vm" /vmfs/volumes/EC_iSCSI/web/web.vmx
    edit "failover-vm/exec-my vm/stop.sh" max_cnt 100
    edit "failover-vm/exec-my vm/start.sh" max_cnt 60
    import "$tree"
    refused "--name 'my vm=NAME'"
    import "$tree" --name "my vm=web"
    expect 0
    says '$max_cnt = 60 instead of 30 is not carried over'
    says "guest_shutdown_timeout_s is cut" && return 1
    [ "$(sed '/^ *\/\//d' "$out/conf.d/web.json" | jq -c .vms.web)" = '{"vmx":"/vmfs/volumes/EC_iSCSI/web/web.vmx","stop_timeout_s":900,"guest_shutdown_timeout_s":600}' ]
}

@test "--dry-run shows the files, but not the key, and writes nothing" {
    add_vm vm1
    import "$tree" --dry-run
    expect 0
    says "--- $out/vmhad.json"
    says "--- $out/conf.d/vm1.json"
    says "esxi1,172.31.255.2"
    [[ "$output" != *"PRIVATE KEY"* ]]
    nothing_written
}

@test "a second import adds its VM alone, and says where the nodes differ" {
    add_vm vm1
    import "$tree" --node left --node right
    expect 0
    cp -a "$out" "$room/before"
    add_vm vm2
    identity=$keys/none known_hosts=$keys/none import "$tree/failover-vm/exec-vm2" "$tree/monitor.s/genw-vm2"
    expect 0
    says "good; 2 nodes, 2 VMs; this machine is node left"
    for file in vmhad.json id_rsa known_hosts conf.d/vm1.json; do cmp "$room/before/$file" "$out/$file"; done
    # Again: all is there already.
    import "$tree"
    expect 0
    says "nothing to write"
    # Another host.
    add_vm vm3
    for file in failover-vm/exec-vm3/start.sh failover-vm/exec-vm3/stop.sh monitor.s/genw-vm3/genw.sh; do
        edit $file vmk2 '"172.31.255.9"'
    done
    import "$tree/failover-vm/exec-vm3" "$tree/monitor.s/genw-vm3"
    expect 2
    says "vmhad.json: nodes.right: host.address is '172.31.255.3' there, the scripts say 172.31.255.9"
    [ ! -e "$out/conf.d/vm3.json" ]
}

@test "files that are there are not overwritten without --force" {
    add_vm vm1
    mkdir -p "$out/conf.d"
    echo "mine" >"$out/id_rsa"
    echo '{"vms": {"vm1": {"vmx": "[EC_iSCSI] other/other.vmx"}}}' >"$out/conf.d/vm1.json"
    import "$tree"
    expect 2
    says "$out/id_rsa: is there already and differs; --force replaces it"
    says "$out/conf.d/vm1.json: is there already and differs"
    [ "$(cat "$out/id_rsa")" = mine ]
    [ ! -e "$out/vmhad.json" ]
    import "$tree" --force
    expect 0
    cmp "$keys/id_rsa" "$out/id_rsa"
    # Nodes of another cluster are replaced only with --force too.
    sed -i 's/172.31.255.12/172.31.255.99/' "$out/vmhad.json"
    import "$tree"
    expect 2
    says "has no node with the address 172.31.255.12"
    import "$tree" --force
    expect 0
    says "good; 2 nodes, 1 VM;"
    [ -z "$(find "$out" -name '*.new.*')" ]
}

@test "the package's sample is no site's configuration: it is replaced, a site's own never" {
    add_vm vm1
    mkdir -p "$out"
    cp "$BATS_TEST_DIRNAME/../../config/vmhad.json" "$out/vmhad.json"
    import "$tree"
    expect 0
    says "$out/vmhad.json: is the sample that came with the package, and is replaced"
    says "good; 2 nodes, 1 VM;"
    [ "$(sed '/^ *\/\//d' "$out/vmhad.json" | jq -r '.nodes.ec1.host.api')" = null ]
    cp "$BATS_TEST_DIRNAME/../../config/vmhad.json" "$out/vmhad.json"
    sed -i 's/00:00/01:01/g; s/172.31.255.12/172.31.255.99/' "$out/vmhad.json"
    cp "$out/vmhad.json" "$out/mine"
    import "$tree"
    expect 2
    cmp "$out/vmhad.json" "$out/mine"
}

@test "what is there already as it should be is left alone, but not a key that others can read" {
    add_vm vm1
    import "$tree"
    expect 0
    rm "$out/vmhad.json"
    import "$tree"
    expect 0
    [[ "$output" != *"wrote $out/id_rsa"* ]]
    rm "$out/vmhad.json"
    chmod 644 "$out/id_rsa"
    import "$tree"
    expect 2
    says "$out/id_rsa: is there already and others than its owner may read it"
    import "$tree" --force
    expect 0
    [ "$(stat -c %a "$out/id_rsa")" = 600 ]
}

@test "broken configurations, wrong usage and a folder that cannot be made" {
    add_vm vm1
    mkdir -p "$out"
    echo '{' >"$out/vmhad.json"
    import "$tree"
    expect 2
    says "$out/vmhad.json: "
    [ "$(ls "$out")" = vmhad.json ]
    for words in "" "$tree --node ec1" "$tree --nothing" "$tree --json" "$tree --node a/b --node c"; do
        # shellcheck disable=SC2086
        import $words
        expect 2
    done
    touch "$room/file"
    out=$room/file/below
    import "$tree"
    expect 1
    says "cannot make the directory"
    mkdir "$room/empty"
    import "$room/empty"
    refused "found none of the scripts"
}

@test "garbage is no crash: random bytes, a huge file, a name with control characters" {
    mkdir -p "$tree/x"
    head -c 65536 /dev/urandom >"$tree/x/start.sh"
    { script start /vmfs/volumes/EC_iSCSI/vm1/vm1.vmx; head -c 65536 /dev/urandom; } >"$tree/x/stop.sh"
    head -c 2097152 /dev/zero >"$tree/x/genw.sh"
    script start $'/vmfs/volumes/EC_iSCSI/a\x1b[31m/a.vmx' >"$tree/x/"$'a\nb.pl'
    import "$tree"
    refused "larger than"
    [[ "$output" != *$'\x1b'* ]]
}
