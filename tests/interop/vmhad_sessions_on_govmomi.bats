#!/usr/bin/env bats
# Logins of the real vmhad, counted by a host that others wrote: the govmomi simulator with -trace.

load support
# The other suite's hosts may be up at the same time.
govmomi_port=9444

setup_file() {
    build_govmomi_host
    make_datastore
    (umask 077 && printf 'not the password' >"$room/wrong.password")
}

setup() { start_govmomi_host esxi2 127.0.0.22; }

teardown() {
    [ -n "$BATS_TEST_COMPLETED" ] || tail -n 30 "$room/ec1.log"
    stop_all
    rm -rf "$room/ec1.state" "$room/ec1.run"
}

@test "a wrong password is tried once and named" {
    start_govmomi_host esxi1 127.0.0.21
    govmomi_configuration '.nodes.ec1.host.api.password_file = "wrong.password"'
    start_daemon ec1
    wait_until 10 link_is ec1 esxi1 locked_out
    grep -q "'bad_password'" "$room/ec1.log"
    wait_until 10 link_is ec1 esxi2 up
    # A second login would come with the next reconnect: these back off for at most 5 s.
    sleep 6
    [ "$(logins esxi1)" -eq 1 ]
    link_is ec1 esxi1 locked_out
    ! grep -q 'not the password' "$room/ec1.log"
}

@test "a wrong password is remembered over a restart of the daemon" {
    start_govmomi_host esxi1 127.0.0.21
    govmomi_configuration '.nodes.ec1.host.api.password_file = "wrong.password"'
    start_daemon ec1
    wait_until 10 link_is ec1 esxi1 locked_out
    stop ec1
    start_daemon ec1
    wait_until 10 link_is ec1 esxi2 up
    sleep 2
    [ "$(logins esxi1)" -eq 1 ]
}

@test "another certificate than the configured one gets no password" {
    start_govmomi_host esxi1 127.0.0.21
    govmomi_configuration ".nodes.ec1.host.api.thumbprint = \"$(thumbprint_of "$room/esxi2.crt")\""
    start_daemon ec1
    wait_until 10 link_is ec1 esxi1 untrusted
    [ "$(logins esxi1)" -eq 0 ]
}

@test "a session that expired while the daemon was stunned comes back with one login" {
    start_govmomi_host esxi1 127.0.0.21 -idle 2s
    govmomi_configuration
    start_daemon ec1
    wait_until 10 link_is ec1 esxi1 up
    [ "$(logins esxi1)" -eq 1 ]
    kill -STOP "$(pid_of ec1)"
    # The simulator looks once a period: twice its 2 s, and some.
    sleep 5
    kill -CONT "$(pid_of ec1)"
    wait_until 10 eval '[ "$(logins esxi1)" -eq 2 ]'
    wait_until 10 link_is ec1 esxi1 up
}

@test "a session that is used does not expire" {
    start_govmomi_host esxi1 127.0.0.21 -idle 3s
    govmomi_configuration
    start_daemon ec1
    wait_until 10 link_is ec1 esxi1 up
    sleep 8
    link_is ec1 esxi1 up
    [ "$(logins esxi1)" -eq 1 ]
}

@test "a host that was restarted is connected again" {
    start_govmomi_host esxi1 127.0.0.21
    govmomi_configuration
    start_daemon ec1
    wait_until 10 link_is ec1 esxi1 up
    stop esxi1
    wait_until 10 link_is ec1 esxi1 down
    start_govmomi_host esxi1 127.0.0.21
    wait_until 15 link_is ec1 esxi1 up
}
