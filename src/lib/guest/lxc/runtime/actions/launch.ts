// Starts a container: its file systems mounted in a space of their own, its distribution set up, LXC's configuration written, LXC run in that space. The
// monitor that it leaves behind keeps the space; our own hold on it ends here.
import type {Action, Context} from '../../../../tasks/index.ts'
import {commandLine, defineAction} from '../../../../tasks/index.ts'
import type {ConfigSection} from '../../../guest-config.ts'
import type {MountSpace} from '../../../../host/index.ts'
import {explainRateFailure} from '../../../../network/index.ts'
import {idMapOf, mountPoints} from '../../config/index.ts'
import {lxcConfigText} from '../../lxc-config/build-lxc-config.ts'
import {deviceLines, nodeCommands} from '../../lxc-config/devices.ts'
import {withContainerSpace} from '../../mount-space/open-container-space.ts'
import {setUp} from '../../setup/index.ts'
import type {LiveCommand} from '../live-network.ts'
import {containerPaths, devicePlace, mountPlace} from '../paths.ts'
import {quotaDevices} from '../quota-devices.ts'
import {explainStartFailure} from '../start-failure.ts'
import {watchContainer} from '../watch.ts'

export interface LaunchContainer extends Action {
  readonly kind: 'lxc.launch'
  readonly vmid: number
  readonly section: ConfigSection
  /** What is written for LXC, its configuration last. */
  readonly files: readonly {readonly path: string; readonly text: string}[]
  /** What makes the nodes of devices that are passed through. */
  readonly nodes: readonly (readonly string[])[]
  /** What is done to the host's ends of the interfaces once it runs. */
  readonly netCommands: readonly LiveCommand[]
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
  describe: ({vmid, section, files, nodes, netCommands, argv, watchArgv}) => [
    ...mountPoints(section.values).map(({key, source}) => `# mount ${source} as ${key} where only container ${vmid} sees it`),
    ...(section.values['ostype'] === 'unmanaged' ? [] : [`# set up the files of container ${vmid} for its host name and network`]),
    ...files.flatMap(({path, text}) => [`write ${path} (${Buffer.byteLength(text)} bytes)`, ...text.trimEnd().split('\n').map((line) => `#   ${line}`)]),
    ...mountPoints(section.values).filter(({quota, readOnly}) => quota && !readOnly).map(({key}) => `# give container ${vmid} the node of the device with ${key}, for its quotas`),
    ...[...nodes, argv].map((words) => `# in that mount space: ${commandLine(words)}`),
    ...netCommands.map(({argv: words}) => commandLine(words)),
    commandLine(watchArgv),
  ],
  run: async ({vmid, section, files, nodes, netCommands, argv, timeoutMs, run, watchArgv}, context) => {
    const {host, places, signal} = context
    const {config, dir, log, reboot, rootfs, run: runPath} = containerPaths(places, vmid)
    await host.files.makeDirectory(dir, 0o700)
    // What an earlier start said is no reason of this one, and a reboot that was asked for is here.
    await host.files.remove(log)
    await host.files.remove(reboot)
    await host.files.write(runPath, run, {durable: false})
    for (const {path, text} of files) await host.files.write(path, text, {durable: false})
    const map = idMapOf(section)
    const points = mountPoints(section.values)
    await withContainerSpace({vmid, map, points}, context, async ({space, tree}) => {
      const placeOf = (key: string) => key === 'rootfs' ? rootfs : mountPlace(places, vmid, key)
      const devices = await quotaDevices(points, placeOf, space, signal)
      await makeNodes(vmid, [...nodes, ...devices.flatMap((device) => nodeCommands(device, placeOf(device.key)))], space, context)
      if (devices.length > 0) await host.files.write(config, `${await host.files.readText(config)}${lxcConfigText(deviceLines(devices, false, placeOf))}`, {durable: false})
      await setUp({tree, section, map, vmid, isNew: false}, context)
      try {
        await space.run(argv, {timeoutMs, signal, cwd: '/'})
      } catch (error) {
        throw explainStartFailure(error, vmid, await logOf(log, context))
      }
    })
    if (argv.includes('TRACE')) context.log.info(`LXC's log of this start: ${log}`)
    for (const {argv: words} of netCommands) await runNetCommand(words, section, context)
    await watchContainer(watchArgv, context)
  },
})

/** The space's own tmpfs takes no devices, so they have one for themselves. */
async function makeNodes(vmid: number, nodes: readonly (readonly string[])[], space: MountSpace, {places, signal}: Context): Promise<void> {
  if (nodes.length === 0) return
  const place = devicePlace(places, vmid)
  await space.run(['mkdir', '--', place], {signal})
  await space.run(['mount', '-t', 'tmpfs', '-o', 'mode=755,size=64k,nr_inodes=1k,nosuid,noexec', 'tmpfs', place], {signal})
  for (const argv of nodes) await space.run(argv, {signal})
}

async function runNetCommand(argv: readonly string[], {values}: ConfigSection, {host, signal}: Context): Promise<void> {
  try {
    await host.run(argv, {signal, timeoutMs: 20_000})
  } catch (error) {
    const key = Object.keys(values).find((name) => /^net\d+$/.test(name) && values[name]?.includes('rate=') === true)
    throw explainRateFailure(error, `${key ?? 'net'}.rate`)
  }
}

async function logOf(path: string, {host}: Context): Promise<string> {
  const stat = await host.files.stat(path)
  if (stat === undefined) return ''
  return (await host.files.readAt(path, Math.max(0, stat.sizeBytes - maxLogBytes), maxLogBytes)).toString('utf8')
}
