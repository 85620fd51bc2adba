import {describe, expect, it} from 'vitest'
import {InvalidInputError, placesFromEnvironment} from '../../../src/lib/base/index.ts'

describe('places', () => {
  it.each([undefined, ''])('are those of the machine when CORRAL_ROOT is %j', (root) => {
    expect(placesFromEnvironment({CORRAL_ROOT: root})).toEqual({stateDir: '/var/lib/corral', runDir: '/run/corral', logDir: '/var/log/corral', root: undefined})
  })

  it.each(['/srv/lab', '/srv/lab/', '/srv/lab///'])('lie below CORRAL_ROOT: %s', (root) => {
    expect(placesFromEnvironment({CORRAL_ROOT: root})).toEqual({stateDir: '/srv/lab/lib', runDir: '/srv/lab/run', logDir: '/srv/lab/log', root: '/srv/lab'})
  })

  it.each([
    ['the root of the machine, whose /lib and /run are not ours', '/'], ['the same', '///'], ['a relative path', 'srv/lab'], ['a line break', '/srv/a\nb'],
    ['a NUL', '/srv/a\0b'], ['a path too long for sockets', `/${'x'.repeat(60)}`],
  ])('refuse %s', (_, root) => {
    expect(() => placesFromEnvironment({CORRAL_ROOT: root})).toThrow(InvalidInputError)
  })
})
