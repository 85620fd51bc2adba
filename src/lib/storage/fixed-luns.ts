// What storages have in common whose volumes are the LUNs of a server (iscsi, iscsidirect): the server makes, grows and removes them, so every
// change is refused in words that say so. Pure.
import {UnsupportedError} from '../base/index.ts'
import type {Storage, StorageTraits, VolumeId} from './storage.ts'

export const fixedLunTraits: StorageTraits = {
  content: ['images'],
  defaultContent: ['images'],
  formats: ['raw'],
  defaultFormat: 'raw',
  shared: true,
  snapshotFormats: [],
  templateFormats: [],
  readsZerosWhenNew: false,
}

type Changes = Pick<Storage, 'nextName' | 'nameFor' | 'commands' | 'create' | 'checkRemovable' | 'remove' | 'resize' | 'rename'>

/**
 * @param check @throws InvalidInputError for an id that is no volume of this storage
 * @param instead how guests get disks of their own there, when there is a way
 */
export function refusedChanges(storage: string, check: (id: VolumeId) => unknown, instead: readonly string[] = []): Changes {
  const refused = (what: string, nextSteps: readonly string[]): UnsupportedError =>
    new UnsupportedError(`storage '${storage}' ${what}: its volumes are the LUNs of an iSCSI target, and the server that has them looks after them`, {nextSteps})
  const noNew = (): UnsupportedError => refused('makes no disks', [`See which there are: pvesm list ${storage}`, ...instead])
  const refuse = async (id: VolumeId, what: string): Promise<never> => {
    check(id)
    throw refused(what, ['Do it on the server.'])
  }
  return {
    nextName: async () => { throw noNew() },
    nameFor: () => { throw noNew() },
    create: async () => { throw noNew() },
    commands: () => { throw refused('changes no disks', []) },
    checkRemovable: (id) => refuse(id, 'removes no disks'),
    remove: (id) => refuse(id, 'removes no disks'),
    resize: (id) => refuse(id, 'does not grow disks'),
    rename: (id) => refuse(id, 'does not rename disks'),
  }
}
