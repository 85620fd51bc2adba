import {expect, it} from 'vitest'
import {ToolError, UnavailableError} from '../../../../../src/lib/base/index.ts'
import {errorsInLog, explainStartFailure} from '../../../../../src/lib/guest/lxc/runtime/start-failure.ts'

const failure = new ToolError('lxc-start failed', {host: 'h1', argv: ['lxc-start'], exitCode: 1, stderr: ''})
const line = (text: string) => `lxc-start 200 20261123045908.163 ERROR    start - ../src/lxc/start.c:f:99 - ${text}\n`
const echoes = line('Failed to spawn container "200"') + line('An error occurred in another process (expected sequence number 1)')

it('finds what LXC says of the cause, and leaves out what follows from it', () => {
  expect(errorsInLog(`${line('one')}${echoes}lxc-start 200 20261123045908.163 WARN x - a.c:f:1 - not this\n${line('one')}`)).toEqual(['one'])
})

it.each([
  ['No such file or directory - Failed to exec "/sbin/init"', '/sbin/init does not exist in the container'],
  ['Permission denied - Could not access /srv/x. Please grant it x access, or add an ACL for the container root', "may not search the folder /srv/x"],
  ['newuidmap failed to write mapping "newuidmap: uid range [0-65536) -> [100000-165536) not allowed": newuidmap 5 0 100000 65536', 'may not hand these users'],
])('puts %s into words', (text, words) => {
  const error = explainStartFailure(failure, 200, line(text) + echoes) as UnavailableError
  expect(error.message).toContain(words)
  expect(error.nextSteps.length).toBeGreaterThan(0)
})

it('passes on what it does not know, and errors of others as they are', () => {
  const error = explainStartFailure(failure, 200, line('something new')) as UnavailableError
  expect(error.message).toBe('container 200 did not start')
  expect((error.cause as Error).message).toBe('LXC says: something new')
  const other = new UnavailableError('x')
  expect(explainStartFailure(other, 200, '')).toBe(other)
})
