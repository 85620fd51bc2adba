// Containers whose worker is killed after a journal record or a step, wherever that is: each time in a fresh installation, and whoever comes next clears up.
import {spawn} from 'node:child_process'
import {expect} from 'vitest'
import {AppError} from '../../../../../src/lib/base/index.ts'
import {catalog} from '../../../../../src/lib/catalog.ts'
import {checkParams} from '../../../../../src/lib/spec/index.ts'
import {runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'
import {readJournals} from '../../../../../src/lib/tasks/journal.ts'
import {builtProgram} from '../../../../support/built.ts'
import type {Installation} from '../../../tasks/demo/installation.ts'
import {machineRoom} from '../../qemu/support/run-qm.ts'

export type Params = Readonly<Record<string, unknown>>

/** Runs a command of pct in this process, as the command line does. */
export async function pct(command: string, input: Params, context: Context): Promise<void> {
  const entry = catalog.commands[`pct ${command}`]
  if (entry === undefined) throw new Error(`there is no pct ${command}`)
  const [{spec}, {handler}] = await Promise.all([entry.spec(), entry.handler()])
  await runHandler(handler, checkParams(spec.params, input), context)
}

async function inProcess(command: string, params: Params, root: string, env: Readonly<Record<string, string>>): Promise<{code: number | null; signal: string | null; stderr: string}> {
  const program = await builtProgram('test/unit/guest/qemu/support/run-one.ts')
  const spec = (await catalog.commands[`pct ${command}`]?.spec())?.spec
  const child = spawn(process.execPath, [program, `pct ${command}`, JSON.stringify(checkParams(spec?.params ?? {}, params))], {
    env: {PATH: process.env['PATH'], CORRAL_ROOT: root, CORRAL_NODE: 'h1', ...env}, stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString() })
  return new Promise((resolve) => { child.once('close', (code, signal) => { resolve({code, signal, stderr}) }) })
}

export interface Killing {
  readonly what: 'RECORD' | 'STEP'
  readonly command: string
  readonly params: Params
  /** The containers that it is about; the first one is stopped at the end. */
  readonly vmids: readonly number[]
  readonly before: (place: Installation, context: Context) => Promise<void>
  readonly afterwards: (place: Installation, context: Context) => Promise<void>
}

/** Kills the command after the k-th record or step until it comes to its end alive. Gives the number of kills. */
export async function killEverywhere({what, command, params, vmids, before, afterwards}: Killing): Promise<number> {
  for (let k = 1; k < 30; k++) {
    const place = await machineRoom()
    const context = await place.open()
    await before(place, context)
    const end = await inProcess(command, params, place.root, {[`CORRAL_TEST_STOP_AFTER_${what}`]: String(k)})
    try {
      if (end.signal === null) {
        expect(end).toMatchObject({code: 0, stderr: ''})
        return k - 1
      }
      // Any next command of these containers clears up first, whatever becomes of it itself.
      for (const vmid of vmids) await pct('unlock', {vmid}, context).catch((error: unknown) => { if (!(error instanceof AppError) || error.kind !== 'not-found') throw error })
      expect(await readJournals(context.store), `${what} ${k}`).toEqual([])
      await afterwards(place, context)
    } finally {
      await pct('stop', {vmid: vmids[0]}, context).catch(() => undefined)
      // What the command mounted for the administrator would outlive the test's folder.
      if (command === 'mount') await pct('unmount', {vmid: vmids[0]}, context).catch(() => undefined)
    }
  }
  throw new Error('it does not come to its end')
}
