# shellcheck shell=bash
# For the suites of this folder: a machine with systemd (sandbox.sh) in which the package is installed, and the site of
# esxsim beside it, in the same network. VMHA_BIN names the built programs, VMHA_PACKAGES the folder of the packages.
# shellcheck source=tests/wire/support.bash
. "$BATS_TEST_DIRNAME/../wire/support.bash"
sandbox=$BATS_TEST_DIRNAME/sandbox.sh
packages=${VMHA_PACKAGES:-$top/build/release}
built_bin=$bin
# What the helpers of the wire tests start runs in the machine's network, so no other suite meets it.
bin=$room/beside

# package NAME: the file that was built, or a failure that says how to build it.
package() {
    local found
    found=$(find "$packages" -maxdepth 1 -name "$1_*.deb" | sort | tail -1)
    [ -n "$found" ] || { echo "no $1_*.deb in $packages: cmake --build --preset release --target package" >&2; return 1; }
    echo "$found"
}

make_machine() {
    "$sandbox" make "$room/machine" && "$sandbox" boot "$room/machine" || return 1
    mkdir -p "$bin"
    printf '#!/bin/sh\nexec "%s" beside "%s" "%s" "$@"\n' "$sandbox" "$room/machine" "$built_bin/esxsim" >"$bin/esxsim"
    chmod +x "$bin/esxsim"
}
remove_machine() {
    stop_all
    "$sandbox" remove "$room/machine"
}

# Here is one node, and it is the machine: these take the place of those that the wire tests have for several.
# on COMMAND…: in the machine, as root; as USER COMMAND…: as somebody else, with that user's groups.
on() { "$sandbox" run "$room/machine" "$@"; }
as() { on setpriv --reuid "$1" --regid "$(on id -g "$1")" --init-groups -- "${@:2}"; }
disk() { "$sandbox" disk "$room/machine" "$@"; }

# put PATH [MODE]: a file in the machine, with what comes on standard input, of root.
put() { on install -D -m "${2:-644}" -o root -g root /dev/stdin "$1"; }

# install_file FILE…: as an administrator would who has copied the packages to the machine.
install_file() {
    local file name names=()
    for file; do
        name=/root/$(basename "$file")
        put "$name" <"$file" || return 1
        names+=("$name")
    done
    on env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends --allow-downgrades "${names[@]}"
}
install_package() { install_file "$(package vmha)" >"$room/install.log" 2>&1 || { cat "$room/install.log"; return 1; }; }

# higher_package: the same package once more, as a later version would come.
higher_package() {
    local made=$room/higher
    rm -rf "$made"
    dpkg-deb -R "$(package vmha)" "$made"
    sed -i 's/^Version: .*/Version: 99.0.0-1/' "$made/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$made" "$room/vmha_99.0.0-1_amd64.deb" >/dev/null
    rm -rf "$made"
    echo "$room/vmha_99.0.0-1_amd64.deb"
}

# configure [TUNING]: the site's two hosts, with their passwords where the README says.
configure() {
    write_configuration "$room" esxsim '
        (.nodes[].host |= (.settle_s = 1 | .api.password_file = "credentials/\(.name).password"))
        | .defaults = {confirm_s: {powered_off: 0, not_registered: 1}, start_timeout_s: 60, stop_timeout_s: 90,
            guest_shutdown_timeout_s: 20}
        | '"${1:-.}" "$(address_of 0)" "$host_port" "$(announced esxi1)" "$(address_of 1)" "$host_port" "$(announced esxi2)"
    put_configuration
}
put_configuration() {
    put /etc/vmhad/vmhad.json <"$room/vmhad.json"
    put /etc/vmhad/credentials/esxi1.password 600 <"$room/esxi.password"
    put /etc/vmhad/credentials/esxi2.password 600 <"$room/esxi.password"
}
# change PROGRAM: in the machine, the configuration as a jq program makes it; put_configuration takes that back.
change() { jq "$1" "$room/vmhad.json" | put /etc/vmhad/vmhad.json; }
is_changed() { ! on cat /etc/vmhad/vmhad.json | cmp -s - "$room/vmhad.json"; }

property() { on systemctl show -P "$2" "$1"; }
property_is() { [ "$(property "$1" "$2")" = "$3" ]; }
is_active() { on systemctl is-active --quiet "$1"; }
is_inactive() { ! is_active "$1"; }
# ready_to_work: the status line, as systemctl shows it, says that both hosts are there.
both_connected() { [[ "$(property vmhad.service StatusText)" == "2/2 hosts connected; "* ]]; }
wait_connected() { wait_until 20 both_connected || { on systemctl status vmhad.service; return 1; }; }

# serve [TUNING [SITE]]: a machine as it is after the README was followed to the end.
serve() {
    make_machine && install_package && start_site "${2:-.}" && configure "${1:-.}" || return 1
    on vmhad --check-config || return 1
    on systemctl start vmhad || { on systemctl status vmhad; return 1; }
    wait_connected
}

# mark: what the journal says from here on is what journal and said look at. (By time: with --after-cursor and a field
# to match, journalctl of systemd 252 leaves the first entry out.)
mark() { echo "@${EPOCHREALTIME/,/.}" >"$room/mark"; }
journal() { on journalctl --sync >/dev/null 2>&1; on journalctl -q --since "$(cat "$room/mark")" "$@"; }
# said TEXT: since the last mark, by the daemon or by systemd about its units.
said() { journal -o cat -u vmhad.service -u vmhad.socket | grep -qF -- "$1"; }
says_soon() { wait_until "${2:-10}" said "$1" || { echo "the journal never says: $1"; journal; return 1; }; }

request() { on curl -sS --max-time 20 --unix-socket /run/vmhad/vmhad.sock "http://localhost$1"; }
verdict() { request "/v1/vms/$1/health" | jq -r .verdict; }
is_verdict() { [ "$(verdict "$1")" = "$2" ]; }
link_of() { request /v1/status | jq -r --arg host "$1" '.hosts[] | select(.name == $host) | .link'; }
link_is() { [ "$(link_of "$1")" = "$2" ]; }
logins() { counter ".$1.calls.Login // 0"; }

# begin NAME COMMAND…: in the machine, in the background, with its output in $room/NAME.log.
begin() { start "$1" "$sandbox" run "$room/machine" "${@:2}"; }
