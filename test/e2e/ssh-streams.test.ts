// Volumes as streams through a context: over a real SSH server, the first time by a connection of the call's own, then beside a kept one. Every byte
// arrives, and what is refused or breaks off says so and leaves nothing.
import {randomBytes} from 'node:crypto'
import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {openSshDesk} from './support/ssh-desk.ts'
import type {SshDesk} from './support/ssh-desk.ts'

let desk: SshDesk

beforeAll(async () => { desk = await openSshDesk() }, 120_000)
afterAll(() => desk.close(), 60_000)

/** Types `pvesm …` with that on its standard input. */
function type(words: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<{code: number | null; output: Buffer; stderr: string}> {
  const child = desk.type('pvesm', words)
  const parts: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (data: Buffer) => { parts.push(data) })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  child.stdin.end(input)
  return new Promise((done) => { child.once('close', (code) => { done({code, output: Buffer.concat(parts), stderr}) }) })
}

const image = randomBytes(3 * 1024 ** 2 + 512)
const stream = () => {
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(image.length))
  return Buffer.concat([size, image])
}

test('go to a host and come back as they were, beside a kept connection as well, and leave nothing when they break off', async () => {
  const first = await type(['import', 'local:100/vm-100-disk-0.raw', 'raw+size', '-'], stream())
  expect(first, first.stderr).toMatchObject({code: 0})
  await expect.poll(() => desk.keepers().length, {timeout: 30_000, interval: 50}).toBe(1)
  const back = await type(['export', 'local:100/vm-100-disk-0.raw', 'raw+size', '-'])
  expect(back.stderr).toBe('')
  expect(back.code).toBe(0)
  expect(back.output.equals(stream())).toBe(true)
  const kept = await type(['import', 'local:100/vm-100-disk-1.qcow2', 'raw+size', '-'], stream())
  expect(kept, kept.stderr).toMatchObject({code: 0})
  expect((await type(['export', 'local:100/vm-100-disk-1.qcow2', 'raw+size', '-'])).output.equals(stream())).toBe(true)
  const cut = await type(['import', 'local:100/vm-100-disk-2.raw', 'raw+size', '-'], stream().subarray(0, 100_000))
  expect(cut.code).toBe(2)
  expect(cut.stderr).toMatch(/^Error: .*ends early|^Error: the stream/)
  const taken = await type(['import', 'local:100/vm-100-disk-0.raw', 'raw+size', '-'], stream())
  expect(taken.stderr).toMatch(/^Error: the volume local:100\/vm-100-disk-0\.raw exists already/)
  expect(readdirSync(join(desk.host.root, 'lib/vz/images/100')).sort()).toEqual(['vm-100-disk-0.raw', 'vm-100-disk-1.qcow2'])
  expect(desk.keepers()).toHaveLength(1)
}, 240_000)
