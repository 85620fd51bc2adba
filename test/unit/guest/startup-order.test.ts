// The order in which guests are started and shut down.
import {describe, expect, it} from 'vitest'
import {InvalidInputError} from '../../../src/lib/base/index.ts'
import {parseStartup, shutdownGroups, startsOnBoot, startupGroups} from '../../../src/lib/guest/startup-order.ts'

const guest = (vmid: number, startup?: string) => ({vmid, kind: 'qemu' as const, onboot: '1', startup})
const numbers = (groups: readonly (readonly {vmid: number}[])[]) => groups.map((group) => group.map(({vmid}) => vmid))

describe('parseStartup', () => {
  it('reads the parts in any order, and a bare number as the order', () => {
    expect(parseStartup('order=1,up=30,down=60')).toEqual({order: 1, upSeconds: 30, downSeconds: 60})
    expect(parseStartup('down=5,order=0')).toEqual({order: 0, downSeconds: 5})
    expect(parseStartup('7')).toEqual({order: 7})
    expect(parseStartup('7,up=2')).toEqual({order: 7, upSeconds: 2})
  })

  it.each(['', 'order=', 'order=-1', 'up=1.5', 'first', 'order=1;up=2', 'order=9999999999'])('refuses %j', (text) => {
    expect(() => parseStartup(text)).toThrow(InvalidInputError)
  })
})

describe('the groups', () => {
  it('come by order, those without one last, by VMID within', () => {
    const guests = [guest(105), guest(104, 'order=2'), guest(103, '1'), guest(102), guest(101, 'order=2,up=9'), guest(100, 'up=4')]
    expect(numbers(startupGroups(guests))).toEqual([[103], [101, 104], [100, 102, 105]])
    expect(numbers(shutdownGroups(guests))).toEqual([[105, 102, 100], [104, 101], [103]])
    expect(startupGroups(guests)[1]?.[0]).toMatchObject({vmid: 101, upSeconds: 9})
  })

  it('take a guest with a broken order as one without, and say so', () => {
    const warnings: string[] = []
    expect(numbers(startupGroups([guest(101, 'first'), guest(100, '1')], (line) => warnings.push(line)))).toEqual([[100], [101]])
    expect(warnings).toEqual([expect.stringMatching(/^guest 101: 'first' is no part of a startup order/)])
  })
})

it('a guest starts on boot when its file says so', () => {
  expect(['1', 'yes', 'on', '0', 'no', 'nonsense', undefined].map((onboot) => startsOnBoot({onboot}))).toEqual([true, true, true, false, false, false, false])
})
