import {defineCommand, std} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pveam download',
  summary: 'Download a container template to a storage.',
  description: `The template is one of the index (\`pveam available\`). It is compared with the checksum that stands there, and gets its name only when it is whole. One that is there already and has that
checksum is left alone; a file of that name that is another one is never replaced.`,
  api: {method: 'POST', path: '/nodes/{node}/aplinfo'},
  params: {
    storage: {...std.storage, description: 'The storage, which must be for container templates (content vztmpl).'},
    template: {type: 'string', maxLength: 255, placeholder: 'template', description: 'The name of the template.'},
  },
  args: ['storage', 'template'],
  returns: std.upid,
  output: {as: 'none'},
  kind: 'task',
  task: {type: 'download', id: 'template'},
  runsOn: 'node',
  needs: {path: '/storage/{storage}', privilege: 'Datastore.AllocateTemplate'},
  examples: [
    {line: 'pveam download local debian-13-standard_13.1-1_amd64.tar.zst', meaning: 'Download a template.'},
    {line: 'pveam download local debian-13-standard_13.1-1_amd64.tar.zst --dry-run', meaning: 'Say from where it would come.'},
  ],
  seeAlso: ['pveam available', 'pveam list', 'pveam remove'],
})
