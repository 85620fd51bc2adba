import {defineCommand, std} from '../../spec/index.ts'
import type {Params} from '../../spec/index.ts'
import {paramsForChanging} from '../type-params.ts'

export const spec = defineCommand({
  id: 'pvesm set',
  summary: 'Change the options of a storage.',
  description: 'Where a storage lies cannot be changed: that would be another storage. Remove it and add it again; its volumes stay where they are.',
  api: {method: 'PUT', path: '/storage/{storage}'},
  params: {
    storage: std.storage,
    ...paramsForChanging(),
    delete: {
      type: 'string', format: 'pve-configid-list', maxLength: 4096, optional: true, placeholder: 'option[,...]',
      description: 'Options that go back to their default.',
    },
    digest: std.digest,
  } satisfies Params,
  args: ['storage'],
  returns: {
    type: 'object', description: 'The storage that was changed.',
    properties: {storage: {type: 'string', description: 'Its name.'}, type: {type: 'string', description: 'Its type.'}},
  },
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'caller',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.Allocate'},
  files: ['storage.cfg in the configuration store: the storages and their options.'],
  examples: [
    {line: 'pvesm set local --content images,iso,backup', meaning: 'Say what the storage may hold.'},
    {line: 'pvesm set usb --disable 1', meaning: 'Take the storage out of use.'},
    {line: 'pvesm set fast --delete nodes,format', meaning: 'Let every host use it, and new disks have the default format again.'},
  ],
  seeAlso: ['pvesm add', 'pvesm status'],
})
