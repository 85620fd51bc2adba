// Commands of Corral for a lab host, run here as the command line does it there: parameters checked by the spec, locks, journal. The store is a folder of this
// machine; programs, devices and QEMU are the lab host's. What a user types on the host itself is tried by test/lab/install.test.ts.
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {ProcessId} from '../../../src/lib/host/index.ts'
import {eventDaemonArgv} from '../../../src/lib/host/programs.ts'
import {eventSocketPath} from '../../../src/lib/guest/qemu/runtime/sockets.ts'
import {catalog} from '../../../src/lib/catalog.ts'
import {checkParams} from '../../../src/lib/spec/index.ts'
import {localContext, runHandler} from '../../../src/lib/tasks/index.ts'
import type {Context} from '../../../src/lib/tasks/index.ts'
import {sharedHost} from './shared-host.ts'

export interface Commands {
  readonly context: Context
  /** The result of `command`: `await run('qm set', {vmid: 100, cores: '2'})`. */
  run(command: string, params?: Readonly<Record<string, unknown>>): Promise<unknown>
  close(): Promise<void>
}

export async function commandsForLab(): Promise<Commands> {
  const root = await mkdtemp(join(tmpdir(), 'corral-lab-store-'))
  const host = await sharedHost()
  const log = {info: () => undefined, warn: () => undefined, notice: () => undefined, progress: () => undefined}
  const {context: local, close} = await localContext({
    env: {CORRAL_ROOT: root, CORRAL_NODE: 'lab1', PATH: process.env['PATH']}, catalog, workerArgv: ['/usr/bin/false'], log, signal: new AbortController().signal, uid: 0,
  })
  // Each QEMU connects to the socket of the daemon that watches guests. Nobody has to watch here: these guests end when they are told to.
  const watcherArgv = ['socat', '-u', `UNIX-LISTEN:${eventSocketPath(local.places)},fork,mode=600`, 'OPEN:/dev/null']
  const watchers: ProcessId[] = []
  const spawnDetached: typeof host.spawnDetached = async (argv, options) => {
    if (argv.join('\0') !== eventDaemonArgv().join('\0')) return host.spawnDetached(argv, options)
    const watcher = await host.spawnDetached(watcherArgv, options)
    watchers.push(watcher)
    return watcher
  }
  const context: Context = {...local, host: {...host, spawnDetached}}
  return {
    context,
    run: async (command, params = {}) => {
      const entry = catalog.commands[command]
      if (entry === undefined) throw new Error(`there is no ${command}`)
      const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
      const outcome = await runHandler(handler, checkParams(spec.params, params), context, {})
      return outcome.outcome === 'done' ? outcome.result : undefined
    },
    close: async () => {
      await close()
      for (const watcher of watchers) await host.kill(watcher, 'SIGTERM')
      await host.files.removeTree(root)
      await rm(root, {recursive: true, force: true})
    },
  }
}
