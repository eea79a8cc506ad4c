#!/bin/sh
# start.sh of the EXEC resource exec-<VM>. The VM is known by the resource's name, so the same file serves every VM.
# If the resource is not named exec-<VM>, write the VM's name after "start".
exec /usr/bin/vmha-exec start
