// Which folders an NFS server exports, as its mount daemon tells (showmount(8)).
import {ToolError, UnavailableError} from '../../base/index.ts'
import type {Context} from '../../tasks/index.ts'
import {askProgram, filledLines} from './ask-program.ts'

export interface NfsExport {
  readonly path: string
  /** Who may mount it, as the server says. */
  readonly options: string
}

/** @throws UnavailableError when the server does not answer or keeps no list, or nfs-common is not installed */
export async function scanNfs(server: string, context: Pick<Context, 'host' | 'signal'>): Promise<NfsExport[]> {
  const asked = `the NFS server ${server}`
  try {
    return parseExports((await askProgram({argv: ['showmount', '--no-headers', '--exports', '--', server], package: 'nfs-common', asked}, context)).stdout)
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    const {stderr} = error.failure
    if (/Name or service not known|Unknown host|can't get address/i.test(stderr)) throw new UnavailableError(`there is no host by the name of ${server}`, {cause: error})
    if (/Program not registered/i.test(stderr)) {
      throw new UnavailableError(`${asked} keeps no list of what it exports`, {cause: error, nextSteps: ['A server of NFS version 4 alone has none; its exports can be used all the same: pvesm add nfs … --export <path>']})
    }
    throw new UnavailableError(`${asked} does not say what it exports`, {cause: error})
  }
}

/** Pure: a path, blanks, and clients between commas. What is no path is left out. */
export function parseExports(text: string): NfsExport[] {
  return filledLines(text).flatMap((line) => {
    if (!line.startsWith('/')) return []
    const blank = line.lastIndexOf(' ')
    return [blank < 0 ? {path: line, options: ''} : {path: line.slice(0, blank).trimEnd(), options: line.slice(blank + 1)}]
  })
}
