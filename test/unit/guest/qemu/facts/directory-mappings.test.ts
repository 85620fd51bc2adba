// Names of folders in mapping/directory.cfg.
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../../../src/lib/base/index.ts'
import {parseDirectoryMappings} from '../../../../../src/lib/guest/qemu/facts/directory-mappings.ts'

const text = 'docs\n\tdescription what we know\n\tmap node=h1,path=/srv/docs\n\tmap node=h2,path=/data/docs\n\ndir: music\n\tmap node=h2,path=/srv/music\n'

describe('parseDirectoryMappings', () => {
  it('gives the folders of one node, with and without a type in the header', () => {
    expect([...parseDirectoryMappings(text, 'h1')]).toEqual([['docs', '/srv/docs']])
    expect([...parseDirectoryMappings(text, 'h2')]).toEqual([['docs', '/data/docs'], ['music', '/srv/music']])
    expect([...parseDirectoryMappings('', 'h1')]).toEqual([])
  })

  it.each([
    'docs\n\tmap node=h1,path=relative\n', 'docs\n\tmap node=h1\n', 'docs\n\tmap path=/srv\n', 'docs\n\tmap node=h1,path=/a\n\tmap node=h1,path=/b\n',
    'docs\n\tnonsense 1\n', 'docs\n', 'do cs\n\tmap node=h1,path=/a\n',
  ])('refuses %j', (broken) => {
    expect(() => parseDirectoryMappings(broken, 'h1')).toThrow(InvalidInputError)
  })
})
