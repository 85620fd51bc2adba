// The streams of types whose disks QEMU opens: those that are files, and those that are devices or images elsewhere.
import type {Clock} from '../../base/index.ts'
import type {Host} from '../../host/index.ts'
import type {Storage} from '../storage.ts'
import {fileStreams} from './file-streams.ts'
import {rawStream} from './raw-stream.ts'
import type {StreamKind} from './stream-kind.ts'
import {withTransfer} from './with-transfer.ts'

export function withDiskStreams(storage: Storage, host: Host, clock: Clock, more: readonly StreamKind[] = []): Storage {
  return withTransfer(storage, clock, [...more, rawStream(storage, host)])
}

export function withFileStreams(storage: Storage, host: Host, clock: Clock, more: readonly StreamKind[] = []): Storage {
  return withTransfer(storage, clock, [...more, rawStream(storage, host), ...fileStreams(storage, host)])
}
