#!/usr/bin/python3
"""What a program written with pyvmomi expects of an ESXi host, one expectation a call.

    pyvmomi_client.py --host H --port P --user U --password W CASE

CASE is a function below that is marked @case; the exit status says whether the host met it. Every case leaves
the host as it found it: nothing registered. Also used by the suites to change a VM behind vmhad's back
(the last few).
"""
import argparse
import contextlib
import hashlib
import socket
import ssl
import sys
import time

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

LIMIT_S = 20
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


class Host:
    """One logged-in session, and the few objects that every case needs."""

    def __init__(self, options, password=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.service = SmartConnect(host=options.host, port=options.port, user=options.user,
                                    pwd=options.password if password is None else password, sslContext=context)
        self.content = self.service.RetrieveContent()
        self.collector = self.content.propertyCollector
        self.datacenter = self.content.rootFolder.childEntity[0]
        compute = self.datacenter.hostFolder.childEntity[0]
        self.pool = compute.resourcePool
        self.system = compute.host[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        Disconnect(self.service)

    def register(self, path):
        task = self.datacenter.vmFolder.RegisterVM_Task(path=path, asTemplate=False, pool=self.pool)
        return self.wait(task)

    def wait(self, task):
        """The task's result; its error is raised, as pyvmomi's own WaitForTask does."""
        limit = time.monotonic() + LIMIT_S
        while task.info.state not in ("success", "error"):
            assert time.monotonic() < limit, "the task %s does not end" % task._moId
            time.sleep(0.02)
        if task.info.state == "error":
            raise task.info.error
        return task.info.result

    def machines(self):
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [vim.VirtualMachine], True)
        found = list(view.view)
        view.DestroyView()
        return found

    def find(self, path):
        return next((vm for vm in self.machines() if vm.config.files.vmPathName == path), None)

    @contextlib.contextmanager
    def registered(self, path, powered_on=False):
        vm = self.register(path)
        try:
            if powered_on:
                self.wait(vm.PowerOnVM_Task())
            yield vm
        finally:
            if self.find(path) is not None:
                if vm.runtime.powerState != "poweredOff":
                    self.wait(vm.PowerOffVM_Task())
                vm.UnregisterVM()

    def watch(self, paths):
        """A property filter over all VMs of the host through a container view."""
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [vim.VirtualMachine], True)
        spec = vmodl.query.PropertyCollector.FilterSpec(
            objectSet=[vmodl.query.PropertyCollector.ObjectSpec(
                obj=view, skip=True,
                selectSet=[vmodl.query.PropertyCollector.TraversalSpec(
                    name="view", type=vim.view.ContainerView, path="view", skip=False)])],
            propSet=[vmodl.query.PropertyCollector.PropertySpec(type=vim.VirtualMachine, all=False, pathSet=paths)])
        return self.collector.CreateFilter(spec, False)

    def updates(self, version, seconds=LIMIT_S):
        options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=seconds)
        return self.collector.WaitForUpdatesEx(version, options)

    def updates_until(self, version, wanted):
        """Follows updates until wanted(object update) holds; returns the last version."""
        limit = time.monotonic() + LIMIT_S
        while True:
            assert time.monotonic() < limit, "the update never came"
            news = self.updates(version, 2)
            if news is None:
                continue
            version = news.version
            if any(wanted(update) for part in news.filterSet for update in part.objectSet):
                return version


@contextlib.contextmanager
def expect(fault):
    try:
        yield
    except fault:
        return
    raise AssertionError("expected the fault %s, and none came" % fault.__name__)


@case
def connects_and_describes_itself(options):
    with Host(options) as host:
        about = host.content.about
        assert about.apiType == "HostAgent", about.apiType
        assert about.productLineId in ("embeddedEsx", "esx"), about.productLineId
        assert host.content.sessionManager.currentSession.userName == options.user
        assert abs(host.service.CurrentTime().timestamp() - time.time()) < 60


@case
def the_announced_thumbprint_is_the_certificates(options):
    pem = ssl.get_server_certificate((options.host, options.port))
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    assert ":".join(digest[i:i + 2] for i in range(0, 64, 2)) == options.thumbprint, digest


@case
def a_wrong_password_is_invalid_login(options):
    with expect(vim.fault.InvalidLogin):
        Host(options, options.password + "x")


@case
def after_logout_calls_are_not_authenticated(options):
    host = Host(options)
    host.content.sessionManager.Logout()
    with expect(vim.fault.NotAuthenticated):
        host.service.CurrentTime()


@case
def the_inventory_is_listed(options):
    with Host(options) as host:
        assert host.machines() == []
        with host.registered(options.vmx) as vm:
            assert host.machines() == [vm]
            assert vm in host.datacenter.vmFolder.childEntity
        assert host.datacenter.vmFolder.childEntity == []


@case
def properties_of_a_vm(options):
    with Host(options) as host, host.registered(options.vmx) as vm:
        assert vm.name == "vm1", vm.name
        assert vm.config.files.vmPathName == options.vmx
        assert len(vm.config.uuid) == 36 and len(vm.config.instanceUuid) == 36
        assert vm.runtime.powerState == "poweredOff"
        assert vm.runtime.connectionState == "connected"
        assert vm.runtime.question is None
        assert vm.runtime.host == host.system
        assert vm.summary.runtime.powerState == "poweredOff"
        assert [store.name for store in vm.datastore] == ["EC_iSCSI"]


@case
def properties_of_the_host(options):
    with Host(options) as host:
        assert host.system.runtime.connectionState == "connected"
        assert host.system.runtime.inMaintenanceMode is False
        assert host.system.hardware.systemInfo.uuid
        assert host.system.config.storageDevice.hostBusAdapter


@case
def properties_of_the_datastore(options):
    with Host(options) as host:
        store = next(store for store in host.system.datastore if store.name == "EC_iSCSI")
        assert store.summary.accessible is True
        assert store.summary.url
        assert store.host[0].key == host.system
        assert store.host[0].mountInfo.accessible is True


@case
def many_properties_in_one_call(options):
    with Host(options) as host, host.registered(options.vmx, powered_on=True) as vm:
        query = vmodl.query.PropertyCollector
        spec = query.FilterSpec(
            objectSet=[query.ObjectSpec(obj=vm)],
            propSet=[query.PropertySpec(type=vim.VirtualMachine, pathSet=["name", "runtime.powerState", "runtime"])])
        found = host.collector.RetrievePropertiesEx([spec], query.RetrieveOptions()).objects
        values = {prop.name: prop.val for prop in found[0].propSet}
        assert values["name"] == "vm1"
        assert values["runtime.powerState"] == "poweredOn"
        assert values["runtime"].powerState == "poweredOn"


@case
def an_unknown_property_is_refused(options):
    with Host(options) as host:
        query = vmodl.query.PropertyCollector
        spec = query.FilterSpec(objectSet=[query.ObjectSpec(obj=host.system)],
                                propSet=[query.PropertySpec(type=vim.HostSystem, pathSet=["noSuchProperty"])])
        with expect(vmodl.query.InvalidProperty):
            host.collector.RetrieveContents([spec])


@case
def power_on_and_off(options):
    with Host(options) as host, host.registered(options.vmx) as vm:
        host.wait(vm.PowerOnVM_Task())
        assert vm.runtime.powerState == "poweredOn"
        assert vm.runtime.bootTime is not None
        host.wait(vm.PowerOffVM_Task())
        assert vm.runtime.powerState == "poweredOff"


@case
def a_guest_shuts_down(options):
    with Host(options) as host, host.registered(options.vmx, powered_on=True) as vm:
        vm.ShutdownGuest()
        limit = time.monotonic() + LIMIT_S
        while vm.runtime.powerState != "poweredOff":
            assert time.monotonic() < limit, "the guest does not end"
            time.sleep(0.02)


@case
def power_on_twice_is_invalid_power_state(options):
    with Host(options) as host, host.registered(options.vmx, powered_on=True) as vm:
        with expect(vim.fault.InvalidPowerState):
            host.wait(vm.PowerOnVM_Task())


@case
def a_running_vm_is_not_unregistered(options):
    with Host(options) as host, host.registered(options.vmx, powered_on=True) as vm:
        with expect(vim.fault.InvalidPowerState):
            vm.UnregisterVM()


@case
def register_twice_already_exists(options):
    with Host(options) as host, host.registered(options.vmx):
        with expect(vim.fault.AlreadyExists):
            host.register(options.vmx)


@case
def register_without_a_file_is_not_found(options):
    with Host(options) as host:
        with expect(vim.fault.NotFound):
            host.register("[EC_iSCSI] nowhere/nowhere.vmx")


@case
def an_unregistered_vm_is_gone(options):
    with Host(options) as host:
        with host.registered(options.vmx) as vm:
            pass
        with expect(vmodl.fault.ManagedObjectNotFound):
            vm.runtime.powerState
        assert host.find(options.vmx) is None


@case
def found_by_path_and_by_uuid(options):
    with Host(options) as host, host.registered(options.vmx) as vm:
        index = host.content.searchIndex
        assert index.FindByDatastorePath(host.datacenter, options.vmx) == vm
        assert index.FindByUuid(None, vm.config.uuid, True) == vm


@case
def updates_tell_enter_modify_and_leave(options):
    with Host(options) as host:
        watch = host.watch(["runtime.powerState", "runtime.connectionState"])
        news = host.updates("")
        version = news.version
        with host.registered(options.vmx) as vm:
            version = host.updates_until(version, lambda update: update.obj == vm and update.kind == "enter")
            host.wait(vm.PowerOnVM_Task())
            version = host.updates_until(version, lambda update: update.obj == vm and any(
                change.name == "runtime.powerState" and change.val == "poweredOn" for change in update.changeSet))
            host.wait(vm.PowerOffVM_Task())
            vm.UnregisterVM()
            version = host.updates_until(version, lambda update: update.obj == vm and update.kind == "leave")
        watch.Destroy()


@case
def each_update_has_a_version_of_its_own(options):
    with Host(options) as host, host.registered(options.vmx) as vm:
        host.watch(["runtime.powerState"])
        versions = [host.updates("").version]
        for call in (vm.PowerOnVM_Task, vm.PowerOffVM_Task):
            host.wait(call())
            versions.append(host.updates(versions[-1]).version)
        assert len(set(versions)) == len(versions), versions


@case
def no_update_ends_after_the_wait(options):
    with Host(options) as host:
        host.watch(["runtime.powerState"])
        version = host.updates("").version
        begin = time.monotonic()
        assert host.updates(version, 1) is None
        assert 0.9 < time.monotonic() - begin < 3


@case
def an_invented_version_is_invalid(options):
    with Host(options) as host:
        host.watch(["runtime.powerState"])
        host.updates("")
        with expect(vmodl.query.InvalidCollectorVersion):
            host.updates("no such version", 1)


@case
def a_running_vms_files_are_locked_for_the_peer(options):
    peer_options = argparse.Namespace(**{**vars(options), "host": options.peer_host, "port": options.peer_port})
    with Host(options) as host, Host(peer_options) as peer:
        with host.registered(options.vmx, powered_on=True), peer.registered(options.vmx) as twin:
            with expect(vim.fault.FileFault):
                peer.wait(twin.PowerOnVM_Task())
            assert twin.runtime.powerState == "poweredOff"


@case
def storage_is_rescanned(options):
    with Host(options) as host:
        storage = host.system.configManager.storageSystem
        adapter = host.system.config.storageDevice.hostBusAdapter[0].device
        storage.RescanHba(adapter)
        storage.RescanVmfs()


@case
def the_licence_is_told(options):
    with Host(options) as host:
        manager = host.content.licenseManager
        licenses = manager.licenses
        assert len(licenses) == 1, licenses
        assert licenses[0].editionKey.startswith("esx"), licenses[0].editionKey
        assert licenses[0].name and licenses[0].licenseKey
        assert "diagnostic" in [row.key for row in manager.evaluation.properties]


@case
def port_groups_of_the_host_and_of_a_vm(options):
    with Host(options) as host, host.registered(options.vmx) as vm:
        assert [network.name for network in host.system.network] == ["VM Network"]
        assert [network.name for network in vm.network] == ["VM Network"]
        assert vm.network[0].summary.accessible is True
        assert vm.network[0].host == [host.system]
        assert vm in vm.network[0].vm
        groups = [group.spec.name for group in host.system.config.network.portgroup]
        assert "VM Network" in groups, groups
        card = next(device for device in vm.config.hardware.device
                    if isinstance(device, vim.vm.device.VirtualEthernetCard))
        assert card.backing.network == vm.network[0]


@case
def memory_of_the_host_and_of_a_vm(options):
    with Host(options) as host, host.registered(options.vmx) as vm:
        assert vm.summary.config.memorySizeMB == vm.config.hardware.memoryMB == 1024
        summary = host.system.summary
        assert 0 < summary.quickStats.overallMemoryUsage < summary.hardware.memorySize >> 20


@case
def autostart_is_off(options):
    with Host(options) as host:
        for config in host.system.config.autoStart, host.system.configManager.autoStartManager.config:
            assert config.defaults.enabled is False
            assert config.powerInfo == []


@case
def the_account_has_its_rights(options):
    with Host(options) as host:
        manager = host.content.authorizationManager
        key = host.content.sessionManager.currentSession.key
        wanted = ["VirtualMachine.Interact.PowerOn", "Host.Config.Storage"]
        root = host.content.rootFolder
        told = manager.HasPrivilegeOnEntities([root, host.system], key, wanted)
        assert [row.entity for row in told] == [root, host.system], told
        assert all(held.isGranted for row in told for held in row.privAvailability)
        assert [held.privId for held in told[0].privAvailability] == wanted
        assert manager.HasPrivilegeOnEntity(root, key, wanted) == [True, True]


@case
def no_volume_is_unresolved(options):
    with Host(options) as host:
        assert host.system.configManager.storageSystem.QueryUnresolvedVmfsVolume() == []


@case
def tasks_are_followed_through_the_list_of_recent_ones(options):
    query = vmodl.query.PropertyCollector
    with Host(options) as host, host.registered(options.vmx) as vm:
        spec = query.FilterSpec(
            objectSet=[query.ObjectSpec(obj=host.content.taskManager, skip=True, selectSet=[
                query.TraversalSpec(name="tasks", type=vim.TaskManager, path="recentTask", skip=False)])],
            propSet=[query.PropertySpec(type=vim.Task, pathSet=["info.state", "info.entity", "info.descriptionId"])])
        host.collector.CreateFilter(spec, False)
        version = host.updates("").version
        task = vm.PowerOnVM_Task()

        def is_ours(update):
            values = {change.name: change.val for change in update.changeSet}
            return update.obj == task and values.get("info.descriptionId") == "VirtualMachine.powerOn" and \
                values.get("info.entity") == vm
        host.updates_until(version, is_ours)
        host.wait(task)
        assert task in vm.recentTask


@case
def an_ended_task_is_not_cancelled(options):
    with Host(options) as host:
        task = host.system.datastoreBrowser.SearchDatastore_Task("[EC_iSCSI] vm1")
        host.wait(task)
        with expect(vim.fault.InvalidState):
            task.CancelTask()


@case
def many_calls_on_one_connection(options):
    with Host(options) as host:
        for _ in range(200):
            host.service.CurrentTime()


def behind(options, change):
    """Does something to the VM that vmhad did not ask for."""
    with Host(options) as host:
        vm = host.find(options.vmx)
        assert vm is not None, "%s is not registered" % options.vmx
        change(host, vm)


@case
def power_off_behind(options):
    behind(options, lambda host, vm: host.wait(vm.PowerOffVM_Task()))


@case
def power_on_behind(options):
    behind(options, lambda host, vm: host.wait(vm.PowerOnVM_Task()))


@case
def unregister_behind(options):
    behind(options, lambda host, vm: vm.UnregisterVM())


@case
def register_behind(options):
    with Host(options) as host:
        host.register(options.vmx)


@case
def end_other_sessions(options):
    with Host(options) as host:
        manager = host.content.sessionManager
        others = [session.key for session in manager.sessionList if session.key != manager.currentSession.key]
        assert others, "nobody else is logged in"
        manager.TerminateSession(others)


@case
def state(options):
    """Prints the VM's power state, or absent."""
    with Host(options) as host:
        vm = host.find(options.vmx)
        print(vm.runtime.powerState if vm else "absent")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--peer-host")
    parser.add_argument("--peer-port", type=int)
    parser.add_argument("--user", default="root")
    parser.add_argument("--password", required=True)
    parser.add_argument("--thumbprint", help="SHA-256, AA:BB:…")
    parser.add_argument("--vmx", default="[EC_iSCSI] vm1/vm1.vmx")
    parser.add_argument("case", choices=CASES)
    options = parser.parse_args()
    socket.setdefaulttimeout(LIMIT_S)
    CASES[options.case](options)


if __name__ == "__main__":
    main()
