import {expect, it} from 'vitest'
import {maskSecrets} from '../../../../src/lib/tasks/actions/mask-secrets.ts'
import {unifiedDiff} from '../../../../src/lib/tasks/actions/unified-diff.ts'

/** Applies a diff, checking each line that it says is there, as patch(1) does. */
function patched(before: string, diff: readonly string[]): string {
  const old = before.split('\n').slice(0, -1)
  const made: string[] = []
  let at = 0
  for (const line of diff.slice(2)) {
    const [, start, count = '1'] = /^@@ -(\d+)(?:,(\d+))? \+/.exec(line) ?? []
    if (start !== undefined) {
      const from = count === '0' ? Number(start) : Number(start) - 1
      made.push(...old.slice(at, from))
      at = from
    } else if (line.startsWith('+')) {
      made.push(line.slice(1))
    } else {
      expect(old[at]).toBe(line.slice(1))
      if (line.startsWith(' ')) made.push(line.slice(1))
      at++
    }
  }
  return [...made, ...old.slice(at)].map((line) => `${line}\n`).join('')
}

const lines = (count: number, change: (line: number) => string | undefined) =>
  Array.from({length: count}, (_, line) => change(line)).filter((line) => line !== undefined).map((line) => `${line}\n`).join('')

it.each([
  ['one line in the middle', lines(20, String), lines(20, (line) => line === 10 ? 'changed' : String(line))],
  ['two places far apart', lines(40, String), lines(40, (line) => line === 2 || line === 35 ? `${line}!` : String(line))],
  ['two places near each other', lines(20, String), lines(20, (line) => line === 8 || line === 13 ? `${line}!` : String(line))],
  ['lines gone at both ends', lines(10, String), lines(10, (line) => line === 0 || line === 9 ? undefined : String(line))],
  ['lines added', lines(3, String), lines(3, String) + lines(5, (line) => `new ${line}`)],
  ['everything', lines(5, String), lines(7, (line) => `x${line}`)],
  ['repeated lines', 'a\nb\na\nb\na\n', 'b\na\na\nb\nb\n'],
])('a difference in %s can be applied', (_what, before, after) => {
  expect(patched(before, unifiedDiff('file', before, after))).toBe(after)
})

it('of equal texts is empty', () => {
  expect(unifiedDiff('x', 'a\n', 'a\n')).toEqual([])
})

it('of large texts is still an answer', () => {
  const diff = unifiedDiff('x', lines(5000, (line) => `a${line}`), lines(5000, (line) => `b${line}`))
  expect(diff).toHaveLength(3 + 10_000)
})

it('shows no secrets', () => {
  const text = [
    'cipassword: hunter2', '\tpassword hunter2', 'net0: virtio=AA:BB,bridge=vmbr0', 'x: user=a,password=hunter2,port=1', 'smbios1: uuid=1', 'description: the passwords are in the safe',
    'special: hunter2',
  ].map((line) => `${line}\n`).join('')
  const shown = maskSecrets('storage.cfg', unifiedDiff('storage.cfg', undefined, text), ['special'])
  expect(shown.join('\n')).not.toContain('hunter2')
  expect(shown).toContain('+x: user=a,password=***,port=1')
  expect(shown).toContain('+description: the passwords are in the safe')
  expect(maskSecrets('priv/storage/nas.pw', unifiedDiff('p', 'hunter2\n', 'hunter3\n'))).toEqual(['--- p', '+++ p', '@@ -1 +1 @@', '-***', '+***'])
})

it('shows no control characters', () => {
  expect(maskSecrets('100.conf', unifiedDiff('p', '', 'name: \u001b]0;x\u0007\n')).at(-1)).toBe('+name: \\x1B]0;x\\x07')
})

it('masks secrets in the middle of a line, whatever stands before them, and is quick with long ones', () => {
  const masked = (line: string) => maskSecrets('storage.cfg', ['---', '+++', line])[2]
  expect(masked('+net0: a=b,password=x y,c=d')).toBe('+net0: a=b,password=***,c=d')
  expect(masked('+x: a=b password=x=y')).toBe('+x: a=b password=***')
  expect(masked('+x: ==secret=1,b=2')).toBe('+x: ==secret=***,b=2')
  expect(masked(`+x: ${'a'.repeat(200_000)}`)).toHaveLength(200_004)
  expect(masked(`+x: ${'a='.repeat(100_000)}`)).toHaveLength(200_004)
})
