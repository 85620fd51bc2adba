// A file that has lost its name as soon as it was made: only the descriptor holds it, so the kernel frees its room when we end, be it by SIGKILL. Programs that
// we start reach it through /proc.
import {randomBytes} from 'node:crypto'
import * as fs from 'node:fs'
import {promisify} from 'node:util'
import type {ScratchFile} from '../host.ts'
import {fileError} from '../file-errors.ts'

const [write, read, truncate, close] = [promisify(fs.write), promisify(fs.read), promisify(fs.ftruncate), promisify(fs.close)]

/** @throws NotFoundError when the folder is not there, ForbiddenError */
export function openScratchFile(folder: string): ScratchFile {
  const named = `${folder}/.corral-scratch-${randomBytes(12).toString('hex')}`
  const told = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw fileError(error, `${doing} a temporary file in ${folder}`, folder)
    }
  }
  let fd: number
  try {
    fd = fs.openSync(named, 'wx+', 0o600)
    fs.unlinkSync(named)
  } catch (error) {
    throw fileError(error, `make a temporary file in ${folder}`, folder)
  }
  return {
    path: `/proc/${process.pid}/fd/${fd}`,
    write: (offset, data) => told('write', async () => {
      for (let done = 0; done < data.length;) done += (await write(fd, data, done, data.length - done, offset + done)).bytesWritten
    }),
    read: (offset, lengthBytes) => told('read', async () => {
      const bytes = Buffer.alloc(lengthBytes)
      let done = 0
      for (let count = 1; count > 0 && done < lengthBytes; done += count) count = (await read(fd, bytes, done, lengthBytes - done, offset + done)).bytesRead
      return bytes.subarray(0, done)
    }),
    setSize: (sizeBytes) => told('write', () => truncate(fd, sizeBytes)),
    close: () => told('close', () => close(fd)),
  }
}
