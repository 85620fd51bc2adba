// What an image says of its first process, as the keys of a container.
import {expect, it} from 'vitest'
import {imageValues, userLines} from '../../../../../../src/lib/guest/lxc/templates/oci/image-values.ts'

it('a command is one line that LXC takes apart into the same words', () => {
  expect(imageValues({words: ['/bin/sh', '-c', 'echo "x y"', ''], env: ['A=1']}).values).toEqual({entrypoint: `/bin/sh -c 'echo "x y"' ""`, env: 'A=1'})
  for (const word of ['a\nb', `"'`, 'a\\b']) expect(() => imageValues({words: [word], env: []})).toThrow(/cannot stand in one line/)
  expect(imageValues({words: [], env: []})).toEqual({values: {}, raw: [], warnings: []})
})

it('variables, folder and signal are taken only where they are what they say', () => {
  const {values, raw, warnings} = imageValues({words: [], env: ['A=1', 'B=2', 'no', 'C=x\ny'], workingFolder: 'srv', stopSignal: 'SIGKILL\nlxc.hook.start: /x'})
  expect([values, raw]).toEqual([{env: 'A=1\0B=2'}, []])
  expect(warnings).toHaveLength(4)
  expect(imageValues({words: [], env: [], workingFolder: '/srv', stopSignal: 'SIGRTMIN+3'}).raw).toEqual([['lxc.init.cwd', '/srv'], ['lxc.signal.halt', 'SIGRTMIN+3']])
})

it('a user is a number, or who the image knows', () => {
  const files = {passwd: 'root:x:0:0::/:\nweb:x:33:34::/:\n', group: 'www:x:50:\n'}
  expect(userLines('web', files)).toEqual([['lxc.init.uid', '33'], ['lxc.init.gid', '34']])
  expect(userLines('web:www', files)).toEqual([['lxc.init.uid', '33'], ['lxc.init.gid', '50']])
  expect(userLines('1000', files)).toEqual([['lxc.init.uid', '1000'], ['lxc.init.gid', '0']])
  expect(userLines('root', files)).toEqual([])
  expect(() => userLines('nobody', files)).toThrow(/who is not in it/)
})
