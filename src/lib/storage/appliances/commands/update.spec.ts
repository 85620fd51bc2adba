import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'pveam update',
  summary: 'Fetch the index of container templates.',
  description: `The index says which templates there are, where, and with which checksums. Its address is set once by \`--index\`, to a server or a file, and kept for the following times; there is none
by default. Proxmox VE's own indexes (aplinfo.dat) can be used, plain or as gz.

**Signatures.** With \`--keyring\`, a keyring that gpgv reads, an index counts only with the signature of one of its keys, which lies beside it under the name of the index with \`.asc\`. Without one, only the checksums
in the index guard the templates, and an index that comes over http can be changed on the way.`,
  params: {
    index: {type: 'string', format: 'string-list', optional: true, maxLength: 8192, placeholder: 'address[,...]', description: "The addresses (http, https) or absolute paths of the indexes, from now on; an empty text takes them all away."},
    keyring: {type: 'string', optional: true, maxLength: 4096, pattern: '(?:/[^\\s].*)?', completion: 'file', placeholder: 'file', description: 'The keyring of the keys that sign the indexes, from now on; an empty text takes it away.'},
  },
  args: [],
  returns: {type: 'null'},
  output: {as: 'none'},
  kind: 'change',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Modify'},
  files: ['aplinfo.cfg in the configuration store: addresses and keyring.', '/var/lib/corral/aplinfo: the indexes that were fetched.'],
  examples: [
    {line: 'pveam update --index https://example.org/images/aplinfo.dat.gz', meaning: 'Set the address, and fetch the index from there.'},
    {line: 'pveam update --keyring /usr/share/keyrings/templates.gpg', meaning: 'Take the index only with a signature, from now on.'},
    {line: 'pveam update', meaning: 'Fetch it anew.'},
  ],
  seeAlso: ['pveam available', 'pveam download'],
})
