// Files of any size into a container on a host over a real SSH server, and back: as streams of `pct exec` from and to this desk, and as files of the host by `pct push`
// and `pct pull`. Every byte arrives. A gibibyte with CORRAL_TEST_SCALE=16.
import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {cpSync, createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {writeTemplate} from '../support/container-template.ts'
import {openSshLab} from '../support/ssh-lab.ts'
import type {SshLab} from '../support/ssh-lab.ts'
import {overSsh} from './support/over-ssh.ts'

const repositoryRoot = resolve(import.meta.dirname, '../..')
const isMapped = ['/etc/subuid', '/etc/subgid'].every((path) => existsSync(path) && /^root:100000:65536$/m.test(readFileSync(path, 'utf8')))
const why = overSsh() ? 'it has a server of its own' : isMapped ? undefined : 'root has no range 100000:65536 in /etc/subuid and /etc/subgid'
if (why !== undefined) console.log(`files of containers over SSH: skipped, because ${why}`)
const sizeBytes = 64 * 1024 ** 2 * Number(process.env['CORRAL_TEST_SCALE'] ?? '1') + 5
const limits = {timeout: 30 * 60_000}

let lab: SshLab
let folder: string
let big: string
let bigSum: string

/** Types `pct …` at the desk. What comes on its standard output is summed up, and its beginning kept. */
function type(words: readonly string[], input?: string): Promise<{code: number | null; sum: string; bytes: number; start: string; stderr: string}> {
  const child = spawn(join(repositoryRoot, 'bin/pct'), words, {
    stdio: 'pipe', env: {PATH: process.env['PATH'] ?? '', HOME: lab.home, XDG_RUNTIME_DIR: folder, CORRAL_ROOT: join(folder, 'desk'), CORRAL_NODE: 'desk'},
  })
  const hash = createHash('sha256')
  let [bytes, start, stderr] = [0, '', '']
  child.stdout.on('data', (data: Buffer) => {
    hash.update(data)
    bytes += data.length
    if (start.length < 1000) start += data.toString('latin1')
  })
  child.stderr.on('data', (data: Buffer) => { stderr += data.toString() })
  child.stdin.on('error', () => undefined)
  if (input === undefined) child.stdin.end('')
  else createReadStream(input).pipe(child.stdin)
  return new Promise((done) => { child.once('close', (code) => { done({code, sum: hash.digest('hex'), bytes, start, stderr}) }) })
}

async function must(words: readonly string[], input?: string): Promise<Awaited<ReturnType<typeof type>>> {
  const answer = await type(words, input)
  if (answer.code !== 0) throw new Error(`pct ${words.join(' ')} ended with ${answer.code}: ${answer.stderr}`)
  return answer
}

function keepers(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`XDG_RUNTIME_DIR=${folder}`) && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('corral keeper')
    } catch {
      return false
    }
  })
}

describe.skipIf(why !== undefined)('a container on a host over SSH', limits, () => {
  beforeAll(async () => {
    lab = await openSshLab({hosts: ['h1'], network: 'loopback'})
    folder = mkdtempSync('/tmp/cs-')
    const {root} = lab.host('h1')
    cpSync(join(repositoryRoot, 'dist/agent'), join(root, 'agent'), {recursive: true})
    writeFileSync(join(root, 'agent/environment'), `CORRAL_ROOT=${root}\nCORRAL_NODE=h1\n`)
    mkdirSync(join(lab.home, '.config/corral'), {recursive: true, mode: 0o700})
    writeFileSync(join(lab.home, '.config/corral/contexts.yaml'), `current: lab\ncontexts: {lab: {hosts: [{name: h1, ssh: h1, agent: ${lab.host('h1').agentPath}}]}}\n`, {mode: 0o600})
    writeTemplate(join(root, 'lib/vz/template/cache/small.tar.gz'))
    big = join(folder, 'big')
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
    for (const pid of keepers()) process.kill(pid, 'SIGTERM')
    await lab.close()
    rmSync(folder, {recursive: true, force: true})
  }, 600_000)

  it('takes and gives a large stream whole, with the exit code of the command', async () => {
    await must(['exec', '531', '--', 'sh', '-c', 'cat >/root/streamed'], big)
    expect((await must(['exec', '531', '--', 'sha256sum', '/root/streamed'])).start).toBe(`${bigSum}  /root/streamed\n`)
    const back = await type(['exec', '531', '--', 'sh', '-c', 'cat /root/streamed; exit 9'])
    expect([back.code, back.bytes, back.sum]).toEqual([9, sizeBytes, bigSum])
  })

  it('takes and gives a large file of its host, the same', async () => {
    const out = join(lab.host('h1').root, 'pulled')
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
