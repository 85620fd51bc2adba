import {spawn} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {expect, test} from 'vitest'
import {systemClock} from '../../../../src/lib/base/index.ts'
import {mayBeAlive, ownIdentity, readBootId} from '../../../../src/lib/store/sqlite/process-identity.ts'

const [namespace = '', , ownStart = ''] = ownIdentity().split(' ')

/** As ownIdentity gives it in that process. */
function identityOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return `${namespace} ${pid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`
}

test('this process lives, and knows itself by namespace, number and start time', () => {
  expect(ownIdentity()).toMatch(new RegExp(`^pid:\\[\\d+\\] ${process.pid} \\d+$`))
  expect(mayBeAlive(ownIdentity())).toBe(true)
})

test('a process of the same number that started at another time is another one', () => {
  expect(mayBeAlive(`${namespace} ${process.pid} ${Number(ownStart) + 1}`)).toBe(false)
})

test('a process that ended is dead; one in another namespace is left to its lease', async () => {
  const child = spawn('sleep', ['30'])
  const identity = identityOf(child.pid ?? 0)
  expect(mayBeAlive(identity)).toBe(true)
  child.kill('SIGKILL')
  await new Promise((resolve) => { child.once('exit', resolve) })
  expect(mayBeAlive(identity)).toBe(false)
  expect(mayBeAlive(identity.replace(namespace, 'pid:[1]'))).toBe(true)
})

test('a program whose name looks like fields is read rightly, and a zombie is dead', async () => {
  // The shell starts a child that ends, and does not wait for it while it sleeps itself.
  const parent = spawn('sh', ['-c', 'exec 3>&1; (exec sh -c \'printf ") Z 1 (\\n" >/proc/self/comm; echo $$ >&3; read x\' ) & exec sleep 30'], {stdio: ['pipe', 'pipe', 'inherit']})
  const pid = await new Promise<number>((resolve) => { parent.stdout.once('data', (data: Buffer) => { resolve(Number(data.toString())) }) })
  const deadline = Date.now() + 5000
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\)/s, ')')) && Date.now() < deadline) await systemClock.sleep(10)
  expect(readFileSync(`/proc/${pid}/stat`, 'latin1')).toContain(') Z ')
  expect(mayBeAlive(identityOf(pid))).toBe(false)
  parent.kill('SIGKILL')
  await new Promise((resolve) => { parent.once('exit', resolve) })
})

test('the boot has an id', () => {
  expect(readBootId()).toMatch(/^[0-9a-f-]{36}$/)
})
