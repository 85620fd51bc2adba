// Who may use a repository beside whom, and what becomes of locks whose owners are gone. The program restic sees the same locks.
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, expect, it, vi} from 'vitest'
import {formatLock, underLock} from '../../../../src/lib/storage/repository/locks.ts'
import {zstdOn} from '../../../../src/lib/storage/repository/packed.ts'
import {filesInFolder} from '../../../../src/lib/storage/repository/repository-files.ts'
import {initRepository} from '../../../../src/lib/storage/repository/repository.ts'
import type {Repository} from '../../../../src/lib/storage/repository/repository.ts'
import {systemClock} from '../../../../src/lib/base/index.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'

vi.setConfig({testTimeout: 120_000, hookTimeout: 60_000})

const host = localHost('h1')
const user = {host, clock: systemClock}
let folder: string
let repository: Repository

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'corral-locks-'))
  repository = await initRepository({files: filesInFolder(host, folder), compressor: zstdOn(host)}, 'word', {hostname: 'h1', username: 'root', createdAtMs: 0})
})

afterEach(async () => { await fs.rm(folder, {recursive: true, force: true}) })

const locks = () => fs.readdir(path.join(folder, 'locks'))
const owner = {takenAtMs: Date.now(), isExclusive: true, hostname: 'elsewhere', username: 'root', pid: 1}

it('lets several write, and nobody beside one who packs anew', async () => {
  await underLock(repository, false, user, async () => {
    await underLock(repository, false, user, async () => { expect(await locks()).toHaveLength(2) })
    await expect(underLock(repository, true, user, async () => 'never')).rejects.toThrow(/the repository is in use by process \d+ of root@/)
  })
  expect(await underLock(repository, true, user, async () => 'alone')).toBe('alone')
  expect(await locks()).toEqual([])
})

it('is gone when the work fails', async () => {
  await expect(underLock(repository, true, user, async () => { throw new Error('no room') })).rejects.toThrow('no room')
  expect(await locks()).toEqual([])
})

it('waits for nobody who is dead on this host, or silent for half an hour elsewhere', async () => {
  const dead = {...owner, hostname: os.hostname(), pid: 2 ** 22 + 1}
  await repository.writeLock(formatLock(dead))
  await repository.writeLock(formatLock({...owner, takenAtMs: Date.now() - 31 * 60_000}))
  expect(await underLock(repository, true, user, async () => (await locks()).length)).toBe(1)
  await repository.writeLock(formatLock(owner))
  await expect(underLock(repository, false, user, async () => 'never')).rejects.toThrow('process 1 of root@elsewhere')
})
