// That a container which a command holds frozen goes on when the command's worker is killed: a mark says which process holds it, and a small program
// (libexec/container-thaw) waits beside it until the mark is gone, or the process is.
import {UnavailableError} from '../../../base/index.ts'
import {supportFolder} from '../../../host/programs.ts'
import type {Context} from '../../../tasks/index.ts'
import {freezeArgv} from './freezing.ts'
import {containerPaths} from './paths.ts'

/** To be called before the container is frozen. @throws UnavailableError when we cannot say who we are */
export async function guardFrozen(vmid: number, {host, places}: Pick<Context, 'host' | 'places'>): Promise<void> {
  const owner = await host.process(process.pid)
  if (owner === undefined) throw new UnavailableError('this process does not find itself in /proc')
  const {frozen} = containerPaths(places, vmid)
  await host.files.write(frozen, `${owner.pid} ${owner.startTime}\n`, {durable: false})
  await host.files.makeDirectory(places.logDir, 0o755)
  const log = `${places.logDir}/containers.log`
  await host.spawnDetached([`${supportFolder()}container-thaw`, frozen, String(owner.pid), owner.startTime, ...freezeArgv(places, vmid, 'thaw')], {stdoutPath: log, stderrPath: log, cwd: '/'})
}

/** To be called once it goes on. */
export async function removeMark(vmid: number, {host, places}: Pick<Context, 'host' | 'places'>): Promise<void> {
  await host.files.remove(containerPaths(places, vmid).frozen)
}
