// What a template that was built is called, as Proxmox VE names its own: debian-13-standard_13.1-1_amd64.tar.zst. Pure.
import {InvalidInputError} from '../../../base/index.ts'

export interface TemplateName {
  /** `debian-13-standard`. */
  readonly system: string
  /** `13.1`, which is known when it is built. */
  readonly version: string
  readonly architecture: string
}

/** The number behind the version counts those of one point release, so that none is ever replaced. @param taken names of files that are there */
export function freeTemplateName({system, version, architecture}: TemplateName, taken: readonly string[]): string {
  const nameOf = (revision: number) => `${system}_${version}-${revision}_${architecture}.tar.zst`
  let revision = 1
  while (taken.includes(nameOf(revision))) revision++
  return nameOf(revision)
}

/** @param text of etc/debian_version. @throws InvalidInputError when it names no release, as those of testing do */
export function parseDebianVersion(text: string): string {
  const version = text.trim()
  if (!/^[1-9]\d?(?:\.\d{1,3})?$/.test(version)) throw new InvalidInputError(`what was built calls itself Debian '${version.slice(0, 40)}', which is no release`)
  return version
}
