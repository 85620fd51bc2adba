// Entry 27: who can reach a socket of ours, or stand in its place, commands what is behind it; and a process number may have passed on to
// another process between a look and a signal. Node knows neither SO_PEERCRED nor pidfd: folders and start times stand in for them.
import {spawn} from 'node:child_process'
import {chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, it, onTestFinished} from 'vitest'
import {isOwnSocket, isPrivateFolder, keeperFolder} from '../../src/lib/cli/keeper/private-folder.ts'
import {prepare} from '../../src/lib/guest/qemu/runtime/actions/prepare.ts'
import {parsePidFile} from '../../src/lib/guest/qemu/runtime/status.ts'
import {listenOnSocket} from '../../src/lib/host/local/listen.ts'
import {killProcess, processIdentity} from '../../src/lib/host/local/processes.ts'
import {machineRoom} from '../unit/guest/qemu/support/run-qm.ts'

const isRoot = process.getuid?.() === 0
/** Nobody, in Debian. */
const stranger = 65_534

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'corral-27-'))
  onTestFinished(() => { rmSync(path, {recursive: true, force: true}) })
  return path
}

/** Folders that are not ours alone, each below its own parent. */
function unsafeFolders(): Record<string, string> {
  const parent = folder()
  const make = (name: string) => { const path = join(parent, name); mkdirSync(path, {mode: 0o700}); return path }
  const [target, open, group, foreign] = [make('target'), make('open'), make('group'), make('foreign')]
  chmodSync(open, 0o777)
  chmodSync(group, 0o770)
  symlinkSync(target, join(parent, 'link'))
  if (isRoot) chownSync(foreign, stranger, stranger)
  return {open, group, link: join(parent, 'link'), ...(isRoot ? {foreign} : {})}
}

describe('a socket that listens', () => {
  it('is made in a private folder only, and never behind a link', async () => {
    for (const [what, path] of Object.entries(unsafeFolders())) {
      await expect(listenOnSocket(join(path, 's'), 4, () => undefined), what).rejects.toMatchObject({kind: 'forbidden'})
      expect(existsSync(join(path, 's')), what).toBe(false)
    }
  })

  it('is closed to others from its first moment, whatever the umask', async () => {
    const own = folder()
    const umask = process.umask(0)
    try {
      // What matters is the folder: it is private before the socket is there.
      expect(lstatSync(own).mode & 0o077).toBe(0)
      const listener = await listenOnSocket(join(own, 's'), 4, (socket) => { socket.destroy() })
      expect(lstatSync(join(own, 's')).isSocket()).toBe(true)
      expect(await isPrivateFolder(own)).toBe(true)
      await listener.close()
    } finally {
      process.umask(umask)
    }
  })

  it('takes neither the place of one that answers, nor that of a file', async () => {
    const own = folder()
    const listener = await listenOnSocket(join(own, 's'), 4, (socket) => { socket.destroy() })
    await expect(listenOnSocket(join(own, 's'), 4, () => undefined)).rejects.toMatchObject({kind: 'conflict'})
    await listener.close()
  })
})

describe('the folder of keepers', () => {
  it('is none that is not ours alone', async () => {
    for (const [what, path] of Object.entries(unsafeFolders())) {
      expect(await isPrivateFolder(path), what).toBe(false)
      // As the runtime folder itself, and as the folder `corral` in it.
      if (what !== 'group') expect(await keeperFolder({XDG_RUNTIME_DIR: path}), what).toBeUndefined()
      const parent = folder()
      symlinkSync(path, join(parent, 'corral'))
      expect(await keeperFolder({XDG_RUNTIME_DIR: parent}), what).toBeUndefined()
    }
    expect(await keeperFolder({})).toBeUndefined()
    expect(await keeperFolder({XDG_RUNTIME_DIR: 'relative'})).toBeUndefined()
  })

  it('has sockets that are taken for ours only when they are sockets and ours', async () => {
    const own = folder()
    const server = createServer()
    await new Promise<void>((resolve) => { server.listen(join(own, 'real'), resolve) })
    onTestFinished(() => { server.close() })
    writeFileSync(join(own, 'file'), '')
    symlinkSync(join(own, 'real'), join(own, 'link'))
    expect(await isOwnSocket(join(own, 'real'))).toBe(true)
    for (const name of ['file', 'link', 'none']) expect(await isOwnSocket(join(own, name)), name).toBe(false)
    expect(await isOwnSocket(join(own, 'real'), stranger)).toBe(false)
  })
})

describe('the folders of a guest that starts', () => {
  it.each(['run', 'run/qemu-server'])('are refused when %s is a link, open to others or theirs', async (name) => {
    const place = await machineRoom()
    const context = await place.open()
    const start = {kind: 'qemu.prepare', vmid: 100, taps: [], temporaryFiles: []} as const
    await prepare.run(start, context)
    const path = join(place.root, name)
    chmodSync(path, 0o777)
    await expect(prepare.run(start, context)).rejects.toMatchObject({kind: 'forbidden'})
    chmodSync(path, 0o700)
    if (isRoot) {
      chownSync(path, stranger, stranger)
      await expect(prepare.run(start, context)).rejects.toMatchObject({kind: 'forbidden'})
      chownSync(path, 0, 0)
    }
    rmSync(path, {recursive: true})
    const elsewhere = folder()
    symlinkSync(elsewhere, path)
    await expect(prepare.run(start, context)).rejects.toMatchObject({kind: 'forbidden'})
  })
})

describe('a process number that has passed on', () => {
  it('gets no signal', () => {
    const child = spawn('sleep', ['60'])
    onTestFinished(() => { child.kill('SIGKILL') })
    const identity = processIdentity(child.pid ?? 0)
    expect(identity).toBeDefined()
    if (identity === undefined) return
    // As it would be for a process that had the number before.
    expect(killProcess({...identity, startTime: String(Number(identity.startTime) - 1)}, 'SIGKILL')).toBe(false)
    expect(processIdentity(identity.pid)).toEqual(identity)
    expect(killProcess(identity, 'SIGKILL')).toBe(true)
  })

  it.each(['0', '-1', '1\n2', '1e3', ' ', '99999999999', '0x1', '1 -9', '٣'])('is not read from a PID file with %j', (text) => { expect(parsePidFile(text)).toBeUndefined() })
})
