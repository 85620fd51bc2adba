import {defineCommand, std} from '../../spec/index.ts'
import {snapshotParam, streamParams} from './stream-params.ts'

export const spec = defineCommand({
  id: 'pvesm export',
  summary: 'Write a volume to a stream.',
  description: `The stream goes to a file or, with \`-\`, to standard output, from where \`pvesm import\` of this or another host takes it. What cannot be written in
a form is said with the forms that can. A file that is there is not overwritten, and one that could not be written whole is removed.

With \`--on\` or a context the file is one of that host; standard output is that of the caller.`,
  params: {
    volume: {...std.volume, maxLength: 1200},
    format: streamParams.format,
    filename: {type: 'string', isPath: true, maxLength: 4096, completion: 'file', placeholder: 'file', description: 'The file that is made, or - for standard output.'},
    base: streamParams.base,
    snapshot: {...snapshotParam, description: 'The volume as it was at this snapshot.'},
    'snapshot-list': {
      type: 'string', format: 'string-list', maxLength: 4096, optional: true, requires: 'with-snapshots', placeholder: 'snapshot[,...]',
      description: 'The snapshots that the stream is to hold, in their order. It is refused when the volume has others there.',
    },
    'with-snapshots': streamParams['with-snapshots'],
  },
  args: ['volume', 'format', 'filename'],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'interactive',
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'pvesm export local:100/vm-100-disk-0.qcow2 qcow2+size /mnt/usb/disk', meaning: 'Into a file.'},
    {line: "pvesm export local:100/vm-100-disk-0.raw raw+size - | ssh h2 pvesm import fast:vm-100-disk-0 raw+size -", meaning: 'To another host, onto a storage of another type.'},
    {line: 'pvesm export tank:vm-100-disk-0 zfs /mnt/usb/disk --snapshot evening --base morning', meaning: 'What has changed between two snapshots.'},
  ],
  seeAlso: ['pvesm import', 'pvesm list'],
})
