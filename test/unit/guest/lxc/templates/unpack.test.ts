// Unpacking when tar ends before all of the archive has been opened: the reason is told, and nothing else fails because of it.
import {Readable} from 'node:stream'
import {gzipSync} from 'node:zlib'
import {expect, it} from 'vitest'
import {unpack} from '../../../../../src/lib/guest/lxc/templates/unpack.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {tarArchive} from '../../../../support/tar-archive.ts'
import {machineRoom} from '../../qemu/support/run-qm.ts'

/** In the place of a jail: a shell that ends instead of tar, and runs every other program. */
const withoutTar = ['sh', '-c', 'case $1 in prlimit) echo "tar: memory exhausted" >&2; exit 2;; esac; exec "$@"', 'sh']
const archive = Buffer.concat([tarArchive([{name: 'zeros', size: 32 * 1024 ** 2}], Buffer.alloc(0)), Buffer.alloc(32 * 1024 ** 2 + 1024)])

function unpacking(bytes: Buffer, {host, ...context}: Context): Promise<unknown> {
  const space = {run: host.run.bind(host), pathOf: (path: string) => path, close: async () => undefined}
  const wish = {input: Readable.from([bytes], {objectMode: false}), name: 'harm.tar', sizeBytes: bytes.length, jail: withoutTar, map: [], maxBytes: Infinity, ignoreErrors: false, bytesPerSecond: 0}
  return unpack(wish, space, {host, ...context})
}

it.each([['plain', archive], ['compressed', gzipSync(archive, {level: 1})]])('of an archive that is %s', async (_how, bytes) => {
  const context = await (await machineRoom()).open()
  await expect(unpacking(bytes, context)).rejects.toMatchObject({kind: 'invalid-input', message: 'harm.tar could not be unpacked: memory exhausted'})
})
