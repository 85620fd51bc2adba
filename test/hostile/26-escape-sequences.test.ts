// Entry 26: words of others that a terminal would obey (escape sequences: title, clipboard by OSC 52, clearing, moving the cursor) or that
// forge what is read (line ends, bidirectional marks). They may come in a configuration that was made elsewhere, as the name of a file, in the
// log of a task, from the guest's agent and from QEMU. Printed, each is shown and none obeyed, in every format.
import {createServer} from 'node:net'
import {mkdirSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {formatUpid, upidLogPath} from '../../src/lib/base/index.ts'
import {askAgentToShutDown} from '../../src/lib/guest/qemu/runtime/agent-shutdown.ts'
import {machineRoom} from '../unit/guest/qemu/support/run-qm.ts'
import {expectNoFault, installation} from './support/program.ts'
import {typed} from './support/typed.ts'

const lures = ['\u001b]52;c;cm0gLXJmIC8=\u0007', '\u001b]0;owned\u001b\\', '\u001b[2J\u001b[1;1H', '\u009b31m', 'a\rb', '\u0008\u0008', '\u202egpj.exe', '\u2066x\u2069', '\u061c\u200bz', '\u0007']
const formats = ['text', 'json', 'json-pretty', 'yaml'] as const

/** Everything but line ends, and the tabs that our own texts are indented with. */
const obeyed = /[^\P{Cc}\n\t]|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u

async function expectHarmless(words: readonly string[], root: string): Promise<string> {
  let all = ''
  for (const format of formats) {
    const answer = await typed([...words, '--output-format', format], root)
    const what = `${words.join(' ')} as ${format}`
    expectNoFault(answer, what)
    expect(answer.stdout + answer.stderr, what).not.toMatch(obeyed)
    if (format !== 'yaml') all += answer.stdout + answer.stderr
  }
  return all
}

describe.each(lures.map((lure) => [JSON.stringify(lure), lure]))('%s', (_shown, lure) => {
  it('in a configuration from elsewhere', async () => {
    const place = await machineRoom()
    const context = await place.open()
    const oneLine = lure.replace(/[\r\n]/g, '')
    await context.store.commit({put: {'nodes/h1/qemu-server/100.conf': `# notes ${oneLine}\nname: web${oneLine}\ntags: a${oneLine}\nmemory: 32${oneLine}\nodd${oneLine}: 1\n[snap${oneLine}]\nmemory: 1\n`}})
    for (const words of [['qm', 'list'], ['qm', 'config', '100'], ['qm', 'pending', '100'], ['qm', 'status', '100', '--verbose'], ['qm', 'showcmd', '100'], ['qm', 'set', '100', '--cores', '2', '--dry-run']]) {
      expect(await expectHarmless(words, place.root), words.join(' ')).not.toBe('')
    }
  })

  it('in names of files, and in the notes of backups', async () => {
    const place = await machineRoom()
    const images = join(place.root, 'lib/vz/images/100')
    const dump = join(place.root, 'lib/vz/dump')
    for (const folder of [images, dump]) mkdirSync(folder, {recursive: true})
    writeFileSync(join(images, `vm-100-disk-0${lure}.raw`), '')
    writeFileSync(join(images, `${lure}vm-100-disk-1.raw`), '')
    writeFileSync(join(dump, 'vzdump-qemu-100-2024_01_01-00_00_00.vma.zst'), '')
    writeFileSync(join(dump, 'vzdump-qemu-100-2024_01_01-00_00_00.vma.zst.notes'), `notes ${lure}`)
    await expectHarmless(['pvesm', 'list', 'local'], place.root)
    await expectHarmless(['qm', 'disk', 'rescan', '--dry-run'], place.root)
    await expectHarmless(['corral', 'doctor'], place.root)
  })

  it('in the log and the end of a task', async () => {
    const place = await machineRoom()
    const upid = formatUpid({node: 'h1', pid: 4_000_000, pstart: 1, starttime: 1000, type: 'qmstart', id: '100', user: 'root@pam'})
    const log = join(place.root, 'log', upidLogPath(upid))
    mkdirSync(dirname(log), {recursive: true})
    writeFileSync(log, `first ${lure}\n${lure}: 42%\nTASK ERROR: no ${lure.replace(/\n/g, '')}\n`)
    writeFileSync(join(place.root, 'log/tasks/index'), `${upid} 000003E8 no ${lure}\n`)
    for (const words of [['pvenode', 'task', 'log', upid], ['pvenode', 'task', 'status', upid], ['pvenode', 'task', 'list'], ['corral', 'task', 'wait', upid]]) {
      expect(await expectHarmless(words, place.root), words.join(' ')).not.toBe('')
    }
    writeFileSync(`${log}.end`, JSON.stringify({status: lure, errorKind: 'tool', sentences: [lure, `because ${lure}`], nextSteps: [lure], data: {[lure]: lure}}))
    expect(await expectHarmless(['corral', 'task', 'wait', upid], place.root)).toContain('because')
  })

  it('from the agent in the guest', async () => {
    const place = await machineRoom()
    const context = await place.open()
    const socketPath = join(place.root, 'agent.sock')
    const agent = createServer((socket) => {
      socket.on('error', () => undefined).on('data', () => socket.write(`${JSON.stringify({error: {class: `Class${lure}`, desc: `no ${lure}`}})}\n`))
    })
    await new Promise<void>((resolve) => agent.listen(socketPath, resolve))
    onTestFinished(() => { agent.close() })
    const error: unknown = await askAgentToShutDown(socketPath, context).then(() => undefined, (reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    const {errorText} = await import('../../src/lib/cli/print-error.ts')
    for (const isJson of [false, true]) expect(errorText(error, isJson)).not.toMatch(obeyed)
  })
})

it('from QEMU, which repeats what it was given', async () => {
  const place = installation()
  await place.create(100)
  const {openSqliteStore} = await import('../../src/lib/store/sqlite/index.ts')
  const {systemClock} = await import('../../src/lib/base/index.ts')
  const store = await openSqliteStore({path: join(place.root, 'lib/store/config.db'), node: 'h1', clock: systemClock})
  const [file] = await store.list('nodes')
  await store.commit({put: {[file?.path ?? '']: `${file?.data ?? ''}args: -device \u001b]0;owned\u0007x\n`}})
  await store.close()
  for (const format of formats) {
    const answer = await place.call('qm', ['start', '100', '--output-format', format])
    expectNoFault(answer, format)
    expect(answer.code).not.toBe(0)
    expect(answer.stdout + answer.stderr).not.toMatch(obeyed)
  }
}, 60_000)
