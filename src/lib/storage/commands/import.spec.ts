import {defineCommand, std} from '../../spec/index.ts'
import {snapshotParam, streamParams} from './stream-params.ts'

export const spec = defineCommand({
  id: 'pvesm import',
  summary: 'Make a volume from a stream.',
  description: `The stream is what \`pvesm export\` has written, in a file or, with \`-\`, on standard input. Nothing is left of the volume when the stream ends early, is not
what it says, or the command is interrupted. A volume by that name is not touched; \`--allow-rename\` takes the next free name of its guest instead. With
\`--base\` the stream is added to a volume that has this snapshot.`,
  params: {
    volume: {...std.volume, maxLength: 1200, description: 'The id of the new volume, such as `fast:vm-100-disk-0`.'},
    format: streamParams.format,
    filename: {type: 'string', isPath: true, maxLength: 4096, completion: 'file', placeholder: 'file', description: 'The file that is read, or - for standard input.'},
    'allow-rename': {type: 'boolean', optional: true, default: false, description: 'Take another name when that one is taken.'},
    base: streamParams.base,
    'delete-snapshot': {type: 'string', pattern: '[a-zA-Z0-9_\\-]{1,80}', maxLength: 80, optional: true, placeholder: 'snapshot', description: 'A snapshot that is removed when the volume is there: the one that was taken for the transfer.'},
    snapshot: {...snapshotParam, description: 'The snapshot with which the stream ends; the volume has it then.'},
    'with-snapshots': streamParams['with-snapshots'],
  },
  args: ['volume', 'format', 'filename'],
  returns: {type: 'string', description: 'The id of the volume.'},
  output: {as: 'lines'},
  kind: 'interactive',
  dryRun: true,
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'pvesm import fast:vm-100-disk-0 raw+size /mnt/usb/disk', meaning: 'From a file.'},
    {line: 'pvesm import local:100/vm-100-disk-0.qcow2 qcow2+size - --allow-rename', meaning: 'From standard input, under the next free name when that one is taken.'},
  ],
  seeAlso: ['pvesm export', 'pvesm alloc'],
})
