// Entry 5: commas, equals signs and quotes in what becomes part of an option of QEMU. What QEMU itself says it was given is compared with
// what was meant; test/golden/qemu-arguments/commas-and-equals has the command line.
import {copyFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {connectQmp} from '../../src/lib/guest/qemu/qmp/index.ts'
import {vmidOfChardevs} from '../../src/lib/guest/qemu/qmeventd/guest-link.ts'
import {guestPaths} from '../../src/lib/guest/qemu/runtime/sockets.ts'
import {localHost} from '../../src/lib/host/local/index.ts'
import {placesFromEnvironment} from '../../src/lib/base/index.ts'
import {waitUntil} from '../e2e/support/installation.ts'
import {installation} from './support/program.ts'

/** As a shell would write it: %2C and %3D are comma and equals sign. */
const urlEncoded = (text: string) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')

describe('a machine full of commas', () => {
  it('starts, and QEMU has every value whole', async () => {
    const place = installation('/tmp/ce,a=x ')
    const serial = 'a=b,c,,d="e\'\\'
    const model = 'x,bootindex=0,y=z'
    const folder = join(place.root, 'a,b=c,,d')
    mkdirSync(join(folder, 'template/iso'), {recursive: true})
    writeFileSync(join(folder, 'template/iso/cd,format=qcow2,,=x.iso'), Buffer.alloc(65_536))
    const config = {
      scsi0: `odd:1,serial=${urlEncoded(serial)}`, ide0: `odd:1,format=qcow2,model=${urlEncoded(model)},serial=${urlEncoded(',serial=')}`,
      smbios1: `base64=1,manufacturer=${Buffer.from('Acme, Inc., uuid=1').toString('base64')},sku=${Buffer.from('=,=').toString('base64')}`,
    }
    expect(await place.call('pvesm', ['add', 'dir', 'odd', '--path', folder, '--content', 'images,iso'])).toMatchObject({code: 0, stderr: ''})
    await place.create(100, {options: ['--freeze', '1', '--net0', 'virtio', ...Object.entries(config).flatMap(([key, value]) => [`--${key}`, value])]})
    // A comma in a drive's option ends the value there, so such a name cannot be given; the file can be, by another name.
    const refused = await place.qm('set', '100', '--ide2', 'odd:iso/cd,format=qcow2,,=x.iso,media=cdrom')
    expect(refused).toMatchObject({code: 2})
    copyFileSync(join(folder, 'template/iso/cd,format=qcow2,,=x.iso'), join(folder, 'template/iso/cd=x.iso'))
    await place.mustQm('set', '100', '--ide2', 'file=odd:iso/cd=x.iso,media=cdrom')
    await place.mustQm('start', '100')

    const client = await connectQmp(localHost('h1'), join(place.runDir, '100.qmp'))
    try {
      const property = (device: string, name: string) => client.execute('qom-get', {path: `/machine/peripheral/${device}`, property: name})
      expect(await property('scsi0', 'serial')).toBe(serial)
      expect(await property('ide0', 'model')).toBe(model)
      expect(await property('ide0', 'serial')).toBe(',serial=')
      const blocks = await client.execute('query-block') as {device: string; inserted?: {file: string; drv: string}}[]
      const files = Object.fromEntries(blocks.flatMap(({device, inserted}) => inserted === undefined ? [] : [[device, `${inserted.drv} ${inserted.file}`]]))
      expect(files).toMatchObject({
        'drive-scsi0': `raw ${folder}/images/100/vm-100-disk-1.raw`, 'drive-ide0': `qcow2 ${folder}/images/100/vm-100-disk-0.qcow2`,
        'drive-ide2': `raw ${folder}/template/iso/cd=x.iso`,
      })
      // One word each, with nothing that QEMU would take for a further setting.
      const words = readFileSync(`/proc/${place.pidOf(100)}/cmdline`, 'utf8').split('\0')
      expect(words[words.indexOf('-smbios') + 1]).toContain('manufacturer=Acme,, Inc.,, uuid=1')
    } finally {
      client.close()
    }
    // The daemon recognises the guest by the path of its socket, commas or not.
    await waitUntil('qmeventd to be there', () => place.daemonPid() !== undefined, 5_000)
    expect(place.daemonLog()).not.toContain('no running guest')
    await place.mustQm('stop', '100')
    await waitUntil('the guest to leave nothing behind', () => place.leftovers().length === 0, 5_000)
  }, 60_000)
})

describe('the socket that tells whose connection it is', () => {
  it.each(['/tmp/x', '/tmp/a,b', '/tmp/a=b,server=on', '/tmp/a b,,c'])('is found below %s', (root) => {
    const places = placesFromEnvironment({CORRAL_ROOT: root})
    const {qmp} = guestPaths(places, 100)
    for (const filename of [`unix:${qmp}`, `unix:${qmp},server=on`, `unix:${qmp},server`, `disconnected:unix:${qmp},server=on`]) {
      expect(vmidOfChardevs([{label: 'qmp', filename}], places)).toBe(100)
    }
    for (const filename of [`unix:${qmp}.x`, `unix:/other/100.qmp,server=on`, `unix:/other,${qmp}`, `unix:${qmp.replace('100', '99')}`, `unix:${qmp},server=on,x`, 'unix:', '']) {
      expect(vmidOfChardevs([{label: 'qmp', filename}], places), filename).toBeUndefined()
    }
    for (const answer of [null, 1, 'x', {}, [null], [[]], [{label: 'qmp'}], [{label: 'qmp', filename: 1}], [{label: ['qmp'], filename: `unix:${qmp}`}]]) {
      expect(vmidOfChardevs(answer, places)).toBeUndefined()
    }
  })
})
