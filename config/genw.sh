#!/bin/sh
# genw.sh of the custom monitor genw-<VM>. The cluster manager does not tell it which VM it watches: write the name
# here (vmhactl ec-config does). Without one it watches every VM that the cluster started on this node.
VM=
exec /usr/bin/vmha-genw ${VM:+"$VM"} --timeout 20
