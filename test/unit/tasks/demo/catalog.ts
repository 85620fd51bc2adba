// A small domain of its own for the tests of plans, journals and tasks: commands whose steps leave traces in a folder and in the store.
import {access, appendFile, rm, writeFile} from 'node:fs/promises'
import {InvalidInputError, NotFoundError} from '../../../../src/lib/base/index.ts'
import {defineCommand} from '../../../../src/lib/spec/index.ts'
import {actionLoaders as generic} from '../../../../src/lib/tasks/actions/index.ts'
import {defineAction, handleChange, sharedLock, storeCommitStep} from '../../../../src/lib/tasks/index.ts'
import type {Action, Catalog, Step} from '../../../../src/lib/tasks/index.ts'

interface Trace extends Action { readonly kind: 'demo.make' | 'demo.unmake'; readonly path: string }

/** Makes a file; a second maker is refused, so that a test sees a step that was done twice. */
const make = defineAction<Trace>({
  kind: 'demo.make',
  describe: ({path}) => [`touch ${path}`],
  run: async ({path}, {log}) => {
    log.info(`makes ${path}`)
    await writeFile(path, '', {flag: 'wx'})
  },
})

const unmake = defineAction<Trace>({
  kind: 'demo.unmake',
  describe: ({path}) => [`rm -f ${path}`],
  run: async ({path}) => { await rm(path, {force: true}) },
})

/** Idempotent: writes down that it ran. */
const note = defineAction<Action>({
  kind: 'demo.note',
  describe: (action) => [`note ${String(action['text'])}`],
  run: async (action) => { await appendFile(String(action['path']), `${String(action['text'])}\n`) },
})

/** Says that it is there, then waits to be stopped. */
const dawdle = defineAction<Action>({
  kind: 'demo.dawdle',
  describe: () => ['sleep'],
  run: async (action, {log, clock, signal}) => {
    log.info('dawdles')
    if (action['isDeaf'] === true) await clock.sleep(60_000)
    else await clock.sleep(60_000, signal)
  },
})

const fail = defineAction<Action>({
  kind: 'demo.fail',
  describe: () => ['false'],
  run: async (action) => {
    const path = action['unless']
    if (typeof path === 'string' && await access(path).then(() => true, () => false)) return
    throw new InvalidInputError('this step fails', {}, {cause: new Error('as it was told'), data: {seen: 1}})
  },
})

/** Gives something, and what the context was given at a prompt. */
const echoAction = defineAction<Action>({
  kind: 'demo.echo',
  describe: (action) => [`echo ${String(action['text'])}`],
  run: async ({text, input}, {inputs}) => ['echo of', text, ...(typeof input === 'string' ? [inputs?.[input]] : [])].join(' '),
})

/** Prints what a hostile program would. */
const babble = defineAction<Action>({
  kind: 'demo.babble',
  describe: () => ['babble'],
  run: async (_action, {log}) => {
    log.info('TASK OK\nTASK ERROR: not really\r\n\u001b]0;title\u0007\u001b[2J')
    log.warn('beware of \u202egnp.exe')
    for (let done = 0; done <= 1000; done++) log.progress(done, 1000, 'copied')
    log.info('x'.repeat(100_000))
  },
})

const params = {
  folder: {type: 'string', description: 'Where the traces go.'},
  mode: {type: 'string', optional: true, description: 'What is to go wrong.'},
} as const

function command(id: string, type: string) {
  return defineCommand({
    id, summary: 'A demonstration.', params, args: ['folder'], returns: {type: 'null'}, output: {as: 'none'}, kind: 'task',
    task: {type}, runsOn: 'caller', needs: 'root', examples: [],
  })
}

const build = command('demo build', 'demobuild')
const raze = command('demo raze', 'demoraze')

export const parts = ['one', 'two', 'three'] as const

function failing(mode: string | undefined, folder: string): Step[] {
  switch (mode) {
    case 'fail': return [{do: {kind: 'demo.fail'}}]
    case 'undo-fails': return [{do: {kind: 'demo.note', path: `${folder}/notes`, text: 'x'}, undo: {kind: 'demo.fail', unless: `${folder}/mended`}}, {do: {kind: 'demo.fail'}}]
    case 'dawdle': return [{do: {kind: 'demo.dawdle'}}]
    case 'deaf': return [{do: {kind: 'demo.dawdle', isDeaf: true}}]
    case 'babble': return [{do: {kind: 'demo.babble'}}]
    default: return []
  }
}

/** Three files and a file of the store, with undo. */
export const buildHandler = handleChange(build, {
  locks: ({folder, mode}) => {
    if (mode === 'missing') throw new NotFoundError('there is no such site', {cause: new Error('nobody made one'), nextSteps: ['Make one.'], data: {site: 7}})
    return [`demo/${folder.split('/').at(-1) ?? ''}`, 'demo-shared']
  },
  plan: async ({folder, mode}, {store}) => {
    const file = await store.read('demo.conf')
    const makes = parts.map((part): Step => ({do: {kind: 'demo.make', path: `${folder}/${part}`}, undo: {kind: 'demo.unmake', path: `${folder}/${part}`}}))
    const commit = storeCommitStep([{path: 'demo.conf', was: file, text: `${file?.data ?? ''}built: 1\npassword: s3cret\n`}])
    return {whenInterrupted: 'undo', steps: [...makes.slice(0, 2), commit, ...makes.slice(2), ...failing(mode, folder)], result: {built: parts.length}}
  },
})

/** Three notes, then the end of the store's file: what cannot be taken back. */
export const razeHandler = handleChange(raze, {
  locks: ({folder}) => [`demo/${folder.split('/').at(-1) ?? ''}`],
  plan: async ({folder, mode}, {store}) => {
    const notes = parts.map((text): Step => ({do: {kind: 'demo.note', path: `${folder}/notes`, text}}))
    const commit = storeCommitStep([{path: 'demo.conf', was: await store.read('demo.conf'), text: undefined}])
    return {whenInterrupted: 'finish', steps: [...notes, ...failing(mode, folder), {do: commit.do}]}
  },
})

const copy = command('demo copy', 'democopy')

/** The lock of the storage is given back after the first step; the source is shared. */
export const copyHandler = handleChange(copy, {
  locks: ({folder}) => [`demo/${folder.split('/').at(-1) ?? ''}`, sharedLock('demo-source'), 'storage/demo'],
  plan: async ({folder, mode}) => {
    const step = (part: string): Step => ({do: {kind: 'demo.make', path: `${folder}/${part}`}, undo: {kind: 'demo.unmake', path: `${folder}/${part}`}})
    const steps = [{...step('one'), thenRelease: ['storage/demo']}, ...failing(mode, folder), step('two')]
    return {whenInterrupted: 'undo', steps, afterwards: [{kind: 'demo.note', path: `${folder}/notes`, text: 'copied'}]}
  },
})

export const demoCatalog: Catalog = {
  commands: {
    'demo build': {spec: async () => ({spec: build}), handler: async () => ({handler: buildHandler})},
    'demo copy': {spec: async () => ({spec: copy}), handler: async () => ({handler: copyHandler})},
    'demo raze': {spec: async () => ({spec: raze}), handler: async () => ({handler: razeHandler})},
  },
  actionLoaders: {
    ...generic,
    'demo.make': async () => make, 'demo.unmake': async () => unmake, 'demo.note': async () => note,
    'demo.dawdle': async () => dawdle, 'demo.fail': async () => fail, 'demo.babble': async () => babble, 'demo.echo': async () => echoAction,
  },
}
