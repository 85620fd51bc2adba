// A pool whose images are devices of the kernel (krbd), where the kernel has no client of Ceph: rbd-devices.py in the place of rbd, with a loop device for each image.
import {execFileSync, spawnSync} from 'node:child_process'
import {chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'

export interface PoolOfDevices {
  /** The section of storage.cfg by the name of ceph. */
  readonly section: string
  /** Where rbd and the programs of `replace` are looked for. */
  readonly path: string
  images(): string[]
  /** The images that are mapped. */
  mapped(): string[]
  /** A program that fails, in the place of the real one; without `text`, the real one again. */
  replace(program: string, text: string | undefined): void
  /** Without images and devices again, for another installation. */
  empty(): void
  close(): void
}

/** Why there can be none here; undefined when there can. */
export function whyNoPoolOfDevices(): string | undefined {
  if (process.getuid?.() !== 0) return 'loop devices need root'
  const probe = spawnSync('losetup', ['-f'], {encoding: 'utf8'})
  return probe.status === 0 ? undefined : `there are no loop devices: ${probe.stderr.trim()}`
}

export function poolOfDevices(): PoolOfDevices {
  const folder = mkdtempSync(join(tmpdir(), 'corral-krbd-'))
  const [bin, images, state] = [join(folder, 'bin'), join(folder, 'images'), join(folder, 'devices.json')]
  for (const each of [bin, images]) mkdirSync(each)
  copyFileSync(join(import.meta.dirname, 'rbd-devices.py'), join(bin, 'rbd'))
  chmodSync(join(bin, 'rbd'), 0o755)
  const pool = basename(folder)
  const devices = () => existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) as Record<string, {image: string; loop: string}> : {}
  const empty = () => {
    for (const [node, {loop}] of Object.entries(devices())) {
      execFileSync('losetup', ['--detach', loop])
      rmSync(node, {force: true})
    }
    for (const path of [state, `/dev/rbd/${pool}`]) rmSync(path, {recursive: true, force: true})
    for (const name of readdirSync(images)) rmSync(join(images, name))
  }
  return {
    section: `rbd: ceph\n\tmonhost 192.0.2.1\n\tpool ${pool}\n\tcontent rootdir,images\n\tkrbd 1\n`,
    path: `${bin}:${process.env['PATH'] ?? ''}`,
    images: () => readdirSync(images).sort(),
    mapped: () => Object.values(devices()).map(({image}) => image).sort(),
    replace: (program, text) => {
      if (text === undefined) rmSync(join(bin, program), {force: true})
      else writeFileSync(join(bin, program), text, {mode: 0o755})
    },
    empty,
    close: () => {
      empty()
      rmSync(folder, {recursive: true})
    },
  }
}
