// Every changing command, run dry and then for real on the same state: the dry run changes nothing, and what it prints is what is done. The
// commands are those of the catalog, so that a new one without a case fails here; test/dry-run/support/case.ts says what a case is.
import {describe, expect, test} from 'vitest'
import {catalog} from '../../src/lib/catalog.ts'
import {checkResult} from '../../src/lib/cli/check-result.ts'
import {canonical} from '../../src/lib/cli/render/data.ts'
import {standardOptionsOf} from '../../src/lib/spec/index.ts'
import {shownPlan} from '../../src/lib/tasks/index.ts'
import {cases as completionCases} from './cases/completion.ts'
import {cases as diskCases} from './cases/disks.ts'
import {cases as hostCases} from './cases/hosts.ts'
import {cases as jobCases} from './cases/jobs.ts'
import {cases as containerCases} from './cases/pct.ts'
import {cases as containerFileCases} from './cases/pct-files.ts'
import {cases as templateCases} from './cases/pveam.ts'
import {cases as storageCases} from './cases/pvesm.ts'
import {cases as qemuCases} from './cases/qm.ts'
import {cases as taskCases} from './cases/tasks.ts'
import {cases as backupCases} from './cases/vzdump.ts'
import type {DryRunCases} from './support/case.ts'
import {differences, withoutChance} from './support/compare.ts'
import {World} from './support/world.ts'

const allCases: DryRunCases = {...backupCases, ...completionCases, ...diskCases, ...templateCases, ...hostCases, ...storageCases, ...containerCases, ...containerFileCases, ...qemuCases, ...taskCases, ...jobCases}
const caseLimitMs = 60_000

const specs = await Promise.all(Object.values(catalog.commands).map(async (entry) => (await entry.spec()).spec))
const changing = specs.filter((spec) => Object.hasOwn(standardOptionsOf(spec), 'dry-run')).map(({id}) => id).sort()

test('every command that changes something has --dry-run', () => {
  for (const spec of specs) if (spec.kind === 'change' || spec.kind === 'task') expect(changing).toContain(spec.id)
})

test('there are no cases of commands that are gone', () => {
  for (const id of Object.keys(allCases)) expect(changing).toContain(id)
})

describe.each(changing)('%s', (id) => {
  test('has a case', () => {
    expect(Object.keys(allCases), `${id} needs a case in test/dry-run/cases: what prepares it, a command line that works, and what its dry run shows (see test/dry-run/support/case.ts)`).toContain(id)
  })

  test.each((allCases[id] ?? []).map((each) => ({...each, about: each.about ?? 'as it is usually called'})))('$about', async ({arrange, shows, secrets = []}) => {
    const world = await World.make()
    const words = await arrange(world)
    expect(words.join(' ').startsWith(id)).toBe(true)
    const before = await world.state()
    world.deeds.length = 0

    const text = await world.dryRun(words)
    const data = JSON.parse(await world.dryRun(words, '--output-format', 'json')) as unknown
    expect(text).toMatch(shows)
    for (const secret of secrets) expect(text + JSON.stringify(data)).not.toContain(secret)
    expect([world.deeds, world.server.done], 'what a dry run did').toEqual([[], []])
    expect(await world.state()).toEqual(before)

    const {plan, result, spec} = await world.perform(words)
    if (spec.kind === 'change') await checkResult(result, spec)
    const {runDir, logDir} = world.context.places
    const done = {deeds: world.deeds, remote: world.server.done, before, after: await world.state(), runFolders: [runDir, logDir]}
    expect(differences(text, done), text).toEqual([])
    if (plan === undefined) throw new Error('nothing was planned')
    const {steps, afterwards, whenInterrupted} = await shownPlan(plan, world.context)
    const executed = {steps, ...(afterwards === undefined ? {} : {afterwards}), 'when-interrupted': whenInterrupted}
    expect(withoutChance(JSON.stringify(data)), 'the plan printed is the plan carried out').toBe(withoutChance(JSON.stringify(canonical(executed))))
  }, caseLimitMs)
})
