// An installation whose host has simulated disks, and commands about them as the command line runs them.
import {join} from 'node:path'
import {catalog} from '../../../../src/lib/catalog.ts'
import {localHost} from '../../../../src/lib/host/local/index.ts'
import {checkParams} from '../../../../src/lib/spec/index.ts'
import type {Context, Outcome} from '../../../../src/lib/tasks/index.ts'
import {runHandler} from '../../../../src/lib/tasks/index.ts'
import type {SimulatedDisks} from '../../../support/simulated-disks.ts'
import {simulatedDisks} from '../../../support/simulated-disks.ts'
import {machineRoom} from '../../guest/qemu/support/run-qm.ts'

export interface SimulatedRoom {
  readonly root: string
  readonly folder: string
  readonly machine: SimulatedDisks
  readonly context: Context
  /** What the log got. */
  readonly lines: readonly string[]
  run(command: string, params?: Readonly<Record<string, unknown>>, context?: Context): Promise<unknown>
  plan(command: string, params: Readonly<Record<string, unknown>>): Promise<readonly string[]>
}

export async function simulatedRoom(options: {readonly systemd?: boolean; readonly stored?: Readonly<Record<string, string>>} = {}): Promise<SimulatedRoom> {
  const {root, open, lines} = await machineRoom()
  const folder = join(root, 'machine')
  const machine = simulatedDisks(folder, localHost('h1'), options)
  const context: Context = {...await open(), host: machine.host}
  if (options.stored !== undefined) await context.store.commit({put: options.stored})
  const outcome = async (command: string, params: Readonly<Record<string, unknown>>, on: Context, dryRun: boolean): Promise<Outcome> => {
    const entry = catalog.commands[`corral disk ${command}`]
    if (entry === undefined) throw new Error(`there is no corral disk ${command}`)
    const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
    return runHandler(handler, checkParams(spec.params, params), on, {dryRun})
  }
  return {
    root, folder, machine, context, lines,
    run: async (command, params = {}, on = context) => {
      const done = await outcome(command, params, on, false)
      return done.outcome === 'done' ? done.result : undefined
    },
    plan: async (command, params) => {
      const done = await outcome(command, params, context, true)
      return done.outcome === 'planned' ? done.lines : []
    },
  }
}

/** Nothing is on any disk, in any table of the machine, or in storage.cfg. */
export const blankMachine = {signatures: {}, tables: {}, groups: {}, pools: {}, mounts: {}}
