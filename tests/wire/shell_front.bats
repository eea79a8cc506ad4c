#!/usr/bin/env bats
# shellcheck disable=SC2016 # what is quoted is for the host's shell
# The hosts' own commands, by the plain ssh of OpenSSH: what an administrator does by hand today, on the same site that
# the API shows.

setup_file() {
    load support
    ssh-keygen -q -t rsa -b 3072 -N '' -f "$room/id_rsa"
    ssh-keygen -q -t ecdsa -N '' -f "$room/other_key"
    cp "$room/id_rsa.pub" "$room/authorized_keys"
    start_site '.hosts[].ssh = {port: 8022, authorized_keys: "'"$room"'/authorized_keys"}
        | .hosts[0].ssh.directory = "'"$room"'/h1" | .hosts[1].ssh.directory = "'"$room"'/h2"
        | .hosts[0].peer_port = 8444 | .hosts[0].ssh.peer_port = 8023
        | .vms = [{name: "vm1"}, {name: "moved", keep_uuid: false}, {name: "copied", keep_uuid: false},
                  {name: "odd", display_name: "db [old] (2)", path: "db [old] (2)/db [old] (2).vmx"}]'
}
teardown_file() { load support; stop_all; }
setup() {
    load support
    volume=/vmfs/volumes/EC_iSCSI
}
# Each case begins with a site where nothing is registered.
teardown() {
    local host
    site host esxi1 network restore && site host esxi1 ssh on && site host esxi1 licence full
    site host esxi1 ssh max-sessions 10 && site fault esxi1 '*' clear
    site host esxi1 ssh texts question new && site host esxi1 ssh texts question_id _vmx
    for host in 1 2; do
        on_host $host 'for world in $(localcli vm process list | sed -n "s/ *World ID: //p"); do
            localcli vm process kill --type=force --world-id="$world"; done
            for id in $(cat /etc/vmware/hostd/vmInventory.xml | sed -n "s/.*<objID>\([0-9]*\)<.*/\1/p"); do
            vim-cmd vmsvc/unregister "$id"; done' >/dev/null || true
    done
}

ssh_options=(-F none -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=3)
# ssh_to N OPTION... COMMAND
ssh_to() {
    local number=$1
    shift
    timeout 20 ssh "${ssh_options[@]}" -o UserKnownHostsFile="$room/h$number/known_hosts" \
        -p "${port:-8022}" "$@"
}
# on_host N COMMAND
on_host() { ssh_to "$1" -i "$room/id_rsa" "$(id -un)@${addresses[$1 - 1]}" "$2" 2>"$room/ssh.err"; }
# shared NAME...: a master connection to the first host, or a command over it
shared() { ssh_to 1 -i "$room/id_rsa" -o ControlPath="$room/$1.mux" "${@:2}" "$(id -un)@${addresses[0]}"; }
shared_says() { ssh_to 1 -o ControlPath="$room/$1.mux" "$(id -un)@${addresses[0]}" "$2"; }
register() { on_host "$1" "vim-cmd solo/registervm '$volume/$2/$2.vmx'"; }
ssh_counter() { site show | sed 's/^ok //' | jq -r ".hosts[] | select(.name == \"$1\") | .ssh.$2"; }
ssh_counts() { [ "$(ssh_counter esxi1 "$1")" -eq "$2" ]; }
question_is_asked() { on_host 1 "vim-cmd vmsvc/message $1" | grep -q '^Virtual machine message'; }

@test "today's procedure by hand: register, power on, shut down, unregister" {
    id=$(register 1 vm1)
    [[ $id =~ ^[0-9]+$ ]]
    run on_host 1 "vim-cmd vmsvc/power.on $id"
    [ "$status" -eq 0 ]
    [ "$output" = "Powering on VM:" ]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    [ "$(on_host 1 "vim-cmd vmsvc/power.getstate $id")" = $'Retrieved runtime info\nPowered on' ]
    [ "$(on_host 1 "vim-cmd vmsvc/message $id")" = "No message." ]
    run on_host 1 "vim-cmd vmsvc/get.summary $id"
    [[ "$output" == Listsummary:* ]]
    [[ "$output" == *"vm = 'vim.VirtualMachine:$id',"* ]]
    [[ "$output" == *'powerState = "poweredOn",'* ]]
    [[ "$output" == *'vmPathName = "[EC_iSCSI] vm1/vm1.vmx",'* ]]
    [[ "$output" == *'question = (vim.vm.QuestionInfo) null,'* ]]
    run on_host 1 "vim-cmd vmsvc/power.on $id"
    [ "$status" -eq 1 ]
    [[ "$output" == *'(vim.fault.InvalidPowerState) {'*'existingState = "poweredOn",'* ]]
    run on_host 1 "vim-cmd vmsvc/unregister $id"
    [[ "$output" == *'(vim.fault.InvalidPowerState) {'* ]]
    run on_host 1 "vim-cmd vmsvc/power.shutdown $id && vim-cmd vmsvc/unregister $id"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    [ "$(power_at esxi1 vm1)" = absent ]
    run on_host 1 "vim-cmd vmsvc/unregister $id"
    [ "$output" = "Unable to find a VM corresponding to \"$id\"" ]
}

@test "the inventory is a table, with names as odd as they may be and an annotation of several lines" {
    id=$(register 1 vm1)
    on_host 1 "vim-cmd solo/registervm '$volume/db [old] (2)/db [old] (2).vmx'"
    site host esxi1 ssh texts annotation.vm1 'first\nsecond line'
    run on_host 1 'vim-cmd vmsvc/getallvms'
    [[ "${lines[0]}" =~ ^Vmid\ +Name\ +File\ +Guest\ OS\ +Version\ +Annotation$ ]]
    grep -Eq "^$id +vm1 +\[EC_iSCSI\] vm1/vm1.vmx +centos8_64Guest +vmx-19 +first$" <<<"$output"
    grep -qx 'second line' <<<"$output"
    grep -Eq '^[0-9]+ +db \[old\] \(2\) +\[EC_iSCSI\] db \[old\] \(2\)/db \[old\] \(2\)\.vmx +centos8' <<<"$output"
    on_host 1 'cat /etc/vmware/hostd/vmInventory.xml' | grep -q '<vmxCfgPath>.*/db \[old\] (2)/db \[old\] (2).vmx</vmx'
}

@test "registering what is not there, and what is there already" {
    run on_host 1 "vim-cmd solo/registervm $volume/none/none.vmx"
    [ "$status" -eq 1 ]
    [[ "$output" == '(vim.fault.NotFound) {'*'msg = "The object or item referred to could not be found."'* ]]
    id=$(register 1 vm1)
    run register 1 vm1
    [ "$status" -eq 1 ]
    [[ "$output" == '(vim.fault.AlreadyExists) {'*"name = \"$id\","*"identifier '$id' already exists."* ]]
}

# moved_vm NAME: its id on the first host, after it ran on the second one.
moved_vm() {
    local id
    id=$(register 2 "$1")
    on_host 2 "vim-cmd vmsvc/power.on $id; vim-cmd vmsvc/power.off $id; vim-cmd vmsvc/unregister $id" >/dev/null
    register 1 "$1"
}

@test "a power-on that asks does not return before it is answered, by the label that newer hosts show" {
    id=$(moved_vm moved)
    on_host 1 "vim-cmd vmsvc/power.on $id" >"$room/power_on.out" 3>&- &
    power_on=$!
    wait_until 5 question_is_asked "$id"
    run on_host 1 "vim-cmd vmsvc/message $id"
    [[ "${lines[0]}" =~ ^Virtual\ machine\ message\ (_vmx[0-9]+):$ ]]
    question=${BASH_REMATCH[1]}
    lacks -q 'msg.uuid' <<<"$output"
    grep -qx '   2. button.uuid.copiedTheVM (I Copied It) \[default\]' <<<"$output"
    choice=$(sed -n 's/^ *\([0-9]\)\. button.uuid.movedTheVM .*/\1/p' <<<"$output")
    [[ $(on_host 1 'esxcli vm process list') == moved* ]]
    kill -0 $power_on
    on_host 1 "vim-cmd vmsvc/message $id $question $choice"
    wait $power_on
    [ "$(cat "$room/power_on.out")" = "Powering on VM:" ]
    [ "$(power_at esxi1 moved)" = poweredOn ]
}

@test "older hosts show the question's id and other labels, and number their questions" {
    site host esxi1 ssh texts question old
    site host esxi1 ssh texts question_id number
    id=$(moved_vm copied)
    on_host 1 "vim-cmd vmsvc/power.on $id" >"$room/power_on.out" 3>&- &
    power_on=$!
    wait_until 5 question_is_asked "$id"
    run on_host 1 "vim-cmd vmsvc/message $id"
    [[ "${lines[0]}" =~ ^Virtual\ machine\ message\ ([0-9]+):$ ]]
    question=${BASH_REMATCH[1]}
    [ "${lines[1]}" = 'msg.uuid.altered:This virtual machine may have been moved or copied.' ]
    grep -qx '2. I _copied it (I _copied it) \[default\]' <<<"$output"
    on_host 1 "vim-cmd vmsvc/message $id $question 0"
    run wait $power_on
    [[ "$(cat "$room/power_on.out")" == *'Power on failed: (vim.fault.RequestCanceled) {'* ]]
    [ "$(power_at esxi1 copied)" = poweredOff ]
}

@test "the free licence lets vim-cmd write" {
    site host esxi1 licence free
    id=$(register 1 vm1)
    on_host 1 "vim-cmd vmsvc/power.on $id && vim-cmd vmsvc/power.off $id && vim-cmd vmsvc/unregister $id"
    [ "$(power_at esxi1 vm1)" = absent ]
    on_host 1 'vim-cmd vimsvc/license --show' | grep -qx '\[200\]   vmodl key: esxBasic'
}

@test "an invalid VM says off, is skipped, and its process is found and killed, hard where soft does not do" {
    id=$(register 1 vm1)
    on_host 1 "vim-cmd vmsvc/power.on $id"
    site vm vm1 connection invalid
    site vm vm1 deaf soft
    on_host 1 'vim-cmd vmsvc/getallvms' | grep -qx "Skipping invalid VM '$id'"
    on_host 1 "vim-cmd vmsvc/power.getstate $id" | grep -qx 'Powered off'
    on_host 1 "vim-cmd vmsvc/get.summary $id" | grep -q 'config = (vim.vm.Summary.ConfigSummary) null,'
    on_host 1 'cat /etc/vmware/hostd/vmInventory.xml' | grep -q "<objID>$id</objID>"
    on_host 1 "vim-cmd vmsvc/unregister $id"
    run on_host 1 'esxcli vm process list'
    [[ "$output" == vm1*'Config File: /vmfs/volumes/'*'/vm1/vm1.vmx' ]]
    world=$(sed -n 's/^   World ID: //p' <<<"$output")
    on_host 1 "esxcli vm process kill --type=soft --world-id=$world"
    on_host 1 'esxcli vm process list' | grep -q "World ID: $world"
    on_host 1 "esxcli vm process kill -t hard -w $world"
    [ -z "$(on_host 1 'esxcli vm process list')" ]
    run on_host 1 "esxcli vm process kill -t force -w $world"
    [ "$status" -eq 1 ]
}

@test "a disk's lock names its holder by the MAC of that host" {
    id=$(register 1 vm1)
    on_host 1 "vim-cmd vmsvc/power.on $id"
    mac=$(on_host 1 'esxcli network nic list' | grep -oE '([0-9a-f]{2}:){5}[0-9a-f]{2}' | tr -d :)
    run on_host 2 "vmkfstools -D $volume/vm1/vm1-flat.vmdk"
    [[ "$output" == 'Lock [type '*" mode 1, owner "*"-$mac mtime "* ]]
    on_host 2 "vim-cmd solo/registervm $volume/vm1/vm1.vmx"
    run on_host 2 'vim-cmd vmsvc/power.on $(vim-cmd vmsvc/getallvms | sed -n "s/^\([0-9]*\) *vm1 .*/\1/p")'
    [ "$status" -eq 1 ]
    [[ "$output" == 'Powering on VM:'*'Power on failed: (vim.fault.FileLocked) {'*'key = "msg.fileio.lock"'* ]]
    on_host 1 "vim-cmd vmsvc/power.off $id"
    on_host 2 "vmkfstools -D $volume/vm1/vm1-flat.vmdk" | grep -q 'mode 0, owner 00000000-00000000-0000-000000000000 '
    run on_host 2 "vmkfstools -D $volume/vm1/nothing.vmdk"
    [ "$status" -eq 255 ]
}

@test "storage that is lost shows in paths and volumes, and a rescan is silent" {
    on_host 1 'esxcli storage vmfs extent list' | grep -Eq '^EC_iSCSI +[0-9a-f-]{35} +0 +naa\.[0-9a-f]+ +1$'
    device=$(on_host 1 'esxcli storage vmfs extent list' | sed -n 's/^EC_iSCSI.*\(naa\.[0-9a-f]*\).*/\1/p')
    on_host 1 "esxcli storage core path list -d $device" | grep -qx '   State: active'
    on_host 1 "test -r $volume/vm1/vm1.vmx && [ -r $volume/vm1/vm1.vmx ] && ls $volume/vm1" | grep -qx vm1-flat.vmdk
    site host esxi1 storage lost
    on_host 1 "esxcli storage core path list -d $device" | grep -qx '   State: dead'
    on_host 1 'esxcli storage filesystem list' | grep -Eq ' EC_iSCSI +[0-9a-f-]{35} +false '
    run on_host 1 "test -r $volume/vm1/vm1.vmx"
    [ "$status" -eq 1 ]
    site host esxi1 storage copy 1
    run on_host 1 'esxcli storage core adapter rescan --adapter vmhba65 && vmkfstools -V'
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    on_host 1 'esxcli storage filesystem list' | grep -Eq ' EC_iSCSI +[0-9a-f-]{35} +true +VMFS-6 '
}

@test "a shell goes into a folder of the volume and finds the files there by their patterns" {
    id=$(register 1 vm1)
    on_host 1 "vim-cmd vmsvc/power.on $id"
    run on_host 1 "cd $volume/vm1 && for file in *-flat.vmdk *-delta.vmdk *.vswp; do [ -e \"\$file\" ] || continue
        echo \$file; vmkfstools -D \$file | grep -o 'mode [0-3],'; done; pwd -P"
    [ "${lines[*]}" = "vm1-flat.vmdk mode 1, vm1.vswp mode 1, /vmfs/volumes/62e2a1b4-7c3d5e90-1f2a-005056a1b2c3/vm1" ]
    on_host 1 "vim-cmd vmsvc/power.off $id"
    run on_host 1 "cd $volume/vm1 && echo *.vswp"
    [ "$output" = '*.vswp' ]
    run on_host 1 "cd $volume/none"
    [ "$status" -ne 0 ]
}

@test "while hostd is away vim-cmd and esxcli fail, localcli and vmkfstools go on" {
    id=$(register 1 vm1)
    on_host 1 "vim-cmd vmsvc/power.on $id"
    site host esxi1 hostd-restart 60000
    run on_host 1 'vim-cmd vmsvc/getallvms'
    [ "$status" -eq 1 ]
    [[ "$output" == 'Failed to login: '* ]]
    run on_host 1 'esxcli vm process list'
    [ "$status" -eq 1 ]
    on_host 1 'localcli vm process list' | grep -q '^   Display Name: vm1$'
    on_host 1 "vmkfstools -D $volume/vm1/vm1.vmx" | grep -q ' mode 1, '
    site host esxi1 power off
    site host esxi1 power on
}

@test "a network that is cut ends every session and refuses new ones, and the VM goes on" {
    id=$(register 1 vm1)
    on_host 1 "vim-cmd vmsvc/power.on $id"
    shared cut -fNM
    [ "$(shared_says cut 'echo here')" = here ]
    site host esxi1 network cut own
    run shared_says cut 'echo here'
    [ "$status" -eq 255 ]
    run on_host 1 'vim-cmd vmsvc/getallvms'
    [ "$status" -eq 255 ]
    grep -q 'Connection refused' "$room/ssh.err"
    port=8023 ssh_to 1 -i "$room/id_rsa" "$(id -un)@${addresses[0]}" true
    site host esxi1 network restore
    on_host 1 "vim-cmd vmsvc/power.getstate $id" | grep -qx 'Powered on'
}

@test "a network that stands still holds a command back until it moves again" {
    shared still -fNM
    site host esxi1 network stall
    shared_says still 'vim-cmd vmsvc/getallvms' >"$room/still.out" 3>&- &
    command=$!
    run timeout 1 tail --pid=$command -f /dev/null
    [ "$status" -eq 124 ]
    site host esxi1 network restore
    wait $command
    grep -q '^Vmid' "$room/still.out"
    shared still -O exit
}

@test "where the SSH service is switched off, sessions stay and new ones are refused" {
    shared off -fNM
    [ "$(shared_says off '/etc/init.d/SSH status')" = 'SSH is running' ]
    site host esxi1 ssh off
    [ "$(shared_says off '/etc/init.d/SSH status')" = 'SSH is not running' ]
    run on_host 1 true
    [ "$status" -eq 255 ]
    grep -q 'Connection refused' "$room/ssh.err"
    site host esxi1 ssh on
    on_host 1 true
    shared off -O exit
}

@test "a connection has as many sessions as the host allows" {
    site host esxi1 ssh max-sessions 1
    shared single -fNM
    shared_says single 'echo first; sleep 30' >"$room/first.out" 2>&1 3>&- &
    first=$!
    wait_until 5 grep -q first "$room/first.out"
    # The client makes a connection of its own then, which has no key.
    run shared_says single true
    [ "$status" -eq 255 ]
    [[ "$output" == *'Session open refused by peer'* ]]
    shared single -O exit
    run wait $first
}

@test "a key that the host does not know is refused once, and a changed host key is not accepted" {
    refused=$(ssh_counter esxi1 keys_refused)
    run ssh_to 1 -i "$room/other_key" "$(id -un)@${addresses[0]}" true
    [ "$status" -eq 255 ]
    wait_until 3 ssh_counts keys_refused $((refused + 1))
    site host esxi1 ssh new-host-key
    run on_host 1 true
    [ "$status" -eq 255 ]
    grep -q 'REMOTE HOST IDENTIFICATION HAS CHANGED' "$room/ssh.err"
    mv "$room/h1/known_hosts.new" "$room/h1/known_hosts"
    on_host 1 true
}

@test "a host that loses its power takes with it what ran there, also what nobody waits for" {
    id=$(register 1 vm1)
    on_host 1 "vim-cmd vmsvc/power.on $id"
    on_host 1 "(sleep 986; vim-cmd vmsvc/power.off $id) >/dev/null 2>&1 </dev/null &"
    detached_runs() { pgrep -x -f 'sleep 986' >/dev/null; }
    wait_until 3 detached_runs
    site host esxi1 power off
    run on_host 1 true
    [ "$status" -eq 255 ]
    detached_ended() { ! detached_runs; }
    wait_until 2 detached_ended
    site host esxi1 power on
    on_host 1 'esxcli vm process list'
    on_host 1 "vim-cmd vmsvc/power.getstate $id" | grep -qx 'Powered off'
}

@test "faults are made by the command's name or by that of the API's method" {
    id=$(register 1 vm1)
    site fault esxi1 PowerOnVM_Task GenericVmConfigFault count=1 message=no way
    run on_host 1 "vim-cmd vmsvc/power.on $id"
    [[ "$output" == 'Powering on VM:'*'(vim.fault.GenericVmConfigFault) {'*'msg = "no way"'* ]]
    [ "$(power_at esxi1 vm1)" = poweredOff ]
    site fault esxi1 vim-cmd:vmsvc/power.on lose_reply count=1
    run on_host 1 "vim-cmd vmsvc/power.on $id"
    [ "$status" -eq 255 ]
    [ "$(power_at esxi1 vm1)" = poweredOn ]
    site fault esxi1 esxcli:vm/process/list hang
    run timeout 2 ssh "${ssh_options[@]}" -o UserKnownHostsFile="$room/h1/known_hosts" -p 8022 -i "$room/id_rsa" \
        "$(id -un)@${addresses[0]}" 'esxcli vm process list'
    [ "$status" -eq 124 ]
}

@test "output that is spoiled: garbage, half of it, a flood, unset" {
    site host esxi1 ssh garbage 1
    [ "$(on_host 1 'vim-cmd vmsvc/getallvms' | wc -c)" -eq 4096 ]
    site host esxi1 ssh garbage 1 half
    run on_host 1 'vim-cmd vmsvc/getallvms'
    [[ "$output" == Vmid* ]]
    [[ "$output" != *Annotation* ]]
    site host esxi1 ssh garbage 1 flood
    [ "$(on_host 1 'vim-cmd vmsvc/getallvms' | wc -c)" -gt 100000000 ]
    site host esxi1 ssh unset 1
    [ "$(on_host 1 'vim-cmd vmsvc/getallvms')" = '<unset>' ]
    on_host 1 'vim-cmd vmsvc/getallvms' | grep -q '^Vmid.*Annotation$'
}

@test "nothing that ran in a session outlives the site" {
    on_host 1 'sleep 987' 3>&- &
    client=$!
    runs() { pgrep -x -f 'sleep 987' >/dev/null; }
    wait_until 5 runs
    stop esxsim
    run wait $client
    [ "$status" -eq 255 ]
    wait_until 2 lacks_sleep
}
lacks_sleep() { ! pgrep -x -f 'sleep 987' >/dev/null; }
