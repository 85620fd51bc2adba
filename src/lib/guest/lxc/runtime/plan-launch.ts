// The steps that start a container, from its configuration and the facts of the host. Looks and changes nothing.
import {randomUUID} from 'node:crypto'
import {ConflictError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {findBridge, missingBridge} from '../../../network/index.ts'
import type {Action, Context, Step} from '../../../tasks/index.ts'
import type {ConfigSection} from '../../guest-config.ts'
import {hookScriptPath} from '../../hooks/hook-script.ts'
import {checkPlainValues, idMapOf, mountPoints, netsOf, refuseUnsupportedKeys} from '../config/index.ts'
import type {Net} from '../config/index.ts'
import {availableCpus, chooseCpus, runningCpuSets} from '../facts/cpu-sets.ts'
import {passedDevices} from '../facts/devices.ts'
import {gatherHostFacts} from '../facts/host-facts.ts'
import {requireSubordinateIds} from '../facts/subordinate-ids.ts'
import {buildLxcConfig, lxcConfigText} from '../lxc-config/build-lxc-config.ts'
import {nodeCommands} from '../lxc-config/devices.ts'
import {entrypointWords} from '../lxc-config/process.ts'
import {seccompText} from '../lxc-config/seccomp.ts'
import {checkNets} from './check-nets.ts'
import {hookActions} from './hook-steps.ts'
import {afterStart} from './live-network.ts'
import {containerPaths, mountPlace} from './paths.ts'
import {postStopHook, watchArgv} from './watch.ts'

const startLimitMs = 120_000

/** @throws AppError saying what stands in the way of the start */
export async function planLaunch(vmid: number, section: ConfigSection, isDebug: boolean, context: Context): Promise<{readonly steps: readonly Step[]; readonly afterwards: readonly Action[]}> {
  refuseUnsupportedKeys(section)
  checkPlainValues(section.values)
  const {host, places} = context
  const points = mountPoints(section.values)
  if (points[0]?.key !== 'rootfs') throw new ConflictError(`container ${vmid} has no root file system`, {data: {vmid}})
  const map = idMapOf(section)
  const [facts] = await Promise.all([gatherHostFacts(host), requireSubordinateIds(map, host)])
  const paths = containerPaths(places, vmid)
  const nets = netsOf(section.values)
  await checkNets(nets, host)
  const [bridgeMtus, devices, cpus] = [await mtusOfBridges(nets, host), await passedDevices(section.values, map, host), await cpusFor(vmid, section.values['cores'], context)]
  const seccomp = seccompText(section.values, map.length > 0, facts.seccomp)
  const placeOf = (key: string) => mountPlace(places, vmid, key)
  const text = lxcConfigText(buildLxcConfig(section, {
    vmid, host: facts, rootfs: paths.rootfs, placeOf, bridgeMtus, devices, cpus, seccompPath: seccomp === undefined ? undefined : paths.seccomp, postStopHook: postStopHook(paths.reboot),
  }))
  const first = entrypointWords(section.values['entrypoint'])
  const argv = [
    'lxc-start', '-P', paths.lxcPath, '-n', String(vmid), '-f', paths.config, '-p', paths.pid, '-o', paths.log, '-l', isDebug ? 'TRACE' : 'WARN', '-d', ...(first === undefined ? [] : ['--', ...first]),
  ]
  const {hookscript} = section.values
  if (hookscript !== undefined) await hookScriptPath(hookscript, context)
  return {
    steps: [
      // It may make what the start looks for: a mount, a device. Its failure keeps the container off.
      ...hookActions(vmid, section.values, 'pre-start').map((action) => ({do: action})),
      {
        do: {
          kind: 'lxc.launch', vmid, section, files: [...(seccomp === undefined ? [] : [{path: paths.seccomp, text: seccomp}]), {path: paths.config, text}], argv, timeoutMs: startLimitMs, run: randomUUID(),
          nodes: devices.flatMap((device) => nodeCommands(device, placeOf(device.key))), netCommands: nets.flatMap((net) => afterStart(net, vmid)), watchArgv: watchArgv(vmid, places),
        },
        undo: {kind: 'lxc.undo-start', vmid},
      },
    ],
    // Once nothing is taken back any more.
    afterwards: hookActions(vmid, section.values, 'post-start'),
  }
}

/** The processors for a container with `cores`; undefined for all. */
async function cpusFor(vmid: number, cores: string | undefined, context: Context): Promise<number[] | undefined> {
  if (cores === undefined) return undefined
  const [available, running] = await Promise.all([availableCpus(context.host), runningCpuSets(context)])
  return chooseCpus(Number(cores), available, running.filter((each) => each.vmid !== vmid).map(({cpus}) => cpus))
}

async function mtusOfBridges(nets: readonly Net[], host: Host): Promise<Record<string, number>> {
  const mtus: Record<string, number> = {}
  for (const {key, bridge} of nets) {
    if (bridge === undefined || mtus[bridge] !== undefined) continue
    const found = await findBridge(bridge, host)
    if (found === undefined) throw missingBridge(bridge, key, 'container')
    mtus[bridge] = found.mtu
  }
  return mtus
}
