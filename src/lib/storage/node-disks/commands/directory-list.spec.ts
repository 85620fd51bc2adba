import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral disk directory list',
  summary: 'List the file systems of a host that are mounted as directories for storages.',
  description: 'Shows what is mounted below /mnt/pve at every boot: by units of systemd, as `corral disk directory create` and Proxmox VE make them, and by lines of /etc/fstab.',
  api: {method: 'GET', path: '/nodes/{node}/disks/directory'},
  params: {},
  args: [],
  returns: {
    type: 'array', description: 'The directories, by path.',
    items: {
      type: 'object',
      properties: {
        path: {type: 'string', description: 'Where it is mounted.'}, device: {type: 'string', description: 'What is mounted.'}, type: {type: 'string', description: 'The file system.'},
        options: {type: 'string', description: 'The options of the mount.'}, unitfile: {type: 'string', description: 'The file that says so.'},
      },
    },
  },
  output: {
    as: 'table',
    columns: [
      {key: 'path', header: 'PATH', isKeptWhole: true}, {key: 'device', header: 'DEVICE', isKeptWhole: true}, {key: 'type', header: 'TYPE'}, {key: 'options', header: 'OPTIONS'}, {key: 'unitfile', header: 'FILE'},
    ],
  },
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [{line: 'corral disk directory list', meaning: 'The directories of this host.'}],
  seeAlso: ['corral disk directory create', 'corral disk directory destroy', 'systemd.mount(5)', 'fstab(5)'],
})
