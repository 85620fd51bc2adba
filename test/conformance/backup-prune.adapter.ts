// Suite backup-prune: what becomes of the backups of a listing.
import {markBackups} from '../../src/lib/storage/prune/prune-marks.ts'
import {retentionOf} from '../../src/lib/storage/prune/retention.ts'
import {parseVolumeId} from '../../src/lib/storage/volume-id.ts'
import {inZone} from '../support/time-zone.ts'
import {Refusal, attempt, compareData, type Adapter, type Data} from './adapter.ts'

export const adapter: Adapter = {
  answer(input, env) {
    const list = (env['lists'] as Readonly<Record<string, readonly Data[]>>)[String(input['list'])] ?? []
    const backups = list.map((entry) => ({
      id: parseVolumeId(String(entry['volid'])), createdAtMs: Number(entry['ctime']) * 1000, isProtected: entry['protected'] === 1,
      ...(entry['vmid'] === undefined ? {} : {vmid: Number(entry['vmid'])}),
    }))
    const vmid = input['vmid'] === undefined ? undefined : Number(input['vmid'])
    // Hours and days are local; the times of the suite are those of its names in UTC.
    return inZone('UTC', () => attempt(() => ({backups: markBackups(backups, retentionOf(input['keep'] as Data), {vmid, type: input['type'] as string | undefined})})))
  },
  differences(answer, expect) {
    return answer instanceof Refusal ? [`was refused: ${answer.message}`] : compareData(answer, expect)
  },
}
