// Images for containers for tests, good ones and bad ones: in the layout of the Open Container Initiative, and as Docker saves them.
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

export interface SavedImageWish {
  readonly layers: readonly (readonly TarEntry[])[]
  readonly config?: Readonly<Record<string, unknown>>
  readonly architecture?: string
  /** Layers as they are stored, where they are not plain. */
  readonly pack?: (layer: Buffer) => Buffer
  /** Changes the members before they are packed; `manifest` is what manifest.json will say. */
  readonly change?: (parts: {members: TarEntry[]; manifest: unknown[]; layerNames: string[]}) => void
  /** In place of what Docker's configuration says of the layers. */
  readonly digests?: unknown
}

/** The archive, as `docker save` wrote it before version 25: a folder for each layer, and a link to a layer that is there already. */
export function savedImage({layers, config = {}, architecture = 'amd64', pack = (layer) => layer, change, digests}: SavedImageWish): Buffer {
  const hexOf = (data: Buffer | string) => createHash('sha256').update(data).digest('hex')
  const plain = layers.map((entries) => tarArchive(entries))
  const members: TarEntry[] = []
  const layerNames: string[] = []
  const stored = new Map<string, string>()
  for (const [index, layer] of plain.entries()) {
    const folder = hexOf(`layer ${index}`)
    const name = `${folder}/layer.tar`
    const before = stored.get(hexOf(layer))
    members.push({name: `${folder}/`, type: '5'}, {name: `${folder}/VERSION`, data: '1.0'}, {name: `${folder}/json`, data: '{}'}, before === undefined ? {name, data: pack(layer)} : {name, type: '2', link: `../${before}`})
    stored.set(hexOf(layer), name)
    layerNames.push(name)
  }
  const document = JSON.stringify({architecture, os: 'linux', config, rootfs: {type: 'layers', diff_ids: digests ?? plain.map((layer) => `sha256:${hexOf(layer)}`)}})
  const configName = `${hexOf(document)}.json`
  members.push({name: configName, data: document})
  const manifest: unknown[] = [{Config: configName, RepoTags: ['x:latest'], Layers: layerNames}]
  change?.({members, manifest, layerNames})
  return tarArchive([...members, {name: 'manifest.json', data: JSON.stringify(manifest)}, {name: 'repositories', data: '{}'}])
}
