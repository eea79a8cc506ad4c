#!/usr/bin/env bats
# The service over SSH: the key and the hosts' keys as credentials, as the README says; and from the scripts of today to
# a running service with vmhactl import.

setup_file() {
    load support
    transport=ssh ssh_port=22
    make_machine
    install_package
    start_site
}
setup() {
    load support
    transport=ssh ssh_port=22
}
teardown_file() {
    load support
    remove_machine
}

# script KIND: what vm-start.pl, vm-stop.pl and genw-vm.pl of vm1 hold at their heads.
script() {
    printf '#!/usr/bin/perl -w\nmy $cfg_path = "/vmfs/volumes/EC_iSCSI/vm1/vm1.vmx";\n'
    [ "$1" = genw ] || printf 'my $vmhba1 = "vmhba65";\nmy $vmhba2 = "vmhba65";\nmy $datastore = "EC_iSCSI";\n'
    printf 'my $vmk1 = "%s";\nmy $vmk2 = "%s";\nmy $ec1 = "127.0.0.1";\nmy $ec2 = "127.0.0.2";\n' \
        "$(address_of 0)" "$(address_of 1)"
}

@test "with key and host keys as credentials it starts, watches and stops a VM over SSH" {
    site_configuration '(.nodes[].host.ssh |= (.user = "root" | .identity_file = "credentials/id_rsa"
        | .known_hosts = "credentials/known_hosts"))'
    put /etc/vmhad/credentials/id_rsa 600 <"$room/id_rsa"
    put /etc/vmhad/credentials/known_hosts 600 <"$room/known_hosts"
    put /etc/vmhad/vmhad.json <"$room/vmhad.json"
    on vmhad --check-config
    on systemctl start vmhad
    wait_connected
    run on vmhactl hosts
    echo "$output"
    [[ "$output" == *ssh* ]]
    on vmha-exec start vm1
    expect_site is_at esxi1 vm1 poweredOn
    run on vmha-genw vm1
    [[ "$output" == *healthy* ]]
    on vmha-exec stop vm1
    expect_site is_at esxi1 vm1 absent
    # Root's oneshot takes the same files from where they lie.
    on systemctl stop vmhad.socket vmhad.service
    on vmhad --oneshot start vm1
    on vmhad --oneshot stop vm1
}

@test "vmhactl import makes a configuration of the scripts with which the service works" {
    on apt-get purge -y vmha
    install_package
    for kind in start stop; do script $kind | put "/opt/nec/clusterpro/scripts/failover-vm/exec-vm1/$kind.sh"; done
    script genw | put /opt/nec/clusterpro/scripts/monitor.s/genw-vm1/genw.sh
    put /root/.ssh/id_rsa 600 <"$room/id_rsa"
    put /root/.ssh/known_hosts 600 <"$room/known_hosts"
    run on vmhactl import /opt/nec/clusterpro/scripts --host esxi1 --host esxi2 --dry-run
    echo "$output"
    [ "$status" -eq 0 ]
    run on vmhactl import /opt/nec/clusterpro/scripts --host esxi1 --host esxi2
    echo "$output"
    [ "$status" -eq 0 ]
    on vmhad --check-config
    [ "$(on find /etc/vmhad -type f -perm /o+r -exec grep -l 'PRIVATE KEY' {} +)" = "" ]
    on systemctl start vmhad
    wait_connected
    on vmha-exec start vm1
    expect_site is_at esxi1 vm1 poweredOn
    on vmha-genw vm1
    on vmha-exec stop vm1
}
