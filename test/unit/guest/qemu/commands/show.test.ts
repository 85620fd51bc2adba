// The commands that only look: config, pending, list, status, showcmd.
import {describe, expect, it} from 'vitest'
import {InvalidInputError, NotFoundError, UnsupportedError} from '../../../../../src/lib/base/index.ts'
import {parseNetworkCounters} from '../../../../../src/lib/guest/qemu/running-details.ts'
import {bootDiskBytes} from '../../../../../src/lib/guest/qemu/guest-status.ts'
import {tableLines} from '../../../../../src/lib/cli/render/table.ts'
import {spec as listSpec} from '../../../../../src/lib/guest/qemu/commands/list.spec.ts'
import {pretendRunning} from '../support/pretend-running.ts'
import {machineRoom, qm, textOf} from '../support/run-qm.ts'

const file = [
  '#all about it%3A 100%25', '#second', 'boot: order=scsi0', 'cores: 2', 'memory: 1024', 'name: web', 'onboot: 1', 'scsi0: local:100/vm-100-disk-0.raw,size=4G',
  'unused0: local:100/vm-100-disk-1.raw', '', '[PENDING]', 'cores: 4', 'delete: onboot,!scsi0', 'vga: qxl', '', '[before]', 'cores: 1', 'memory: 512', 'snaptime: 1737548747', '',
].join('\n')

async function room() {
  const place = await machineRoom()
  const context = await place.open()
  await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': file}})
  return {place, context}
}

describe('qm config', () => {
  it('shows what will be in force, one key a line', async () => {
    const {context} = await room()
    expect(await textOf('config', {vmid: 100}, context)).toEqual([
      'boot: order=scsi0', 'cores: 4', 'description: all about it%3A 100%25%0Asecond', 'memory: 1024', 'name: web', 'unused0: local:100/vm-100-disk-1.raw', 'vga: qxl',
    ])
  })

  it('shows what is in force, or was at a snapshot', async () => {
    const {context} = await room()
    expect(await textOf('config', {vmid: 100, current: true}, context)).toContain('onboot: 1')
    expect(await textOf('config', {vmid: 100, snapshot: 'before'}, context)).toEqual(['cores: 1', 'memory: 512', 'snaptime: 1737548747'])
  })

  it('gives programs numbers, the plain description and the digest', async () => {
    const {context} = await room()
    expect(await qm('config', {vmid: 100, current: true}, context)).toMatchObject({
      cores: 2, onboot: 1, memory: '1024', description: 'all about it: 100%\nsecond', digest: (await context.store.read('nodes/h1/qemu-server/100.conf'))?.digest,
    })
  })

  it('refuses what is not there', async () => {
    const {context} = await room()
    await expect(qm('config', {vmid: 101}, context)).rejects.toThrow(NotFoundError)
    await expect(qm('config', {vmid: 100, snapshot: 'later'}, context)).rejects.toThrow("no snapshot 'later'")
    await expect(qm('config', {vmid: 100, snapshot: 'before', current: true}, context)).rejects.toThrow(InvalidInputError)
    await expect(qm('config', {vmid: 100, snapshot: '../x'}, context)).rejects.toThrow(InvalidInputError)
    await expect(qm('config', {vmid: 'web'}, context)).rejects.toThrow(InvalidInputError)
  })
})

describe('qm pending', () => {
  it('marks what is, what comes and what goes', async () => {
    const {context} = await room()
    expect(await textOf('pending', {vmid: 100}, context)).toEqual([
      'cur boot: order=scsi0', 'cur cores: 2', 'new cores: 4', 'cur description: all about it%3A 100%25%0Asecond', 'cur memory: 1024', 'cur name: web',
      'del onboot: 1', 'del scsi0: local:100/vm-100-disk-0.raw,size=4G', 'cur unused0: local:100/vm-100-disk-1.raw', 'new vga: qxl',
    ])
    expect(await qm('pending', {vmid: 100}, context)).toContainEqual({key: 'scsi0', value: 'local:100/vm-100-disk-0.raw,size=4G', delete: 2})
  })

  it('refuses what is not there', async () => {
    const {context} = await room()
    await expect(qm('pending', {vmid: 101}, context)).rejects.toThrow(NotFoundError)
  })
})

describe('qm list', () => {
  it('has Proxmox VE\'s columns', async () => {
    const {context} = await room()
    await context.store.commit({put: {'nodes/h1/qemu-server/9000.conf': 'cores: 1\n', 'nodes/h2/qemu-server/200.conf': 'cores: 1\n', 'nodes/h1/lxc/300.conf': 'cores: 1\n'}})
    const end = await pretendRunning(9000, context)
    try {
      const list = await qm('list', {}, context) as Record<string, unknown>[]
      const pid = String(list[1]?.['pid'])
      if (listSpec.output.as !== 'table') throw new Error('it is no table')
      expect(tableLines(list, listSpec.output.columns, {hasHeader: true, hasBorder: false, isHumanReadable: true, style: {columns: undefined, hasColour: false, hasUnicode: false}})).toEqual([
        '      VMID NAME                 STATUS     MEM(MB)    BOOTDISK(GB) PID       ',
        '       100 web                  stopped    1024               4.00 0         ',
        `      9000 VM 9000              running    512                0.00 ${pid.padEnd(10)}`,
      ])
    } finally {
      await end()
    }
  })

  it('shows the others when one file cannot be read', async () => {
    const {place, context} = await room()
    await context.store.commit({put: {'nodes/h1/qemu-server/101.conf': 'name: half\nnonsense\n'}})
    expect(await qm('list', {}, context)).toMatchObject([{vmid: 100}, {vmid: 101, name: 'half'}])
    expect(place.lines.join()).toContain('virtual machine 101: line 2')
  })

  it('refuses options that it does not have', async () => {
    const {context} = await room()
    await expect(qm('list', {vmid: 100}, context)).rejects.toThrow(InvalidInputError)
  })
})

describe('qm status', () => {
  it('says whether the machine runs, and believes no stale PID file', async () => {
    const {context} = await room()
    expect(await qm('status', {vmid: 100}, context)).toEqual({status: 'stopped'})
    const end = await pretendRunning(100, context)
    expect(await qm('status', {vmid: 100}, context)).toEqual({status: 'running'})
    expect(await qm('status', {vmid: 100, verbose: true}, context)).toMatchObject({
      vmid: 100, name: 'web', status: 'running', qmpstatus: 'running', cpus: 2, maxmem: 1024 ** 3, maxdisk: 4 * 1024 ** 3, pid: expect.any(Number) as number, netin: 0, nics: {},
    })
    await end()
    expect(await qm('status', {vmid: 100}, context)).toEqual({status: 'stopped'})
    expect(await qm('status', {vmid: 100, verbose: true}, context)).toMatchObject({status: 'stopped', uptime: 0, mem: 0})
  })

  it('refuses what is not there', async () => {
    const {context} = await room()
    await expect(qm('status', {vmid: 101}, context)).rejects.toThrow(NotFoundError)
  })
})

describe('qm showcmd', () => {
  it('prints a line that a shell would take apart into the same words', async () => {
    const {context} = await room()
    await context.store.commit({put: {'nodes/h1/qemu-server/101.conf': "args: -fw_cfg 'name=opt/x,string=a b'\nkvm: 0\nname: web\n"}})
    const line = await qm('showcmd', {vmid: 101}, context) as string
    expect(line).toMatch(/^\/usr\/bin\/qemu-system-x86_64 /)
    const {stdout} = await context.host.run(['sh', '-c', `printf '%s\\n' ${line}`])
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['-name', 'web', 'name=opt/x,string=a b']))
    const pretty = await qm('showcmd', {vmid: 101, pretty: true}, context) as string
    expect(pretty.split(' \\\n  ').join(' ')).toBe(line)
  })

  it('warns of bridges that are missing, in the words in which a start refuses', async () => {
    const {place, context} = await room()
    const config = 'kvm: 0\nmachine: pc-i440fx-7.2\nnet0: virtio=02:00:00:00:00:01,bridge=gone0,mtu=9000\nnet1: e1000=02:00:00:00:00:02,bridge=gone1\nnet2: virtio=02:00:00:00:00:03\n'
    await context.store.commit({put: {'nodes/h1/qemu-server/101.conf': config}})
    const line = await qm('showcmd', {vmid: 101}, context) as string
    expect(line).toMatch(/ifname=tap101i0,.*'virtio-net-pci,mac=02:00:00:00:00:01,.*,host_mtu=9000'.*ifname=tap101i1,/)
    expect(place.lines).toEqual(["WARN: there is no bridge 'gone0' on this host (net0)", "WARN: there is no bridge 'gone1' on this host (net1)"])
    await expect(qm('start', {vmid: 101}, context)).rejects.toThrow("there is no bridge 'gone0' on this host (net0)")
  })

  it('refuses what is not there and what cannot be carried out', async () => {
    const {context} = await room()
    await expect(qm('showcmd', {vmid: 999}, context)).rejects.toThrow(NotFoundError)
    await expect(qm('showcmd', {vmid: 100, snapshot: 'later'}, context)).rejects.toThrow(NotFoundError)
    await context.store.commit({put: {'nodes/h1/qemu-server/102.conf': 'net0: virtio,bridge=vmbr0,firewall=1\n'}})
    await expect(qm('showcmd', {vmid: 102}, context)).rejects.toThrow(UnsupportedError)
  })
})

describe('qm unlock', () => {
  it('refuses what is not there', async () => {
    const {context} = await room()
    await expect(qm('unlock', {vmid: 101}, context)).rejects.toThrow(NotFoundError)
  })
})

it('the boot disk is the first disk of the order, or of all', () => {
  expect(bootDiskBytes({boot: 'order=ide2;scsi1;scsi0', ide2: 'local:iso/x.iso,media=cdrom,size=1G', scsi0: 'a:b,size=1G', scsi1: 'a:c,size=2G'})).toBe(2 * 1024 ** 3)
  expect(bootDiskBytes({virtio0: 'a:b,size=1G', scsi0: 'a:c,size=512M'})).toBe(512 * 1024 ** 2)
  expect(bootDiskBytes({boot: 'cdn', bootdisk: 'virtio0', virtio0: 'a:b,size=1G', scsi0: 'a:c,size=512M'})).toBe(1024 ** 3)
  expect(bootDiskBytes({scsi0: 'a:c,size=huge'})).toBe(0)
  expect(bootDiskBytes({})).toBe(0)
})

it('network counters are seen from the guest', () => {
  const table = 'Inter-|   Receive  |  Transmit\n face |bytes packets\ntap100i0: 10 1 0 0 0 0 0 0 20 2 0 0 0 0 0 0\ntap100i1:  1 1 0 0 0 0 0 0 2 2 0 0 0 0 0 0\ntap1001i0: 7 1 0 0 0 0 0 0 8 2 0 0 0 0 0 0\n'
  expect(parseNetworkCounters(100, table)).toEqual({netin: 22, netout: 11, nics: {tap100i0: {netin: 20, netout: 10}, tap100i1: {netin: 2, netout: 1}}})
})
