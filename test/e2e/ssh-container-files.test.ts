// Files of any size into a container on a host over a real SSH server, and back: as streams of `pct exec` from and to this desk, and as files of the host by `pct push`
// and `pct pull`. Every byte arrives. A gibibyte with CORRAL_TEST_SCALE=16.
import {createHash} from 'node:crypto'
import {createReadStream, existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {writeTemplate} from '../support/container-template.ts'
import {overSsh} from './support/over-ssh.ts'
import {openSshDesk} from './support/ssh-desk.ts'
import type {SshDesk} from './support/ssh-desk.ts'

const isMapped = ['/etc/subuid', '/etc/subgid'].every((path) => existsSync(path) && /^root:100000:65536$/m.test(readFileSync(path, 'utf8')))
const why = overSsh() ? 'it has a server of its own' : isMapped ? undefined : 'root has no range 100000:65536 in /etc/subuid and /etc/subgid'
if (why !== undefined) console.log(`files of containers over SSH: skipped, because ${why}`)
const sizeBytes = 64 * 1024 ** 2 * Number(process.env['CORRAL_TEST_SCALE'] ?? '1') + 5
const limits = {timeout: 30 * 60_000}

let desk: SshDesk
let big: string
let bigSum: string

/** Types `pct …` at the desk. What comes on its standard output is summed up, and its beginning kept. */
function type(words: readonly string[], input?: string): Promise<{code: number | null; sum: string; bytes: number; start: string; stderr: string}> {
  const child = desk.type('pct', words)
  const hash = createHash('sha256')
  let [bytes, start, stderr] = [0, '', '']
  child.stdout.on('data', (data: Buffer) => {
    hash.update(data)
    bytes += data.length
    if (start.length < 1000) start += data.toString('latin1')
  })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  if (input === undefined) child.stdin.end('')
  else createReadStream(input).pipe(child.stdin)
  return new Promise((done) => { child.once('close', (code) => { done({code, sum: hash.digest('hex'), bytes, start, stderr}) }) })
}

async function must(words: readonly string[], input?: string): Promise<Awaited<ReturnType<typeof type>>> {
  const answer = await type(words, input)
  if (answer.code !== 0) throw new Error(`pct ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
  return answer
}

describe.skipIf(why !== undefined)('a container on a host over SSH', limits, () => {
  beforeAll(async () => {
    desk = await openSshDesk()
    writeTemplate(join(desk.host.root, 'lib/vz/template/cache/small.tar.gz'))
    big = join(desk.folder, 'big')
    const piece = createHash('sha512').update('seed').digest()
    const hash = createHash('sha256')
    for (let written = 0; written < sizeBytes;) {
      // Each block is another one, so that no two can change places unseen.
      const block = Buffer.alloc(Math.min(1024 ** 2, sizeBytes - written), createHash('sha512').update(piece).update(String(written)).digest())
      hash.update(block)
      writeFileSync(big, block, {flag: 'a'})
      written += block.length
    }
    bigSum = hash.digest('hex')
    await must(['create', '531', 'local:vztmpl/small.tar.gz', '--rootfs', 'local:0', '--memory', '256', '--swap', '0'])
    await must(['start', '531'])
  }, 600_000)

  afterAll(async () => {
    if (why !== undefined) return
    await type(['stop', '531'])
    await desk.close()
  }, 600_000)

  it('takes and gives a large stream whole, with the exit code of the command', async () => {
    await must(['exec', '531', '--', 'sh', '-c', 'cat >/root/streamed'], big)
    expect((await must(['exec', '531', '--', 'sha256sum', '/root/streamed'])).start).toBe(`${bigSum}  /root/streamed\n`)
    const back = await type(['exec', '531', '--', 'sh', '-c', 'cat /root/streamed; exit 9'])
    expect([back.code, back.bytes, back.sum]).toEqual([9, sizeBytes, bigSum])
  })

  it('takes and gives a large file of its host, the same', async () => {
    const out = join(desk.host.root, 'pulled')
    await must(['push', '531', big, '/root/pushed', '--perms', '0640'])
    expect((await must(['exec', '531', '--', 'sh', '-c', 'sha256sum </root/pushed; stat -c %a:%u /root/pushed'])).start).toBe(`${bigSum}  -\n640:0\n`)
    await must(['pull', '531', '/root/pushed', out])
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(out)) hash.update(chunk as Buffer)
    expect(hash.digest('hex')).toBe(bigSum)
  })

  it('is not given what is typed here as a file of its host, which would be the connection itself', async () => {
    const answer = await type(['push', '531', '/dev/stdin', '/root/typed'], big)
    expect(answer).toMatchObject({code: 2, stderr: expect.stringContaining("'file' has to be a file of the host") as string})
  })
})
