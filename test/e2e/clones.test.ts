// Clones of a real machine: of a running one that writes to two disks all the time, killed at every record on the way, and linked ones of the
// template that it becomes, one of which is started and written to.
import {createHash} from 'node:crypto'
import {execFileSync} from 'node:child_process'
import {readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {GuestConsole} from './support/console.ts'
import {Installation, isAlive, waitUntil} from './support/installation.ts'

const installation = new Installation()
let console: GuestConsole

const slots = 256
const slotBytes = 512
/** In the guest: the next number to the first disk, and when it is there, to the second. In short lines, as the console breaks long ones. */
const writer = [
  'n=0', 'while :; do', 'n=$((n+1))', 'for d in vda sda; do', "printf '%-511s\\n' $n >/tmp/block", `dd if=/tmp/block of=/dev/$d bs=${slotBytes} \\`,
  `seek=$((n % ${slots})) conv=fsync 2>/dev/null`, 'done', 'echo $n >/tmp/count', 'done',
]

beforeAll(async () => {
  await installation.addIso()
  await installation.create(900, {boots: true, options: ['--name', 'writer', '--virtio0', 'local:0.0625', '--scsihw', 'virtio-scsi-pci', '--scsi0', 'local:0.0625,format=qcow2']})
  await installation.mustQm('start', '900')
  console = new GuestConsole(installation, 900)
  await console.waitForGuest()
  for (const line of ["cat >/tmp/writer <<'END'", ...writer, 'END']) console.type(line)
  await console.run('sh /tmp/writer & true')
  await waitUntil('the guest to write', async () => await counted() > 5, 20_000)
})
afterAll(() => installation.close())

const counted = async () => Number((await console.run('cat /tmp/count')).trim().split('\n').at(-1))

const image = (name: string) => join(installation.root, 'lib/vz/images', name)
const imagesOf = (vmid: number) => { try { return readdirSync(image(String(vmid))) } catch { return [] } }

/** The numbers on a disk, by slot. */
function numbers(path: string): number[] {
  const raw = `${path}.check`
  execFileSync('qemu-img', ['convert', '-O', 'raw', '-f', path.endsWith('raw') ? 'raw' : 'qcow2', path, raw])
  const bytes = readFileSync(raw)
  return Array.from({length: slots}, (_, slot) => Number(bytes.toString('latin1', slot * slotBytes, slot * slotBytes + 12).replaceAll('\0', '')))
}

/** A disk as it is after `last` writes in their order, none missing. */
const writtenUpTo = (last: number) => Array.from({length: slots}, (_, slot) => Math.max(0, last - (((last - slot) % slots) + slots) % slots))

describe('a machine that writes to two disks', () => {
  it('is cloned as it is at one moment, while it goes on', async () => {
    const before = await counted()
    await installation.mustQm('clone', '900', '901')
    const after = await counted()
    const [first, second] = [numbers(image('901/vm-901-disk-1.raw')), numbers(image('901/vm-901-disk-0.qcow2'))]
    const [one, two] = [Math.max(...first), Math.max(...second)]
    expect(first).toEqual(writtenUpTo(one))
    expect(second).toEqual(writtenUpTo(two))
    // A number comes to the second disk when it is on the first, and before the next one is.
    expect([two, two + 1]).toContain(one)
    expect(one).toBeGreaterThanOrEqual(before)
    expect(one).toBeLessThanOrEqual(after + 1)
    expect(isAlive(installation.pidOf(900))).toBe(true)
  })

  it('is cloned by three at once, one after the other', async () => {
    const answers = await Promise.all([902, 903, 904].map((vmid) => installation.qm('clone', '900', String(vmid))))
    expect(answers.map(({code, stderr}) => (code === 0 ? '' : stderr))).toEqual(['', '', ''])
    const ends = [902, 903, 904].map((vmid) => Math.max(...numbers(image(`${vmid}/vm-${vmid}-disk-1.raw`))))
    for (const vmid of [902, 903, 904]) expect(numbers(image(`${vmid}/vm-${vmid}-disk-0.qcow2`))).toEqual(writtenUpTo(Math.max(...numbers(image(`${vmid}/vm-${vmid}-disk-0.qcow2`)))))
    expect(new Set(ends).size).toBe(3)
  })

  it('goes on and has no trace of a clone that was killed after any record', async () => {
    let record = 1
    for (; record < 20; record++) {
      const {code} = await installation.call('qm', ['clone', '900', '905'], {env: {CORRAL_TEST_STOP_AFTER_RECORD: String(record)}})
      if (code === 0) break
      const before = await counted()
      await installation.mustQm('unlock', '900')
      expect(imagesOf(905), `record ${record}`).toEqual([])
      expect((await installation.qm('config', '905')).code, `record ${record}`).toBe(3)
      await expect.poll(counted, {message: `record ${record}`}).toBeGreaterThan(before)
    }
    // The reservation, two disks, the mirrors, their end, the configuration.
    expect(record - 1).toBe(6)
    expect((await installation.call('corral', ['doctor'])).code).toBe(0)
  })

  it('is left alone when the clone is cancelled', async () => {
    const child = installation.spawn('qm', ['clone', '900', '906', '--bwlimit', '64'])
    await expect.poll(() => imagesOf(906).length, {timeout: 20_000}).toBe(2)
    child.kill('SIGINT')
    expect(await new Promise<number | null>((resolve) => { child.once('close', resolve) })).toBe(130)
    expect(imagesOf(906)).toEqual([])
    const before = await counted()
    await expect.poll(counted).toBeGreaterThan(before)
  })
})

describe('a template with data', () => {
  const base = () => createHash('sha256').update(readFileSync(image('900/base-900-disk-1.raw'))).digest('hex')

  it('gives ten linked clones at once', async () => {
    await installation.mustQm('stop', '900')
    await installation.mustQm('template', '900')
    const vmids = Array.from({length: 10}, (_, index) => 910 + index)
    const answers = await Promise.all(vmids.map((vmid) => installation.qm('clone', '900', String(vmid))))
    expect(answers.map(({code, stderr}) => (code === 0 ? '' : stderr))).toEqual(vmids.map(() => ''))
    for (const vmid of vmids) expect(imagesOf(vmid).sort()).toEqual([`vm-${vmid}-disk-0.qcow2`, `vm-${vmid}-disk-1.qcow2`])
  })

  it('is read by a clone that starts, whose writes stay its own', async () => {
    const before = base()
    await installation.mustQm('start', '910')
    const clone = new GuestConsole(installation, 910)
    await clone.waitForGuest()
    const last = Math.max(...numbers(image('900/base-900-disk-1.raw')))
    expect(await clone.run(`dd if=/dev/vda bs=${slotBytes} skip=${last % slots} count=1 2>/dev/null`)).toContain(String(last))
    await clone.run(`printf 'mine%508s' x | dd of=/dev/vda bs=${slotBytes} seek=${last % slots} conv=fsync`)
    expect(await clone.run(`dd if=/dev/vda bs=${slotBytes} skip=${last % slots} count=1 2>/dev/null | head -c 4`)).toContain('mine')
    expect(base()).toBe(before)
    expect(numbers(image('911/vm-911-disk-1.qcow2'))).toEqual(numbers(image('900/base-900-disk-1.raw')))
    await installation.mustQm('stop', '910')
    expect((await installation.qm('destroy', '900')).stderr).toContain('stands on it')
  })
})
