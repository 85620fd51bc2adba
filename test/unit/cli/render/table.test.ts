import {describe, expect, test} from 'vitest'
import type {Column} from '../../../../src/lib/spec/index.ts'
import {displayWidth} from '../../../../src/lib/cli/render/display-width.ts'
import {plainStyle} from '../../../../src/lib/cli/render/style.ts'
import {tableLines, type TableOptions} from '../../../../src/lib/cli/render/table.ts'

const plain: TableOptions = {hasHeader: true, hasBorder: false, isHumanReadable: true, style: plainStyle}
/** The columns of Proxmox VE's `qm list`, which prints them with %10s %-20s %-10s %-10s %12.2f %-10s. */
const guestColumns: readonly Column[] = [
  {key: 'vmid', header: 'VMID', width: 10, align: 'right'}, {key: 'name', header: 'NAME', width: 20}, {key: 'status', header: 'STATUS', width: 10},
  {key: 'mem', header: 'MEM(MB)', width: 10, unit: 'bytes-mib'}, {key: 'disk', header: 'BOOTDISK(GB)', width: 12, align: 'right', unit: 'bytes-gib'},
  {key: 'pid', header: 'PID', width: 10, absent: '0'},
]

describe('a plain table', () => {
  test('has the columns of qm list, byte for byte', () => {
    const rows = [
      {vmid: 100, name: 'web', status: 'running', mem: 2 ** 31, disk: 34_359_738_368, pid: 4711},
      {vmid: 101, name: 'a-name-that-is-longer-than-its-column', status: 'stopped', mem: 2 ** 29, disk: 0},
    ]
    expect(tableLines(rows, guestColumns, plain)).toEqual([
      '      VMID NAME                 STATUS     MEM(MB)    BOOTDISK(GB) PID       ',
      '       100 web                  running    2048              32.00 4711      ',
      '       101 a-name-that-is-longer-than-its-column stopped    512                0.00 0         ',
    ])
  })

  test('a column without a width is as wide as its widest cell', () => {
    const columns: Column[] = [{key: 'name', header: 'Name'}, {key: 'used', header: 'Used', align: 'right'}]
    expect(tableLines([{name: 'local', used: 5}, {name: 'backup-store', used: 12345}], columns, plain)).toEqual([
      'Name          Used', 'local            5', 'backup-store 12345',
    ])
    expect(tableLines([{name: 'a', used: 1}], columns, {...plain, hasHeader: false})).toEqual(['a 1'])
  })

  test('cuts the widest texts to fit a terminal, never numbers', () => {
    const style = {columns: 50, hasColour: false, hasUnicode: true}
    const lines = tableLines([{vmid: 999_999_999, name: 'x'.repeat(60), status: 'running', mem: 2 ** 30, disk: 2 ** 30, pid: 1}], guestColumns, {...plain, style})
    expect(lines[1]).toContain('999999999')
    expect(lines[1]).toContain('…')
    const wide = tableLines([{vmid: 100, name: '虚拟机'.repeat(10), status: 'running'}], guestColumns, {...plain, style: {...style, columns: 90}})
    expect(wide[1]).toMatch(/ 100 (虚拟机)+虚?拟?… +running/)
    expect(displayWidth(wide[1] ?? '')).toBe(90)
  })

  test('never cuts a column that is kept whole; where there is no room beside it, nothing is cut', () => {
    const columns: Column[] = [{key: 'upid', header: 'UPID', isKeptWhole: true}, {key: 'status', header: 'Status'}]
    const upid = 'UPID:h1:00001234:0000ABCD:67414F00:qmstart:100:root@pam:'
    const rows = [{upid, status: 'something went wrong, at length'}]
    const width = (available: number) => ({...plain, style: {columns: available, hasColour: false, hasUnicode: true}})
    expect(tableLines(rows, columns, width(80))[1]).toBe(`${upid} ${'something went wrong, at length'.slice(0, 80 - upid.length - 2)}…`)
    expect(tableLines(rows, columns, width(60))[1]).toBe(`${upid} something went wrong, at length`)
  })

  test('marks each header by itself', () => {
    const lines = tableLines([], [{key: 'a', header: 'A'}, {key: 'b', header: 'B'}], {...plain, emphasise: (...texts: string[]) => `<${texts.join('|')}>`})
    expect(lines).toEqual(['<A> <B>'])
  })

  test('shows what a terminal would obey', () => {
    expect(tableLines([{name: 'a\u001b]0;owned\u0007b\nc\u202ed'}], [{key: 'name', header: 'N'}], {...plain, hasHeader: false})).toEqual(['a\\x1B]0;owned\\x07b\\x0Ac\\u202Ed'])
  })
})

describe('a bordered table', () => {
  const columns: Column[] = [{key: 'id', header: 'ID'}, {key: 'size', header: 'Size', align: 'right', unit: 'bytes'}]
  const options = {...plain, hasBorder: true}

  test('draws lines between all rows', () => {
    expect(tableLines([{id: 'a', size: 1024}, {id: 'bb'}], columns, options)).toEqual([
      '┌────┬──────────┐', '│ ID │     Size │', '╞════╪══════════╡', '│ a  │ 1.00 KiB │', '├────┼──────────┤', '│ bb │          │', '└────┴──────────┘',
    ])
  })

  test('in ASCII, without header, with bare numbers', () => {
    const style = {...plainStyle, hasUnicode: false}
    expect(tableLines([{id: 'a', size: 1024}], columns, {...options, style, hasHeader: false, isHumanReadable: false})).toEqual(['+---+------+', '| a | 1024 |', '+---+------+'])
  })
})
