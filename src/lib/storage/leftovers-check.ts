// What `corral doctor` looks at on storages: files that were being written when their process was killed.
import {AppError} from '../base/index.ts'
import type {Context, DoctorCheck, Finding} from '../tasks/index.ts'
import {openStorage} from './open-storage.ts'
import {readStorageConfig} from './storage-config.ts'
import type {Storage} from './storage.ts'

/** On a shared storage the writer may be a process of another host, and a write takes moments. */
const staleMs = 600_000

export const leftoversCheck: DoctorCheck = {
  name: 'unfinished files on storages',
  find: async (context) => {
    const findings: Finding[] = []
    for (const name of Object.keys(await readStorageConfig(context.store, context.places))) {
      for (const path of await staleLeftovers(name, context)) {
        findings.push({what: `The file ${path} on storage '${name}' is left of a write whose process is gone.`, repair: [{kind: 'file.remove', path}]})
      }
    }
    return findings
  },
}

async function staleLeftovers(name: string, context: Context): Promise<string[]> {
  const {clock, host} = context
  const stale: string[] = []
  for (const path of await leftoversOf(name, context)) {
    const stat = await host.files.stat(path)
    if (stat !== undefined && clock.now() - stat.mtimeMs >= staleMs) stale.push(path)
  }
  return stale
}

/** A storage that is off, away or of a type that we do not have keeps what it has until it is back. */
async function leftoversOf(name: string, context: Context): Promise<readonly string[]> {
  try {
    const storage: Storage = await openStorage(name, context)
    return await storage.leftovers()
  } catch (error) {
    if (error instanceof AppError && error.kind !== 'cancelled') return []
    throw error
  }
}
