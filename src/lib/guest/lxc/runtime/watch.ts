// What waits beside a container for its end, whoever brings it about: a small program (libexec/container-watch) on top of LXC's own lxc-wait, outside of the
// container's mounts. It then calls `corral container cleanup`, which does what is to be done after an end, and starts it again after a reboot.
import {corralProgram, supportFolder} from '../../../host/programs.ts'
import type {Context} from '../../../tasks/index.ts'
import {containerPaths} from './paths.ts'

export function watchArgv(vmid: number, places: Context['places']): string[] {
  const {lxcPath, pid, run} = containerPaths(places, vmid)
  return [`${supportFolder()}container-watch`, lxcPath, String(vmid), pid, run, ...corralProgram(), 'container', 'cleanup', String(vmid)]
}

/** To be called once the container runs. */
export async function watchContainer(argv: readonly string[], {host, places, node}: Context): Promise<void> {
  await host.files.makeDirectory(places.logDir, 0o755)
  const log = `${places.logDir}/containers.log`
  await host.spawnDetached(argv, {stdoutPath: log, stderrPath: log, cwd: '/', env: {CORRAL_NODE: node, ...(places.root === undefined ? {} : {CORRAL_ROOT: places.root})}})
}

/** LXC calls it after each end, before it would start the container anew by itself: a reboot becomes an end with the wish to be started. Shell words. */
export function postStopHook(reboot: string): string {
  // LXC takes quotes off a value that begins and ends with them, so that it begins with a program.
  return ['env', ...[`${supportFolder()}container-post-stop`, reboot].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`)].join(' ')
}
