// The whole way of a command line, with the demonstration commands of the tasks' tests in an installation of their own.
import {describe, expect, test} from 'vitest'
import {ForbiddenError, NotFoundError, parseUpid} from '../../../src/lib/base/index.ts'
import {runWords} from '../../../src/lib/cli/run-words.ts'
import type {Surroundings} from '../../../src/lib/cli/surroundings.ts'
import {defineCommand} from '../../../src/lib/spec/index.ts'
import {handleRead, localContext, type Catalog} from '../../../src/lib/tasks/index.ts'
import {builtProgram} from '../../support/built.ts'
import {demoCatalog} from '../tasks/demo/catalog.ts'
import {installation, type Installation} from '../tasks/demo/installation.ts'

const shared = {params: {}, args: [], returns: {type: 'object'}, runsOn: 'caller', needs: 'root', examples: []} as const
const show = defineCommand({...shared, id: 'demo show', summary: 'Show.', output: {as: 'fields'}, kind: 'read', runsOn: 'node'})
const list = defineCommand({
  ...shared, id: 'demo list', summary: 'List.', kind: 'read', needs: 'anyone',
  output: {as: 'table', columns: [{key: 'id', header: 'ID', width: 4, align: 'right'}, {key: 'size', header: 'Size', unit: 'bytes'}], style: 'bordered'},
})
const word = defineCommand({...shared, id: 'demo word', summary: 'Word.', output: {as: 'fields'}, kind: 'read'})
const talk = defineCommand({...shared, id: 'demo talk', summary: 'Talk.', output: {as: 'none'}, kind: 'interactive'})

const catalog: Catalog = {
  ...demoCatalog,
  commands: {
    ...demoCatalog.commands,
    'demo show': {spec: async () => ({spec: show}), handler: async () => ({handler: handleRead(show, async (_, {log}) => { log.warn('old\u001b[0m'); log.info('not shown'); return {status: 'running', verbose: true} })})},
    'demo list': {spec: async () => ({spec: list}), handler: async () => ({handler: handleRead(list, async () => [{id: 1, size: 1024}])})},
    'demo word': {spec: async () => ({spec: word}), handler: async () => ({handler: handleRead(word, async () => ({a: 1}), ({a}) => [`own ${a}`])})},
    'demo talk': {spec: async () => ({spec: talk}), handler: async () => ({handler: handleRead(talk, async (_, {terminal}) => { terminal?.output.write('spoken') })})},
  },
}

interface Result { code?: number; error?: unknown; stdout: string; stderr: string }

async function run(place: Installation, line: string, options: {uid?: number; signal?: AbortSignal; isTerminal?: boolean; onStderr?: (text: string) => void} = {}): Promise<Result> {
  const result: Result = {stdout: '', stderr: ''}
  const env = {CORRAL_ROOT: place.root, CORRAL_NODE: 'h1', PATH: process.env['PATH'], TERM: 'xterm', LANG: 'C.UTF-8', NO_COLOR: '1'}
  const workerArgv = [process.execPath, await builtProgram('test/unit/tasks/demo/worker.ts')]
  const signal = options.signal ?? new AbortController().signal
  const stdout = {isTTY: options.isTerminal === true, columns: 80, write: (text: string) => { result.stdout += text }}
  const stderr = {isTTY: options.isTerminal === true, columns: 80, write: (text: string) => { result.stderr += text; options.onStderr?.(text) }}
  const surroundings: Surroundings = {
    catalog, aliases: {'demo display': 'demo show'}, env, signal, streams: {stdout, stderr},
    terminal: () => ({input: process.stdin, output: stdout as unknown as NodeJS.WriteStream}),
    services: async () => ({
      withContext: async (wishes, work) => {
        const {context, close} = await localContext({env, catalog, workerArgv, uid: options.uid ?? 0, ...wishes})
        try { return await work(context) } finally { await close() }
      },
    }),
  }
  try { result.code = await runWords(line.split(' '), surroundings) } catch (error) { result.error = error }
  return result
}

describe('a reading command', () => {
  test.each([
    ['demo show', 'status: running\nverbose: 1\n'],
    ['demo display', 'status: running\nverbose: 1\n'],
    ['-output-format json demo show', '{"status":"running","verbose":1}\n'],
    ['demo show --output-format yaml', '---\nstatus: running\nverbose: 1\n'],
    ['demo show --quiet', ''],
    ['demo word', 'own 1\n'],
    ['demo word --output-format json', '{"a":1}\n'],
    ['demo list --noborder --noheader --human-readable 0', '   1 1024\n'],
  ])('%s', async (line, stdout) => {
    expect(await run(await installation(), line)).toMatchObject({code: 0, stdout})
  })

  test('puts warnings on stderr, harmless, and keeps what belongs into a log', async () => {
    expect((await run(await installation(), 'demo show')).stderr).toBe('Warning: old\\x1B[0m\n')
  })

  test('an interactive one gets the terminal', async () => {
    expect(await run(await installation(), 'demo talk')).toMatchObject({code: 0, stdout: 'spoken'})
  })

  test('is root’s unless it says otherwise', async () => {
    const place = await installation()
    expect((await run(place, 'demo show', {uid: 65_534})).error).toBeInstanceOf(ForbiddenError)
    expect(await run(place, 'demo list', {uid: 65_534})).toMatchObject({code: 0})
  })

  test('runs on this host only, while there is no other', async () => {
    const place = await installation()
    expect((await run(place, 'demo show --on h2')).error).toBeInstanceOf(NotFoundError)
    expect(await run(place, 'demo show --on h1')).toMatchObject({code: 0})
  })
})

describe('a task', () => {
  test('is waited for: its log on stderr, its result for programs only', async () => {
    const place = await installation()
    expect(await run(place, `demo build ${place.folder}`)).toEqual({
      code: 0, stdout: '', stderr: ['one', 'two', 'three'].map((part) => `makes ${place.folder}/${part}\n`).join(''),
    })
    expect(await place.traces()).toEqual(['one', 'three', 'two'])
    const again = await installation()
    expect(await run(again, `demo build ${again.folder} --output-format json --quiet 0`)).toMatchObject({code: 0, stdout: '{"built":3}\n'})
  })

  test('with --async prints its id', async () => {
    const place = await installation()
    const {code, stdout, stderr} = await run(place, `demo build ${place.folder} --async`)
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(parseUpid(stdout.trim())).toMatchObject({node: 'h1', type: 'demobuild'})
    await expect.poll(place.traces).toHaveLength(3)
  })

  test('with --dry-run prints the plan and changes nothing', async () => {
    const place = await installation()
    const {code, stdout} = await run(place, `demo build ${place.folder} --dry-run`)
    expect(code).toBe(0)
    expect(stdout.split('\n').slice(0, 2)).toEqual([`touch ${place.folder}/one`, `touch ${place.folder}/two`])
    expect(await place.traces()).toEqual([])
    const asData = JSON.parse((await run(place, `demo build ${place.folder} --dry-run --output-format json`)).stdout) as {steps: unknown[]}
    expect(asData.steps).toHaveLength(4)
  })

  test('that fails throws the error that it stored', async () => {
    const place = await installation()
    const {error} = await run(place, `demo build ${place.folder} --mode fail`)
    expect(error).toMatchObject({kind: 'invalid-input', message: 'this step fails'})
  })

  test('is asked to stop by the first interruption, and its end is waited for', async () => {
    const place = await installation()
    const interrupt = new AbortController()
    const {error, stderr} = await run(place, `demo build ${place.folder} --mode dawdle`, {signal: interrupt.signal, onStderr: (text) => { if (text.includes('dawdles')) interrupt.abort() }})
    expect(error).toMatchObject({kind: 'cancelled'})
    expect(stderr).toContain('Asked the task to stop.')
    expect(await place.traces()).toEqual([])
  })

  test('on a terminal shows progress in place, elsewhere in lines; what a program prints steers nothing', async () => {
    const place = await installation()
    const onTerminal = await run(place, `demo build ${place.folder} --mode babble`, {isTerminal: true})
    expect(onTerminal.stderr).toContain('\r\u001b[Kcopied ')
    expect(onTerminal.stderr).not.toContain('\u001b]0;')
    const elsewhere = await installation()
    const plain = await run(elsewhere, `demo build ${elsewhere.folder} --mode babble`)
    // Elsewhere work that is through in a moment says nothing of it.
    expect(plain.stderr).not.toContain('copied')
    // What is left are line ends: no other control character.
    expect([...plain.stderr].filter((character) => character < ' ' && character !== '\n')).toEqual([])
  })
})

test('help needs no context, and its page is the same however it is asked for', async () => {
  const place = await installation()
  const page = await run(place, 'demo show --help')
  expect(page).toMatchObject({code: 0, stderr: ''})
  expect(page.stdout).toContain('USAGE\n  demo show [OPTIONS]')
  for (const line of ['help demo show', 'demo help show', 'demo show -help', 'demo show -h']) expect((await run(place, line)).stdout).toBe(page.stdout)
  expect((await run(place, 'demo help --verbose')).stdout).toContain('USAGE\n  demo raze <folder> [OPTIONS]')
  expect((await run(place, 'demo')).error).toMatchObject({message: "'demo' needs a command"})
  expect((await run(place, 'demo bulid')).error).toMatchObject({message: "'demo' has no command 'bulid'; did you mean 'demo build'?"})
})
