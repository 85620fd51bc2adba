import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral backup files list',
  summary: 'List the files in the backup of a container.',
  description: `What lies in a folder of the backup, or with \`--recursive\` below it. Nothing is restored or mounted, and nothing is run that is in the backup; the archive is
read to its end, which takes as long as verifying it.`,
  params: {
    volume: {...std.volume, maxLength: 1200, description: 'The volume id of the backup.'},
    path: {type: 'string', maxLength: 4096, optional: true, default: '/', placeholder: 'path', description: 'A folder or file, from the root of the container.'},
    recursive: {type: 'boolean', optional: true, default: false, description: 'What lies in the folders below it as well.'},
  },
  args: ['volume', 'path'],
  returns: {
    type: 'array', description: 'The files.',
    items: {
      type: 'object',
      properties: {
        path: {type: 'string', description: 'From the root of the container.'},
        type: {type: 'string', description: 'file, folder, link, hard link, device, pipe or other.'},
        size: {type: 'integer', description: 'In bytes; 0 for what is no file.'},
        mtime: {type: 'integer', description: 'When it was changed last, in seconds since 1970.'},
        target: {type: 'string', optional: true, description: 'Where a link leads.'},
      },
    },
  },
  output: {as: 'table', columns: [{key: 'type', header: 'TYPE'}, {key: 'size', header: 'SIZE', align: 'right'}, {key: 'mtime', header: 'CHANGED', unit: 'timestamp'}, {key: 'path', header: 'PATH', isKeptWhole: true}], isSilentWhenEmpty: true},
  kind: 'read',
  runsOn: 'node',
  needs: 'root',
  examples: [
    {line: 'corral backup files list local:backup/vzdump-lxc-101-2026_01_31-03_00_00.tar.zst /etc', meaning: 'What was in /etc.'},
    {line: 'corral backup files list local:backup/vzdump-lxc-101-2026_01_31-03_00_00.tar.zst /srv --recursive --output-format json', meaning: 'Everything below /srv, for a program.'},
  ],
  seeAlso: ['corral backup files extract', 'corral backup show', 'corral backup list', 'pct restore'],
})
