// What the options of pvesm export and import ask of a stream. Pure.
import type {StreamFormat, StreamRequest} from '../storage.ts'

export interface StreamOptions {
  readonly format: string
  readonly base?: string | undefined
  readonly snapshot?: string | undefined
  readonly 'with-snapshots'?: boolean | undefined
}

export function streamRequest({format, base, snapshot, 'with-snapshots': withSnapshots}: StreamOptions): StreamRequest {
  return {
    format: format as StreamFormat, ...(base === undefined ? {} : {base}), ...(snapshot === undefined ? {} : {snapshot}), ...(withSnapshots === true ? {withSnapshots} : {}),
  }
}
