import {defineCommand, std} from '../../spec/index.ts'
import {contentParams} from './content-params.ts'

export const spec = defineCommand({
  id: 'corral storage download-url',
  summary: 'Fetch a file from a web server onto a storage.',
  description: `The file is fetched by the host, written beside its place, compared with its checksum, and given its name last: it is there whole or not at all. A file that is there
is not overwritten. Nothing larger than the free space of the storage is taken.

A server is asked only where it lies outside: never the host itself or addresses that are no server's, and those of private networks only with \`--allow-private\`. That holds for every
redirection as well. Proxies are not used. Whoever changes the file on its way is noticed by https, or by a checksum.`,
  api: {method: 'POST', path: '/nodes/{node}/storage/{storage}/download-url'},
  params: {
    storage: std.storage,
    url: {type: 'string', maxLength: 2048, pattern: 'https?://.*', placeholder: 'url', description: 'Where the file is, without a name and password.'},
    ...contentParams,
    compression: {type: 'string', enum: ['gz', 'lzo', 'zst', 'bz2'], optional: true, description: 'How an ISO image is compressed; it is opened before it gets its name.'},
    'verify-certificates': {type: 'boolean', optional: true, default: true, description: 'Refuse a server that cannot show that it is the one that is meant.'},
    'allow-private': {type: 'boolean', optional: true, default: false, description: 'Ask servers in private networks as well.'},
  },
  args: ['storage', 'url'],
  returns: {type: 'string', description: 'The id of the volume.'},
  output: {as: 'lines'},
  kind: 'task',
  task: {type: 'download', id: 'filename'},
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.AllocateTemplate'},
  examples: [
    {line: 'corral storage download-url local https://example.com/debian.iso --content iso --filename debian.iso', meaning: 'An ISO image.'},
    {line: `corral storage download-url local https://example.com/disk.qcow2 --content import --filename disk.qcow2 --checksum-algorithm sha256 --checksum ${'0123456789abcdef'.repeat(4)}`, meaning: 'An image to be imported, whose checksum is known.'},
  ],
  seeAlso: ['corral storage upload', 'pvesm list', 'qm import'],
})
