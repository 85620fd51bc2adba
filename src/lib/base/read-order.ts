// What a program that we start ourselves is told on its standard input: one JSON document, so that nothing of it stands in an argv.
import {InvalidInputError} from './errors.ts'

/**
 * Reads the document to its end.
 * @throws InvalidInputError when it is longer than `maxBytes`; SyntaxError when it is no JSON, which is a fault of whoever starts us
 */
export async function readOrder(input: AsyncIterable<unknown>, maxBytes: number): Promise<unknown> {
  const chunks: Buffer[] = []
  let total = 0
  for await (const chunk of input) {
    total += (chunk as Buffer).length
    if (total > maxBytes) throw new InvalidInputError(`the order on standard input is longer than ${maxBytes} bytes`)
    chunks.push(chunk as Buffer)
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown
}
