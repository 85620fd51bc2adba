// corral disk directory list: what is mounted below /mnt/pve at every boot.
import {handleRead} from '../../../tasks/index.ts'
import {readDirectories} from '../directories/read-directories.ts'
import {spec} from './directory-list.spec.ts'

export const handler = handleRead(spec, async (_params, {host}) => readDirectories(host))
