#!/usr/bin/ruby
# frozen_string_literal: true

# What a program written with rbvmomi expects of an ESXi host, one expectation a call:
#   rbvmomi_client.rb HOST PORT USER PASSWORD CASE
# Every case leaves the host as it found it.
require 'rbvmomi'
require 'timeout'

LIMIT_S = 20
VMX = '[EC_iSCSI] vm1/vm1.vmx'
VIM = RbVmomi::VIM
CASES = {}

def check(condition, sentence)
  raise sentence unless condition
end

def expect_fault(type)
  yield
rescue RbVmomi::Fault => e
  check e.fault.is_a?(type), "expected #{type}, got #{e.fault.class}"
else
  raise "expected #{type}, and no fault came"
end

# One logged-in session and the objects that every case needs.
class Host
  attr_reader :vim, :folder

  def initialize(host, port, user, password)
    @vim = VIM.connect(host: host, port: port, user: user, password: password, insecure: true, ssl: true, path: '/sdk')
    datacenter = vim.rootFolder.childEntity.grep(VIM::Datacenter).first
    @folder = datacenter.vmFolder
    @pool = datacenter.hostFolder.childEntity.first.resourcePool
  end

  def register
    wait @folder.RegisterVM_Task(path: VMX, asTemplate: false, pool: @pool)
  end

  def wait(task)
    task.wait_for_completion
  end

  def registered
    vm = register
    yield vm
  ensure
    if vm && @folder.childEntity.include?(vm)
      wait vm.PowerOffVM_Task if vm.runtime.powerState == 'poweredOn'
      vm.UnregisterVM
    end
  end
end

CASES['connects'] = lambda do |host|
  check host.vim.serviceContent.about.apiType == 'HostAgent', 'not a standalone host'
  check host.vim.serviceInstance.CurrentTime.is_a?(Time), 'no time'
end

CASES['lists'] = lambda do |host|
  check host.folder.childEntity.empty?, 'the inventory is not empty'
  host.registered { |vm| check host.folder.childEntity == [vm], 'the VM is not listed' }
end

CASES['reads_properties'] = lambda do |host|
  host.registered do |vm|
    check vm.name == 'vm1', vm.name
    check vm.config.files.vmPathName == VMX, vm.config.files.vmPathName
    check vm.runtime.connectionState == 'connected', vm.runtime.connectionState
    values = vm.collect('runtime.powerState', 'summary.config.name')
    check values == %w[poweredOff vm1], values.inspect
    check vm.datastore.map(&:name) == ['EC_iSCSI'], 'the datastore'
  end
end

CASES['powers_on_and_off'] = lambda do |host|
  host.registered do |vm|
    host.wait vm.PowerOnVM_Task
    check vm.runtime.powerState == 'poweredOn', 'not on'
    host.wait vm.PowerOffVM_Task
    check vm.runtime.powerState == 'poweredOff', 'not off'
  end
end

CASES['faults_have_their_type'] = lambda do |host|
  host.registered do |vm|
    expect_fault(VIM::AlreadyExists) { host.register }
    expect_fault(VIM::InvalidPowerState) { host.wait vm.PowerOffVM_Task }
  end
end

CASES['updates'] = lambda do |host|
  host.registered do |vm|
    collector = host.vim.propertyCollector
    collector.CreateFilter(
      spec: { objectSet: [{ obj: vm }], propSet: [{ type: 'VirtualMachine', pathSet: ['runtime.powerState'] }] },
      partialUpdates: false
    )
    version = collector.WaitForUpdatesEx(version: '').version
    host.wait vm.PowerOnVM_Task
    news = collector.WaitForUpdatesEx(version: version, options: { maxWaitSeconds: LIMIT_S })
    change = news.filterSet.first.objectSet.first.changeSet.last
    check change.name == 'runtime.powerState' && change.val == 'poweredOn', change.inspect
  end
end

address, port, user, password, name = ARGV
abort 'usage: rbvmomi_client.rb HOST PORT USER PASSWORD CASE' unless name
Timeout.timeout(LIMIT_S) do
  if name == 'is_refused_with_a_wrong_password'
    expect_fault(VIM::InvalidLogin) { Host.new(address, port.to_i, user, "#{password}x") }
  else
    CASES.fetch(name).call(Host.new(address, port.to_i, user, password))
  end
end
