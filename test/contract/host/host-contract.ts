// What every Host must do, whatever stands behind it. A maker supplies the host, a folder to work in, and answers for the few programs
// that the suite runs, where they are not real.
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {CancelledError, ConflictError, InvalidInputError, NotFoundError, ToolError} from '../../../src/lib/base/index.ts'
import type {Answer} from '../../../src/lib/host/fake/index.ts'
import type {Host} from '../../../src/lib/host/index.ts'

export interface HostUnderTest {
  readonly host: Host
  /** Exists and is empty. */
  readonly folder: string
  readonly close: () => Promise<void>
}

export const failing = ['sh', '-c', 'printf "out\\n"; printf "no\\nsuch thing\\n" >&2; exit 3'] as const
export const echoing = ['cat', '-'] as const
export const sleeping = ['sleep', '30'] as const

/** The programs of the suite for a host that has none of its own. */
export const programAnswers: readonly Answer[] = [
  {argv: failing, stdout: 'out\n', stderr: 'no\nsuch thing\n', exitCode: 3, times: Infinity},
  {argv: echoing, stdout: 'hello', input: 'hello', times: Infinity},
  {argv: sleeping, times: Infinity},
  {argv: ['corral-no-such-program'], missing: true, times: Infinity},
]

export function hostContract(name: string, make: () => Promise<HostUnderTest>): void {
  describe(`a host: ${name}`, () => {
    let host: Host
    let folder: string
    let close: () => Promise<void>
    beforeEach(async () => { ({host, folder, close} = await make()) })
    afterEach(() => close())

    describe('files', () => {
      it('writes a file whole, with the mode asked for, and reads it back', async () => {
        await host.files.write(`${folder}/a`, 'first')
        expect(await host.files.readText(`${folder}/a`)).toBe('first')
        expect(await host.files.stat(`${folder}/a`)).toMatchObject({kind: 'file', sizeBytes: 5, mode: 0o600})
        await host.files.write(`${folder}/a`, Buffer.from([0, 255]), {mode: 0o644})
        expect(await host.files.read(`${folder}/a`)).toEqual(Buffer.from([0, 255]))
        expect((await host.files.stat(`${folder}/a`))?.mode).toBe(0o644)
        expect(await host.files.list(folder)).toEqual(['a'])
      })

      it('refuses to replace a file when told so, and leaves it as it is', async () => {
        await host.files.write(`${folder}/a`, 'first', {overwrite: false})
        await expect(host.files.write(`${folder}/a`, 'second', {overwrite: false})).rejects.toBeInstanceOf(ConflictError)
        expect(await host.files.readText(`${folder}/a`)).toBe('first')
        expect(await host.files.list(folder)).toEqual(['a'])
      })

      it('names what is missing', async () => {
        await expect(host.files.read(`${folder}/none`)).rejects.toMatchObject({kind: 'not-found', message: expect.stringContaining(`${folder}/none`) as unknown})
        await expect(host.files.write(`${folder}/no/folder`, 'x')).rejects.toBeInstanceOf(NotFoundError)
        await expect(host.files.realPath(`${folder}/none`)).rejects.toBeInstanceOf(NotFoundError)
        expect(await host.files.stat(`${folder}/none`)).toBeUndefined()
        expect(await host.files.stat(`${folder}/none/below`)).toBeUndefined()
        expect(await host.files.list(`${folder}/none`)).toEqual([])
        expect(await host.files.remove(`${folder}/none`)).toBe(false)
      })

      it('bounds what it reads', async () => {
        await host.files.write(`${folder}/a`, '0123456789')
        await expect(host.files.read(`${folder}/a`, 9)).rejects.toBeInstanceOf(InvalidInputError)
        expect((await host.files.read(`${folder}/a`, 10)).length).toBe(10)
        expect((await host.files.readAt(`${folder}/a`, 8, 100)).toString()).toBe('89')
        expect((await host.files.readAt(`${folder}/a`, 2, 3)).toString()).toBe('234')
        expect((await host.files.readAt(`${folder}/a`, 50, 3)).length).toBe(0)
      })

      it('refuses names that the kernel would cut', async () => {
        await expect(host.files.write(`${folder}/a\0b`, 'x')).rejects.toBeInstanceOf(InvalidInputError)
        await expect(host.files.read(`${folder}/a\0b`)).rejects.toBeInstanceOf(InvalidInputError)
      })

      it('writes in place what is there, and makes no file', async () => {
        await host.files.write(`${folder}/value`, '1')
        await host.files.writeInPlace(`${folder}/value`, '2')
        expect(await host.files.readText(`${folder}/value`)).toBe('2')
        await expect(host.files.writeInPlace(`${folder}/none`, '2')).rejects.toBeInstanceOf(NotFoundError)
        expect(await host.files.list(folder)).toEqual(['value'])
      })

      it('appends, making the file when it is not there', async () => {
        await host.files.append(`${folder}/log`, 'one\n')
        await host.files.append(`${folder}/log`, 'two\n')
        expect(await host.files.readText(`${folder}/log`)).toBe('one\ntwo\n')
        expect((await host.files.stat(`${folder}/log`))?.mode).toBe(0o600)
      })

      it('makes folders, lists them sorted, and removes only empty ones', async () => {
        await host.files.makeDirectory(`${folder}/x/y`)
        await host.files.makeDirectory(`${folder}/x/y`)
        await host.files.write(`${folder}/x/b`, '')
        await host.files.write(`${folder}/x/a`, '')
        expect(await host.files.list(`${folder}/x`)).toEqual(['a', 'b', 'y'])
        await expect(host.files.remove(`${folder}/x`)).rejects.toBeInstanceOf(ConflictError)
        expect(await host.files.remove(`${folder}/x/y`)).toBe(true)
        await host.files.removeTree(`${folder}/x`)
        expect(await host.files.stat(`${folder}/x`)).toBeUndefined()
        await host.files.removeTree(`${folder}/x`)
      })

      it('renames over what is there', async () => {
        await host.files.write(`${folder}/a`, 'a')
        await host.files.write(`${folder}/b`, 'b')
        await host.files.rename(`${folder}/a`, `${folder}/b`)
        expect(await host.files.readText(`${folder}/b`)).toBe('a')
        expect(await host.files.stat(`${folder}/a`)).toBeUndefined()
        await expect(host.files.rename(`${folder}/a`, `${folder}/c`)).rejects.toBeInstanceOf(NotFoundError)
      })

      it('shows links for what they are unless asked to follow them', async () => {
        await host.files.makeDirectory(`${folder}/real`)
        await host.files.write(`${folder}/real/file`, 'x')
        await host.files.symlink('real', `${folder}/link`)
        expect((await host.files.stat(`${folder}/link`))?.kind).toBe('symlink')
        expect((await host.files.stat(`${folder}/link`, {followLinks: true}))?.kind).toBe('directory')
        expect(await host.files.readText(`${folder}/link/file`)).toBe('x')
        expect(await host.files.realPath(`${folder}/link/file`)).toBe(await host.files.realPath(`${folder}/real/file`))
        expect(await host.files.remove(`${folder}/link`)).toBe(true)
        expect(await host.files.readText(`${folder}/real/file`)).toBe('x')
      })

      it('replaces a link rather than writing through it', async () => {
        await host.files.write(`${folder}/target`, 'kept')
        await host.files.symlink('target', `${folder}/link`)
        await host.files.write(`${folder}/link`, 'new')
        expect(await host.files.readText(`${folder}/target`)).toBe('kept')
        expect((await host.files.stat(`${folder}/link`))?.kind).toBe('file')
      })

      it('tells the space of a file system', async () => {
        const {totalBytes, usedBytes, availableBytes} = await host.files.space(folder)
        expect(totalBytes).toBeGreaterThan(0)
        expect(usedBytes + availableBytes).toBeLessThanOrEqual(totalBytes)
      })
    })

    describe('programs', () => {
      it('gives back output and exit codes that are answers', async () => {
        expect(await host.run(failing, {okExitCodes: [0, 3]})).toEqual({stdout: 'out\n', stderr: 'no\nsuch thing\n', exitCode: 3})
      })

      it('turns other exit codes into an error with the end of stderr', async () => {
        const error: unknown = await host.run(failing).catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(ToolError)
        expect(error).toMatchObject({message: 'sh failed with exit code 3: such thing', failure: {exitCode: 3, stderr: 'no\nsuch thing\n', host: host.name}})
      })

      it('hands lines on as they come', async () => {
        const lines: string[] = []
        await host.run(failing, {okExitCodes: [3], onLine: (line, stream) => lines.push(`${stream}: ${line}`)})
        expect(lines.filter((line) => line.startsWith('stderr'))).toEqual(['stderr: no', 'stderr: such thing'])
        expect(lines).toContain('stdout: out')
      })

      it('writes to the standard input', async () => {
        expect((await host.run(echoing, {input: 'hello'})).stdout).toBe('hello')
      })

      it('says which program is missing', async () => {
        await expect(host.run(['corral-no-such-program'])).rejects.toMatchObject({kind: 'not-found', message: expect.stringContaining('corral-no-such-program') as unknown})
        await expect(host.spawnDetached(['corral-no-such-program'])).rejects.toBeInstanceOf(NotFoundError)
        expect(await host.which('corral-no-such-program')).toBeUndefined()
      })

      it('refuses what is no program call', async () => {
        await expect(host.run([])).rejects.toBeInstanceOf(InvalidInputError)
        await expect(host.run(['true', 'a\0b'])).rejects.toBeInstanceOf(InvalidInputError)
      })

      it('does not start anything for an operation that was cancelled already', async () => {
        await expect(host.run(echoing, {signal: AbortSignal.abort()})).rejects.toBeInstanceOf(CancelledError)
      })
    })

    describe('processes', () => {
      it('starts one that stays, knows it again and ends that one only', async () => {
        const started = await host.spawnDetached(sleeping)
        expect(await host.process(started.pid)).toEqual(started)
        expect(await host.kill({...started, startTime: '1'}, 'SIGKILL')).toBe(false)
        expect(await host.process(started.pid)).toEqual(started)
        expect(await host.kill(started, 'SIGKILL')).toBe(true)
        await expect.poll(() => host.process(started.pid)).toBeUndefined()
        expect(await host.kill(started, 'SIGKILL')).toBe(false)
      })
    })

    it('says that nobody listens on a socket', async () => {
      await expect(host.connect(`${folder}/none.sock`, 500)).rejects.toMatchObject({kind: 'unavailable'})
    })
  })
}
