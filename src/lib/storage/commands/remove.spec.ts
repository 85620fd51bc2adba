import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm remove',
  summary: 'Remove a storage from the configuration.',
  description: `Its folder and all volumes in it stay as they are, and adding it again makes them visible again. Guests whose disks lie on it cannot
be started until then. A file system that Corral has mounted for it is unmounted, unless somebody uses it; one that was mounted otherwise stays.`,
  api: {method: 'DELETE', path: '/storage/{storage}'},
  params: {storage: std.storage},
  args: ['storage'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'caller',
  needs: {path: '/storage', privilege: 'Datastore.Allocate'},
  files: ['storage.cfg in the configuration store: the storages and their options.'],
  examples: [{line: 'pvesm remove usb', meaning: 'Forget the storage; the files on it stay.'}],
  seeAlso: ['pvesm add', 'pvesm free'],
})
