// What a file may be called that becomes an ISO image, a container template or an import image. Pure.
import {InvalidInputError} from '../../base/index.ts'
import {parseFolderVolumeName} from '../naming.ts'

export const placedContents = ['iso', 'vztmpl', 'import'] as const
export type PlacedContent = (typeof placedContents)[number]

const endings: Readonly<Record<PlacedContent, string>> = {
  iso: '.iso or .img', vztmpl: '.tar, .tar.gz, .tar.xz, .tar.zst or .tar.bz2', import: '.ova, .ovf, .qcow2, .raw or .vmdk',
}

/** The name of the volume. @throws InvalidInputError for a name with other characters than it may have, or another ending */
export function contentVolumeName(content: PlacedContent, fileName: string): string {
  const plain = fileName.slice(fileName.lastIndexOf('/') + 1).replace(/[^A-Za-z0-9_.+-]/g, '_').replace(/^[^A-Za-z0-9]+/, '').slice(-255)
  if (!/^[A-Za-z0-9][A-Za-z0-9_.+-]{0,254}$/.test(fileName)) {
    throw new InvalidInputError(`'${fileName.slice(0, 80).replace(/\p{Cc}/gu, '?')}' is no name for a file on a storage: letters, digits, '.', '_', '+' and '-', a letter or digit first`, {filename: 'has a character that it may not have'}, {
      nextSteps: plain === '' ? [] : [`Take another name, such as ${plain}`],
    })
  }
  const name = `${content}/${fileName}`
  try {
    if (parseFolderVolumeName(name).content === content && !/\.ova\/./.test(name)) return name
  } catch {
    // Said below with the endings that are right.
  }
  throw new InvalidInputError(`'${fileName}' is no name for content of type ${content}: it must end in ${endings[content]}`, {filename: `must end in ${endings[content]}`})
}
