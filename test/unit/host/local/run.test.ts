import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {CancelledError, ToolError, UnavailableError} from '../../../../src/lib/base/index.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {completePath} from '../../../../src/lib/host/local/program-path.ts'
import {builtProgram} from '../../../support/built.ts'

const host = localHost('h1')
let folder: string
beforeAll(async () => { folder = await mkdtemp(join(tmpdir(), 'corral-run-')) })
afterAll(() => rm(folder, {recursive: true, force: true}))

/** Whether a process runs whose command line is exactly this. */
async function pidIn(file: string): Promise<number> {
  let text = ''
  await expect.poll(async () => { text = await readFile(file, 'utf8').catch(() => ''); return text }).toMatch(/^\d+\n/)
  return Number(text)
}

describe('the environment of a program', () => {
  it('is English, whatever ours is', async () => {
    expect((await host.run(['sh', '-c', 'echo "$LC_ALL"'], {env: {LC_ALL: 'de_AT.UTF-8'}})).stdout).toBe('C\n')
  })

  it('has a PATH with the system folders even when ours has none, as in cron', async () => {
    const before = process.env['PATH']
    delete process.env['PATH']
    try {
      expect((await host.run(['sh', '-c', 'echo "$PATH"'])).stdout).toBe('/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n')
      expect(await host.which('sh')).toMatch(/^\/(?:usr\/)?bin\/sh$/)
    } finally {
      process.env['PATH'] = before
    }
  })

  it('keeps our PATH in front, without folders that depend on where we stand', () => {
    expect(completePath('/opt/x:.:bin:/usr/bin')).toBe('/opt/x:/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin')
  })

  it('gives no shell a chance: words stay words', async () => {
    expect((await host.run(['printf', '%s|', '$(id)', 'a b', '*', '`x`', ';'])).stdout).toBe('$(id)|a b|*|`x`|;|')
  })

  it('has no standard input to wait on when none is given', async () => {
    expect((await host.run(['cat'], {timeoutMs: 5000})).stdout).toBe('')
  })
})

describe('time', () => {
  it('ends the program and all that it started when the time is over', async () => {
    const pidFile = join(folder, 'grandchild')
    const started = Date.now()
    const running = host.run(['sh', '-c', `sleep 60 & echo $! > ${pidFile}; wait`], {timeoutMs: 500})
    await expect(running).rejects.toBeInstanceOf(UnavailableError)
    expect(Date.now() - started).toBeLessThan(4000)
    const pid = await pidIn(pidFile)
    await expect.poll(() => host.process(pid)).toBeUndefined()
  })

  it('kills what ignores the first request', async () => {
    const running = host.run(['sh', '-c', 'trap "" TERM; while :; do sleep 0.2; done'], {timeoutMs: 200})
    await expect(running).rejects.toThrow('sh did not end within 0.2 s and was stopped')
  })

  it('ends the program when the operation is cancelled', async () => {
    const cancel = new AbortController()
    const running = host.run(['sleep', '60'], {signal: cancel.signal})
    setTimeout(() => cancel.abort(), 100)
    await expect(running).rejects.toBeInstanceOf(CancelledError)
  })
})

describe('a program that dies with us', () => {
  it('is ended by the kernel when our process is killed', async () => {
    const pidFile = join(folder, 'survivor')
    const program = await builtProgram('test/unit/host/local/waiting-program.ts')
    const parent = await host.spawnDetached([process.execPath, program, pidFile])
    const pid = await pidIn(pidFile)
    const child = await host.process(pid)
    expect(child).toBeDefined()
    await host.kill(parent, 'SIGKILL')
    await expect.poll(() => host.process(pid)).toBeUndefined()
  })

  it('is reported like any other when it is missing or fails', async () => {
    await expect(host.run(['corral-no-such-program'], {diesWithUs: true})).rejects.toMatchObject({kind: 'not-found', message: expect.stringContaining('corral-no-such-program') as unknown})
    await expect(host.run(['sh', '-c', 'exit 4'], {diesWithUs: true})).rejects.toThrow('sh failed with exit code 4')
    expect((await host.run(['printf', '%s', '--x'], {diesWithUs: true})).stdout).toBe('--x')
  })
})

describe('output', () => {
  it('is kept from its end, up to the bound', async () => {
    const {stdout} = await host.run(['sh', '-c', 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done'], {maxOutputBytes: 1000})
    expect(Buffer.byteLength(stdout)).toBe(1000)
    expect(stdout.endsWith('line 19999\n')).toBe(true)
  })

  it('that never ends a line is handed on in pieces', async () => {
    const lengths: number[] = []
    await host.run(['head', '-c', '200000', '/dev/zero'], {onLine: (line) => lengths.push(line.length), maxOutputBytes: 10})
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(200_000)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(64 * 1024)
  })

  it('is cut into lines at CR too, as progress displays write it', async () => {
    const lines: string[] = []
    await host.run(['printf', '1%%\\r2%%\\r\\nlast'], {onLine: (line) => lines.push(line)})
    expect(lines).toEqual(['1%', '2%', 'last'])
  })

  it('never shows a secret argument, not even where the program repeats it', async () => {
    const error: unknown = await host.run(['sh', '-c', 'echo "bad key: $1" >&2; exit 1', 'sh', 'hunter2'], {secretArgs: [4]}).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ToolError)
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('hunter2')
    expect((error as ToolError).failure.argv.at(-1)).toBe('***')
    expect((error as ToolError).message).toBe('sh failed with exit code 1: bad key: ***')
  })

  it('is quoted in the error by the last line that says something', async () => {
    const lines = 'mount: /srv: wrong fs type.\n       dmesg(1) may have more information after failed mount system call.\n\n'
    await expect(host.run(['sh', '-c', 'printf "%s" "$1" >&2; exit 32', 'sh', lines])).rejects.toThrow(/^sh failed with exit code 32: mount: \/srv: wrong fs type\.$/)
  })

  it('names the signal that ended the program', async () => {
    await expect(host.run(['sh', '-c', 'kill -9 $$'])).rejects.toThrow('sh was ended by SIGKILL')
  })

  it('is not lost when a lot of input was not read', async () => {
    expect(await host.run(['true'], {input: Buffer.alloc(4 * 1024 * 1024)})).toMatchObject({exitCode: 0})
  })
})

describe('a detached program', () => {
  it('leads a session of its own and writes into private files', async () => {
    const out = join(folder, 'out')
    const err = join(folder, 'err')
    const started = await host.spawnDetached(['sh', '-c', 'cat; echo "$$ $(ps -o sid= -p $$)"; echo oops >&2'], {input: 'given\n', stdoutPath: out, stderrPath: err})
    await expect.poll(() => readFile(err, 'utf8')).toBe('oops\n')
    const [input, line = ''] = (await readFile(out, 'utf8')).split('\n')
    expect(input).toBe('given')
    expect(line.trim().split(/\s+/)).toEqual([String(started.pid), String(started.pid)])
    expect((await host.files.stat(out))?.mode).toBe(0o600)
  })

  it('has an identity even when it ends at once', async () => {
    const started = await host.spawnDetached(['true'])
    expect(started.startTime).toMatch(/^\d+$/)
    await expect.poll(() => host.process(started.pid)).toBeUndefined()
  })

  it('is ended when it does not read what it is given', async () => {
    const pidFile = join(folder, 'deaf')
    const starting = host.spawnDetached(['sh', '-c', `echo $$ > ${pidFile}; exec sleep 60`], {input: Buffer.alloc(4 * 1024 * 1024), inputTimeoutMs: 500})
    await expect(starting).rejects.toMatchObject({kind: 'unavailable', message: 'sh did not read its input within 0.5 s and was ended'})
    const pid = await pidIn(pidFile)
    await expect.poll(() => host.process(pid)).toBeUndefined()
    const ending = await host.spawnDetached(['true'], {input: Buffer.alloc(4 * 1024 * 1024), inputTimeoutMs: 10_000})
    await expect.poll(() => host.process(ending.pid)).toBeUndefined()
  })

  it('does not write through a link that lies in the place of its output', async () => {
    await host.files.symlink('/dev/null', join(folder, 'link'))
    await expect(host.spawnDetached(['true'], {stdoutPath: join(folder, 'link')})).rejects.toMatchObject({kind: 'invalid-input'})
  })
})

describe('a program that writes to a file itself', () => {
  it('writes from its beginning on, with its input from a stream, and says how it ended', async () => {
    const outputPath = join(folder, 'out')
    await writeFile(outputPath, '')
    expect(await host.run(['tr', 'a-z', 'A-Z'], {inputStream: Readable.from([Buffer.from('abc'), Buffer.from('def')]), outputPath, diesWithUs: true})).toEqual({stdout: '', stderr: '', exitCode: 0})
    expect(await readFile(outputPath, 'utf8')).toBe('ABCDEF')
    await expect(host.run(['sh', '-c', 'echo half; echo no >&2; exit 3'], {outputPath})).rejects.toThrow('exit code 3: no')
    await expect(host.run(['sleep', '60'], {outputPath, timeoutMs: 50})).rejects.toMatchObject({kind: 'unavailable'})
    await expect(host.run(['no-such-program'], {outputPath})).rejects.toMatchObject({kind: 'not-found'})
  })

  it('never makes the file, and follows no link to it', async () => {
    await expect(host.run(['true'], {outputPath: join(folder, 'none')})).rejects.toMatchObject({kind: 'not-found'})
    await host.files.symlink('/dev/null', join(folder, 'link-out'))
    await expect(host.run(['true'], {outputPath: join(folder, 'link-out')})).rejects.toThrow('link-out')
  })
})
