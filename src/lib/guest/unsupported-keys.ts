// Refusing what a guest's configuration asks for and nothing carries out. Which keys those are, the types of guests say.
import {UnsupportedError} from '../base/index.ts'

export interface UnsupportedKey { readonly key: string; readonly reason: string }

/** @throws UnsupportedError naming every key */
export function refuse(unsupported: readonly UnsupportedKey[], tool: 'qm' | 'pct'): void {
  const first = unsupported[0]
  if (first === undefined) return
  const message = unsupported.length === 1
    ? `'${first.key}' cannot be carried out: ${first.reason}`
    : `these keys cannot be carried out: ${unsupported.map(({key, reason}) => `'${key}' (${reason})`).join(', ')}`
  const keys = unsupported.map(({key}) => key)
  const parts = keys.filter((key) => key.includes('.'))
  const whole = keys.filter((key) => !key.includes('.'))
  const them = keys.length === 1 ? 'it' : 'them'
  throw new UnsupportedError(message, {
    data: {keys},
    nextSteps: [
      ...parts.map((key) => `Give '${key.split('.')[0] ?? ''}' without '${key.split('.').slice(1).join('.')}': ${tool} set VMID --${key.split('.')[0] ?? ''} …`),
      ...(whole.length === 0 ? [] : [`Take ${parts.length === 0 ? them : whole.map((key) => `'${key}'`).join(', ')} out of the configuration: ${tool} set VMID --delete ${whole.join(',')}`]),
    ],
  })
}
