// The first process of a container, as LXC is told of it.
import {expect, it} from 'vitest'
import {entrypointWords, processLines} from '../../../../../src/lib/guest/lxc/lxc-config/process.ts'
import {imageValues} from '../../../../../src/lib/guest/lxc/templates/oci/image-values.ts'

it('takes an entrypoint with quotes apart, which LXC does not', () => {
  expect([undefined, '/sbin/init', '/bin/sh -c  x'].map(entrypointWords)).toEqual([undefined, undefined, undefined])
  expect(entrypointWords(`/bin/sh -c "echo 'a  b' >/x" ''\t'say "hi"' a" "b`)).toEqual(['/bin/sh', '-c', "echo 'a  b' >/x", '', 'say "hi"', 'a b'])
  for (const text of ['/bin/sh "x', "it's", `"a'`]) expect(() => entrypointWords(text), text).toThrow("'entrypoint' has a quote without its end")
})

it('gives an image the words that it has', () => {
  const words = ['/bin/sh', '-c', 'echo "x y"; sleep 1', '', 'plain']
  expect(entrypointWords(imageValues({words, env: []}).values['entrypoint'])).toEqual(words)
})

it('tells LXC of the variables, and of nothing that would end a line', () => {
  expect(processLines({entrypoint: '/x y', env: 'A=1\0B=two words', tty: '3', console: '0'})).toEqual([
    ['lxc.init.cmd', '/x y'], ['lxc.environment', 'A=1'], ['lxc.environment', 'B=two words'], ['lxc.tty.max', '3'], ['lxc.console.path', 'none'], ['lxc.environment', 'TERM=linux'],
  ])
  expect(() => processLines({env: 'A=1\nlxc.hook.start=/x'})).toThrow(/cannot be told to LXC/)
})
