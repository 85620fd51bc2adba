// Images that the writer makes, read by another program: xorriso sees the names, the contents and the label in both tables.
import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../../../src/lib/base/index.ts'
import {isoImage} from '../../../../../src/lib/guest/qemu/cloud-init/iso-image.ts'

const folder = mkdtempSync(join(tmpdir(), 'iso-'))
afterAll(() => { rmSync(folder, {recursive: true, force: true}) })

const files = [
  {path: 'openstack/latest/user_data', data: Buffer.from('#cloud-config\n')},
  {path: 'openstack/latest/meta_data.json', data: Buffer.alloc(5000, 'm')},
  {path: 'openstack/content/0000', data: Buffer.alloc(2048, 'n')},
  {path: 'vendor-data', data: Buffer.alloc(0)},
  {path: 'context.sh', data: Buffer.from([0, 1, 254, 255])},
]
const sizeBytes = 256 * 1024

function extracted(image: Buffer, name: string, ...options: readonly string[]): Record<string, Buffer> {
  const [path, target] = [join(folder, `${name}.iso`), join(folder, name)]
  writeFileSync(path, image)
  execFileSync('xorriso', ['-no_rc', ...options, '-osirrox', 'on:auto_chmod_on', '-indev', `stdio:${path}`, '-extract', '/', target], {stdio: 'pipe'})
  const names = readdirSync(target, {recursive: true}).map(String).filter(each => statSync(join(target, each)).isFile()).sort()
  return Object.fromEntries(names.map(each => [each, readFileSync(join(target, each))]))
}

const wanted = Object.fromEntries(files.map(({path, data}) => [path, data]))

describe('an ISO image', () => {
  const image = isoImage('config-2', files, sizeBytes)

  it('has its size, and is the same each time', () => {
    expect(image).toHaveLength(sizeBytes)
    expect(isoImage('config-2', files, sizeBytes).equals(image)).toBe(true)
  })

  it('is read with Rock Ridge', () => {
    expect(extracted(image, 'rock')).toEqual(wanted)
  })

  it('is read with Joliet', () => {
    expect(extracted(image, 'joliet', '-read_fs', 'norock')).toEqual(wanted)
  })

  it('is read by the plain names', () => {
    expect(Object.keys(extracted(image, 'plain', '-read_fs', 'ecma119')).map(name => name.toUpperCase().replace(/\.?(?:;1)?$/, '')))
      .toEqual(['CONTEXT.SH', 'OPENSTACK/CONTENT/0000', 'OPENSTACK/LATEST/META_DATA.JSON', 'OPENSTACK/LATEST/USER_DATA', 'VENDOR_DATA'])
  })

  it('is found by its label, and lets only root read', () => {
    const path = join(folder, 'label.iso')
    writeFileSync(path, image)
    expect(execFileSync('blkid', ['-p', '-o', 'value', '-s', 'LABEL', path], {encoding: 'utf8'}).trim()).toBe('config-2')
    const listed = execFileSync('xorriso', ['-no_rc', '-indev', `stdio:${path}`, '-lsl', '/'], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})
    expect(listed).toMatch(/^-r--------.*'context\.sh'$/m)
  })

  it('is refused when the files are too large, before anything is made', () => {
    expect(() => isoImage('cidata', [{path: 'user-data', data: Buffer.alloc(sizeBytes)}], sizeBytes)).toThrowError(InvalidInputError)
  })
})
