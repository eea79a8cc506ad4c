#!/usr/bin/env bats
# vmhactl ec-config: the commands that it prints are run, against commands of the cluster manager that only note what
# they are told. Which commands have to come, and in which order, was checked with NEC's public clpcfset; here they
# stand as they are meant to be, not as the program prints them.

bats_require_minimum_version 1.5.0
load support

setup() {
    room=$BATS_TEST_TMPDIR
    bin=$room/bin
    mkdir "$bin" "$room/cluster"
    cp "${VMHA_BIN:-$top/build/release/bin}"/{vmhactl,vmhad} "$bin"
    export TMPDIR=$room CALLS=$room/calls PULLED=$room/pulled.conf
    for name in clpcfset clpcl clprsc; do
        # A Ctrl-C reaches the script and what it is just running.
        printf '#!/bin/sh\necho "%s $*" >>"$CALLS"\n%s\n[ ! -e "$TMPDIR/refuse$1" ] && : >"$TMPDIR/done$1"\n' "$name" \
            '[ ! -e "$TMPDIR/signal$1" ] || kill -"$(cat "$TMPDIR/signal$1")" "$PPID" $$' >"$room/cluster/$name"
    done
    cat >"$room/cluster/clpcfctrl" <<'EOF'
#!/bin/sh
echo "clpcfctrl $*" >>"$CALLS"
case $1 in
    --pull) cp "$PULLED" clp.conf ;;
    --push)
        [ ! -e "$TMPDIR/signal" ] || kill -"$(cat "$TMPDIR/signal")" "$PPID"
        [ ! -e "$TMPDIR/refuse" ] || exit 7
        rm -rf "$TMPDIR/pushed"
        cp -r . "$TMPDIR/pushed" ;;
esac
EOF
    chmod +x "$room"/cluster/*
    cluster >"$PULLED"
    configuration '"vm1": {"vmx": "[EC_iSCSI] vm1/vm1.vmx"}, "vm2": {"vmx": "[EC_iSCSI] vm2/vm2.vmx", "stop_timeout_s": 899.5}'
}
teardown() { :; }

# configuration VMS: of two nodes, without the files that it names.
configuration() {
    local thumbprint
    thumbprint=$(printf 'AB:%.0s' {1..31})AB
    node() { printf '"ec%s": {"address": "192.0.2.%s", "host": {"address": "192.0.2.1%s", "api": {"user": "vmha",
        "password_file": "none", "thumbprint": "%s"}}}' "$1" "$1" "$1" "$thumbprint"; }
    printf '{"nodes": {%s, %s}, "vms": {%s}}\n' "$(node 1)" "$(node 2)" "$1" >"$room/vmhad.json"
}

# cluster [NP] [FORCED] [RESOURCES] [MONITORS] [MEMBERS]: the text of a clp.conf.
cluster() {
    cat <<EOF
<?xml version="1.0" encoding="EUC-JP"?>
<root>
  <all><charset>EUC-JP</charset><serveros>linux</serveros></all>
  <cluster><name>cluster</name><networkpartition><npaction>3</npaction></networkpartition></cluster>
  ${1-}${2-}
  <group name="failover-vm"><type>failover</type>
    <resource name="fip@fip1"/><resource name="md@md1"/><resource name="exec@exec-iscsi"/>${5-}</group>
  <group name="other"><type>failover</type><resource name="exec@exec-mail"/></group>
  <resource><types name="fip"/><fip name="fip1"/><types name="md"/><md name="md1"/><types name="exec"/>
    <exec name="exec-iscsi"/><exec name="exec-mail"/>${3-}</resource>
  <monitor><types name="userw"/><userw name="userw"/>${4-}</monitor>
</root>
EOF
}

ec_config() { run --separate-stderr "$bin/vmhactl" ec-config --config "$room/vmhad.json" "$@"; }
said() { [[ $stderr == *"$1"* ]] || { echo "no '$1' in: $stderr"; return 1; }; }
# run_script: runs what was printed, as root of a node would.
run_script() {
    : >"$CALLS"
    printf '%s\n' "$output" >"$room/script.sh"
    (cd "$room" && PATH=$room/cluster:$PATH sh ./script.sh) >"$room/script.log" 2>&1
}
# script_ends CODE: and no other.
script_ends() {
    local code=0
    run_script || code=$?
    [ "$code" -eq "$1" ] || { echo "ended $code instead of $1"; cat "$room/script.log"; return 1; }
}
called() { grep -qxF -- "$1" "$CALLS" || { echo "not called: $1"; cat "$CALLS"; return 1; }; }
# calls_are: the calls are exactly the lines of standard input, in that order.
calls_are() { diff -u <(sed 's/^ *//;s/  */ /g') <(sed 's/  */ /g' "$CALLS"); }

@test "the commands are those of the cluster manager's documents, in their order, with times that nest" {
    ec_config vm1
    expect_code 0
    run_script
    calls_are <<'EOF'
    clpcfctrl --pull -l -x .
    clpcfset add rsc failover-vm exec exec-vm1
    clpcfset add rscparam exec exec-vm1 parameters/act/path start.sh
    clpcfset add rscparam exec exec-vm1 parameters/deact/path stop.sh
    clpcfset add rscparam exec exec-vm1 parameters/timeout/start 660
    clpcfset add rscparam exec exec-vm1 parameters/timeout/stop 660
    clpcfset add rscparam exec exec-vm1 act/timeout 840
    clpcfset add rscparam exec exec-vm1 deact/timeout 840
    clpcfset add rscparam exec exec-vm1 act/retry 1
    clpcfset add rscparam exec exec-vm1 act/fo 1
    clpcfset add rscparam exec exec-vm1 act/action 1
    clpcfset add rscparam exec exec-vm1 deact/retry 1
    clpcfset add rscparam exec exec-vm1 deact/action 4
    clpcfset add rscparam exec exec-vm1 parameters/userlog /opt/nec/clusterpro/log/exec-vm1.log
    clpcfset add rscparam exec exec-vm1 parameters/logrotate/use 1
    clpcfset add rscparam exec exec-vm1 parameters/logrotate/size 1000000
    clpcfset add rscdep exec exec-vm1 exec-iscsi
    clpcfset add mon genw genw-vm1
    clpcfset add monparam genw genw-vm1 parameters/path genw.sh
    clpcfset add monparam genw genw-vm1 parameters/sync 1
    clpcfset add monparam genw genw-vm1 parameters/normalval 0
    clpcfset add monparam genw genw-vm1 parameters/userlog /opt/nec/clusterpro/log/genw-vm1.log
    clpcfset add monparam genw genw-vm1 parameters/logrotate/use 1
    clpcfset add monparam genw genw-vm1 parameters/logrotate/size 1000000
    clpcfset add monparam genw genw-vm1 polling/timing 1
    clpcfset add monparam genw genw-vm1 target exec-vm1
    clpcfset add monparam genw genw-vm1 polling/interval 10
    clpcfset add monparam genw genw-vm1 polling/timeout 60
    clpcfset add monparam genw genw-vm1 polling/reconfirmation 1
    clpcfset add monparam genw genw-vm1 firstmonwait 0
    clpcfset add monparam genw genw-vm1 emergency/timeout/notreconfirmation/use 0
    clpcfset add monparam genw genw-vm1 emergency/timeout/notrecovery/use 1
    clpcfset add monparam genw genw-vm1 relation/type grp
    clpcfset add monparam genw genw-vm1 relation/name failover-vm
    clpcfset add monparam genw genw-vm1 emergency/threshold/restart 0
    clpcfset add monparam genw genw-vm1 emergency/threshold/fo 1
    clpcfset add monparam genw genw-vm1 emergency/action 1
    clpcl --suspend
    clpcfctrl --push -l -x .
    clpcl --resume
EOF
}

@test "the scripts that it pushes start, stop and watch that VM and end in exec" {
    ec_config vm2
    run_script
    [ "$(tail -n1 "$room/pushed/scripts/failover-vm/exec-vm2/start.sh")" = 'exec /usr/bin/vmha-exec start vm2' ]
    [ "$(tail -n1 "$room/pushed/scripts/failover-vm/exec-vm2/stop.sh")" = 'exec /usr/bin/vmha-exec stop vm2' ]
    [ "$(tail -n1 "$room/pushed/scripts/monitor.s/genw-vm2/genw.sh")" = 'exec /usr/bin/vmha-genw vm2 --timeout 20' ]
    find "$room/pushed/scripts" -name '*.sh' | while read -r file; do
        [ -x "$file" ]
        [ "$(head -n1 "$file")" = '#!/bin/sh' ]
    done
    [ "$(find "$room/pushed/scripts" -name '*.sh' | wc -l)" -eq 3 ]
    cmp "$room/pushed/clp.conf.before" "$PULLED"
}

@test "a VM's own times go into the cluster's, rounded up, and vmha-exec is told of one above its limit" {
    ec_config vm2
    run_script
    called 'clpcfset add rscparam exec exec-vm2 parameters/timeout/start 660'
    called 'clpcfset add rscparam exec exec-vm2 parameters/timeout/stop 960'
    called 'clpcfset add rscparam exec exec-vm2 deact/timeout 1140'
    configuration '"vm1": {"vmx": "[d] v/v.vmx", "start_timeout_s": 1771, "stop_timeout_s": 1770}'
    ec_config
    run_script
    grep -qxF 'exec /usr/bin/vmha-exec start vm1 --timeout 1771' "$room/pushed/scripts/failover-vm/exec-vm1/start.sh"
    grep -qxF 'exec /usr/bin/vmha-exec stop vm1' "$room/pushed/scripts/failover-vm/exec-vm1/stop.sh"
}

@test "without a name it is all VMs, a name given twice counts once, and the same call prints the same text" {
    ec_config
    local first=$output
    [ "$(grep -c '^clpcfset add mon ' <<<"$output")" -eq 2 ]
    ec_config vm1 vm2 vm1
    [ "$output" = "$first" ]
    run_script
    cp "$CALLS" "$room/once"
    run_script
    cmp "$room/once" "$CALLS"
}

@test "options: group, dependency, log folder, interval, genw's time and restart before failover" {
    ec_config vm1 --group g1 --depends exec-target --log-dir "/var/log/it's here" --interval 30 --genw-timeout 45 \
        --recovery restart-first
    expect_code 0
    run_script
    called 'clpcfset add rsc g1 exec exec-vm1'
    called 'clpcfset add rscdep exec exec-vm1 exec-target'
    called "clpcfset add rscparam exec exec-vm1 parameters/userlog /var/log/it's here/exec-vm1.log"
    called 'clpcfset add monparam genw genw-vm1 polling/interval 30'
    called 'clpcfset add monparam genw genw-vm1 polling/timeout 90'
    called 'clpcfset add monparam genw genw-vm1 relation/type rsc'
    called 'clpcfset add monparam genw genw-vm1 relation/name exec-vm1'
    called 'clpcfset add monparam genw genw-vm1 emergency/threshold/restart 1'
    called 'clpcfset add monparam genw genw-vm1 emergency/threshold/fo 1'
    grep -qxF 'exec /usr/bin/vmha-genw vm1 --timeout 45' "$room/pushed/scripts/monitor.s/genw-vm1/genw.sh"
    [ -x "$room/pushed/scripts/g1/exec-vm1/stop.sh" ]
}

@test "what it prints passes shellcheck" {
    command -v shellcheck >/dev/null || skip "shellcheck is not installed"
    for words in "" "--recovery restart-first --check $PULLED" "--interval 30 --group g1"; do
        # shellcheck disable=SC2086
        ec_config $words
        expect_code 0
        printf '%s\n' "$output" | shellcheck -
    done
}

@test "nothing in an option is taken for shell" {
    ec_config vm1 --log-dir "/var/log/it's here; touch \$TMPDIR/harm; \`touch $room/harm\`"
    run_script
    called "clpcfset add rscparam exec exec-vm1 parameters/userlog /var/log/it's here; touch \$TMPDIR/harm; \`touch $room/harm\`/exec-vm1.log"
    [ ! -e "$room/harm" ]
}

@test "the cluster is resumed, and the script fails, when the push is refused" {
    ec_config vm1
    touch "$room/refuse"
    script_ends 7
    [ "$(tail -n1 "$CALLS")" = 'clpcl --resume' ]
    grep -q 'goes on with the old one' "$room/script.log"
}

@test "interrupted while it pushes, the script ends and the cluster is resumed" {
    ec_config vm1
    for name in HUP INT TERM; do
        echo $name >"$room/signal"
        script_ends 1
        [ "$(tail -n1 "$CALLS")" = 'clpcl --resume' ] || { echo "after $name:"; tail -n3 "$CALLS"; return 1; }
    done
}

@test "interrupted while it suspends or resumes, the script resumes the cluster all the same" {
    ec_config vm1
    for step in --suspend --resume; do
        for name in HUP INT TERM; do
            echo $name >"$room/signal$step"
            run_script || true
            [ "$(tail -n1 "$CALLS")" = 'clpcl --resume' ] || { echo "after $name:"; tail -n3 "$CALLS"; return 1; }
            rm "$room/done--resume" "$room/signal$step"
        done
    done
}

@test "a cluster that does not rest gets nothing pushed, and one that goes on resting is named" {
    ec_config vm1
    touch "$room/refuse--suspend"
    script_ends 1
    [ "$(tail -n1 "$CALLS")" = 'clpcl --suspend' ]
    grep -q 'nothing was pushed' "$room/script.log"
    rm "$room/refuse--suspend"
    touch "$room/refuse--resume"
    script_ends 1
    grep -q 'STILL REST' "$room/script.log"
}

@test "nothing is pushed when the configuration cannot be fetched" {
    ec_config vm1
    rm "$PULLED"
    script_ends 1
    [ "$(cat "$CALLS")" = 'clpcfctrl --pull -l -x .' ]
}

@test "without the cluster manager's commands nothing is called" {
    ec_config vm1
    rm "$room/cluster/clpcfset"
    script_ends 1
    grep -q '^clpcfset is not there' "$room/script.log"
    [ ! -s "$CALLS" ]
}

@test "an unknown VM, a name or a time that the cluster manager does not take: 2, all of them at once, no commands" {
    configuration '"vm-": {"vmx": "[d] a/a.vmx"}, "a.b_c-9": {"vmx": "[d] b/b.vmx"},
        "abcdefghijklmnopqrstuvwxyz": {"vmx": "[d] c/c.vmx"}, "abcdefghijklmnopqrstuvwxyz1": {"vmx": "[d] d/d.vmx"},
        "slow": {"vmx": "[d] e/e.vmx", "start_timeout_s": 9760}, "edge": {"vmx": "[d] f/f.vmx", "stop_timeout_s": 9759}'
    ec_config a.b_c-9 abcdefghijklmnopqrstuvwxyz edge
    expect_code 0
    ec_config vm9 vm- abcdefghijklmnopqrstuvwxyz1 slow --group 'my group' --depends '' --log-dir log
    expect_code 2
    [ -z "$output" ]
    said "vm 'vm9': no such VM is configured"
    said "cannot name a resource 'exec-vm-': it must not begin or end with '-'"
    said "cannot name a resource 'exec-abcdefghijklmnopqrstuvwxyz1': it has 32 bytes, the cluster manager takes 31"
    said "vm 'slow': start_timeout_s 9760 is too long: with 240 s more"
    said "cannot use the group 'my group': only letters"
    said "cannot depend on '': it is empty"
    said "cannot log to 'log'"
    ec_config edge --depends exec-edge
    expect_code 2
    said "its resource cannot depend on itself"
}

@test "names that differ in capitals alone are a warning" {
    configuration '"db": {"vmx": "[d] a/a.vmx"}, "DB": {"vmx": "[d] b/b.vmx"}'
    ec_config
    expect_code 0
    said "warning: 'DB' and 'db' differ in capitals alone"
}

@test "a configuration that vmhad refuses is 2, and its words are shown" {
    configuration '"vm1": {"vmx": "[d] a/a.vmx", "stop_timeout": 1}'
    ec_config
    expect_code 2
    said 'vms.vm1.stop_timeout'
    said "vmhad refuses $room/vmhad.json"
    configuration ''
    ec_config
    expect_code 2
    said 'no VM is configured'
    for word in sideways 0; do
        ec_config --recovery "$word"
        expect_code 2
        said "$word not in {failover,restart-first}"
    done
    rm "$bin/vmhad"
    [ -e /usr/sbin/vmhad ] || { ec_config; expect_code 1; said 'there is no vmhad beside this program'; }
}

@test "without a clp.conf the danger of a partition stands in the text; with one that prevents it, it does not" {
    ec_config vm1
    has 'WARNING: does this cluster have network partition resolution or forced stop?'
    [ -z "$stderr" ]
    cluster '<networkpartition><types name="pingnp"/><pingnp name="pingnp1"/></networkpartition>' >"$room/clp.conf"
    ec_config vm1 --check "$room/clp.conf"
    expect_code 0
    [ -z "$stderr" ]
    [[ $output != *WARNING* ]]
    cluster '' '<forcestop><types name="custom"/><custom name="forcestop1"/></forcestop>' >"$room/clp.conf"
    ec_config vm1 --check "$room/clp.conf"
    [ -z "$stderr" ]
}

@test "a cluster with neither is warned of, also where it says what to do after a partition" {
    cluster '<networkpartition><types name="pingnp"/></networkpartition>' >"$room/clp.conf"
    ec_config vm1 --check "$room/clp.conf"
    expect_code 0
    said 'warning: neither network partition resolution nor forced stop is configured'
    has 'WARNING: neither network partition resolution nor forced stop'
    run_script
}

@test "a group or dependency that is not there is 2: clpcfset would take it" {
    cluster >"$room/clp.conf"
    ec_config vm1 --check "$room/clp.conf" --group failover1 --depends exec-target
    expect_code 2
    said "there is no group 'failover1' in the cluster"
    said "there is no resource 'exec-target' in the cluster"
    ec_config vm1 --check "$room/clp.conf" --depends exec-mail
    expect_code 2
    said "the resource 'exec-mail' belongs to the group 'other', not to 'failover-vm'"
}

@test "what is there already is named, with limits that are too short" {
    np='<networkpartition><pingnp name="pingnp1"/></networkpartition>'
    resource='<exec name="exec-vm1"><parameters><timeout><start>300</start><stop>660</stop></timeout></parameters>
        <act><timeout>480</timeout></act><deact><timeout>840</timeout></deact></exec>'
    monitor='<genw name="genw-vm1"><polling><timeout> 39 </timeout></polling></genw>'
    cluster "$np" '' "$resource" "$monitor" '<resource name="exec@exec-vm1"/>' >"$room/clp.conf"
    ec_config vm1 --check "$room/clp.conf"
    expect_code 0
    said "resource 'exec-vm1': exists already"
    said "resource 'exec-vm1': parameters/timeout/start is 300 s there and has to be 660 s at least"
    said "resource 'exec-vm1': act/timeout is 480 s there and has to be 840 s at least"
    said "monitor 'genw-vm1': exists already"
    said "monitor 'genw-vm1': polling/timeout is 39 s there and has to be 40 s at least"
    [[ $stderr != *timeout/stop* && $stderr != *deact/timeout* ]]
    ec_config vm2 --check "$room/clp.conf"
    [ -z "$stderr" ]
}

@test "a dependency that the resource has there already on something that is not there is named" {
    cluster '<networkpartition><pingnp name="pingnp1"/></networkpartition>' '' \
        '<exec name="exec-vm1"><depend name="exec-target"/><depend name="md1"/></exec>' '' \
        '<resource name="exec@exec-vm1"/>' >"$room/clp.conf"
    ec_config vm1 --check "$room/clp.conf"
    expect_code 0
    said "resource 'exec-vm1': depends on 'exec-target', which is not there"
    [[ $stderr != *"depends on 'md1'"* ]]
}

@test "a name that something else has, or that another group has, is 2" {
    cluster '' '' '<fip name="exec-vm1"/>' '<userw name="genw-vm2"/>' >"$room/clp.conf"
    ec_config --check "$room/clp.conf"
    expect_code 2
    said "resource 'exec-vm1': exists already, of the type 'fip'"
    said "monitor 'genw-vm2': exists already, of the type 'userw'"
    cluster '' '' '<exec name="exec-vm1"/>' | sed 's|exec@exec-mail|exec@exec-vm1|' >"$room/clp.conf"
    ec_config vm1 --check "$room/clp.conf"
    expect_code 2
    said "belongs to the group 'other' already"
}

@test "a file that is no cluster configuration is 2" {
    for text in '' 'no xml' '<root/>' '<html><cluster/></html>' '<!DOCTYPE x><root><cluster/></root>'; do
        printf '%s' "$text" >"$room/clp.conf"
        ec_config vm1 --check "$room/clp.conf"
        expect_code 2
        [ -z "$output" ]
        said "cannot read $room/clp.conf"
    done
    ec_config vm1 --check "$room/nothing"
    expect_code 2
    said "cannot read $room/nothing: No such file or directory"
}

@test "the scripts in config end in exec and name no VM of their own" {
    for file in start stop genw; do
        tail -n1 "$top/config/$file.sh" | grep -q '^exec /usr/bin/vmha-'
        sh -n "$top/config/$file.sh"
    done
}
