// The monitor of a machine whose devices come and go, for tests of hotplug: it knows by name what it has, and can refuse.
import {mkdir} from 'node:fs/promises'
import {dirname} from 'node:path'
import type {FakeQmpAnswer} from './fake-qmp-server.ts'
import {FakeQmpServer} from './fake-qmp-server.ts'

export interface FakeMachine {
  readonly server: FakeQmpServer
  readonly devices: Set<string>
  readonly objects: Set<string>
  readonly drives: Set<string>
  readonly nodes: Set<string>
  /** What drives stand on, where that is a node of the monitor: those that were moved while the machine ran. */
  readonly imageNodes: Map<string, string>
  readonly netdevs: Set<string>
  readonly chardevs: Set<string>
  /** Devices that the guest does not let go of: it says so, or says nothing. */
  readonly kept: Map<string, 'refused' | 'silent'>
  /** Nodes that a device which is gone has for a moment more: how often their removal is refused. */
  readonly lingering: Map<string, number>
  /** Devices and drives that QEMU does not take. */
  readonly unwelcome: Set<string>
  status: 'running' | 'paused'
  /** Called before each command that changes something is carried out. */
  onChange: () => void
  /** What changed something, in order, without its arguments: `device_add scsi1`. */
  changes(): string[]
}

const questions = /^(?:qmp_capabilities|query-|qom-list|qom-get)/

/** @param path the socket of the guest's monitor */
export async function fakeMachine(path: string, devices: readonly string[] = []): Promise<FakeMachine> {
  const refused = (desc: string, errorClass = 'GenericError'): FakeQmpAnswer => ({error: {class: errorClass, desc}})
  const list = (names: ReadonlySet<string>, field: string) => () => ({return: [...names].map(name => ({[field]: name}))})
  const taken = (set: Set<string>, name: unknown): FakeQmpAnswer => { set.add(String(name)); return {return: {}} }
  const given = (set: Set<string>, name: unknown): FakeQmpAnswer => (set.delete(String(name)) ? {return: {}} : refused(`'${String(name)}' not found`))
  const human = (line: string): FakeQmpAnswer => {
    const added = /^drive_add 0 ".*\bid=([^,"]+)/.exec(line)?.[1]
    if (added !== undefined) {
      if (machine.unwelcome.has(added)) return {return: `Could not open '${added}'\r\n`}
      machine.drives.add(added)
      return {return: 'OK\r\n'}
    }
    machine.drives.delete(/^drive_del (.+)$/.exec(line)?.[1] ?? '')
    return {return: ''}
  }
  const answers: Record<string, (args: Record<string, unknown>) => FakeQmpAnswer> = {
    'query-status': () => ({return: {status: machine.status, running: machine.status === 'running'}}),
    'qom-list': ({path: folder}) => ({return: [...(folder === '/objects' ? machine.objects : machine.devices)].map(name => ({name}))}),
    'query-named-block-nodes': () => list(machine.nodes, 'node-name')(),
    'query-block': () => ({return: [...machine.drives].map(device => ({device, inserted: {'node-name': machine.imageNodes.get(device) ?? '#block1'}}))}),
    'query-chardev': () => list(machine.chardevs, 'label')(),
    'device_add': ({id}) => (machine.unwelcome.has(String(id)) ? refused(`Bus for '${String(id)}' does not support hotplugging`) : taken(machine.devices, id)),
    'device_del': ({id}) => {
      const name = String(id)
      if (!machine.devices.has(name)) return refused(`Device '${name}' not found`, 'DeviceNotFound')
      const keeps = machine.kept.get(name)
      if (keeps === 'refused') machine.server.event('DEVICE_UNPLUG_GUEST_ERROR', {device: name, path: `/machine/peripheral/${name}`})
      if (keeps !== undefined) return {return: {}}
      machine.devices.delete(name)
      // What is on a controller goes with it, and a drive with its disk.
      if (name.startsWith('virtioscsi')) machine.devices.delete(name.replace('virtioscsi', 'scsi'))
      machine.drives.delete(`drive-${name}`)
      machine.drives.delete(`drive-${name.replace('virtioscsi', 'scsi')}`)
      machine.server.event('DEVICE_DELETED', {device: name, path: `/machine/peripheral/${name}`})
      return {return: {}}
    },
    'object-add': ({id}) => taken(machine.objects, id),
    'object-del': ({id}) => given(machine.objects, id),
    'blockdev-add': args => taken(machine.nodes, args['node-name']),
    'blockdev-del': args => {
      const name = String(args['node-name'])
      const times = machine.lingering.get(name) ?? 0
      machine.lingering.set(name, times - 1)
      return times > 0 ? refused(`Node ${name} is in use`) : given(machine.nodes, name)
    },
    'netdev_add': ({id}) => (machine.netdevs.has(String(id)) ? refused(`Duplicate ID '${String(id)}' for netdev`) : taken(machine.netdevs, id)),
    'netdev_del': ({id}) => given(machine.netdevs, id),
    'chardev-add': ({id}) => taken(machine.chardevs, id),
    'chardev-remove': ({id}) => given(machine.chardevs, id),
    'human-monitor-command': args => human(String(args['command-line'])),
    ...Object.fromEntries(['set_link', 'balloon', 'block_set_io_throttle', 'eject', 'blockdev-change-medium', 'qom-set'].map(name => [name, () => ({return: {}})])),
  }
  const told = Object.fromEntries(Object.entries(answers).map(([command, answer]) => [command, (args: Record<string, unknown>) => {
    if (!questions.test(command)) machine.onChange()
    return answer(args)
  }]))
  const server = new FakeQmpServer({answers: told})
  const machine: FakeMachine = {
    server, devices: new Set(devices), objects: new Set(), drives: new Set(), nodes: new Set(), imageNodes: new Map(), netdevs: new Set(), chardevs: new Set(), kept: new Map(), lingering: new Map(), unwelcome: new Set(),
    status: 'running', onChange: () => undefined,
    changes: () => server.received.filter(({command}) => !questions.test(command)).map(({command, args}) => {
      const line = args['command-line']
      return typeof line === 'string' ? line.replace(/^drive_add 0 ".*\bid=([^,"]+).*$/, 'drive_add $1') : [command, args['id'] ?? args['name'] ?? args['node-name'] ?? args['value']].join(' ')
    }),
  }
  await mkdir(dirname(path), {recursive: true, mode: 0o700})
  await server.listen(path)
  return machine
}
