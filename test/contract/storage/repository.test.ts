// Repositories of backups as a person uses them, in a folder and on a real SFTP server: a container whose files are hard to keep goes in twice, comes back the same, older backups
// are pruned and their room given back; the program restic finds all of it whole.
import {execFileSync} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, it, onTestFinished} from 'vitest'
import {catalog} from '../../../src/lib/catalog.ts'
import {checkParams} from '../../../src/lib/spec/index.ts'
import {openStorage} from '../../../src/lib/storage/index.ts'
import {runHandler} from '../../../src/lib/tasks/index.ts'
import type {Context} from '../../../src/lib/tasks/index.ts'
import {openSshLab} from '../../support/ssh-lab.ts'
import {hardToKeep, rootOf, treeText} from '../../unit/guest/lxc/support/archived-container.ts'
import {machineRoom} from '../../unit/guest/qemu/support/run-qm.ts'

const limitMs = 300_000
const mebibyte = 1024 * 1024
const ownRoot = process.getuid?.() === 0
if (!ownRoot) console.log('repositories with containers are left out: they need root')

async function run(command: string, input: Readonly<Record<string, unknown>>, context: Context): Promise<void> {
  const entry = catalog.commands[command]
  if (entry === undefined) throw new Error(`there is no ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, input), context)
}

/** What the files of a folder come to. */
function bytesIn(folder: string): number {
  return readdirSync(folder, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile()).reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0)
}

/** A backup is named by the second that it was taken in. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000)
  await expect.poll(() => Math.floor(Date.now() / 1000)).toBeGreaterThan(second)
}

it.runIf(ownRoot).each(['in a folder', 'on an SFTP server'])('%s', async (where) => {
  const place = await machineRoom()
  const context = await place.open()
  const {folder, options} = await (where === 'in a folder' ? onThisHost(place.root) : onServer())
  await run('pvesm add', {storage: 'kept', type: 'restic', password: 'of several words', ...options}, context)
  const {repository} = await openStorage('kept', context)
  if (repository === undefined) throw new Error('there is no repository')
  const restic = (...words: string[]) => {
    const {argv: [program = '', ...rest], env} = repository.restic(words)
    return execFileSync(program, rest, {env: {...process.env, ...env}, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs})
  }
  const backups = async () => (await (await openStorage('kept', context)).list(['backup'])).map(({id}) => `kept:${id.name}`).sort()

  const root = await hardToKeep(place, context, {isUnprivileged: false})
  // What is left out of backups, and of restored containers.
  execFileSync('rm', ['-r', join(root, 'tmp/gone'), join(root, 'var/tmp/gone'), join(root, 'etc/vzdump'), join(root, 'srv/data/hidden')])
  writeFileSync(join(root, 'root/stays'), randomBytes(12 * mebibyte))
  writeFileSync(join(root, 'root/goes'), randomBytes(6 * mebibyte))
  await run('vzdump', {vmid: '200', storage: 'kept'}, context)
  const firstBytes = bytesIn(join(folder, 'data'))
  expect(firstBytes).toBeGreaterThan(18 * mebibyte)

  execFileSync('rm', [join(root, 'root/goes')])
  writeFileSync(join(root, 'root/new'), 'a few words more\n')
  await nextSecond()
  await run('vzdump', {vmid: '200', storage: 'kept'}, context)
  const bothBytes = bytesIn(join(folder, 'data'))
  // The pieces around what went, and the list of all of them.
  expect(bothBytes - firstBytes).toBeLessThan(firstBytes / 2)
  restic('check', '--read-data')
  const [older, newer = ''] = await backups()
  expect(older).toBeDefined()

  const restored = async (vmid: number): Promise<string> => {
    await run('pct restore', {vmid, ostemplate: newer, storage: 'local'}, context)
    return treeText(rootOf(place, vmid))
  }
  const expected = treeText(root)
  expect(await restored(201)).toBe(expected)
  expect(expected).toContain('user.note="kept"')
  expect(expected).toContain('security.capability=')
  expect(statSync(join(rootOf(place, 201), 'root/sparse')).blocks).toBeLessThan(100)

  await run('pvesm prune-backups', {storage: 'kept', 'keep-last': '1'}, context)
  expect(await backups()).toEqual([newer])
  await run('corral backup collect', {storage: 'kept'}, context)
  expect(bytesIn(join(folder, 'data'))).toBeLessThan(bothBytes - 3 * mebibyte)
  restic('check', '--read-data')
  await run('corral backup verify', {volume: newer}, context)
  expect(await restored(202)).toBe(expected)
  expect(readdirSync(join(folder, 'locks'))).toEqual([])
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(place.root)
}, limitMs)

async function onThisHost(root: string) {
  const folder = join(root, 'repository')
  return {folder, options: {path: folder}}
}

async function onServer() {
  const lab = await openSshLab({hosts: ['nas']})
  onTestFinished(() => lab.close())
  const folder = join(lab.folder, 'repository')
  return {folder, options: {path: folder, server: 'nas', 'ssh-config': join(lab.home, '.ssh/config')}}
}
