// oclif's own way of running a command ends in the same code as the launcher, and its manifest knows the catalog's commands.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {catalog} from '../../src/lib/catalog.ts'

const projectRoot = path.resolve(import.meta.dirname, '../..')
const root = mkdtempSync(path.join(tmpdir(), 'corral-cli-'))
const env = {...process.env, CORRAL_ROOT: root, CORRAL_NODE: 'h1', NO_COLOR: '1', HOME: root}
afterAll(() => rmSync(root, {recursive: true, force: true}))

const execute = `import {execute} from '@oclif/core'; await execute({dir: ${JSON.stringify(projectRoot)}, args: process.argv.slice(1)})`

function run(argv: readonly string[]) {
  const {status, stdout, stderr} = spawnSync(argv[0] ?? '', argv.slice(1), {env, cwd: projectRoot, encoding: 'utf8', timeout: 60_000})
  return {status, stdout, stderr}
}

test.each([
  ['qm', 'list'], ['qm', 'status', '99'], ['qm', 'status', '100'], ['qm', 'config', '100', '-output-format', 'json'], ['pvesm', 'list', 'local'], ['task', 'wait', 'x'], ['doctor'],
])('%s %s', (...words) => {
  const launched = run([path.join(projectRoot, 'bin/corral'), ...words])
  expect(run([process.execPath, '--input-type=module', '-e', execute, '--', ...words])).toEqual(launched)
}, 60_000)

test('the manifest names every command of the catalog and no other', () => {
  const manifest = JSON.parse(readFileSync(path.join(projectRoot, 'oclif.manifest.json'), 'utf8')) as {commands: Record<string, unknown>}
  expect(Object.keys(manifest.commands).toSorted()).toEqual(Object.keys(catalog.commands).map((id) => id.replace(/^corral /, '').replaceAll(' ', ':')).toSorted())
})

test('oclif’s own generator of completions stands back behind ours', () => {
  const corral = path.join(projectRoot, 'bin/corral')
  expect(run([corral, 'autocomplete', 'bash']).stdout).toContain('corral autocomplete install bash')
  for (const words of [['create'], ['script', 'bash'], ['nosuchshell']]) expect(run([corral, 'autocomplete', ...words]), words.join(' ')).toMatchObject({status: 2, stdout: ''})
}, 60_000)
