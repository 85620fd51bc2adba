// Reserves the huge pages of a guest before its start. They are given back with the run files.
import type {Action} from '../../../../tasks/index.ts'
import {defineAction} from '../../../../tasks/index.ts'
import type {WantedPages} from '../../arguments/memory-layout.ts'
import {reserveHugePages as reserve} from '../../huge-pages/index.ts'

export interface ReserveHugePages extends Action {
  readonly kind: 'qemu.reserve-hugepages'
  readonly vmid: number
  readonly pages: readonly WantedPages[]
  readonly keep: boolean
}

export const reserveHugePages = defineAction<ReserveHugePages>({
  kind: 'qemu.reserve-hugepages',
  describe: ({pages, keep}) => pages.map(({hostNode, pageMib, count}) =>
    `# reserve ${count} huge pages of ${pageMib} MiB on NUMA node ${hostNode}, as far as they are not free already${keep ? ', and keep them' : ''}`),
  run: async ({vmid, pages, keep}, context) => { await reserve(vmid, pages, keep, context) },
})
