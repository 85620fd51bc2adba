// corral schedule install and remove on hosts with and without the timer of the Debian package: what they would do, on hosts that only answer.
import {expect, it} from 'vitest'
import {catalog} from '../../../../src/lib/catalog.ts'
import type {Context} from '../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

const packaged = '/usr/lib/systemd/system/corral-schedule.timer'
const [ownService, ownTimer, cronLine] = ['/etc/systemd/system/corral-schedule.service', '/etc/systemd/system/corral-schedule.timer', '/etc/cron.d/corral']

/** The installation of a host on which these files are there and no others. */
async function hostWith(...paths: readonly string[]): Promise<{context: Context; lines: readonly string[]}> {
  const place = await machineRoom()
  const context = await place.open()
  const {files} = context.host
  const stat: typeof files.stat = async (path, options) => /^\/(?:etc|usr|run)\//.test(path) && !paths.includes(path) ? undefined : files.stat(paths.includes(path) ? path.endsWith('system') ? '/usr' : '/etc/hostname' : path, options)
  return {
    context: {...context, places: {...context.places, root: undefined}, host: {...context.host, files: {...files, stat, readText: async (path, maxBytes) => paths.includes(path) ? 'former' : files.readText(path, maxBytes)}}},
    lines: place.lines,
  }
}

/** What would be done: argv of programs, and files as `write` and `remove` with their paths. */
async function plannedBy(command: 'install' | 'remove', params: Readonly<Record<string, unknown>>, context: Context): Promise<string[]> {
  const entry = catalog.commands[`corral schedule ${command}`]
  if (entry === undefined) throw new Error('there is no such command')
  const {handler} = await entry.handler()
  const outcome = await runHandler(handler, params, context, {dryRun: true})
  if (outcome.outcome !== 'planned') throw new Error('it was carried out')
  return outcome.plan.steps.map(({do: action}) => {
    const {kind, argv, path} = action as unknown as {kind: string; argv?: readonly string[]; path?: string}
    return argv === undefined ? `${kind.replace('file.', '')} ${path ?? ''}` : argv.join(' ')
  })
}

const [on, off, reload] = ['systemctl enable --now corral-schedule.timer', 'systemctl disable --now corral-schedule.timer', 'systemctl daemon-reload']

it('a host without the package gets files of its own', async () => {
  const {context} = await hostWith('/run/systemd/system')
  expect(await plannedBy('install', {}, context)).toEqual([`write ${ownService}`, `write ${ownTimer}`, reload, on])
  expect(await plannedBy('install', {cron: true}, context)).toEqual([`write ${cronLine}`])
})

it('the timer of the package is switched on and nothing is written; what former commands made goes', async () => {
  const {context, lines} = await hostWith('/run/systemd/system', packaged)
  expect(await plannedBy('install', {}, context)).toEqual([reload, on])
  expect(lines).toContain('the timer of the Debian package looks at the schedule; no files are needed')
  const former = await hostWith('/run/systemd/system', packaged, ownService, ownTimer, cronLine)
  expect(await plannedBy('install', {systemd: true}, former.context)).toEqual([off, `remove ${ownService}`, `remove ${ownTimer}`, `remove ${cronLine}`, reload, on])
})

it('with cron in its place the timer of the package is switched off, as it is by remove', async () => {
  const {context} = await hostWith('/run/systemd/system', packaged)
  expect(await plannedBy('install', {cron: true}, context)).toEqual([off, `write ${cronLine}`])
  expect(await plannedBy('remove', {}, context)).toEqual([off])
})

it('a private installation has nothing to do with the timer of the package', async () => {
  const {context} = await hostWith('/run/systemd/system', packaged)
  const own = {...context, places: {...context.places, root: '/srv/own'}}
  expect((await plannedBy('install', {}, own)).filter((line) => line.startsWith('write'))).toHaveLength(2)
  expect(await plannedBy('remove', {}, own)).toEqual([])
})
