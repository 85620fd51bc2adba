import {describe, expect, it} from 'vitest'
import {buildArguments} from '../../../../../src/lib/guest/qemu/arguments/index.ts'
import {argumentsOf, deviceOf, guestInput, valuesOf} from './guest-input.ts'

const disk = (number: number) => `local:100/vm-100-disk-${number}.raw`
const bootIndexOf = (argv: readonly string[], id: string) => /bootindex=(\d+)/.exec(deviceOf(argv, id) ?? '')?.[1]

describe('boot order', () => {
  it('counts from 100 in the order that is given', async () => {
    const {argv} = await argumentsOf({boot: 'order=net0;scsi1;ide2', ide2: 'none,media=cdrom', net0: 'virtio=BC:24:11:00:00:01', scsi0: disk(0), scsi1: disk(1)})
    expect(['net0', 'scsi1', 'ide2', 'scsi0'].map(id => bootIndexOf(argv, id))).toEqual(['100', '101', '102', undefined])
  })

  it('follows the old letters: CD-ROM drives and cards are counted, of the disks only bootdisk', async () => {
    const {argv} = await argumentsOf({boot: 'dcn', bootdisk: 'virtio0', ide0: disk(0), ide2: 'none,media=cdrom', ide3: 'none,media=cdrom', virtio0: disk(1), net1: 'e1000=BC:24:11:00:00:01'})
    expect(['ide2', 'ide3', 'virtio0', 'net1', 'ide0'].map(id => bootIndexOf(argv, id))).toEqual(['100', '101', '201', '300', undefined])
  })
})

describe('an image that a disk is filled from', () => {
  it.each([['7.2.22', '-drive'], ['10.0.8', '-blockdev']])('is a node of its own below the disk, read-only (QEMU %s)', async (qemuVersion, flag) => {
    const volume = 'local:100/vm-100-disk-0.qcow2'
    const input = await guestInput({scsi0: volume}, {qemuVersion})
    const below = {driver: 'vmdk', backing: null, file: {driver: 'file', filename: '/x/disk.vmdk'}}
    const {argv} = buildArguments({...input, drives: {scsi0: {...input.drives['scsi0'] as (typeof input.drives)[string], below}}})
    expect(JSON.parse(valuesOf(argv, '-blockdev')[0] ?? '')).toEqual({...below, 'read-only': true, 'node-name': 'import-scsi0'})
    expect(valuesOf(argv, flag).at(-1)).toMatch(flag === '-drive' ? /,backing=import-scsi0,/ : /"backing":"import-scsi0"/)
  })
})

describe('places', () => {
  it('are the same on every board, and bridges come with those that need them', async () => {
    const {argv} = await argumentsOf({scsihw: 'virtio-scsi-single', scsi30: disk(0), virtio15: disk(1), net31: 'e1000=BC:24:11:00:00:01'})
    expect(deviceOf(argv, 'virtioscsi30')).toContain('bus=pci.3,addr=0x1f')
    expect(deviceOf(argv, 'virtio15')).toContain('bus=pci.2,addr=0xa')
    expect(deviceOf(argv, 'net31')).toContain('bus=pci.1,addr=0x1a')
    expect(valuesOf(argv, '-device').filter(device => device.startsWith('pci-bridge')).map(device => /id=([^,]*)/.exec(device)?.[1])).toEqual(['pci.1', 'pci.2', 'pci.3'])
  })

  it('of the third LSI controller are behind a bridge on a bridge, which comes after the one it hangs on', async () => {
    for (const machine of ['pc', 'q35']) {
      const {argv} = await argumentsOf({machine, scsi14: disk(0)})
      const devices = valuesOf(argv, '-device')
      expect(deviceOf(argv, 'scsihw2')).toContain('bus=pci.4,addr=0x1')
      expect(devices.findIndex(device => device.includes('id=pci.4'))).toBeGreaterThan(devices.findIndex(device => device.includes('id=pci.1,')))
      expect(devices.findIndex(device => device.includes('id=scsihw2'))).toBeGreaterThan(devices.findIndex(device => device.includes('id=pci.4')))
    }
  })

  it('on IDE differ between boards', async () => {
    const places = async (machine: string) => {
      const {argv} = await argumentsOf({machine, ide0: disk(0), ide1: disk(1), ide2: disk(2), ide3: disk(3)})
      return [0, 1, 2, 3].map(index => /bus=(ide\.\d,unit=\d)/.exec(deviceOf(argv, `ide${index}`) ?? '')?.[1])
    }
    expect(await places('pc')).toEqual(['ide.0,unit=0', 'ide.0,unit=1', 'ide.1,unit=0', 'ide.1,unit=1'])
    expect(await places('q35')).toEqual(['ide.0,unit=0', 'ide.2,unit=0', 'ide.1,unit=0', 'ide.3,unit=0'])
  })
})

describe('drives', () => {
  it('are opened with the format that the storage says, never guessed', async () => {
    await expect(argumentsOf({scsi0: `${disk(0)},format=qcow2`})).rejects.toThrowError(/says format=qcow2, but the volume .* is raw/)
    await expect(argumentsOf({scsi0: 'local:iso/a.iso'})).rejects.toThrowError(/needs media=cdrom/)
  })

  it('cannot be temporary on boards since 10.0', async () => {
    await expect(argumentsOf({scsi0: `${disk(0)},snapshot=1`})).rejects.toThrowError(/'snapshot' of 'scsi0' needs a machine version before 10\.0/)
    expect(valuesOf((await argumentsOf({machine: 'pc-i440fx-9.2', scsi0: `${disk(0)},snapshot=1`})).argv, '-drive')[0]).toContain('snapshot=on')
  })

  it('do without io_uring where the host has none', async () => {
    const input = await guestInput({scsi0: disk(0), scsi1: `${disk(1)},cache=writeback`}, {hasIoUring: false, qemuVersion: '7.2.22'})
    expect(valuesOf(buildArguments(input).argv, '-drive').map(drive => /aio=(\w+)/.exec(drive)?.[1])).toEqual(['native', 'threads'])
  })

  it('warn of what the controller, or the board, cannot give', async () => {
    expect((await argumentsOf({scsi0: `${disk(0)},iothread=1`})).warnings).toEqual([expect.stringContaining('virtio-scsi-single')])
    expect((await argumentsOf({scsi0: `${disk(0)},queues=4`})).warnings).toEqual([expect.stringContaining("'queues' of 'scsi0' has no effect")])
    expect((await argumentsOf({rng0: '/dev/urandom', machine: 'pc-i440fx-4.0'})).warnings).toEqual([expect.stringContaining("'rng0' has no effect")])
  })

  it('need a newer board beyond the fourteenth', async () => {
    await expect(argumentsOf({machine: 'pc-i440fx-4.0', scsi14: disk(0)})).rejects.toThrowError(/'scsi14'/)
  })
})

describe('network cards', () => {
  it('are plugged into taps, or behind QEMU\'s NAT', async () => {
    const result = await argumentsOf({name: 'web', net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,link_down=1', net1: 'virtio=BC:24:11:00:00:02'})
    expect(valuesOf(result.argv, '-netdev')).toEqual([
      'type=tap,id=net0,ifname=tap100i0,script=/usr/lib/corral/libexec/pve-bridge,downscript=/usr/lib/corral/libexec/pve-bridgedown,vhost=on',
      'type=user,id=net1,hostname=web',
    ])
    expect(result.taps).toEqual([{key: 'net0', name: 'tap100i0', bridge: 'vmbr0'}])
    expect(result.linksDown).toEqual(['net0'])
  })

  it('tell the guest the MTU', async () => {
    const mtu = async (text: string, machine = 'pc') => /host_mtu=(\d+)/.exec(deviceOf((await argumentsOf({machine, net0: `virtio=BC:24:11:00:00:01,${text}`})).argv, 'net0') ?? '')?.[1]
    expect(await mtu('bridge=vmbr0')).toBe('1500')
    expect(await mtu('bridge=vxlan0,mtu=1')).toBe('1450')
    expect(await mtu('bridge=vmbr0,mtu=900')).toBe('900')
    expect(await mtu('bridge=vmbr0', 'pc-i440fx-10.0')).toBeUndefined()
    expect(await mtu('bridge=vxlan0', 'pc-i440fx-10.0')).toBe('1450')
  })

  it.each([
    ['bridge=vmbr7', /no bridge 'vmbr7'/], ['bridge=vmbr0,mtu=500', /at least 576/], ['bridge=vmbr0,mtu=9000', /larger than the 1500/],
  ])('refuse %s', async (text, message) => {
    await expect(argumentsOf({net0: `virtio=BC:24:11:00:00:01,${text}`})).rejects.toThrowError(message)
  })

  it('name the command that makes a missing bridge', async () => {
    await expect(argumentsOf({net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr7'})).rejects.toMatchObject({kind: 'not-found', nextSteps: [expect.stringContaining('ip link add name vmbr7 type bridge')]})
  })

  it('warn of an MTU that has no effect', async () => {
    expect((await argumentsOf({net0: 'e1000=BC:24:11:00:00:01,bridge=vmbr0,mtu=1400', net1: 'virtio=BC:24:11:00:00:02,mtu=1400'})).warnings).toHaveLength(2)
  })

  it.each([
    ['virtio=BC:24:11:00:00:01,queues=4', "'queues' of 'net0' has no effect: it needs a bridge"],
    ['virtio=BC:24:11:00:00:01,rate=2.5', "'rate' of 'net0' has no effect: it needs a bridge"],
    ['e1000=BC:24:11:00:00:01,bridge=vmbr0,queues=4', "'queues' of 'net0' has no effect: it needs the model virtio"],
  ])('warn of what has no effect: %s', async (net0, warning) => {
    expect((await argumentsOf({net0})).warnings).toEqual([warning])
  })

  it('do not warn of what has an effect, or asks for nothing', async () => {
    expect((await argumentsOf({net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,queues=4,rate=2.5', net1: 'e1000=BC:24:11:00:00:02,queues=0,rate=0'})).warnings).toEqual([])
  })

  it('need an address of their own', async () => {
    await expect(argumentsOf({net0: 'virtio,bridge=vmbr0'})).rejects.toThrowError(/'net0' has no hardware address/)
  })

  it('keep names of taps within the kernel\'s 15 characters', async () => {
    const input = await guestInput({net31: 'virtio=BC:24:11:00:00:01,bridge=vmbr0'})
    expect(buildArguments({...input, vmid: 999_999_999}).taps[0]?.name).toHaveLength(15)
  })
})

describe('USB', () => {
  it('has one controller for all on newer boards, and room for five devices on others', async () => {
    const {argv} = await argumentsOf({ostype: 'l26', usb13: '1-2.3', usb2: '1234:abcd'})
    expect(deviceOf(argv, 'usb13')).toBe('usb-host,bus=xhci.0,port=14,hostbus=1,hostport=2.3,id=usb13')
    expect(deviceOf(argv, 'usb2')).toBe('usb-host,bus=xhci.0,port=3,vendorid=0x1234,productid=0xabcd,id=usb2')
    await expect(argumentsOf({usb5: 'spice'})).rejects.toThrowError(/'usb5' needs a machine version of at least 7\.1/)
  })
})

describe('hostile values', () => {
  it('stay values: commas are doubled, JSON is quoted', async () => {
    for (const qemuVersion of ['7.2.22', '10.0.8']) {
      const {argv} = await argumentsOf({
        scsi0: `${disk(0)},serial=x%2Cbootindex%3D1`, smbios1: 'base64=1,serial=YSxtYW51ZmFjdHVyZXI9Yg==', scsi1: 'odd:100/vm-100-disk-0.raw',
      }, {qemuVersion})
      expect(deviceOf(argv, 'scsi0')).toContain('serial=x,,bootindex=1')
      expect(valuesOf(argv, '-smbios')).toEqual(['type=1,serial=a,,manufacturer=b'])
      const drives = [...valuesOf(argv, '-drive'), ...valuesOf(argv, '-blockdev')].join('\n')
      expect(drives).toContain(qemuVersion.startsWith('7') ? 'file=/srv/a,,b=c/images' : '"filename":"/srv/a,b=c/images')
    }
  })

  it.each([
    ['name', 'a,debug-threads=on'], ['name', '-S'], ['scsihw', 'lsi,addr=0x1'], ['scsihw', 'x'], ['bios', 'foo'], ['ostype', 'l27'], ['keyboard', '../x'], ['kvm', 'maybe'],
    ['balloon', '-1'], ['cores', '1e3'], ['cores', '0x10'], ['sockets', '0'], ['vcpus', '9007199254740993'], ['shares', '50001'], ['startdate', 'now,clock=vm'],
    ['vmgenid', 'auto,x=y'], ['serial0', '/tmp/x'], ['serial0', 'socket,path=/x'], ['hotplug', 'everything'], ['arch', 'sparc'], ['args', 'a'.repeat(5000)],
  ])('in %s are refused: %s', async (key, value) => {
    await expect(argumentsOf({[key]: value})).rejects.toMatchObject({kind: 'invalid-input', fields: {[key]: expect.any(String) as string}})
  })
})
