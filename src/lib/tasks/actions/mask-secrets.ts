// Keeps secrets out of what a dry run prints of configuration files. Pure.
import {printable} from '../../base/index.ts'

const mask = '***'
/** Keys of Proxmox VE's configuration files whose values are secret, and the words that such keys are made of. */
const secretKey = /(?:^|[-_])(?:cipassword|password|passwd|passphrase|secret|token|keyring|private[-_]?key|apikey)(?:[-_]|$)/i
/** Everything below these folders is secret as a whole. */
const secretFolders = ['priv/']

/** @param lines of a unified diff, with the header lines */
export function maskSecrets(path: string, lines: readonly string[], secretKeys: readonly string[] = []): string[] {
  const isAllSecret = secretFolders.some((folder) => path.startsWith(folder)) || /^nodes\/[^/]+\/priv\//.test(path)
  return lines.map((line, index) => {
    if (index < 2 || line.startsWith('@@')) return line
    if (isAllSecret) return `${line.charAt(0)}${mask}`
    return printable(maskLine(line, secretKeys))
  })
}

/** The text of a configuration file, masked in the same way. */
export function maskText(path: string, text: string, secretKeys: readonly string[] = []): string {
  const isWhole = text.endsWith('\n')
  const lines = (isWhole ? text.slice(0, -1) : text).split('\n').map((line) => ` ${line}`)
  // Two lines stand where a diff has its header.
  return maskSecrets(path, ['', '', ...lines], secretKeys).slice(2).map((line) => line.slice(1)).join('\n') + (isWhole ? '\n' : '')
}

/** `key: value` (guests) and `<blank>key value` (sections), behind the diff's mark; and `key=value` inside a property string. */
function maskLine(line: string, secretKeys: readonly string[]): string {
  const isSecret = (key: string) => secretKey.test(key) || secretKeys.includes(key)
  const [, head, key] = /^(.[ \t]*([A-Za-z][\w-]*)(?::[ \t]*|[ \t]+))\S/.exec(line) ?? []
  if (head !== undefined && key !== undefined && isSecret(key)) return `${head}${mask}`
  return line.split(',').map((part) => {
    for (let start = 0, equals = part.indexOf('='); equals >= 0; start = equals + 1, equals = part.indexOf('=', start)) {
      const name = part.slice(start, equals).split(/[^\w-]/).at(-1) ?? ''
      if (isSecret(name)) return `${part.slice(0, equals + 1)}${mask}`
    }
    return part
  }).join(',')
}
