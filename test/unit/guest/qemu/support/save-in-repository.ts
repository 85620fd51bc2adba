// Saves virtual machine 100 in the repository of the storage `kept`, as part of this process or of one of its own: the plan of the machine's type alone, without a command around it.
import {planBackup} from '../../../../../src/lib/guest/qemu/backup/plan-backup.ts'
import {guestLockName, readGuest} from '../../../../../src/lib/guest/qemu/guest-files.ts'
import {defineCommand, std} from '../../../../../src/lib/spec/index.ts'
import {handleChange, runHandler} from '../../../../../src/lib/tasks/index.ts'
import type {Context} from '../../../../../src/lib/tasks/index.ts'

const spec = defineCommand({
  id: 'test save', summary: 'Save it.', description: 'Save it.', params: {vmid: std.vmid}, args: ['vmid'], returns: {type: 'null', description: 'Nothing.'}, output: {as: 'none'},
  kind: 'change', runsOn: 'node', needs: 'root', examples: [], seeAlso: [],
})

/** @throws what the backup throws */
export async function saveInRepository(takenAtMs: number, context: Context, mode: 'snapshot' | 'stop' = 'snapshot'): Promise<void> {
  const handler = handleChange(spec, {
    locks: () => [guestLockName(100)],
    plan: async (_params, own) => {
      const wish = {
        mode, archive: {path: '-'}, repository: {storage: 'kept', takenAtMs, isProtected: false}, performance: {}, fleecing: undefined, excludePaths: [], stdExcludes: false,
        temporaryFolder: `${own.places.runDir}/backup.tmp`, stopWaitMinutes: 1, hook: () => [],
      }
      const {steps, afterwards = []} = await planBackup(await readGuest(100, own), wish, own)
      return {steps, afterwards, whenInterrupted: 'undo'}
    },
  })
  await runHandler(handler, {vmid: '100'}, context)
}
