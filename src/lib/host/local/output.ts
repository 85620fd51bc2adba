// What a program writes: kept up to a bound, dropped from the front, and handed on line by line as it comes.
import {StringDecoder} from 'node:string_decoder'

/** A line longer than this is handed on in pieces, so that output without line ends cannot fill the memory. */
const maxLineChars = 64 * 1024

export interface OutputTail {
  add(chunk: Buffer): void
  text(): string
}

/** Keeps the last `maxBytes` bytes. */
export function outputTail(maxBytes: number): OutputTail {
  const chunks: Buffer[] = []
  let total = 0
  return {
    add(chunk) {
      chunks.push(chunk)
      total += chunk.length
      while (chunks[0] !== undefined && total - chunks[0].length >= maxBytes) {
        total -= chunks[0].length
        chunks.shift()
      }
    },
    text: () => {
      const all = Buffer.concat(chunks, total)
      return all.subarray(Math.max(0, all.length - maxBytes)).toString('utf8')
    },
  }
}

/** Calls `onLine` for every whole line (ended by LF, CR LF or the CR of a progress display); `end` hands on the rest. */
export function lineSplitter(onLine: (line: string) => void): {add(chunk: Buffer): void; end(): void} {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r\n|[\n\r](?!\n|$)|\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
    while (rest.length > maxLineChars) {
      onLine(rest.slice(0, maxLineChars))
      rest = rest.slice(maxLineChars)
    }
  }
  return {
    add: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end())
      if (rest !== '') onLine(rest.replace(/\r$/, ''))
      rest = ''
    },
  }
}
