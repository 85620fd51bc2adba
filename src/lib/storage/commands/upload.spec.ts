import {defineCommand, std} from '../../spec/index.ts'
import {contentParams} from './content-params.ts'

export const spec = defineCommand({
  id: 'corral storage upload',
  summary: 'Put a file onto a storage.',
  description: `The file is one of the host or, with \`-\`, what comes through standard input, from the caller's machine as well. It is written beside its place, compared with its
checksum, and given its name last: it is there whole or not at all. A file that is there is not overwritten. An image to be imported may name no other files.`,
  api: {method: 'POST', path: '/nodes/{node}/storage/{storage}/upload'},
  params: {
    storage: std.storage,
    file: {type: 'string', isPath: true, maxLength: 4096, completion: 'file', placeholder: 'file', description: 'The file, or - for standard input.'},
    ...contentParams,
    filename: {...contentParams.filename, optional: true, defaultText: "the file's own name"},
  },
  args: ['storage', 'file'],
  returns: {type: 'string', description: 'The id of the volume.'},
  output: {as: 'lines'},
  kind: 'interactive',
  dryRun: true,
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.AllocateTemplate'},
  examples: [
    {line: 'corral storage upload local /root/debian.iso --content iso', meaning: 'An ISO image under its own name.'},
    {line: 'corral storage upload local - --content vztmpl --filename debian-13.tar.zst', meaning: 'A container template from standard input.'},
  ],
  seeAlso: ['corral storage download-url', 'pvesm list', 'pvesm free'],
})
