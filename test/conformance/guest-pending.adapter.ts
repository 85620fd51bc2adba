// Suite guest-pending: the list of keys to delete in the [PENDING] section of a guest's configuration.
import type {GuestConfig} from '../../src/lib/guest/guest-config.ts'
import {formatPendingDelete, parsePendingDelete} from '../../src/lib/guest/qemu/config/index.ts'
import {addPendingDelete, cleanupPending, removePendingDelete} from '../../src/lib/guest/qemu/pending.ts'
import {Refusal, Unsupported, attempt, compareData, isRecord, type Adapter, type Data} from './adapter.ts'

export const adapter: Adapter = {
  answer(input) {
    const [first, key, force] = input['args'] as readonly unknown[]
    switch (input['do']) {
      case 'parse-pending-delete': return attempt(() => ({result: parsePendingDelete(String(first))}))
      case 'print-pending-delete': return attempt(() => ({result: formatPendingDelete(flags(first as Data))}))
      case 'add-to-pending-delete': return attempt(() => ({result: toData(addPendingDelete(toConfig(first as Data), String(key), force === 1))}))
      case 'remove-from-pending-delete': return attempt(() => ({result: toData(removePendingDelete(toConfig(first as Data), String(key)))}))
      case 'cleanup-pending': return attempt(() => ({'argument-after': toData(cleanupPending(toConfig(first as Data)))}))
      default: throw new Unsupported(`guest-pending has no operation '${String(input['do'])}'`)
    }
  },
  differences(answer, expect) {
    return answer instanceof Refusal ? [`was refused: ${answer.message}`] : compareData(answer, expect)
  },
}

function flags(list: Data): GuestConfig['pendingDelete'] {
  return Object.fromEntries(Object.entries(list).map(([key, value]) => [key, {force: isRecord(value) && value['force'] === 1}]))
}

/** The suite has one record for the section in force, with the pending one inside. */
function toConfig({pending, ...values}: Data): GuestConfig {
  const {delete: deleted, ...waiting} = isRecord(pending) ? pending : {}
  return {current: {values: texts(values)}, pending: texts(waiting), pendingDelete: parsePendingDelete(typeof deleted === 'string' ? deleted : ''), snapshots: {}, special: {}}
}

function texts(values: Data): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]))
}

function toData({current, pending, pendingDelete}: GuestConfig): Data {
  const deleted = formatPendingDelete(pendingDelete)
  return {...current.values, pending: {...pending, ...(deleted === '' ? {} : {delete: deleted})}}
}
