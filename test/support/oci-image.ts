// Images of the Open Container Initiative for tests, good ones and bad ones.
import {createHash} from 'node:crypto'
import {gzipSync} from 'node:zlib'
import {tarArchive} from './tar-archive.ts'
import type {TarEntry} from './tar-archive.ts'

export interface ImageWish {
  readonly layers: readonly (readonly TarEntry[])[]
  readonly config?: Readonly<Record<string, unknown>>
  readonly architecture?: string
  /** Changes the documents and parts before they are packed. */
  readonly change?: (parts: {blobs: Map<string, Buffer>; manifest: {layers: {digest: string; size: number; mediaType: string}[]}}) => void
  /** More members in front of the others. */
  readonly members?: readonly TarEntry[]
  readonly index?: (manifest: Readonly<Record<string, unknown>>) => unknown
}

/** The archive, as `skopeo copy … oci-archive:` writes it. */
export function ociImage({layers, config = {}, architecture = 'amd64', change, members = [], index}: ImageWish): Buffer {
  const blobs = new Map<string, Buffer>()
  const blob = (data: Buffer, mediaType: string) => {
    const hex = createHash('sha256').update(data).digest('hex')
    blobs.set(hex, data)
    return {mediaType, digest: `sha256:${hex}`, size: data.length}
  }
  const manifest = {
    schemaVersion: 2, config: blob(Buffer.from(JSON.stringify({architecture, os: 'linux', config})), 'application/vnd.oci.image.config.v1+json'),
    layers: layers.map((entries) => blob(gzipSync(tarArchive(entries)), 'application/vnd.oci.image.layer.v1.tar+gzip')),
  }
  change?.({blobs, manifest})
  const named = blob(Buffer.from(JSON.stringify(manifest)), 'application/vnd.oci.image.manifest.v1+json')
  const whole = index?.(named) ?? {schemaVersion: 2, manifests: [named]}
  return tarArchive([
    ...members, ...[...blobs].map(([hex, data]) => ({name: `blobs/sha256/${hex}`, data})), {name: 'oci-layout', data: '{"imageLayoutVersion":"1.0.0"}'}, {name: 'index.json', data: JSON.stringify(whole)},
  ])
}
