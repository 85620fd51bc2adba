// A small Debian guest with cloud-init and the guest agent, for the tests of test/e2e-debian: built once (two minutes), kept for later runs
// outside the tree. The folder's name holds what it was built by, so that a changed script makes a new one.
import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {constants, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {promisify} from 'node:util'
import type {Installation} from '../e2e/support/installation.ts'

const script = resolve(import.meta.dirname, '../../scripts/build-debian-guest.sh')

export interface DebianGuest {
  /** Its root file system, qcow2, without a boot loader; to be copied, never written to. */
  readonly disk: string
  readonly kernel: string
  readonly initrd: string
}

const buildLimitMs = 15 * 60_000

/** The guest's files; whoever comes first builds them, others wait for that. */
export async function debianGuest(): Promise<DebianGuest> {
  const folder = join(tmpdir(), `corral-debian-${process.getuid?.() ?? 0}`)
  const built = join(folder, createHash('sha256').update(readFileSync(script)).digest('hex').slice(0, 16))
  const guest = {disk: join(built, 'disk.qcow2'), kernel: join(built, 'kernel'), initrd: join(built, 'initrd.img')}
  if (existsSync(built)) return guest
  mkdirSync(folder, {recursive: true, mode: 0o700})
  const once = 'test -d "$2" || exec "$1" "$2"'
  await promisify(execFile)('flock', [join(folder, 'lock'), 'sh', '-c', once, 'sh', script, built], {timeout: buildLimitMs, maxBuffer: 16 * 1024 ** 2})
  for (const old of readdirSync(folder)) if (old !== 'lock' && join(folder, old) !== built) rmSync(join(folder, old), {recursive: true, force: true})
  return guest
}

/**
 * Creates a machine of this guest. It has one processor, because QEMU 7.2 hangs under TCG with more. Its shell is on `serial0`: a GuestConsole
 * finds the line that it waits for.
 * @param options further options of `qm create`
 */
export async function createDebianGuest(installation: Installation, vmid: number, options: readonly string[] = []): Promise<void> {
  const {disk, kernel, initrd} = await debianGuest()
  const images = join(installation.root, 'lib/vz/images', String(vmid))
  mkdirSync(images, {recursive: true, mode: 0o750})
  copyFileSync(disk, join(images, `vm-${vmid}-disk-0.qcow2`), constants.COPYFILE_FICLONE)
  const kernelLine = 'root=LABEL=corral-guest console=ttyS0,115200 quiet tsc=unstable mitigations=off systemd.show_status=0'
  await installation.mustQm('create', String(vmid), '--kvm', '0', '--memory', '512', '--ostype', 'l26', '--serial0', 'socket', '--agent', '1', '--boot', 'order=virtio0',
    '--virtio0', `local:${vmid}/vm-${vmid}-disk-0.qcow2`, '--args', `-kernel ${kernel} -initrd ${initrd} -append "${kernelLine}"`, ...options)
}

/** How long it may take until the guest's shell answers, on a busy machine. */
export const debianBootLimitMs = 300_000
