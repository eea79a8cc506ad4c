#!/usr/bin/env bats
# Programs that others wrote, pyvmomi, rbvmomi and virsh, against esxsim: it must look right to them, not only to vmhad.
# Each case leaves the site as it found it: nothing registered.

load support

setup_file() { start_esxsim; }
teardown_file() { stop_all; }

py() {
    python_client --host 127.0.0.11 --port 8443 --password esxsim --thumbprint "$(announced esxi1)" \
        --peer-host 127.0.0.12 --peer-port 8443 "$@"
}
rb() { timeout 60 "$here/rbvmomi_client.rb" 127.0.0.11 8443 root esxsim "$1"; }

virsh_as() {
    local password=$1
    shift
    printf '[credentials-host]\nusername=root\npassword=%s\n[auth-esx-127.0.0.11]\ncredentials=host\n' "$password" \
        >"$room/virsh.auth"
    LIBVIRT_AUTH_FILE=$room/virsh.auth timeout 30 virsh -c 'esx://root@127.0.0.11:8443/?no_verify=1' "$@"
}
vsh() { virsh_as esxsim "$@"; }

@test "pyvmomi: connects, and the host describes itself as a standalone ESXi" { py connects_and_describes_itself; }
@test "pyvmomi: the announced thumbprint is the certificate's" { py the_announced_thumbprint_is_the_certificates; }
@test "pyvmomi: a wrong password is InvalidLogin" { py a_wrong_password_is_invalid_login; }
@test "pyvmomi: after Logout a call is NotAuthenticated" { py after_logout_calls_are_not_authenticated; }
@test "pyvmomi: lists the inventory" { py the_inventory_is_listed; }
@test "pyvmomi: reads the properties of a VM" { py properties_of_a_vm; }
@test "pyvmomi: reads the properties of the host" { py properties_of_the_host; }
@test "pyvmomi: reads the properties of the datastore" { py properties_of_the_datastore; }
@test "pyvmomi: reads many properties in one call" { py many_properties_in_one_call; }
@test "pyvmomi: an unknown property is InvalidProperty" { py an_unknown_property_is_refused; }
@test "pyvmomi: powers on and off" { py power_on_and_off; }
@test "pyvmomi: shuts a guest down" { py a_guest_shuts_down; }
@test "pyvmomi: a second power-on is InvalidPowerState" { py power_on_twice_is_invalid_power_state; }
@test "pyvmomi: a running VM is not unregistered" { py a_running_vm_is_not_unregistered; }
@test "pyvmomi: a second register is AlreadyExists" { py register_twice_already_exists; }
@test "pyvmomi: a register without a file is NotFound" { py register_without_a_file_is_not_found; }
@test "pyvmomi: an unregistered VM is ManagedObjectNotFound" { py an_unregistered_vm_is_gone; }
@test "pyvmomi: finds a VM by path and by uuid" { py found_by_path_and_by_uuid; }
@test "pyvmomi: updates tell enter, modify and leave" { py updates_tell_enter_modify_and_leave; }
@test "pyvmomi: each update has a version of its own" { py each_update_has_a_version_of_its_own; }
@test "pyvmomi: a wait without news ends after its limit" { py no_update_ends_after_the_wait; }
@test "pyvmomi: an invented version is InvalidCollectorVersion" { py an_invented_version_is_invalid; }
@test "pyvmomi: the files of a running VM are locked for the other host" { py a_running_vms_files_are_locked_for_the_peer; }
@test "pyvmomi: rescans an adapter and VMFS" { py storage_is_rescanned; }
@test "pyvmomi: reads the licence" { py the_licence_is_told; }
@test "pyvmomi: reads the port groups of the host and of a VM" { py port_groups_of_the_host_and_of_a_vm; }
@test "pyvmomi: reads the memory of the host and of a VM" { py memory_of_the_host_and_of_a_vm; }
@test "pyvmomi: reads that autostart is off" { py autostart_is_off; }
@test "pyvmomi: asks what its account may do" { py the_account_has_its_rights; }
@test "pyvmomi: asks for unresolved volumes" { py no_volume_is_unresolved; }
@test "pyvmomi: follows tasks through the list of recent ones" { py tasks_are_followed_through_the_list_of_recent_ones; }
@test "pyvmomi: an ended task is not cancelled" { py an_ended_task_is_not_cancelled; }
@test "pyvmomi: makes many calls on one connection" { py many_calls_on_one_connection; }

@test "rbvmomi: connects" { rb connects; }
@test "rbvmomi: is refused with a wrong password" { rb is_refused_with_a_wrong_password; }
@test "rbvmomi: lists the inventory" { rb lists; }
@test "rbvmomi: reads properties" { rb reads_properties; }
@test "rbvmomi: powers on and off" { rb powers_on_and_off; }
@test "rbvmomi: faults have their type" { rb faults_have_their_type; }
@test "rbvmomi: follows updates" { rb updates; }

@test "virsh: connects and names the host" {
    run vsh hostname
    echo "$output"
    [ "$status" -eq 0 ]
    [ -n "$output" ]
    vsh version
    vsh nodeinfo
}

@test "virsh: is refused with a wrong password" {
    run virsh_as wrong hostname
    echo "$output"
    [ "$status" -ne 0 ]
    [[ $output == *"call to 'Login'"* ]]
}

@test "virsh: lists, starts, inspects, destroys and undefines a VM" {
    py register_behind
    run vsh list --all
    echo "$output"
    [[ $output == *vm1*"shut off"* ]]
    vsh start vm1
    [ "$(vsh domstate vm1 | head -1)" = running ]
    vsh dominfo vm1
    [ -n "$(vsh domuuid vm1)" ]
    vsh destroy vm1
    [ "$(vsh domstate vm1 | head -1)" = "shut off" ]
    vsh undefine vm1
    [ "$(py state)" = absent ]
}

@test "virsh: shuts a guest down" {
    py register_behind
    vsh start vm1
    vsh shutdown vm1
    shut_off() { [ "$(vsh domstate vm1 | head -1)" = "shut off" ]; }
    wait_until 15 shut_off
    vsh undefine vm1
}

@test "virsh: a second start is an error" {
    py register_behind
    vsh start vm1
    run vsh start vm1
    echo "$output"
    [ "$status" -ne 0 ]
    vsh destroy vm1
    vsh undefine vm1
}
