// How fast an archive may be unpacked.
import {copyBandwidth} from '../../../storage/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {parseVolumeId} from '../../../storage/index.ts'

/**
 * @param values of rootfs and mount points; @param askedKib the option --bwlimit
 * @returns bytes a second; 0 is no limit
 */
export async function restoreBandwidth(values: readonly string[], askedKib: number | undefined, context: Pick<Context, 'store' | 'places' | 'caller'>): Promise<number> {
  const volumes = values.map((text) => text.split(',')[0] ?? '').filter((source) => !source.startsWith('/'))
  const limitKib = await copyBandwidth('restore', [...new Set(volumes.map((volume) => parseVolumeId(volume).storage))], askedKib, context)
  return limitKib * 1024
}
