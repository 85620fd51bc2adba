// One to three Debian 13 hosts for tests, with spare disks and a network between them, each reached by SSH on a port of 127.0.0.1. They end with the process that
// opened the lab; their files are removed then, or by the next lab.
import {execFile} from 'node:child_process'
import {existsSync} from 'node:fs'
import {chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile} from 'node:fs/promises'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import type {SshOptions} from '../../../src/lib/host/ssh/index.ts'
import {connectSsh} from '../../../src/lib/host/ssh/index.ts'
import {labImage} from './lab-image.ts'
import type {Machine, MachineWish} from './lab-machine.ts'
import {prepareMachine, privateAddress, startMachine} from './lab-machine.ts'
import {openSwitch} from './switch.ts'

const run = promisify(execFile)

/** A boot takes 35 s on a quiet machine, and twenty times that on a busy one. */
const bootLimitMs = 30 * 60_000
const mebibyte = 1024 ** 2

export interface LabWish {
  readonly hosts: readonly string[]
  /** For each host. */
  readonly diskBytes?: readonly number[]
  readonly memoryMib?: number
}

export interface LabHost {
  readonly name: string
  readonly sshPort: number
  /** Between the hosts. */
  readonly address: string
  /** As if the power had gone. */
  cutPower(): Promise<void>
  /** After a power cut; resolves when SSH answers. */
  start(): Promise<void>
  consoleLog(): Promise<string>
}

export interface Lab {
  /** The home of a person with a key for root on every host: `.ssh/config` has them by name. */
  readonly home: string
  readonly hosts: readonly LabHost[]
  close(): Promise<void>
}

/** Options of connectSsh for whoever lives there. */
export function sshOptions(home: string, over: Partial<SshOptions> = {}): SshOptions {
  return {env: {}, home, configFiles: [{path: join(home, '.ssh/config'), kind: 'user'}], connectTimeoutMs: 60_000, ...over}
}

export async function openLab({hosts: names, diskBytes = [], memoryMib = 3072}: LabWish): Promise<Lab> {
  const image = await labImage()
  await removeDeadLabs()
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`))
  const closers: (() => Promise<unknown>)[] = [() => rm(folder, {recursive: true, force: true})]
  const close = async () => { for (const step of closers.splice(0).reverse()) await step() }
  try {
    const home = join(folder, 'home')
    await mkdir(join(home, '.ssh'), {recursive: true, mode: 0o700})
    const authorizedKey = await makeKey(join(home, '.ssh/id_ed25519'))
    const network = await openSwitch(join(folder, 'switch'))
    closers.push(() => network.close())
    const neighbours = names.map((name, index) => `${privateAddress(index + 1)} ${name}`)
    const wishes: MachineWish[] = []
    for (const [index, name] of names.entries()) {
      const hostKeyPath = join(folder, `${name}.key`)
      const [sshPort, hostKey] = [await freePort(), await makeKey(hostKeyPath)]
      await writeFile(join(home, '.ssh/known_hosts'), `[127.0.0.1]:${sshPort} ${hostKey}\n`, {flag: 'a', mode: 0o600})
      await writeFile(join(home, '.ssh/config'), sshConfig(home, name, sshPort), {flag: 'a', mode: 0o600})
      wishes.push({name, number: index + 1, folder: join(folder, name), sshPort, memoryMib, diskBytes, switchPath: network.path, hostKeyPath, authorizedKey, neighbours})
    }
    const hosts = await Promise.all(wishes.map(async (wish) => {
      await prepareMachine(image, wish)
      let machine: Machine | undefined
      const start = async () => {
        if (machine?.isRunning() === true) throw new Error(`lab host ${wish.name} runs already`)
        machine = startMachine(image, wish)
        await untilSshAnswers(wish, machine, home)
      }
      closers.push(async () => machine?.cut())
      await start()
      const host: LabHost = {
        name: wish.name, sshPort: wish.sshPort, address: privateAddress(wish.number), start,
        cutPower: async () => machine?.cut(), consoleLog: async () => await machine?.consoleLog() ?? '',
      }
      return host
    }))
    return {home, hosts, close}
  } catch (error) {
    await close()
    throw error
  }
}

async function untilSshAnswers({name}: MachineWish, machine: Machine, home: string): Promise<void> {
  const deadlineMs = performance.now() + bootLimitMs
  for (;;) {
    try {
      (await connectSsh({host: name}, sshOptions(home, {connectTimeoutMs: 15_000}))).close()
      return
    } catch (error) {
      if (machine.isRunning() && performance.now() < deadlineMs) { await new Promise((resolve) => setTimeout(resolve, 500)); continue }
      const why = machine.isRunning() ? `does not answer after ${bootLimitMs / 1000} s` : 'ended'
      throw new Error(`lab host ${name} ${why}; its console:\n${(await machine.consoleLog()).slice(-4000)}`, {cause: error})
    }
  }
}

const folderPrefix = 'corral-lab-run-'

/** What was left by processes that were killed, before they could clear up. */
async function removeDeadLabs(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(folderPrefix) ? /^(\d+)-/.exec(name.slice(folderPrefix.length))?.[1] : undefined
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await rm(join(tmpdir(), name), {recursive: true, force: true})
  }
}

function sshConfig(home: string, name: string, port: number): string {
  return [
    `Host ${name}`, '  HostName 127.0.0.1', `  Port ${port}`, '  User root', `  IdentityFile ${home}/.ssh/id_ed25519`,
    `  UserKnownHostsFile ${home}/.ssh/known_hosts`, '  GlobalKnownHostsFile none',
    // The agent has twice that time to start: on a busy machine an emulated host needs minutes for it.
    '  ConnectTimeout 600', '',
  ].join('\n')
}

/** Makes a key and gives its public part, type and base64. */
async function makeKey(path: string): Promise<string> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path])
  await chmod(path, 0o600)
  return (await readFile(`${path}.pub`, 'utf8')).trim()
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => { resolve(typeof address === 'object' && address !== null ? address.port : 0) })
    })
  })
}

export const sharedHostName = 'lab1'

/** Sizes of the spare disks that the tests of test/lab count on. */
export const spareDisks: readonly number[] = Array.from({length: 12}, () => 2048 * mebibyte)
