// The actions that mount a file system below /mnt/pve now and at every boot, and that end this: by a unit of systemd, or by a line of /etc/fstab where
// there is no systemd. Both are right when they were done before, or half.
import type {Action, Context} from '../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../tasks/index.ts'
import {parseMounts} from '../facts/tool-answers.ts'
import {directoryPath, formatMountUnit, fstabLine, fstabPath, unitFolder, unitNameFor, withFstabLine, withoutFstabLine} from '../directories/mounted-directory.ts'
import {textOf} from '../directories/read-directories.ts'

export interface DiskMountDirectory extends Action {
  readonly kind: 'disk.mount-directory'
  readonly name: string
  readonly uuid: string
  readonly type: string
  readonly by: 'unit' | 'fstab'
}

const timeoutMs = 120_000

export const diskMountDirectory = defineAction<DiskMountDirectory>({
  kind: 'disk.mount-directory',
  describe: (action) => [
    `# make the folder ${directoryPath(action.name)}`,
    ...action.by === 'unit'
      ? [`write ${unitPath(action.name)} (${Buffer.byteLength(formatMountUnit(action))} bytes)`, ...unitCommands(action.name).map((argv) => commandLine(argv))]
      : [`# this host runs no systemd: ${fstabPath} gets the line "${fstabLine(action)}"`, commandLine(mountArgv(action.name))],
  ],
  run: async (action, context) => {
    const {name, by} = action
    const {host, signal, log} = context
    const path = directoryPath(name)
    await host.files.makeDirectory(path, 0o755)
    if (by === 'unit') {
      await host.files.write(unitPath(name), formatMountUnit(action), {mode: 0o644})
      for (const argv of unitCommands(name)) await host.run(argv, {timeoutMs, signal})
    } else {
      await host.files.write(fstabPath, withFstabLine(await textOf(host, fstabPath), fstabLine(action)), {mode: 0o644})
      if (!await isMounted(path, context)) await host.run(mountArgv(name), {timeoutMs, signal})
    }
    log.info(`mounted the file system ${action.uuid} at ${path}`)
  },
})

export interface DiskUnmountDirectory extends Action {
  readonly kind: 'disk.unmount-directory'
  readonly name: string
  /** As the unit or fstab names it. */
  readonly device: string
  readonly by: 'unit' | 'fstab'
  /** The path of the unit. */
  readonly unitfile: string
}

export const diskUnmountDirectory = defineAction<DiskUnmountDirectory>({
  kind: 'disk.unmount-directory',
  describe: (action) => [
    ...action.by === 'unit' ? [commandLine(stopArgv(action))] : [`# ${commandLine(['umount', '--', directoryPath(action.name)])}, where it is mounted`],
    ...action.by === 'unit' ? [commandLine(['rm', '-f', '--', action.unitfile]), commandLine(reloadArgv)] : [`# ${fstabPath} loses its line about it`],
    `# remove the folder ${directoryPath(action.name)}`,
  ],
  run: async (action, context) => {
    const {name, by, unitfile} = action
    const {host, signal, log} = context
    const path = directoryPath(name)
    if (by === 'unit' && await host.files.stat(unitfile) !== undefined) await host.run(stopArgv(action), {timeoutMs, signal})
    // Mounted by hand, or by a unit whose file is gone.
    if (await isMounted(path, context)) await host.run(['umount', '--', path], {timeoutMs, signal})
    if (by === 'unit') {
      await host.files.remove(unitfile)
      await host.run(reloadArgv, {timeoutMs, signal})
    } else {
      const text = await textOf(host, fstabPath)
      const rest = withoutFstabLine(text, {path, device: action.device})
      if (rest !== text) await host.files.write(fstabPath, rest, {mode: 0o644})
    }
    // What is in the folder itself, below the mount, is nobody's of ours.
    await host.files.remove(path).catch((error: unknown) => { log.warn(`${path} stays: ${error instanceof Error ? error.message : String(error)}`) })
  },
})

const reloadArgv = ['systemctl', 'daemon-reload'] as const

function unitPath(name: string): string {
  return `${unitFolder}/${unitNameFor(name)}`
}

function unitCommands(name: string): (readonly string[])[] {
  return [reloadArgv, ['systemctl', 'enable', '--now', '--', unitNameFor(name)]]
}

function stopArgv({unitfile}: DiskUnmountDirectory): string[] {
  return ['systemctl', 'disable', '--now', '--', unitfile.slice(unitfile.lastIndexOf('/') + 1)]
}

function mountArgv(name: string): string[] {
  return ['mount', '--', directoryPath(name)]
}

async function isMounted(path: string, {host}: Context): Promise<boolean> {
  return [...parseMounts(await host.files.readText('/proc/mounts', 16 * 1024 * 1024)).values()].some((places) => places.includes(path))
}
