// This machine behind the Host interface. It only puts the parts together; each part has its own module.
import type {Host} from '../host.ts'
import {connectUnixSocket} from './connect.ts'
import {spawnDetached} from './detached.ts'
import {localFiles} from './files.ts'
import {killProcess, processIdentity} from './processes.ts'
import {findProgram} from './program-path.ts'
import {runProgram} from './run.ts'

/** To a socket that somebody listens on for a while: programs that he started connect, a few. */
const maxConnections = 1000

/** The machine that we run on. `name` is its name in the store and in messages. Has no side effect until one of its methods is called. */
export function localHost(name: string): Host {
  return {
    name,
    files: localFiles,
    run: (argv, options) => runProgram(name, argv, options),
    spawnDetached: (argv, options) => spawnDetached(name, argv, options),
    process: async (pid) => processIdentity(pid),
    runInForeground: async (argv, options) => (await import('./foreground.ts')).runInForeground(name, argv, options),
    kill: async (target, signal) => killProcess(target, signal),
    connect: connectUnixSocket,
    listen: async (socketPath, onConnection) => {
      const [{listenOnSocket}, {directSocket}] = await Promise.all([import('./listen.ts'), import('./direct-socket.ts')])
      return listenOnSocket(socketPath, maxConnections, (socket) => onConnection(directSocket(socket)), {isPaused: true})
    },
    // Loaded when it is used: web servers are seldom asked.
    download: async (request) => (await import('../download/fetch.ts')).download(request),
    openTree: async (root) => (await import('./tree.ts')).openFileTree(root),
    openScratchFile: async (folder) => (await import('./scratch-file.ts')).openScratchFile(folder),
    openMountSpace: async (like) => (await import('./mount-space.ts')).openLocalMountSpace(name, like),
    which: findProgram,
  }
}
