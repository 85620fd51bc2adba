import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pveam available',
  summary: 'List the container templates of the index.',
  description: 'Shows what `pveam update` has fetched, sorted by section and name; nothing is asked of a server.',
  params: {section: {type: 'string', enum: ['mail', 'system', 'turnkeylinux'], optional: true, description: 'Only the templates of this section.'}},
  args: [],
  returns: {
    type: 'array', description: 'The templates.',
    items: {
      type: 'object',
      properties: {
        section: {type: 'string', description: 'Its section.'}, template: {type: 'string', description: 'The name by which it is downloaded.'}, package: {type: 'string', description: 'What is in it.'},
        version: {type: 'string', description: 'Its version.'}, headline: {type: 'string', description: 'A few words about it.'}, location: {type: 'string', description: 'Where it lies.'},
        sha512sum: {type: 'string', optional: true, description: 'Its SHA-512 checksum.'}, md5sum: {type: 'string', optional: true, description: 'Its MD5 checksum, where there is no better one.'},
        source: {type: 'string', description: 'The index that has it.'},
      },
    },
  },
  output: {as: 'lines'},
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [
    {line: 'pveam available', meaning: 'All templates.'},
    {line: 'pveam available --section system', meaning: 'Plain systems only.'},
  ],
  seeAlso: ['pveam update', 'pveam download'],
})
