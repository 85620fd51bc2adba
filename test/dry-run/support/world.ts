// Where a case is played: an installation in a temporary folder whose host is this machine with a note of everything done to it, and hosts
// over SSH that are tables. What a case leaves running is ended with it.
import {createHash} from 'node:crypto'
import {existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {dirname, join} from 'node:path'
import {afterEach, expect, onTestFinished} from 'vitest'
import {formatUpid, upidLogPath} from '../../../src/lib/base/index.ts'
import {aliases} from '../../../src/lib/cli/aliases.ts'
import {findTypedCommand} from '../../../src/lib/cli/find-command.ts'
import {runWords} from '../../../src/lib/cli/run-words.ts'
import {catalog} from '../../../src/lib/catalog.ts'
import {endContainer} from '../../../src/lib/guest/lxc/runtime/end-container.ts'
import {monitorOf, runningContainers} from '../../../src/lib/guest/lxc/runtime/status.ts'
import {eventSocketPath, guestPaths, guestRunDir} from '../../../src/lib/guest/qemu/runtime/sockets.ts'
import {contextsPath} from '../../../src/lib/hosts/contexts-file.ts'
import {checkParams, inputNames, readCommandLine, type CommandSpec} from '../../../src/lib/spec/index.ts'
import {commandLine, runHandler, type Context, type Plan} from '../../../src/lib/tasks/index.ts'
import {pretendRunning} from '../../unit/guest/qemu/support/pretend-running.ts'
import {machineRoom} from '../../unit/guest/qemu/support/run-qm.ts'
import {FakeAgent, type AgentAnswer} from '../../support/fake-agent.ts'
import {fakeConnector, FakeServer} from '../../support/fake-ssh-server.ts'
import {recordingHost, type Deed} from './recording-host.ts'

/** All that a dry run must leave as it is. */
export interface State {
  readonly revision: number
  /** The files of the configuration: those of the store, and contexts.yaml. */
  readonly stored: Readonly<Record<string, string>>
  /** The files on the disk, but for the database: what is in them or, of other things, what they are. */
  readonly files: Readonly<Record<string, string>>
}

export const typedSecret = 'dHlwZWQ='

/** A task that was over as soon as it began. */
function finishedTask({places}: Context, id: string): string {
  const upid = formatUpid({node: 'h1', pid: 1, pstart: 1, starttime: 1, type: id.replace(' ', ''), id: '', user: 'root@pam'})
  const path = `${places.logDir}/${upidLogPath(upid)}`
  mkdirSync(dirname(path), {recursive: true, mode: 0o700})
  writeFileSync(path, 'TASK OK\n')
  return upid
}

/** Ended in a hook of this module, which comes before the one that removes their folders: without their PID files nobody would find them. */
const worlds: World[] = []
afterEach(async () => { for (const world of worlds.splice(0)) await world.endGuests() })

export class World {
  readonly root: string
  readonly context: Context
  /** What was done since the last `forget`. */
  readonly deeds: Deed[]
  /** The host that every name of a host over SSH stands for. */
  readonly server: FakeServer

  private constructor(root: string, context: Context, deeds: Deed[], server: FakeServer) {
    this.root = root
    this.context = context
    this.deeds = deeds
    this.server = server
  }

  static async make(): Promise<World> {
    const {root, open} = await machineRoom()
    const opened = await open({env: {HOME: root}})
    const deeds: Deed[] = []
    const server = new FakeServer()
    const connector = fakeConnector(server)
    const heeding: ((deed: Deed) => void)[] = []
    const note = (deed: Deed) => {
      deeds.push(deed)
      for (const heed of heeding) heed(deed)
    }
    const context: Context = {
      ...opened, host: recordingHost(opened.host, note), connector: async () => connector,
      startTask: async (id, {vmid, ...options}) => {
        const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value === true ? '1' : value === false ? '0' : String(value)])
        deeds.push({kind: 'task', text: commandLine([...id.split(' '), ...vmid === undefined ? [] : [vmid].flat().map(String), ...words])})
        return finishedTask(opened, id)
      },
    }
    const world = new World(root, context, deeds, server)
    heeding.push((deed) => world.heed(deed))
    mkdirSync(context.places.runDir, {recursive: true, mode: 0o700})
    await world.#pretendWatched()
    worlds.push(world)
    // So that the store is there: the first command of an installation makes it, be it a dry run.
    await context.store.revision()
    return world
  }

  /** Somebody listens where qmeventd would, so none is started. */
  async #pretendWatched(): Promise<void> {
    const server = createServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => server.listen(eventSocketPath(this.context.places), resolve))
    onTestFinished(() => { server.close() })
  }

  /** Guests that switch off when their power button is pressed, as one with an operating system would. */
  #obedient = false
  guestsObeyPowerButton(): void { this.#obedient = true }

  private heed({text}: Deed): void {
    if (this.#obedient && text === '# QMP: system_powerdown') void this.endGuests()
  }

  /** Writes a virtual machine's configuration into the store, with small defaults. */
  async guest(vmid: number, lines = ''): Promise<void> {
    await this.context.store.commit({put: {[`nodes/h1/qemu-server/${vmid}.conf`]: `kvm: 0\nmemory: 32\nvga: none\n${lines}`, [`vmids/${vmid}`]: 'qemu h1 00000000-0000-4000-8000-000000000000\n'}})
  }

  /** A virtual machine that runs in a real QEMU; it has nothing to boot. */
  async runningGuest(vmid: number, lines = ''): Promise<void> {
    await this.guest(vmid, lines)
    await this.perform(['qm', 'start', String(vmid)])
  }

  /** A virtual machine that seems to run, with an agent that answers. */
  async guestWithAgent(vmid: number, answers: Readonly<Record<string, AgentAnswer>>): Promise<void> {
    await this.guest(vmid, 'agent: 1\n')
    onTestFinished(await pretendRunning(vmid, this.context))
    const agent = await new FakeAgent(answers).listen(guestPaths(this.context.places, vmid).qga)
    onTestFinished(() => agent.close())
  }

  /** A line of a shell before the case, such as `pvesm alloc …`. */
  async before(...words: string[]): Promise<unknown> {
    return (await this.perform(words)).result
  }

  /** Runs a command for real, in this process also where it is a task. */
  async perform(words: readonly string[]): Promise<{spec: CommandSpec; plan: Plan | undefined; result: unknown}> {
    const {entry, rest} = await this.#find(words)
    const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
    const {params: typed} = readCommandLine(spec, rest)
    // What would be typed at a prompt, or come on standard input.
    const params = {...typed, ...Object.fromEntries(inputNames(spec.params).map((name) => [name, typedSecret]))}
    let plan: Plan | undefined
    const watched = handler.handles !== 'change' ? handler : {...handler, plan: async (given: never, context: Context) => plan = await handler.plan(given, context)}
    const outcome = await runHandler(watched, checkParams(spec.params, params), this.context)
    return {spec, plan, result: outcome.outcome === 'done' ? outcome.result : undefined}
  }

  async #find(words: readonly string[]) {
    const found = findTypedCommand(words, catalog.commands, aliases)
    const entry = found === undefined ? undefined : catalog.commands[found.id]
    if (found === undefined || entry === undefined) throw new Error(`there is no command ${words.join(' ')}`)
    return {entry, rest: found.rest}
  }

  /** What a dry run of the words prints. */
  async dryRun(words: readonly string[], ...options: string[]): Promise<string> {
    let stdout = ''
    // Behind `--` they would belong to another program.
    const end = words.includes('--') ? words.indexOf('--') : words.length
    const code = await runWords([...words.slice(0, end), '--dry-run', ...options, ...words.slice(end)], {
      catalog, aliases, env: {HOME: this.root}, signal: new AbortController().signal, hosts: async () => fakeConnector(this.server),
      streams: {stdout: {write: (text) => { stdout += text }}, stderr: {write: () => undefined}},
      terminal: () => { throw new Error('a dry run asked for the terminal') },
      services: async () => ({withContext: (wishes, work) => work({...this.context, log: wishes.log, signal: wishes.signal})}),
    })
    if (code !== 0) throw new Error(`the dry run of ${words.join(' ')} ended with ${code}`)
    return stdout
  }

  async state(): Promise<State> {
    const {store} = this.context
    const stored = Object.fromEntries((await store.list('')).filter(({path}) => !path.startsWith('journal/')).map(({path, data}) => [path, data]))
    const contexts = contextsPath(this.context.places)
    const text = existsSync(contexts) ? {[contexts]: readFileSync(contexts, 'utf8')} : {}
    return {revision: await store.revision(), stored: {...stored, ...text}, files: this.#files()}
  }

  #files(): Record<string, string> {
    const found: Record<string, string> = {}
    for (const name of readdirSync(this.root, {recursive: true}).map(String).sort()) {
      // The lists for completion follow each commit after a moment.
      if (/^lib\/store|^lib\/completion|^run\/facts/.test(name)) continue
      const path = join(this.root, name)
      const stat = lstatSync(path)
      const content = stat.isFile() ? stat.size < 1024 * 1024 ? createHash('sha1').update(readFileSync(path)).digest('hex') : `${stat.size} bytes` : ''
      // Of a folder the time is not compared: sockets of a running QEMU come and go in it.
      found[path] = [stat.mode.toString(8), content, stat.isDirectory() ? '' : stat.mtimeMs].join(' ')
    }
    return found
  }

  /** Ends the QEMUs and containers of this installation. One that stands still would never end by itself. */
  async endGuests(): Promise<void> {
    for (const vmid of await runningContainers(this.context)) {
      const monitor = await monitorOf(vmid, this.context)
      if (monitor !== undefined) await endContainer(vmid, monitor, this.context)
    }
    const {places, host} = this.context
    for (const name of (await host.files.list(guestRunDir(places))).filter((each) => /^\d+\.pid$/.test(each))) {
      const pid = Number(readFileSync(guestPaths(places, parseInt(name, 10)).pid, 'utf8'))
      if ((await host.process(pid)) !== undefined && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.root)) process.kill(pid, 'SIGKILL')
      await expect.poll(() => host.process(pid)).toBeUndefined()
    }
  }
}
