// The bundled agent as a program: what a client sees of a host, and that a client that is gone harms nothing.
import {execFileSync, spawn} from 'node:child_process'
import {readFileSync, readdirSync, existsSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import type {AgentClient, LogLine} from '../../../src/lib/host/protocol/index.ts'
import {greeting} from '../../../src/lib/host/protocol/frames.ts'
import {installedAgent, startAgent} from '../../support/built-agent.ts'
import {randomSource, scaledCount} from '../../support/rounds.ts'

const forever = new AbortController().signal

async function run(client: AgentClient, command: string, params: Record<string, unknown> = {}, dryRun = false) {
  const log: LogLine[] = []
  const outcome = await client.run({command, params, dryRun}, {onLog: (line) => log.push(line)}, forever)
  return {...outcome, log}
}

async function task(client: AgentClient, command: string, params: Record<string, unknown>) {
  const upid = await client.startTask({command, params, dryRun: false}, forever)
  const lines: string[] = []
  const end = await client.followTask(upid, 0, {line: (text) => lines.push(text)}, forever)
  return {upid, lines, end}
}

describe('the agent', () => {
  it('is one file for Node.js that needs no source tree, says its version, and is listed with its hash', () => {
    const {program, root} = installedAgent()
    expect(execFileSync(program, ['--version'], {encoding: 'utf8'})).toMatch(/^\d+\.\d+\.\d+\n$/)
    const manifest = JSON.parse(readFileSync(join(root, 'agent/manifest.json'), 'utf8')) as {files: {path: string; sizeBytes: number; sha256: string}[]}
    expect(manifest.files.map(({path}) => path)).toContain('corral-agent.mjs')
    expect(manifest.files.reduce((sum, {sizeBytes}) => sum + sizeBytes, 0)).toBeLessThan(8_000_000)
    expect(() => execFileSync(program, ['--shell'], {stdio: 'pipe'})).toThrow(/Usage: corral-agent/)
  })

  it('answers hello and facts, reads, plans, and runs tasks to their end', async () => {
    const {program, root} = installedAgent('h7')
    const {client, peer, ended, ...agent} = startAgent(program)
    expect(await client.hello()).toMatchObject({protocol: 1, node: 'h7', user: 'root@pam', isRoot: true, places: {stateDir: `${root}/lib`}})
    expect(await client.facts()).toMatchObject({node: 'h7', nodeVersion: process.version, architecture: process.arch, disk: {path: root}})
    expect((await run(client, 'qm list'))).toEqual({outcome: 'done', result: [], log: []})
    expect(await run(client, 'qm create', {vmid: 100, name: 'web'}, true)).toMatchObject({outcome: 'planned', lines: expect.arrayContaining(['+name: web']) as unknown})
    const created = await task(client, 'qm create', {vmid: 100, name: 'web', memory: '64'})
    expect(created.end).toEqual({status: 'OK'})
    expect(await run(client, 'qm list')).toMatchObject({result: [{vmid: 100, name: 'web', status: 'stopped'}]})
    const again = await task(client, 'qm create', {vmid: 100})
    expect(again.end).toMatchObject({errorKind: 'conflict'})
    // From an offset that a client has reached, nothing comes twice.
    const rest: string[] = []
    await client.followTask(created.upid, 0, {line: (text) => rest.push(text)}, forever)
    expect(await client.followTask(created.upid, Buffer.byteLength(rest.map((line) => `${line}\n`).join('')), {line: () => { throw new Error('a line was repeated') }}, forever)).toEqual({status: 'OK'})
    expect(await client.stopTask(created.upid)).toBe(false)
    peer.close()
    expect(await ended).toBe(0)
    expect(agent.stderr()).toBe('')
  })

  it('believes nothing that a client has checked', async () => {
    const {program} = installedAgent()
    const {client, peer, ended} = startAgent(program)
    await expect(run(client, 'qm create', {vmid: 100})).rejects.toMatchObject({kind: 'unsupported', message: 'qm create is a task; it is started, not run'})
    await expect(run(client, 'qm terminal', {vmid: 100})).rejects.toMatchObject({kind: 'unsupported'})
    await expect(run(client, 'qmeventd', {PATH: '/tmp/x'})).rejects.toMatchObject({kind: 'unsupported'})
    for (const command of ['rm -rf /', '__proto__', 'constructor', 'qm', '']) await expect(run(client, command)).rejects.toMatchObject({kind: 'not-found'})
    await expect(run(client, 'qm list', {evil: 1})).rejects.toMatchObject({kind: 'invalid-input', fields: {evil: 'there is no such option'}})
    await expect(run(client, 'qm config', {vmid: '../../etc/passwd'})).rejects.toMatchObject({kind: 'invalid-input'})
    // Letters are counted by a module of the checks' own.
    await expect(run(client, 'qm config', {vmid: 100, snapshot: 'x'.repeat(41)})).rejects.toMatchObject({kind: 'invalid-input', fields: {snapshot: expect.stringContaining('40') as string}})
    await expect(client.startTask({command: 'qm list', params: {}, dryRun: false}, forever)).rejects.toMatchObject({kind: 'unsupported'})
    await expect(client.prepareTerminal({command: 'qm list', params: {}, dryRun: false})).rejects.toMatchObject({kind: 'unsupported'})
    await expect(client.followTask('UPID:../../etc/passwd', 0, {line: () => undefined}, forever)).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(client.followTask('UPID:h1:00000001:00000001:00000001:x::root@pam:', -1, {line: () => undefined}, forever)).rejects.toMatchObject({kind: 'invalid-input'})
    for (const params of [null, 7, 'x', [], {command: 7}, {command: 'qm list', params: []}]) await expect(peer.call('run', params)).rejects.toMatchObject({kind: 'invalid-input'})
    await expect(peer.call('eval', {})).rejects.toMatchObject({kind: 'unsupported'})
    expect(await run(client, 'qm list')).toMatchObject({result: []})
    peer.close()
    expect(await ended).toBe(0)
  })

  it('writes frames only, and refuses another version with a word', async () => {
    const {program} = installedAgent()
    const child = spawn(program, ['--stdio'], {stdio: ['pipe', 'pipe', 'ignore']})
    const said: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk))
    child.stdin.end('corral/9\n')
    await new Promise((resolve) => { child.once('close', resolve) })
    const all = Buffer.concat(said)
    expect(all.subarray(0, greeting.length)).toEqual(greeting)
    expect(all.toString('latin1')).toContain('version 9 of the protocol')
  })
})

describe('a terminal', () => {
  it('takes a token once, which names the command that was left for it', async () => {
    const {program, root} = installedAgent()
    const {client, peer, ended} = startAgent(program)
    const {token} = await client.prepareTerminal({command: 'qm terminal', params: {vmid: 100}, dryRun: false})
    expect(token).toMatch(/^[0-9a-f]{64}$/)
    expect(readdirSync(join(root, 'run/terminals')).join()).not.toContain(token)
    const open = () => {
      const child = spawn(program, ['--terminal'], {stdio: ['pipe', 'pipe', 'pipe']})
      let said = ''
      child.stdout.on('data', (data: Buffer) => {
        said += data.toString('utf8')
        if (said.includes('ready\n')) child.stdin.write(`${token}\n`)
      })
      child.stderr.on('data', (data: Buffer) => { said += data.toString('utf8') })
      return new Promise<{code: number | null; said: string}>((resolve) => { child.once('close', (code) => resolve({code, said})) })
    }
    expect((await open()).code).toBe(1)
    await expect(client.terminalEnd(token)).rejects.toMatchObject({kind: 'not-found', message: /100/})
    expect((await open()).said).toMatch(/the token of this terminal is not valid/)
    peer.close()
    await ended
  })
})

describe('a client that is gone', () => {
  it('leaves its tasks alone, at whatever moment it goes', async () => {
    const random = randomSource('killed clients')
    const {program, root} = installedAgent()
    for (let round = 0; round < scaledCount(4); round++) {
      const vmid = 200 + round
      const {child, client} = startAgent(program)
      await client.hello()
      const started = client.startTask({command: 'qm create', params: {vmid}, dryRun: false}, forever).catch(() => undefined)
      const follow = started.then((upid) => upid === undefined ? undefined : client.followTask(upid, 0, {line: () => undefined}, forever)).catch(() => undefined)
      await new Promise((resolve) => { setTimeout(resolve, random.between(0, 900)) })
      child.kill('SIGKILL')
      await follow
    }
    const {client, peer, ended} = startAgent(program)
    // Whatever was started has ended by itself: nothing runs, nothing is half there.
    await expect.poll(async () => (await run(client, 'pvenode task list', {source: 'active'})), {timeout: 20_000, interval: 200}).toMatchObject({result: []})
    const tasks = (await run(client, 'pvenode task list', {source: 'archive'})) as {result?: {id: string; status: string}[]}
    const ids = (tasks.result ?? []).map(({id}) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const guests = (await run(client, 'qm list')) as {result?: {vmid: number}[]}
    for (const {vmid} of guests.result ?? []) expect(ids).toContain(String(vmid))
    expect(existsSync(join(root, 'run'))).toBe(true)
    peer.close()
    await ended
  }, 60_000)
})
