// Which ZFS pools and file systems a host has: each can be the place of a storage (zfs-list(8)).
import type {Context} from '../../tasks/index.ts'
import {askProgram, filledLines} from './ask-program.ts'

export interface ZfsPlace { readonly pool: string }

/** @throws UnavailableError when zfsutils-linux is not installed or a pool does not answer */
export async function scanZfs(context: Pick<Context, 'host' | 'signal'>): Promise<ZfsPlace[]> {
  const {stdout} = await askProgram({argv: ['zfs', 'list', '-Hp', '-t', 'filesystem', '-o', 'name'], package: 'zfsutils-linux', asked: 'the host'}, context)
  return parsePlaces(stdout)
}

/** Pure. Folders of containers are file systems as well, and no places for a storage. */
export function parsePlaces(text: string): ZfsPlace[] {
  return filledLines(text).filter((name) => !/\/(?:subvol|basevol)-\d+-disk-\d+/.test(name)).map((pool) => ({pool}))
}
