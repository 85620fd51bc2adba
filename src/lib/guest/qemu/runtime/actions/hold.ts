// Halts the processors of a guest for the moment in which something is taken of it, and lets them go on. Unlike `qm suspend` and `qm resume`
// these stand in plans that are taken back: letting go is right whatever has become of the guest meanwhile, and when it is repeated.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import {withQmp} from '../../qmp/index.ts'
import {ensureWatched} from '../../qmeventd/start.ts'
import {makeHoldMark, removeHoldMark} from '../hold-mark.ts'
import {askRunState} from '../run-state.ts'
import {guestPaths} from '../sockets.ts'
import {endMigration} from '../state/migration.ts'
import {runtimeStatus} from '../status.ts'

export interface HoldGuest extends Action {
  readonly kind: 'qemu.hold'
  readonly vmid: number
  /** qmeventd lets it go on when whoever holds it dies: for what can be taken back while it runs. */
  readonly briefly?: boolean
}

export interface LetGuestGo extends Action {
  readonly kind: 'qemu.let-go'
  readonly vmid: number
  /** It was paused before, by its user, and is to be so again. */
  readonly wasPaused?: boolean
}

export const hold = defineAction<HoldGuest>({
  kind: 'qemu.hold',
  describe: () => ['# QMP: stop'],
  run: async ({vmid, briefly}, context) => {
    const {host, places, signal} = context
    if (briefly === true) {
      await makeHoldMark(vmid, context)
      // qmeventd looks for marks when somebody looks whether it is there.
      await ensureWatched(context)
    }
    await withQmp(host, guestPaths(places, vmid).qmp, {signal}, (client) => client.execute('stop'))
  },
})

/** After a migration QEMU has let go of its images; only `cont` makes it open them again, so one that is to stay paused runs for an instant. */
const heldStates = new Set(['paused', 'postmigrate', 'finish-migrate', 'prelaunch', 'save-vm'])

export const letGo = defineAction<LetGuestGo>({
  kind: 'qemu.let-go',
  describe: ({wasPaused}) => ['# QMP: cont', ...(wasPaused === true ? ['# QMP: stop'] : [])],
  run: async ({vmid, wasPaused}, context) => {
    const {host, places, signal} = context
    if (await runtimeStatus(vmid, context) === undefined) return
    await withQmp(host, guestPaths(places, vmid).qmp, {signal}, async (client) => {
      await endMigration(client, context)
      const state = await askRunState(client)
      if (!heldStates.has(state) || (wasPaused === true && state === 'paused')) return
      await client.execute('cont', undefined, {timeoutMs: 60_000})
      if (wasPaused === true) await client.execute('stop', undefined, {timeoutMs: 60_000})
    })
    await removeHoldMark(vmid, context)
  },
})
