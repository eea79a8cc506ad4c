#!/usr/bin/env bats
# The packages as files: what is in them, what they ask for, how their programs were linked, and what lintian says.
# What installing, upgrading and removing them does is seen in install.bats.

setup_file() {
    top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd -P)
    packages=${VMHA_PACKAGES:-$top/build/release}
    version=$(sed -nE 's/^project\(vmha VERSION ([0-9.]+) .*/\1/p' "$top/CMakeLists.txt")
    deb=$packages/vmha_$version-1_amd64.deb simulator_deb=$packages/vmha-simulator_$version-1_amd64.deb
    rpm=$packages/vmha-$version-1.x86_64.rpm simulator_rpm=$packages/vmha-simulator-$version-1.x86_64.rpm
    for package in "$deb" "$simulator_deb" "$rpm" "$simulator_rpm"; do
        [ -s "$package" ] || { echo "no $package: cmake --build --preset release --target package" >&2; return 1; }
    done
    files=$BATS_FILE_TMPDIR/files control=$BATS_FILE_TMPDIR/control
    dpkg-deb -x "$deb" "$files"
    dpkg-deb -x "$simulator_deb" "$files"
    dpkg-deb -e "$deb" "$control"
    export top packages version deb simulator_deb rpm simulator_rpm files control
}

# empty TEXT: fails with what was found.
empty() { [ -z "$1" ] || { printf '%s\n' "$1"; return 1; }; }
field() { dpkg-deb -f "$1" "$2"; }

# listed PACKAGE: "mode owner path", without the directories that every package has.
listed() {
    dpkg-deb -c "$1" | awk '{ sub(/^\.\//, "/", $6); print $1, $2, $6 }' |
        grep -vE ' (/|/usr/|/usr/(s?bin|share|lib)/|/lib/|/etc/|/lib/systemd/(system/)?|/usr/lib/[a-z]+\.d/|/usr/lib/systemd/([a-z]+/)?)$' |
        grep -vE ' /usr/share/(doc|lintian|man|bash-completion|vmha)/.*/?$' | LC_ALL=C sort -k3
}

program() { echo "$files/usr/$([ "$1" = vmhad ] && echo sbin || echo bin)/$1"; }
linked_as() { readelf -hW "$1" | awk '$1 == "Type:" { print $2 }'; }

@test "vmha holds the programs, the units, the configuration, and nothing beside" {
    diff - <(listed "$deb") <<-'END'
		drwxr-xr-x root/root /etc/vmhad/
		drwxr-xr-x root/root /etc/vmhad/conf.d/
		drwx------ root/root /etc/vmhad/credentials/
		-rw-r--r-- root/root /etc/vmhad/vmhad.json
		-rw-r--r-- root/root /lib/systemd/system/vmhad.service
		-rw-r--r-- root/root /lib/systemd/system/vmhad.socket
		-rwxr-xr-x root/root /usr/bin/vmha-exec
		-rwxr-xr-x root/root /usr/bin/vmha-genw
		-rwxr-xr-x root/root /usr/bin/vmhactl
		-rw-r--r-- root/root /usr/lib/systemd/catalog/vmha.catalog
		-rw-r--r-- root/root /usr/lib/sysusers.d/vmha.conf
		-rw-r--r-- root/root /usr/lib/tmpfiles.d/vmha.conf
		-rwxr-xr-x root/root /usr/sbin/vmhad
	END
}

@test "vmha-simulator holds the simulated site" {
    diff - <(listed "$simulator_deb") <<-'END'
		-rwxr-xr-x root/root /usr/bin/esxsim
		-rwxr-xr-x root/root /usr/bin/esxsim-cmd
	END
}

@test "each program that people call has its manual page, and the configuration has one" {
    for page in man8/vmhad.8 man8/vmha-exec.8 man8/vmha-genw.8 man8/vmhactl.8 man5/vmhad.json.5 man1/esxsim.1; do
        # As a page: its name is in its first lines.
        gzip -dc "$files/usr/share/man/$page.gz" | grep -qE '^\.(TH|Dt) ' || { echo "no $page"; return 1; }
    done
}

@test "each client and the daemon have their completion" {
    for name in vmhactl vmha-exec vmha-genw vmhad; do
        bash -n "$files/usr/share/bash-completion/completions/$name" || { echo "none for $name"; return 1; }
    done
}

@test "the documents are those of the tree, and the examples can be run or read as they are" {
    docs=$files/usr/share/doc/vmha
    diff <(gzip -dc "$docs/changelog.gz") "$top/CHANGELOG.md"
    [ "$(gzip -dc "$docs/changelog.Debian.gz" | dpkg-parsechangelog -l - -S Version)" = "$version-1" ]
    diff "$docs/README.md" "$top/README.md"
    test -s "$docs/copyright"
    for script in start.sh stop.sh genw.sh; do
        [ "$(stat -c %a "$docs/examples/$script")" = 755 ]
        sh -n "$docs/examples/$script"
    done
    diff -r "$docs/examples/vmhad.service.d" "$top/systemd/examples"
    test -s "$docs/examples/conf.d/10-vm2.json"
    diff "$files/usr/share/vmha/vmhad.schema.json" "$top/config/vmhad.schema.json"
}

@test "the configuration is the administrator's: an upgrade asks before it replaces it" {
    [ "$(cat "$control/conffiles")" = /etc/vmhad/vmhad.json ]
    [ "$(find "$files/etc" -type f)" = "$files/etc/vmhad/vmhad.json" ]
    diff "$files/etc/vmhad/vmhad.json" "$top/config/vmhad.json"
}

@test "the sample configuration names the passwords where the service looks for them" {
    run grep -c '"password_file": "credentials/' "$files/etc/vmhad/vmhad.json"
    [ "$output" = 2 ]
    empty "$(grep -nE '"(password_file|identity_file)": "' "$files/etc/vmhad/vmhad.json" | grep -v '": "credentials/')"
    schema=$(sed -nE 's/^ *"\$schema": "(.*)",$/\1/p' "$files/etc/vmhad/vmhad.json")
    test -s "$files$schema"
}

@test "it depends on the package of each library that its programs load, on systemd, and brings no library along" {
    for name in vmhad vmhactl esxsim; do
        [ $name = esxsim ] && package=$simulator_deb || package=$deb
        depends=" $(field "$package" Depends | tr ',' '\n' | awk '{ print $1 }' | paste -sd ' ') "
        for library in $(readelf -dW "$(program $name)" | sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p'); do
            # The list of a package may say /lib for what is in /usr/lib.
            path=$(ldd "$(program $name)" | awk -v library="$library" '$1 == library { print $3 }' | xargs readlink -f)
            owner=$(dpkg-query -S "$path" "${path#/usr}" 2>/dev/null | head -1 | cut -d: -f1)
            # A package may be asked for by a name that it provides.
            names=$(dpkg-query -W -f '${Package}, ${Provides}' "$owner" | tr ',' '\n' | awk 'NF { print $1 }')
            grep -qxFf <(tr ' ' '\n' <<<"$depends" | grep .) <<<"$names" ||
                { echo "$name: $library: $owner is not in $depends"; return 1; }
        done
    done
    [[ "$(field "$deb" Depends)" == *"systemd (>= 250)"* ]]
    empty "$(find "$files" -name '*.so' -o -name '*.so.*' -o -name '*.a')"
}

@test "daemon and vmhactl are position-independent, with read-only relocations that are resolved at the start" {
    for name in vmhad vmhactl esxsim; do
        [ "$(linked_as "$(program $name)")" = DYN ]
        readelf -lW "$(program $name)" | grep -q GNU_RELRO
        readelf -dW "$(program $name)" | grep -q 'FLAGS_1.*NOW.*PIE'
    done
}

@test "the shims need no library: they work while the node is being upgraded" {
    for name in vmha-exec vmha-genw esxsim-cmd; do
        [ "$(linked_as "$(program $name)")" = EXEC ]
        empty "$(readelf -lW "$(program $name)" | grep INTERP)"
    done
}

@test "every program is stripped, knows its version and has no executable stack" {
    for name in vmhad vmhactl vmha-exec vmha-genw esxsim esxsim-cmd; do
        empty "$(readelf -SW "$(program $name)" | grep -E '\.(symtab|debug_info)')"
        empty "$(readelf -lW "$(program $name)" | awk '/GNU_STACK/ && $7 ~ /E/')"
    done
    for name in vmhad vmhactl vmha-exec vmha-genw; do [[ "$("$(program $name)" --version)" == *"$version"* ]]; done
}

@test "nothing in the packages tells where they were built" {
    empty "$(grep -rlF "$top/" "$files")"
}

@test "the sums of the files are right" {
    (cd "$files" && md5sum --quiet -c "$control/md5sums")
    [ "$(wc -l <"$control/md5sums")" -eq "$(dpkg-deb -c "$deb" | grep -c '^-')" ]
}

@test "lintian finds no error and no warning" {
    run lintian --allow-root --fail-on error,warning "$deb" "$simulator_deb"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "what lintian is told to overlook has its reason beside it" {
    for overrides in "$top"/systemd/deb/*.lintian-overrides; do
        empty "$(awk -v name="$overrides" '/^#/ { reason = 1; next } !reason { print name ": " $0 }' "$overrides")"
    done
}

# The .rpm that Debian makes is a check of the packaging; for Red Hat it is built there.
rpm_listed() { rpm -qp --qf "[%{FILENAMES}\n]" "$1" | grep -vE '^/usr/lib/\.build-id|^/usr/share/licenses'; }

@test "the .rpm holds the same files as the .deb, but for those of Debian's own tools" {
    for pair in "$deb $rpm" "$simulator_deb $simulator_rpm"; do
        read -r one other <<<"$pair"
        diff <(dpkg-deb -c "$one" | grep '^-' | awk '{ sub(/^\./, "", $6); print $6 }' |
            grep -vE '/lintian/|/(copyright|changelog.*)$' | sort) \
            <(rpm_listed "$other" | while read -r file; do [ -d "$files$file" ] || echo "$file"; done | sort)
    done
    rpm -qp --qf "[%{FILENAMES}\n]" "$rpm" | grep -qx /usr/share/licenses/vmha/LICENSE
}

@test "the .rpm keeps a changed configuration, and the secrets root's alone" {
    [ "$(rpm -qp --configfiles "$rpm")" = /etc/vmhad/vmhad.json ]
    rpm -qp --qf '[%{FILENAMES} %{FILEFLAGS:fflags}\n]' "$rpm" | grep -qE '^/etc/vmhad/vmhad.json cn'
    rpm -qp --qf '[%{FILEMODES:perms} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILENAMES}\n]' "$rpm" |
        grep -qxF 'drwx------ root root /etc/vmhad/credentials'
    empty "$(rpm -qp --qf '[%{FILEUSERNAME}:%{FILEGROUPNAME} %{FILENAMES}\n]' "$rpm" "$simulator_rpm" | grep -v '^root:root ')"
}

@test "the .rpm owns no directory of the system" {
    while read -r file; do
        [ ! -d "$files$file" ] || case $file in */vmhad* | */vmha* | */vmha/*) ;; *) echo "$file"; return 1 ;; esac
    done < <(rpm_listed "$rpm")
}

@test "the .rpm asks for the libraries and for systemd, and its scripts restart the daemon, not the socket" {
    needs=$(rpm -qp --requires "$rpm")
    for word in systemd 'libssl.so.3()(64bit)' 'libssh.so.4()(64bit)' 'libsystemd.so.0()(64bit)'; do
        grep -qF "$word" <<<"$needs" || { echo "$word"; return 1; }
    done
    scripts=$(rpm -qp --scripts "$rpm")
    for part in postinstall preuninstall postuninstall; do grep -q "^$part scriptlet" <<<"$scripts"; done
    grep -q 'try-restart vmhad.service' <<<"$scripts"
    empty "$(grep -E '(re)?start .*vmhad\.socket' <<<"$scripts")"
}
