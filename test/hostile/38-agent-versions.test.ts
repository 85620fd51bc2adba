// Entry 38: an agent on a host that is older, newer or not ours any more, with a real SSH server. What speaks another version is refused with
// the right way out, what was changed is put right, what is newer is not replaced by what is older, and a damaged agent here goes nowhere.
import {createHash} from 'node:crypto'
import {cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished} from 'vitest'
import {readAgentBundle} from '../../src/lib/cli/read-agent-bundle.ts'
import {Desk} from '../e2e/support/desk.ts'
import {openSshLab} from '../support/ssh-lab.ts'
import type {LabHost, SshLab} from '../support/ssh-lab.ts'
import {expectHarmless} from './support/far-host.ts'

const bundleFolder = resolve(import.meta.dirname, '../../dist/agent')
const manifest = JSON.parse(readFileSync(join(bundleFolder, 'manifest.json'), 'utf8')) as {version: string; files: {path: string; sha256: string}[]}

describe('an agent on a host', () => {
  let lab: SshLab
  let desk: Desk
  let host: LabHost
  beforeAll(async () => {
    lab = await openSshLab({hosts: ['h1']})
    host = lab.host('h1')
    desk = new Desk(lab)
  }, 60_000)
  afterAll(async () => {
    await desk.close()
    await lab.close()
  }, 60_000)
  beforeEach(async () => {
    // What a test left is no agent of ours.
    rmSync(dirname(host.agentPath), {recursive: true, force: true})
    await desk.addHosts([host])
  }, 60_000)

  const fileOf = (name: string) => join(dirname(host.agentPath), name)
  const isWhole = () => manifest.files.every(({path, sha256}) => createHash('sha256').update(readFileSync(fileOf(path))).digest('hex') === sha256)
  const call = async (...words: string[]) => {
    const typed = desk.type(words, {env: {CORRAL_KEEPER: 'no'}})
    const answer = await typed.ended
    expectHarmless(answer.stderr, words.join(' '))
    return answer
  }
  const sayVersion = (version: string) => { writeFileSync(host.agentPath, readFileSync(host.agentPath, 'utf8').replace(/^# version .*$/m, `# version ${version}`)) }
  /** An agent of another time: it greets in its own version of the protocol. */
  const another = (version: string, protocol: number) => { writeFileSync(host.agentPath, `#!/bin/sh\n# version ${version}\nprintf 'corral/${protocol}\\n'; exec sleep 30\n`) }

  it('says its version where it can be read without running it', () => {
    expect(readFileSync(host.agentPath, 'utf8').split('\n')[1]).toBe(`# version ${manifest.version}`)
    expect(isWhole()).toBe(true)
  })

  it.each(['corral-agent', 'corral-agent.mjs', 'node_sqlite3.node', manifest.files.find(({path}) => path.startsWith('libexec/'))?.path ?? ''])('whose %s was changed is shown as it is and put right', {timeout: 60_000}, async (name) => {
    const data = readFileSync(fileOf(name))
    data[data.length - 2] = (data[data.length - 2] ?? 0) ^ 1
    writeFileSync(fileOf(name), data)
    expect((await call('corral', 'host', 'update', 'h1', '--dry-run')).stdout).toContain(`# the agent, version ${manifest.version}`)
    expect(isWhole()).toBe(false)
    expect(await call('corral', 'host', 'update', 'h1')).toMatchObject({code: 0})
    expect(isWhole()).toBe(true)
    expect((await call('corral', 'host', 'update', 'h1', '--dry-run')).stdout).not.toContain('scp')
  })

  it('that is older and speaks an older version is refused with the command that updates it, which does', {timeout: 60_000}, async () => {
    another('0.0.1', 0)
    const {code, stderr} = await call('qm', 'list')
    expect(code, stderr).toBe(2)
    expect(stderr).toMatch(/the agent on h1 is of another version[^]*version 0 of the protocol[^]*corral host update h1/)
    expect(await call('corral', 'host', 'update', 'h1')).toMatchObject({code: 0})
    expect(await call('qm', 'list')).toMatchObject({code: 0})
    expect(isWhole()).toBe(true)
  })

  it('that is newer and speaks a newer version is refused, and is not replaced by an older one unawares', {timeout: 60_000}, async () => {
    another('99.0.0', 2)
    const before = readFileSync(host.agentPath, 'utf8')
    const {code, stderr} = await call('qm', 'list')
    expect(code, stderr).toBe(2)
    expect(stderr).toMatch(/the agent on h1 is of a newer version[^]*Update Corral on this machine[^]*corral host remove h1/)
    const update = await call('corral', 'host', 'update', 'h1')
    expect(update.stderr).toContain(`h1 has the agent 99.0.0, which is newer than this Corral (${manifest.version}); it stays`)
    expect(readFileSync(host.agentPath, 'utf8')).toBe(before)
    // What the refusal names is a way out.
    expect(await call('corral', 'host', 'remove', 'h1')).toMatchObject({code: 0})
    expect(existsSync(host.agentPath)).toBe(false)
    await desk.addHosts([host])
    expect(isWhole()).toBe(true)
  })

  it('that is newer and speaks the same version is used as it is', {timeout: 60_000}, async () => {
    sayVersion('99.0.0')
    expect(await call('corral', 'host', 'update', 'h1')).toMatchObject({code: 0})
    expect(readFileSync(host.agentPath, 'utf8')).toContain('# version 99.0.0')
    expect(await call('qm', 'list')).toMatchObject({code: 0})
  })

  it('that claims a version full of tricks is taken for none of ours', {timeout: 60_000}, async () => {
    sayVersion('\u001b]0;owned\u0007 99.0.0')
    expect(await call('corral', 'host', 'update', 'h1')).toMatchObject({code: 0})
    expect(isWhole()).toBe(true)
  })
})

describe('the agent of this installation', () => {
  const copied = () => {
    const folder = mkdtempSync(join(tmpdir(), 'corral-bundle-'))
    onTestFinished(() => { rmSync(folder, {recursive: true, force: true}) })
    cpSync(bundleFolder, folder, {recursive: true})
    return folder
  }
  it('is read with its hashes', async () => {
    expect((await readAgentBundle(copied())).files.map(({path, sha256}) => ({path, sha256}))).toEqual(manifest.files.map(({path, sha256}) => ({path, sha256})))
  })
  it.each<[string, (folder: string) => void]>([
    ['has a file that was changed', (folder) => { writeFileSync(join(folder, 'corral-agent.mjs'), `${readFileSync(join(folder, 'corral-agent.mjs'), 'utf8')}\n`) }],
    ['lacks a file', (folder) => { rmSync(join(folder, 'node_sqlite3.node')) }],
    ['has no manifest', (folder) => { rmSync(join(folder, 'manifest.json')) }],
    ['has a manifest that is none', (folder) => { writeFileSync(join(folder, 'manifest.json'), '[1') }],
    ['has a manifest without files', (folder) => { writeFileSync(join(folder, 'manifest.json'), '{}') }],
  ])('goes to no host when it %s', async (_what, harm) => {
    const folder = copied()
    harm(folder)
    await expect(readAgentBundle(folder)).rejects.toMatchObject({kind: 'unavailable', message: 'the agent of this installation is missing or damaged'})
  })
})
