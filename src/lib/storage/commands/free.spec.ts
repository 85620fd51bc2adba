import {defineCommand, std} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'pvesm free',
  summary: 'Delete a volume.',
  description: `What was in it is lost. A disk that stands in the configuration of a guest is refused, and so is a base image on which linked clones
stand, and a protected backup. A disk that a configuration only keeps as \`unused[n]\` can be deleted.`,
  api: {method: 'DELETE', path: '/nodes/{node}/storage/{storage}/content/{volume}'},
  params: {
    volume: {...std.volume, maxLength: 1200, description: 'The volume id, such as `local:100/vm-100-disk-0.qcow2`, or its name when --storage is given.'},
    delay: {
      type: 'integer', minimum: 1, maximum: 30, optional: true, placeholder: 's',
      description: 'Wait for so many seconds at most. A removal that lasts longer, as when the volume is overwritten first, goes on as a task, whose id is printed.',
    },
    storage: {...std.storage, optional: true, description: 'The storage on which the volume lies, for a volume given without it.'},
  },
  args: ['volume'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'imgdel', id: 'volume', patience: 'delay'},
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.AllocateSpace'},
  examples: [
    {line: 'pvesm free local:100/vm-100-disk-1.raw', meaning: 'Delete a disk that no guest uses any more.'},
    {line: 'pvesm free iso/debian.iso --storage local', meaning: 'Delete an ISO image.'},
    {line: 'pvesm free vg0:vm-100-disk-1 --delay 5', meaning: 'Let a disk that is overwritten go in the background, unless that takes less than five seconds.'},
  ],
  seeAlso: ['pvesm alloc', 'pvesm list'],
})
