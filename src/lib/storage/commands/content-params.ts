// Parameters of the commands that put files onto storages. A file of its own, because specs are data that loads no code.
import type {Params} from '../../spec/index.ts'

export const contentParams = {
  content: {type: 'string', enum: ['iso', 'vztmpl', 'import'], description: 'What the file is: an ISO image, a container template, or an image or archive to be imported.'},
  filename: {type: 'string', maxLength: 255, placeholder: 'name', description: "The file's name on the storage: letters, digits, '.', '_', '+' and '-', with the ending that belongs to its content."},
  checksum: {type: 'string', maxLength: 128, optional: true, requires: 'checksum-algorithm', placeholder: 'digits', description: 'The checksum that the file must have, as it comes: before it is opened.'},
  'checksum-algorithm': {type: 'string', enum: ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512'], optional: true, requires: 'checksum', description: 'What kind of checksum that is.'},
} as const satisfies Params
