// Unix sockets. Whoever gets the connection listens for its errors.
import {connect} from 'node:net'
import type {Duplex} from 'node:stream'
import {UnavailableError} from '../../base/index.ts'

/** sun_path without its final zero byte (unix(7)). */
const maxSocketPathBytes = 107

/** @throws UnavailableError when nobody listens there or nobody accepts within the time */
export async function connectUnixSocket(socketPath: string, timeoutMs = 5000): Promise<Duplex> {
  if (Buffer.byteLength(socketPath) > maxSocketPathBytes) {
    throw new UnavailableError(`the path of the socket is longer than ${maxSocketPathBytes} bytes: ${socketPath}`)
  }
  return new Promise((resolve, reject) => {
    const socket = connect({path: socketPath})
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new UnavailableError(`nobody answered on the socket ${socketPath} within ${timeoutMs} ms`))
    }, timeoutMs)
    const onError = (error: Error): void => {
      clearTimeout(timer)
      reject(new UnavailableError(`cannot connect to the socket ${socketPath}`, {cause: error, data: {code: (error as NodeJS.ErrnoException).code}}))
    }
    socket.once('error', onError)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', onError)
      resolve(socket)
    })
  })
}
