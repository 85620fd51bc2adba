// An iSCSI server in user space: tgtd of Debian's package tgt on the loopback, by a control socket of its own, with files as disks.
import {spawn, spawnSync} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {existsSync} from 'node:fs'
import {mkdtemp, readFile, rm, truncate, writeFile} from 'node:fs/promises'
import {createServer} from 'node:net'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** tgtadm takes control ports below this; each has a socket of its own. */
const controlPort = '77'
export const target = 'iqn.2003-01.org.example:disks'

export interface TgtServer {
  /** `127.0.0.1:33260` */
  readonly portal: string
  readonly folder: string
  /** What tgtadm needs to find this server. */
  readonly env: Readonly<Record<string, string>>
  /** @throws with what tgtadm says when it fails */
  readonly tgtadm: (...words: string[]) => string
  /** Makes a file and exports it as that LUN of the first target. */
  readonly addDisk: (lun: number, sizeBytes: number) => Promise<string>
  readonly close: () => Promise<void>
}

/** Why there can be no such server here; undefined where there can. */
export function missingForTgt(): string | undefined {
  if (process.getuid?.() !== 0) return 'tgtd needs root'
  for (const [program, name] of [['tgtd', 'tgt'], ['iscsi-ls', 'libiscsi-bin']] as const) {
    if (spawnSync('sh', ['-c', 'command -v -- "$0"', program]).status !== 0) return `${program} is not installed (${name})`
  }
  const formats = spawnSync('qemu-img', ['--help'], {encoding: 'utf8'}).stdout
  return /\biscsi\b/.test(formats) || existsSync('/usr/lib/x86_64-linux-gnu/qemu/block-iscsi.so') ? undefined : 'QEMU has no iSCSI driver (qemu-block-extra)'
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const {port} = server.address() as AddressInfo
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

/**
 * A server with one target, which everybody may use.
 * @param formerPortal where one was before
 */
export async function startTgt(formerPortal?: string): Promise<TgtServer> {
  const folder = await mkdtemp(join(tmpdir(), 'corral-tgt-'))
  const portal = formerPortal ?? `127.0.0.1:${await freePort()}`
  const env = {TGT_IPC_SOCKET: join(folder, 'control')}
  const daemon = spawn('tgtd', ['-f', '-C', controlPort, '--iscsi', `portal=${portal}`], {env: {...process.env, ...env}, stdio: 'ignore'})
  const tgtadm = (...words: string[]): string => {
    const {status, stdout, stderr} = spawnSync('tgtadm', ['-C', controlPort, '--lld', 'iscsi', ...words], {env: {...process.env, ...env}, encoding: 'utf8'})
    if (status !== 0) throw new Error(`tgtadm ${words.join(' ')}: ${stderr}`)
    return stdout
  }
  await until(() => tgtadm('--op', 'show', '--mode', 'target') !== undefined, daemon)
  tgtadm('--op', 'new', '--mode', 'target', '--tid', '1', '--targetname', target)
  tgtadm('--op', 'bind', '--mode', 'target', '--tid', '1', '--initiator-address', 'ALL')
  return {
    portal, folder, env, tgtadm,
    addDisk: async (lun, sizeBytes) => {
      const path = join(folder, `disk-${lun}.raw`)
      await writeFile(path, '')
      await truncate(path, sizeBytes)
      tgtadm('--op', 'new', '--mode', 'logicalunit', '--tid', '1', '--lun', String(lun), '--backing-store', path)
      return path
    },
    close: async () => {
      await ended(daemon)
      await rm(folder, {recursive: true, force: true})
    },
  }
}

async function until(isThere: () => boolean, daemon: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (daemon.exitCode !== null) throw new Error(`tgtd ended with ${daemon.exitCode}`)
    try {
      if (isThere()) return
    } catch {
      // It does not listen yet.
    }
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
  throw new Error('tgtd does not answer')
}

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.pid === undefined) return
  const gone = new Promise((resolve) => { daemon.once('exit', resolve) })
  daemon.kill('SIGKILL')
  await gone
}

/** The first byte of a disk's file. */
export async function firstByteOf(path: string): Promise<number> {
  return (await readFile(path))[0] ?? -1
}
