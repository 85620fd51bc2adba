// The code that the build compiled ahead makes commands faster and nothing else: without it, with that of another version or with rubbish
// in its place, they do the same.
import {spawnSync} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'

const projectRoot = path.resolve(import.meta.dirname, '../..')
const root = mkdtempSync(path.join(tmpdir(), 'corral-cli-'))
const programs = path.join(root, 'dist/run')
const codeFiles = () => readdirSync(programs).filter((name) => name.endsWith('.code')).map((name) => path.join(programs, name))

beforeAll(() => {
  mkdirSync(path.join(root, 'dist'))
  mkdirSync(path.join(root, 'state'))
  symlinkSync(path.join(projectRoot, 'dist/lib'), path.join(root, 'dist/lib'))
  for (const name of ['node_modules', 'bin', 'libexec', 'package.json']) symlinkSync(path.join(projectRoot, name), path.join(root, name))
  writeFileSync(path.join(root, 'qm.cjs'), "require('./dist/run/main.cjs').main('qm')\n")
})
afterAll(() => rmSync(root, {recursive: true, force: true}))

function qm(words: readonly string[], nodeOptions = '') {
  const env = {PATH: process.env['PATH'], CORRAL_ROOT: path.join(root, 'state'), CORRAL_NODE: 'h1', NODE_OPTIONS: nodeOptions}
  const {status, stdout, stderr} = spawnSync(process.execPath, [path.join(root, 'qm.cjs'), ...words], {env, encoding: 'utf8', timeout: 60_000})
  return {status, stdout, stderr}
}

const refused = {status: 2, stdout: '', stderr: "Error: vmid: must be between 100 and 999999999, not '99'\n"}

test.each<[string, () => void, string?]>([
  ['as it was built', () => undefined],
  ['for a Node with other flags', () => undefined, '--max-old-space-size=300 --stack-trace-limit=3'],
  ['cut short', () => codeFiles().forEach((file) => truncateSync(file, 1000))],
  ['replaced by rubbish', () => codeFiles().forEach((file) => writeFileSync(file, 'x'.repeat(5000)))],
  ['empty', () => codeFiles().forEach((file) => writeFileSync(file, ''))],
  ['gone', () => codeFiles().forEach((file) => rmSync(file))],
])('compiled code %s', (_, change, nodeOptions) => {
  rmSync(programs, {recursive: true, force: true})
  cpSync(path.join(projectRoot, 'dist/run'), programs, {recursive: true})
  expect(codeFiles().length).toBeGreaterThanOrEqual(2)
  change()
  expect(qm(['status', '99'], nodeOptions)).toEqual(refused)
  expect(qm(['create', '100', '--kvm', '0', '--memory', '64'], nodeOptions)).toEqual({status: 0, stdout: '', stderr: ''})
  expect(qm(['status', '100'], nodeOptions)).toEqual({status: 0, stdout: 'status: stopped\n', stderr: ''})
  expect(qm(['destroy', '100'], nodeOptions).status).toBe(0)
}, 120_000)
