import {mkdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {ConflictError, ForbiddenError, InvalidInputError} from '../../../../../src/lib/base/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {images, machineRoom, outcomeOf, qm, storedConfig, storedKey} from '../support/run-qm.ts'

async function room() {
  const place = await machineRoom()
  return {place, context: await place.open()}
}

async function isoImage(root: string, name: string) {
  await mkdir(join(root, 'lib/vz/template/iso'), {recursive: true})
  await writeFile(join(root, 'lib/vz/template/iso', name), Buffer.alloc(2048))
}

describe('qm create', () => {
  it('writes what was given and what every machine gets', async () => {
    const {context} = await room()
    await qm('create', {vmid: 100, name: 'web', memory: '1024', cores: '2', net0: 'virtio,bridge=vmbr0', tags: 'Web b;a', onboot: '1', description: 'one\ntwo'}, context)
    const text = await storedConfig(100, context)
    expect(text).toMatch(new RegExp([
      '^#one', '#two', 'boot: order=net0', 'cores: 2', 'memory: 1024', 'meta: creation-qemu=\\d+\\.\\d+[.\\d]*,ctime=\\d{10}', 'name: web',
      'net0: virtio=BC:24:11(:[0-9A-F]{2}){3},bridge=vmbr0', 'onboot: 1', 'smbios1: uuid=[0-9a-f-]{36}', 'tags: a;b;web', 'vmgenid: [0-9a-f-]{36}\n$',
    ].join('\n')))
    expect((await context.store.read('vmids/100'))?.data).toMatch(/^qemu h1 /)
    expect(await readJournals(context.store)).toEqual([])
  })

  it('keeps what is given instead of making it up', async () => {
    const {context} = await room()
    const uuid = '01234567-89ab-cdef-0123-456789abcdef'
    await qm('create', {vmid: 100, net0: 'e1000=02:00:00:00:00:0a', smbios1: `uuid=${uuid}`, vmgenid: uuid, boot: 'order=net0'}, context)
    expect(await storedKey(100, 'net0', context)).toBe('e1000=02:00:00:00:00:0A')
    expect(await storedKey(100, 'smbios1', context)).toBe(`uuid=${uuid}`)
    expect(await storedKey(100, 'vmgenid', context)).toBe(uuid)
    await qm('create', {vmid: 101, vmgenid: '0'}, context)
    expect(await storedKey(101, 'vmgenid', context)).toBe('0')
    expect(await storedKey(101, 'boot', context)).toBeUndefined()
  })

  it('gives no generation id to a machine of ARM, whose boards cannot have one', async () => {
    const {context} = await room()
    await qm('create', {vmid: 100, arch: 'aarch64'}, context)
    expect(await storedKey(100, 'vmgenid', context)).toBeUndefined()
    expect(await storedKey(100, 'smbios1', context)).toBeDefined()
  })

  it('keeps the settings for cloud-init, and of a password only the hash', async () => {
    const {context} = await room()
    await qm('create', {vmid: 100, ciuser: 'joe', cipassword: 'open sesame', ipconfig0: 'ip=192.0.2.10/24,gw=192.0.2.1', migrate_speed: '10', cpuunits: '200'}, context)
    expect(await storedKey(100, 'ciuser', context)).toBe('joe')
    expect(await storedKey(100, 'cipassword', context)).toMatch(/^\$5\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{43}$/)
    expect(await storedKey(100, 'ipconfig0', context)).toBe('ip=192.0.2.10/24,gw=192.0.2.1')
    expect(await storedConfig(100, context)).not.toContain('sesame')
  })

  it('makes disks, records their sizes and boots from the first', async () => {
    const {place, context} = await room()
    await isoImage(place.root, 'debian.iso')
    await qm('create', {vmid: 100, scsi0: 'local:0.01,format=qcow2,ssd=on', virtio1: 'local:0.02', ide2: 'local:iso/debian.iso', ide0: 'none', net0: 'virtio'}, context)
    expect(await images(place)).toEqual(['100/vm-100-disk-0.qcow2', '100/vm-100-disk-1.raw'])
    expect(await storedKey(100, 'scsi0', context)).toBe('local:100/vm-100-disk-0.qcow2,size=10488K,ssd=1')
    expect(await storedKey(100, 'virtio1', context)).toBe('local:100/vm-100-disk-1.raw,size=20972K')
    expect(await storedKey(100, 'ide2', context)).toBe('local:iso/debian.iso,media=cdrom,size=2K')
    expect(await storedKey(100, 'ide0', context)).toBe('none,media=cdrom')
    expect(await storedKey(100, 'boot', context)).toBe('order=scsi0;ide0;net0')
    expect(await storedKey(100, 'lock', context)).toBeUndefined()
    expect(await readJournals(context.store)).toEqual([])
  })

  it.each([['raw'], ['qcow2']])('fills the disk of OVMF\'s variables from its template (%s)', async (format) => {
    const {place, context} = await room()
    await qm('create', {vmid: 100, bios: 'ovmf', efidisk0: `local:1,efitype=4m,pre-enrolled-keys=1,format=${format}`}, context)
    expect(await storedKey(100, 'efidisk0', context)).toBe(`local:100/vm-100-disk-0.${format},efitype=4m,pre-enrolled-keys=1,size=528K`)
    const image = join(place.root, `lib/vz/images/100/vm-100-disk-0.${format}`)
    const raw = join(place.root, 'raw')
    await context.host.run(['qemu-img', 'convert', '-f', format, '-O', 'raw', '--', image, raw])
    expect((await readFile(raw)).equals(await readFile('/usr/share/OVMF/OVMF_VARS_4M.ms.fd'))).toBe(true)
  })

  it('tells the log which disks it made, and for what', async () => {
    const {place, context} = await room()
    await qm('create', {vmid: 100, scsi0: 'local:1', efidisk0: 'local:1,efitype=4m,format=qcow2'}, context)
    expect(place.lines).toEqual([
      "efidisk0: successfully created 'local:100/vm-100-disk-0.qcow2' (qcow2, 528K)", "scsi0: successfully created 'local:100/vm-100-disk-1.raw' (raw, 1G)",
    ])
  })

  it('shows a command that writes the template of OVMF\'s variables to the file of the new disk', async () => {
    const {place, context} = await room()
    const outcome = await outcomeOf('create', {vmid: 100, efidisk0: 'local:1,efitype=4m'}, context, {dryRun: true})
    expect(outcome.outcome === 'planned' && outcome.lines).toContain(
      `qemu-img convert -n -f raw -O raw -- /usr/share/OVMF/OVMF_VARS_4M.fd ${place.root}/lib/vz/images/100/vm-100-disk-0.raw`)
  })

  it('takes the prefix of hardware addresses from datacenter.cfg', async () => {
    const {context} = await room()
    await context.store.commit({put: {'datacenter.cfg': 'keyboard: de\nmac_prefix: 02:AA:BB\n'}})
    await qm('create', {vmid: 100, net0: 'virtio', net1: 'e1000,link_down=yes'}, context)
    expect(await storedKey(100, 'net0', context)).toMatch(/^virtio=02:AA:BB(?::[0-9A-F]{2}){3}$/)
    expect(await storedKey(100, 'net1', context)).toMatch(/^e1000=02:AA:BB(?::[0-9A-F]{2}){3},link_down=1$/)
  })

  it('holds a Windows guest to the version of its board', async () => {
    const {context} = await room()
    await qm('create', {vmid: 100, ostype: 'win11', machine: 'q35'}, context)
    expect(await storedKey(100, 'machine', context)).toMatch(/^pc-q35-\d+\.\d+$/)
  })

  it('starts the machine when told to, in a task of its own; it stays when that is not possible', async () => {
    const {place, context} = await room()
    const started: unknown[] = []
    await qm('create', {vmid: 100, scsi0: 'local:0.01', start: true}, {...context, startTask: async (command, params) => { started.push([command, params]); return 'UPID:x' }})
    expect(started).toEqual([['qm start', {vmid: 100}]])
    await qm('create', {vmid: 101, scsi0: 'local:0.01', start: true}, {...context, startTask: async () => { throw new ConflictError('no') }})
    expect(place.lines).toContain('WARN: virtual machine 101 was created but not started: no')
    expect(await storedKey(101, 'scsi0', context)).toBeDefined()
  })

  it('shows its plan without doing anything', async () => {
    const {place, context} = await room()
    const outcome = await outcomeOf('create', {vmid: 100, scsi0: 'local:1', start: true}, context, {dryRun: true})
    if (outcome.outcome !== 'planned') throw new Error('it was done')
    expect(outcome.lines.join('\n')).toContain('# new volume local:100/vm-100-disk-0.raw (raw, 1G)')
    expect(outcome.lines.join('\n')).toContain('+scsi0: local:100/vm-100-disk-0.raw,size=1G')
    expect(outcome.lines.at(-1)).toBe('qm start 100')
    expect(outcome.plan.whenInterrupted).toBe('undo')
    expect(await storedConfig(100, context)).toBeUndefined()
    expect(await images(place)).toEqual([])
  })

  it('takes everything back when a step fails', async () => {
    const {place, context} = await room()
    // A file where the folder of the images would be.
    await mkdir(join(place.root, 'lib/vz/images'), {recursive: true})
    await qm('create', {vmid: 100, scsi0: 'local:0.01'}, context)
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent images,iso\n\ndir: broken\n\tpath ${place.root}/file/vz\n\tcontent images\n`}})
    await writeFile(join(place.root, 'file'), '')
    await expect(qm('create', {vmid: 101, scsi0: 'local:0.01', scsi1: 'broken:0.01'}, context)).rejects.toThrow()
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw'])
    expect(await storedConfig(101, context)).toBeUndefined()
    expect(await context.store.read('vmids/101')).toBeUndefined()
    expect(await readJournals(context.store)).toEqual([])
  })
})

describe('qm create refuses', () => {
  it('a VMID that is taken, on any node and by any kind of guest', async () => {
    const {context} = await room()
    await qm('create', {vmid: 100}, context)
    await context.store.commit({put: {'nodes/h2/qemu-server/101.conf': 'memory: 512\n', 'nodes/h2/lxc/102.conf': 'memory: 512\n'}})
    const before = await storedConfig(100, context)
    await expect(qm('create', {vmid: 100, name: 'other'}, context)).rejects.toThrow(ConflictError)
    await expect(qm('create', {vmid: 101}, context)).rejects.toThrow("virtual machine 101 already exists on node 'h2'")
    await expect(qm('create', {vmid: 102}, context)).rejects.toThrow("container 102 already exists on node 'h2'")
    expect(await storedConfig(100, context)).toBe(before)
  })

  it.each([
    ['vmid', {vmid: 99}], ['vmid', {vmid: '1000000000'}], ['vmid', {vmid: '0x64'}], ['vmid', {vmid: '1e3'}],
    ['name', {vmid: 100, name: '$(x)'}], ['name', {vmid: 100, name: 'a\nargs: -x'}], ['name', {vmid: 100, name: '-x'}],
    ['memory.current', {vmid: 100, memory: '9007199254740993'}], ['cores', {vmid: 100, cores: '-1'}], ['cores', {vmid: 100, cores: '1_000'}],
    ['description', {vmid: 100, description: 'bell\u0007'}],
    ['net0.model', {vmid: 100, net0: 'nope'}], ['net0.macaddr', {vmid: 100, net0: 'virtio=01:00:00:00:00:01'}], ['net32', {vmid: 100, net32: 'virtio'}],
    ['scsi0.file', {vmid: 100, scsi0: 'local:../../x'}], ['scsi0.cache', {vmid: 100, scsi0: 'local:1,cache=x'}], ['scsi0.file', {vmid: 100, scsi0: 'local:1,y'}],
    ['scsi0', {vmid: 100, scsi0: 'local:0'}], ['scsi0', {vmid: 100, scsi0: 'local:99999999'}], ['scsi0.file', {vmid: 100, scsi0: '5'}],
    ['scsi0.format', {vmid: 100, scsi0: 'local:1,format=cloop'}], ['unused0', {vmid: 100, unused0: 'local:100/vm-100-disk-0.raw'}],
    ['virtio0.media', {vmid: 100, virtio0: 'none'}], ['ide0', {vmid: 100, ide0: 'local:1,media=cdrom'}],
    ['efidisk0.pre-enrolled-keys', {vmid: 100, efidisk0: 'local:1,efitype=2m,pre-enrolled-keys=1'}],
    ['cpu', {vmid: 100, cpu: 'nonsense'}], ['cpu', {vmid: 100, cpu: 'constructor'}], ['cpu.flags', {vmid: 100, cpu: 'host,flags=+nonsense'}],
    ['args', {vmid: 100, args: "'"}], ['args', {vmid: 100, args: '-name \\'}],
    ['boot', {vmid: 100, boot: 'order=scsi0'}], ['balloon', {vmid: 100, balloon: '1024'}], ['hostpci0', {vmid: 100, hostpci0: 'pcie=1'}], ['usb0', {vmid: 100, usb0: 'mapping=a1,host=1234:5678'}],
  ])('wrong input for %s: %j', async (field, input) => {
    const {place, context} = await room()
    const refusal = await qm('create', input, context).then(() => undefined, (error: unknown) => error)
    expect(refusal).toBeInstanceOf(InvalidInputError)
    expect(Object.keys((refusal as InvalidInputError).fields)).toContain(field)
    expect(JSON.stringify(refusal)).not.toContain('secret"')
    expect(await storedConfig(100, context)).toBeUndefined()
    expect(await images(place)).toEqual([])
    expect(await context.store.read('vmids/100')).toBeUndefined()
  })

  it.each([['host'], ['x86-64-v2-AES,flags=+aes;-pcid'], ['custom-mine'], ['cputype=Icelake-Client'], ['cortex-a57']])('but not the CPU %s', async (cpu) => {
    const {context} = await room()
    await qm('create', {vmid: 100, cpu}, context)
    expect(await storedKey(100, 'cpu', context)).toBe(cpu)
    await expect(qm('set', {vmid: 100, cpu: 'pentium9'}, context)).rejects.toThrow("no CPU model 'pentium9'")
    expect(await storedKey(100, 'cpu', context)).toBe(cpu)
  })

  it('volumes that are not there, storages that are not there or not for disks, and disks of other guests', async () => {
    const {place, context} = await room()
    await qm('create', {vmid: 100, scsi0: 'local:0.01'}, context)
    await isoImage(place.root, 'x.iso')
    await expect(qm('create', {vmid: 101, scsi0: 'nowhere:1'}, context)).rejects.toMatchObject({kind: 'not-found', message: "scsi0: there is no storage 'nowhere'"})
    await expect(qm('create', {vmid: 101, scsi0: 'local:101/vm-101-disk-0.raw'}, context)).rejects.toMatchObject({kind: 'not-found', message: expect.stringMatching(/^scsi0: /) as string})
    await expect(qm('create', {vmid: 101, scsi0: 'local:100/vm-100-disk-0.raw'}, context)).rejects.toThrow('belongs to guest 100')
    await expect(qm('create', {vmid: 101, virtio0: 'local:iso/x.iso'}, context)).rejects.toThrow('CD-ROM drive')
    await expect(qm('create', {vmid: 101, scsi0: 'local:iso/x.iso,media=disk'}, context)).rejects.toThrow(InvalidInputError)
    await context.store.commit({put: {'storage.cfg': `dir: local\n\tpath ${place.root}/lib/vz\n\tcontent iso\n`}})
    await expect(qm('create', {vmid: 101, scsi0: 'local:1'}, context)).rejects.toThrow("'local' is not for disk images")
    expect(await images(place)).toEqual(['100/vm-100-disk-0.raw'])
    expect(await storedConfig(101, context)).toBeUndefined()
  })

  it('paths that are no disks; and from others than root paths and arguments at all', async () => {
    const {place, context} = await room()
    await expect(qm('create', {vmid: 100, scsi0: '/nonexistent/disk'}, context)).rejects.toThrow('neither a file nor a block device')
    await expect(qm('create', {vmid: 100, scsi0: place.root}, context)).rejects.toThrow(InvalidInputError)
    const other = {...context, caller: {user: 'ann@pam', isRoot: false}}
    await expect(qm('create', {vmid: 100}, other)).rejects.toThrow(ForbiddenError)
    await writeFile(join(place.root, 'disk'), 'x')
    await qm('create', {vmid: 100, scsi0: join(place.root, 'disk'), args: '-snapshot'}, context)
    expect(await storedKey(100, 'scsi0', context)).toBe(join(place.root, 'disk'))
  })
})

describe('many at once', () => {
  it('100 creates of one VMID make one machine', async () => {
    const {place, context} = await room()
    const results = await Promise.allSettled(Array.from({length: 100}, (_, index) => qm('create', {vmid: 100, name: `web${index}`, ...(index % 5 === 0 ? {scsi0: 'local:0.01'} : {})}, context)))
    const winners = results.flatMap((result, index) => (result.status === 'fulfilled' ? [index] : []))
    expect(winners).toHaveLength(1)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toMatchObject({kind: 'conflict'})
    expect(await storedKey(100, 'name', context)).toBe(`web${winners[0]}`)
    expect(await images(place)).toHaveLength((winners[0] ?? 0) % 5 === 0 ? 1 : 0)
  }, 120_000)

  it('100 creates of different VMIDs all succeed', async () => {
    const {place, context} = await room()
    await Promise.all(Array.from({length: 100}, (_, index) => qm('create', {vmid: 100 + index, net0: 'virtio', ...(index % 20 === 0 ? {scsi0: 'local:0.01'} : {})}, context)))
    const files = await context.store.list('nodes/h1/qemu-server')
    expect(files).toHaveLength(100)
    expect(await images(place)).toHaveLength(5)
  }, 120_000)
})
