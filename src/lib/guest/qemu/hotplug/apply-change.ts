// Makes changes of a running machine, and takes them back. A change that is made already is made again without harm, so that what a dead
// worker left half done is finished by repeating it. Every wait has a limit.
import {AppError, errorChain} from '../../../base/index.ts'
import type {ProcessId} from '../../../host/index.ts'
import {formatTapSettings} from '../../../network/index.ts'
import {openVolume} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {limitCpuTime} from '../cpu-time/control-group.ts'
import type {QmpClient} from '../qmp/index.ts'
import {guestPaths} from '../runtime/sockets.ts'
import {scopeCommand, tapCommands} from './machine-change.ts'
import type {MachineChange} from './machine-change.ts'
import {plugParts, unplugParts} from './plug-parts.ts'

export interface RunningGuest {
  readonly vmid: number
  readonly process: ProcessId
  readonly client: QmpClient
}

/**
 * Makes the changes, one after the other. When one fails, those before it are taken back, last first, and so is what was done of it.
 * @throws what failed; the machine is as it was then, or the log says what is not
 */
export async function applyChanges(changes: readonly MachineChange[], guest: RunningGuest, context: Context): Promise<void> {
  for (const [at, change] of changes.entries()) {
    try {
      await applyChange(change, guest, context)
    } catch (error) {
      await takeBack(changes.slice(0, at + 1), guest, context)
      throw error
    }
  }
}

/** Takes changes back, last first. What cannot be taken back is told, and the others are taken back all the same. */
export async function takeBack(changes: readonly MachineChange[], guest: RunningGuest, context: Context): Promise<void> {
  for (const change of [...changes].reverse()) {
    try {
      await applyChange(opposite(change), guest, context)
    } catch (error) {
      if (!(error instanceof AppError) || context.locksLost?.aborted === true) throw error
      context.log.warn(`a change of virtual machine ${guest.vmid} could not be taken back: ${errorChain(error).join(': ')}`)
    }
  }
}

function opposite(change: MachineChange): MachineChange {
  switch (change.kind) {
    case 'plug': return {kind: 'unplug', parts: change.parts}
    case 'unplug': return {kind: 'plug', parts: change.parts}
    case 'tell': return {kind: 'tell', commands: change.back, back: change.commands}
    case 'volumes': return {kind: 'volumes', ...(change.detach === undefined ? {} : {attach: change.detach}), ...(change.attach === undefined ? {} : {detach: change.attach})}
    case 'tap-settings':
    case 'tap': return {...change, settings: change.was, was: change.settings} as MachineChange
    case 'cpu-time': return {...change, time: change.was, was: change.time}
    case 'affinity': return {...change, cpus: change.was, was: change.cpus}
  }
}

async function applyChange(change: MachineChange, guest: RunningGuest, context: Context): Promise<void> {
  const {client, vmid, process} = guest
  switch (change.kind) {
    case 'plug': return plugParts(change.parts, client)
    case 'unplug': return unplugParts(change.parts, client)
    case 'tell': {
      for (const {execute, arguments: args} of change.commands) await client.execute(execute, args)
      return
    }
    case 'volumes': return moveVolumes(change, context)
    case 'tap-settings': return writeSettings(vmid, change, context)
    case 'tap': return replaceTap(vmid, change, context)
    case 'cpu-time': {
      // Without systemd the group may have to be made.
      if (change.unit === undefined) return limitCpuTime(vmid, process, change.time, context)
      await context.host.run(scopeCommand(change.unit, change.time), {timeoutMs: 10_000})
      return
    }
    case 'affinity': {
      await context.host.run(['taskset', '--all-tasks', '--cpu-list', '--pid', change.cpus, String(process.pid)], {timeoutMs: 10_000})
    }
  }
}

async function moveVolumes({attach, detach}: {readonly attach?: string; readonly detach?: string}, context: Context): Promise<void> {
  for (const [volume, isWanted] of [[attach, true], [detach, false]] as const) {
    if (volume === undefined) continue
    const {storage, id} = await openVolume(volume, context)
    if (isWanted) await storage.activate()
    await (isWanted ? storage.attach(id) : storage.detach(id))
  }
}

type TapSettingsChange = Extract<MachineChange, {kind: 'tap-settings'}>

async function writeSettings(vmid: number, {tap, settings}: TapSettingsChange, {host: {files}, places}: Context): Promise<void> {
  const {network} = guestPaths(places, vmid)
  if (settings === undefined) { await files.remove(`${network}/${tap}`); return }
  await files.makeDirectory(network, 0o700)
  await files.write(`${network}/${tap}`, formatTapSettings(settings), {durable: false})
}

async function replaceTap(vmid: number, {settings, was, script}: Extract<MachineChange, {kind: 'tap'}>, context: Context): Promise<void> {
  await writeSettings(vmid, {kind: 'tap-settings', tap: settings.tap, settings, was}, context)
  const [root = [], ingress = [], leave = [], join = []] = tapCommands(settings, script)
  // 2: there was no limit.
  for (const argv of [root, ingress]) await context.host.run(argv, {timeoutMs: 10_000, okExitCodes: [0, 1, 2]})
  await context.host.run(leave, {timeoutMs: 10_000})
  await context.host.run(join, {timeoutMs: 10_000, env: {CORRAL_RUN_DIR: context.places.runDir}})
}
