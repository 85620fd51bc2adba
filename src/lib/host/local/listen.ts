// Listening on a unix socket of this machine, for our own daemons. Node has no SO_PEERCRED, so whoever may connect is decided by the
// folder: it must be ours and closed to others.
import {lstatSync} from 'node:fs'
import type {Server, Socket} from 'node:net'
import {createServer} from 'node:net'
import {AppError, ConflictError, ForbiddenError} from '../../base/index.ts'
import {connectUnixSocket} from './connect.ts'
import {localFiles} from './files.ts'

export interface Listener {
  /** Takes no more connections and removes the socket; those that are open stay. */
  close(): Promise<void>
}

/**
 * Listens on a socket. A socket that a dead process left behind is replaced; between the look and the replacement somebody else could
 * do the same, so callers hold a lock of the store around this.
 * @param isPaused nothing is read of a connection until it is asked for
 * @throws ConflictError when somebody listens there already; ForbiddenError when the folder is not private
 */
export async function listenOnSocket(path: string, maxConnections: number, onConnection: (socket: Socket) => void, {isPaused = false}: {readonly isPaused?: boolean} = {}): Promise<Listener> {
  checkFolder(path.slice(0, path.lastIndexOf('/')))
  if (await localFiles.stat(path) !== undefined) {
    if (await answers(path)) throw new ConflictError(`another process listens on ${path}`)
    await localFiles.remove(path)
  }
  const server = createServer({pauseOnConnect: isPaused}, onConnection)
  server.maxConnections = maxConnections
  await bind(server, path)
  return {close: () => new Promise((resolve) => { server.close(); resolve() })}
}

async function answers(path: string): Promise<boolean> {
  try {
    (await connectUnixSocket(path, 2_000)).destroy()
    return true
  } catch (error) {
    // Refused means that nobody is there. Too slow to accept is somebody.
    return !(error instanceof AppError && error.data['code'] === 'ECONNREFUSED')
  }
}

function checkFolder(folder: string): void {
  // A link is refused: whoever owns it can let it lead elsewhere between this look and the socket.
  const stats = lstatSync(folder)
  if (stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0) return
  throw new ForbiddenError(`others may look into ${folder}, or it is a link, so no socket is made there`, {
    nextSteps: [`Make it private: chown root: ${folder} && chmod 700 ${folder}`],
  })
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(cause.code === 'EADDRINUSE'
        ? new ConflictError(`another process listens on ${path}`, {cause})
        : new AppError('internal', `cannot listen on ${path}`, {cause}))
    })
    // Node makes the socket with the permissions that the umask leaves; the folder keeps others out meanwhile.
    server.listen({path, readableAll: false, writableAll: false}, resolve)
  })
}
