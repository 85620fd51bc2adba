// Starts a container: its file systems mounted in a space of their own, its distribution set up, LXC's configuration written, LXC run in that space. The
// monitor that it leaves behind keeps the space; our own hold on it ends here.
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import type {ConfigSection} from '../../../guest-config.ts'
import {idMapOf, mountPoints} from '../../config/index.ts'
import {withContainerSpace} from '../../mount-space/open-container-space.ts'
import {setUp} from '../../setup/index.ts'
import {containerPaths} from '../paths.ts'
import {explainStartFailure} from '../start-failure.ts'
import {watchContainer} from '../watch.ts'

export interface LaunchContainer extends Action {
  readonly kind: 'lxc.launch'
  readonly vmid: number
  readonly section: ConfigSection
  /** LXC's configuration, and where it is written. */
  readonly config: {readonly path: string; readonly text: string}
  readonly argv: readonly string[]
  readonly timeoutMs: number
  /** Which run it will be. */
  readonly run: string
  /** What waits beside it for its end. */
  readonly watchArgv: readonly string[]
}

const maxLogBytes = 1024 * 1024

export const launch = defineAction<LaunchContainer>({
  kind: 'lxc.launch',
  describe: ({vmid, section, config, argv, watchArgv}) => [
    ...mountPoints(section.values).map(({key, source}) => `# mount ${source} as ${key} where only container ${vmid} sees it`),
    ...(section.values['ostype'] === 'unmanaged' ? [] : [`# set up the files of container ${vmid} for its host name and network`]),
    `write ${config.path} (${Buffer.byteLength(config.text)} bytes)`, ...config.text.trimEnd().split('\n').map((line) => `#   ${line}`),
    `# in that mount space: ${commandLine(argv)}`,
    commandLine(watchArgv),
  ],
  run: async ({vmid, section, config, argv, timeoutMs, run, watchArgv}, context) => {
    const {host, places, signal} = context
    const {dir, log, run: runPath} = containerPaths(places, vmid)
    await host.files.makeDirectory(dir, 0o700)
    // What an earlier start said is no reason of this one.
    await host.files.remove(log)
    await host.files.write(runPath, run, {durable: false})
    await host.files.write(config.path, config.text, {durable: false})
    const map = idMapOf(section)
    await withContainerSpace({vmid, map, points: mountPoints(section.values)}, context, async ({space, tree}) => {
      await setUp({tree, section, map, vmid, isNew: false}, context)
      try {
        await space.run(argv, {timeoutMs, signal, cwd: '/'})
      } catch (error) {
        throw explainStartFailure(error, vmid, await logOf(log, context))
      }
    })
    await watchContainer(watchArgv, context)
  },
})

async function logOf(path: string, {host}: Context): Promise<string> {
  const stat = await host.files.stat(path)
  if (stat === undefined) return ''
  return (await host.files.readAt(path, Math.max(0, stat.sizeBytes - maxLogBytes), maxLogBytes)).toString('utf8')
}
