// A name for a text, made of what it says. Not for what anybody may forge: every command takes the name of its parameters, and loading Node's
// cryptography for that would cost more than the check that is found by it.

/** 32 hexadecimal digits: four runs of FNV-1a, each from a start of its own and mixed at its end as MurmurHash3 does. */
export function contentName(text: string): string {
  return [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35].map((start) => run(text, start).toString(16).padStart(8, '0')).join('')
}

function run(text: string, start: number): number {
  let hash = start
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b)
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35)
  return (hash ^ hash >>> 16) >>> 0
}
