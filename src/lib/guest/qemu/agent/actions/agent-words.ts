// How a dry run words what the agent of a guest is told. Pure.
import {printable} from '../../../../base/index.ts'

/** `guest-exec path=/bin/ls arg=["-l"] input-data=***` */
export function agentWords(execute: string, args: Readonly<Record<string, unknown>>, secretNames: readonly string[] = []): string {
  const words = Object.entries(args).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return printable([execute, ...words, ...secretNames.map((name) => `${name}=***`)].join(' '))
}
