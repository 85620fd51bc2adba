// Suite storage-bwlimit: the limit of an operation on storages. Who may go past a limit follows from the privileges that the suite gives.
import {bandwidthLimit, bandwidthOfDatacenter} from '../../src/lib/storage/bandwidth.ts'
import type {CopyOperation} from '../../src/lib/storage/bandwidth.ts'
import {parseStorageConfig} from '../../src/lib/storage/storage-config.ts'
import {Refusal, attempt, compareData, type Adapter} from './adapter.ts'

type Permissions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

export const adapter: Adapter = {
  answer(input, env) {
    const {sections} = parseStorageConfig(String(env['storage.cfg']))
    const names = (input['storages'] as readonly (string | null)[] | null ?? []).filter((name) => name !== null)
    const user = String(input['user'])
    // An operation without a limit of its own has the default.
    const operation = input['operation'] === 'unknown' ? 'default' : input['operation'] === 'migrate' ? 'migration' : input['operation'] as CopyOperation
    return attempt(() => ({limit: bandwidthLimit({
      operation, everywhere: bandwidthOfDatacenter(String(env['datacenter.cfg'])), asked: input['override'] as number | undefined,
      storages: Object.fromEntries(names.map((name) => [name, sections[name]?.['bwlimit'] as string | undefined])),
      mayOverride: (storage) => user === 'root@pam' || isAllowed((env['permissions'] as Permissions)[user] ?? {}, storage),
    })}))
  },
  differences(answer, expect) {
    return answer instanceof Refusal ? [`was refused: ${answer.message}`] : compareData(answer, expect)
  },
}

/** Privileges hold below the path on which they are given, apart from `/`, where the suite gives one that storages do not ask for. */
function isAllowed(privileges: Readonly<Record<string, readonly string[]>>, storage?: string): boolean {
  if (storage === undefined) return privileges['/']?.includes('Sys.Modify') === true
  return [`/storage/${storage}`, '/storage'].some((path) => privileges[path]?.includes('Datastore.Allocate') === true)
}
