// Reserves huge pages for a guest and gives them back. Pages that are free already are used first; as many as are missing are added, and
// what was added is noted beside the run files before the kernel is told, so that it is given back whatever happens in between. The
// caller holds hugePagesLock. Documentation/admin-guide/mm/hugetlbpage.rst.
import type {Places} from '../../../base/index.ts'
import {UnavailableError} from '../../../base/index.ts'
import type {Host} from '../../../host/index.ts'
import {hugePageFolder} from '../arguments/memory-layout.ts'
import type {WantedPages} from '../arguments/memory-layout.ts'
import {numaFolder} from '../facts/host-topology.ts'
import {guestPaths} from '../runtime/sockets.ts'

export interface PagesContext { readonly host: Host; readonly places: Places }

/** What was added for a guest: `before` is the size of the pool at that time without surplus pages, `isAdded` whether the kernel is known to have been told. */
interface AddedPages { readonly hostNode: number; readonly pageMib: number; readonly count: number; readonly before: number; readonly isAdded: boolean }
interface Reservation { readonly keep: boolean; readonly added: readonly AddedPages[] }

/**
 * @param keep leave the pages reserved when the guest ends
 * @throws UnavailableError when the host has not that much memory in one piece; what was added is given back
 */
export async function reserveHugePages(vmid: number, wanted: readonly WantedPages[], keep: boolean, context: PagesContext): Promise<void> {
  for (const pageMib of new Set(wanted.map(pages => pages.pageMib))) await mountHugePages(pageMib, context)
  let reservation: Reservation = {keep: false, added: []}
  for (const {hostNode, pageMib, count} of wanted) {
    const pool = poolFolder(hostNode, pageMib)
    const {free, size: before, surplus} = await readPool(pool, context)
    if (free >= count) continue
    const roomMib = await availableMib(hostNode, context)
    // Not even tried: the kernel would take the memory from everything else first.
    if (roomMib !== undefined && (count - free) * pageMib > roomMib) {
      await releaseHugePages(vmid, context)
      throw notEnough({hostNode, pageMib, count}, free + Math.floor(roomMib / pageMib))
    }
    const wantedSize = before + count - free
    // Pages that were to go as soon as they are let go of belong to the pool again when it grows.
    const entry = {hostNode, pageMib, count: count - free + surplus, before: before - surplus, isAdded: false}
    await writeReservation(vmid, {...reservation, added: [...reservation.added, entry]}, context)
    await context.host.files.writeInPlace(`${pool}/nr_hugepages`, String(wantedSize))
    reservation = {...reservation, added: [...reservation.added, {...entry, isAdded: true}]}
    await writeReservation(vmid, reservation, context)
    const now = await readPool(pool, context)
    if (now.free >= count) continue
    const grownBy = now.size - now.surplus - entry.before
    await writeReservation(vmid, {...reservation, added: [...reservation.added.slice(0, -1), {...entry, count: Math.max(0, grownBy), isAdded: true}]}, context)
    await releaseHugePages(vmid, context)
    throw notEnough({hostNode, pageMib, count}, now.free)
  }
  if (keep && reservation.added.length > 0) await writeReservation(vmid, {...reservation, keep}, context)
}

function notEnough({hostNode, pageMib, count}: WantedPages, free: number): UnavailableError {
  return new UnavailableError(`the guest needs ${count} huge pages of ${pageMib} MiB on NUMA node ${hostNode}, and the host has room for ${free}`, {
    data: {key: 'hugepages', hostNode, pageMib, count, free},
    nextSteps: [
      'Memory in use is in the way, or it lies in too many pieces: stop other guests, or try again after: sync; echo 3 >/proc/sys/vm/drop_caches; echo 1 >/proc/sys/vm/compact_memory',
      ...(pageMib === 1024 ? ['Pages of 1 GiB are best reserved when the host boots, with the kernel parameters hugepagesz=1G hugepages=N.'] : []),
    ],
  })
}

/** Gives back what was added for a guest, unless it is to be kept; nothing when nothing was. Right to be done again. */
export async function releaseHugePages(vmid: number, context: PagesContext): Promise<void> {
  const {host: {files}, places} = context
  const path = guestPaths(places, vmid).hugePages
  if (await files.stat(path) === undefined) return
  const {keep, added} = parseReservation(await files.readText(path))
  if (!keep) for (const pages of added) await shrinkPool(pages, context)
  await files.remove(path)
}

/**
 * Pages that are still in use go with the rest: the kernel counts them as surplus and frees them when they are let go of. So it does not
 * matter that the memory of a QEMU which has just ended may take a moment to come back.
 */
async function shrinkPool({hostNode, pageMib, count, before, isAdded}: AddedPages, context: PagesContext): Promise<void> {
  const pool = poolFolder(hostNode, pageMib)
  const {size, surplus} = await readPool(pool, context)
  const persistent = size - surplus
  // What was never added is not ours.
  const ours = Math.min(isAdded ? count : Math.max(0, persistent - before), persistent)
  if (ours > 0) await context.host.files.writeInPlace(`${pool}/nr_hugepages`, String(persistent - ours))
}

/** Pages are handed out as files of a hugetlbfs, one mount for each size. */
async function mountHugePages(pageMib: number, {host}: PagesContext): Promise<void> {
  const folder = hugePageFolder(pageMib)
  const mounts = await host.files.readText('/proc/self/mountinfo', 16 * 1024 * 1024)
  if (mounts.split('\n').some(line => line.split(' ')[4] === folder)) return
  await host.files.makeDirectory(folder, 0o755)
  await host.run(['mount', '-t', 'hugetlbfs', '-o', `pagesize=${pageMib}M`, 'hugetlbfs', folder], {timeoutMs: 20_000})
}

/** Memory of a NUMA node that is free or holds nothing but cached files; undefined when the kernel does not say. */
async function availableMib(hostNode: number, {host: {files}}: PagesContext): Promise<number | undefined> {
  const path = `${numaFolder}/node${hostNode}/meminfo`
  if (await files.stat(path) === undefined) return undefined
  const text = await files.readText(path, 64 * 1024)
  const kib = (name: string) => Number(new RegExp(`\\b${name}:\\s+(\\d{1,15}) kB`).exec(text)?.[1] ?? 0)
  return Math.floor((kib('MemFree') + kib('FilePages')) / 1024)
}

function poolFolder(hostNode: number, pageMib: number): string {
  return `${numaFolder}/node${hostNode}/hugepages/hugepages-${pageMib * 1024}kB`
}

/** `size` counts all pages, those too that go when they are let go of (`surplus`). */
async function readPool(pool: string, context: PagesContext): Promise<{free: number; size: number; surplus: number}> {
  const [free, size, surplus] = await Promise.all(['free', 'nr', 'surplus'].map(name => readCount(`${pool}/${name}_hugepages`, context)))
  return {free: free ?? 0, size: size ?? 0, surplus: surplus ?? 0}
}

async function readCount(path: string, {host}: PagesContext): Promise<number> {
  const text = (await host.files.readText(path, 64)).trim()
  if (!/^\d{1,15}$/.test(text)) throw new UnavailableError(`${path} does not hold a number`)
  return Number(text)
}

async function writeReservation(vmid: number, reservation: Reservation, {host, places}: PagesContext): Promise<void> {
  await host.files.write(guestPaths(places, vmid).hugePages, `${JSON.stringify(reservation)}\n`, {durable: false})
}

function parseReservation(text: string): Reservation {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return {keep: false, added: []}
  }
  const {keep, added} = (value ?? {}) as Partial<Reservation>
  const isNumber = (number: unknown) => typeof number === 'number' && Number.isSafeInteger(number) && number >= 0
  const isRight = (pages: AddedPages) => isNumber(pages.hostNode) && isNumber(pages.pageMib) && isNumber(pages.count) && isNumber(pages.before)
  return {keep: keep === true, added: Array.isArray(added) ? (added as readonly AddedPages[]).filter(isRight) : []}
}
