// The files of guests in the store: where they lie, who holds which VMID, and what must be true before one is changed (digest, configuration
// lock). It must not know what the keys of a configuration mean. What is said of a guest depends on its type (GuestKind).
import {randomUUID} from 'node:crypto'
import {ConflictError, ForbiddenError, InvalidInputError, NotFoundError} from '../base/index.ts'
import type {Store, StoredFile} from '../store/index.ts'
import type {Caller, WantedFile} from '../tasks/index.ts'
import type {GuestConfig} from './guest-config.ts'

export type GuestType = 'qemu' | 'lxc'

/** How a type of guest is called, and how its files are read. */
export interface GuestKind {
  readonly type: GuestType
  /** The folder of its files below that of the node. */
  readonly folder: 'qemu-server' | 'lxc'
  /** `virtual machine`, `container`. */
  readonly noun: string
  /** The program that manages it. */
  readonly tool: 'qm' | 'pct'
  /** Loads what reads its files. */
  readonly loadParser: () => Promise<(text: string) => GuestConfig>
}

const nouns: Readonly<Record<GuestType, string>> = {qemu: 'virtual machine', lxc: 'container'}
const tools: Readonly<Record<GuestType, string>> = {qemu: 'qm', lxc: 'pct'}

/** Where a guest's configuration lies in the store. */
export function configPathOf({folder}: GuestKind, node: string, vmid: number): string {
  return `nodes/${node}/${folder}/${vmid}.conf`
}

/** The claim that makes a VMID unique in the cluster, whatever node and whatever type of guest it is for. */
export function vmidClaimPath(vmid: number): string {
  return `vmids/${vmid}`
}

/** The lock under which anything about a guest changes. */
export function guestLockName(vmid: number): string {
  return `guest/${vmid}`
}

/** What a reader of guest files needs of a Context. */
export interface GuestFileContext {
  readonly node: string
  readonly store: Pick<Store, 'read' | 'list'>
}

export interface GuestFile {
  readonly vmid: number
  readonly config: GuestConfig
  readonly file: StoredFile
}

/** Reads a guest of this node; undefined when it is not there any more. */
export async function readGuestOfIfThere(kind: GuestKind, vmid: number, context: GuestFileContext): Promise<GuestFile | undefined> {
  try {
    return await readGuestOf(kind, vmid, context)
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}

/**
 * Reads a guest of this node.
 * @throws NotFoundError naming the VMID, and where the guest is when it exists elsewhere or is of the other type
 */
export async function readGuestOf(kind: GuestKind, vmid: number, context: GuestFileContext): Promise<GuestFile> {
  const file = await context.store.read(configPathOf(kind, context.node, vmid))
  if (file === undefined) throw await missingGuest(kind, vmid, context)
  return {vmid, config: await readConfig(kind, vmid, file), file}
}

async function readConfig({noun, loadParser}: GuestKind, vmid: number, file: StoredFile): Promise<GuestConfig> {
  const parse = await loadParser()
  try {
    return parse(file.data)
  } catch (error) {
    throw new InvalidInputError(`the configuration of ${noun} ${vmid} cannot be read`, {}, {cause: error, data: {vmid, path: file.path}})
  }
}

async function missingGuest({type, noun, tool}: GuestKind, vmid: number, context: GuestFileContext): Promise<NotFoundError> {
  const elsewhere = await findGuest(vmid, context.store)
  if (elsewhere === undefined) {
    return new NotFoundError(`there is no ${noun} ${vmid} on node '${context.node}'`, {nextSteps: [`\`${tool} list\` shows those that exist.`], data: {vmid}})
  }
  if (elsewhere.type !== type) {
    return new NotFoundError(`${vmid} is a ${nouns[elsewhere.type]}, not a ${noun}`, {nextSteps: [`Use \`${tools[elsewhere.type]}\` for it.`], data: {vmid, node: elsewhere.node}})
  }
  return new NotFoundError(`${noun} ${vmid} is not on node '${context.node}' but on '${elsewhere.node}'`, {data: {vmid, node: elsewhere.node}})
}

/** The files of all guests of a type on this node, by VMID, in one snapshot of the store. */
export async function listGuestFilesOf({folder}: GuestKind, context: GuestFileContext): Promise<{vmid: number; file: StoredFile}[]> {
  const files = await context.store.list(`nodes/${context.node}/${folder}`)
  return files
    .flatMap(file => { const guest = guestOfPath(file.path); return guest === undefined ? [] : [{vmid: guest.vmid, file}] })
    .sort((a, b) => a.vmid - b.vmid)
}

export interface GuestPlace {
  readonly vmid: number
  readonly node: string
  readonly type: GuestType
  readonly file: StoredFile
}

/** Every guest of the cluster, of both types. */
export async function listAllGuests(store: Pick<Store, 'list'>): Promise<GuestPlace[]> {
  const files = await store.list('nodes')
  return files.flatMap(file => { const guest = guestOfPath(file.path); return guest === undefined ? [] : [{...guest, file}] })
}

/** Where in the cluster a guest is. */
export async function findGuest(vmid: number, store: Pick<Store, 'list'>): Promise<GuestPlace | undefined> {
  return (await listAllGuests(store)).find(guest => guest.vmid === vmid)
}

function guestOfPath(path: string): {vmid: number; node: string; type: GuestType} | undefined {
  const match = /^nodes\/([^/]+)\/(qemu-server|lxc)\/([1-9]\d{2,8})\.conf$/.exec(path)
  if (match === null) return undefined
  return {node: match[1] as string, type: match[2] === 'lxc' ? 'lxc' : 'qemu', vmid: Number(match[3])}
}

/**
 * The files that a commit must write so that it creates this guest and nobody else does. The claim has a text of its own for every
 * caller, so that of two commits made at the same time, even on different nodes, only one finds what it expects. A claim that
 * outlived its guest (whose file was removed by hand) is taken over.
 * @throws ConflictError when the VMID is in use anywhere in the cluster
 */
export async function claimVmid(vmid: number, type: GuestType, context: GuestFileContext): Promise<WantedFile> {
  // The claim is read first: a guest that appears after this changes the claim, and the commit is refused.
  const path = vmidClaimPath(vmid)
  const was = await context.store.read(path)
  const existing = await findGuest(vmid, context.store)
  if (existing !== undefined) {
    throw new ConflictError(`${nouns[existing.type]} ${vmid} already exists on node '${existing.node}'`, {data: {vmid, node: existing.node, type: existing.type}})
  }
  return {path, was, text: `${type} ${context.node} ${randomUUID()}\n`}
}

/** The file to be removed together with a guest's configuration, so that its VMID is free again. */
export async function releaseVmid(vmid: number, context: GuestFileContext): Promise<WantedFile> {
  const path = vmidClaimPath(vmid)
  return {path, was: await context.store.read(path), text: undefined}
}

/** @throws ConflictError when the configuration has changed since the caller saw the one with this digest */
export function assertDigestOf({noun}: GuestKind, guest: GuestFile, digest: string | undefined): void {
  if (digest === undefined || digest === '' || digest.toLowerCase() === guest.file.digest.toLowerCase()) return
  throw new ConflictError(`the configuration of ${noun} ${guest.vmid} was changed by someone else in the meantime`, {
    nextSteps: ['Look at the configuration again and repeat the change with its new digest.'],
    data: {vmid: guest.vmid, expected: digest, actual: guest.file.digest},
  })
}

/**
 * Refuses work on a guest whose configuration carries a lock (`lock: backup`).
 * @throws ConflictError when it is locked, ForbiddenError when someone other than root asks to skip the lock
 */
export function assertUnlockedOf(kind: GuestKind, guest: Pick<GuestFile, 'vmid' | 'config'>, skiplock: boolean | undefined, caller: Caller): void {
  if (skiplock === true && !caller.isRoot) throw new ForbiddenError("only root may use 'skiplock'")
  if (skiplock !== true) assertNotLockedOf(kind, guest)
}

/** @throws ConflictError when its configuration carries a lock */
export function assertNotLockedOf({noun, tool}: GuestKind, guest: Pick<GuestFile, 'vmid' | 'config'>): void {
  const lock = guest.config.current.values['lock']
  if (lock === undefined) return
  throw new ConflictError(`${noun} ${guest.vmid} is locked (${lock})`, {
    nextSteps: [`When nothing works on it any more, \`${tool} unlock ${guest.vmid}\` takes the lock away.`],
    data: {vmid: guest.vmid, lock},
  })
}

/** Whether the configuration carries this lock. */
export function hasLock({config}: Pick<GuestFile, 'config'>, name: string): boolean {
  return config.current.values['lock'] === name
}

/** @throws ConflictError when the guest is protected against what would take its disks away */
export function assertUnprotectedOf({noun, tool}: GuestKind, guest: Pick<GuestFile, 'vmid' | 'config'>, what: string): void {
  if (!isYes(guest.config.current.values['protection'])) return
  throw new ConflictError(`${noun} ${guest.vmid} is protected: ${what}`, {
    nextSteps: [`\`${tool} set ${guest.vmid} --protection 0\` lifts the protection.`], data: {vmid: guest.vmid},
  })
}

/** How a yes stands in a configuration file that people edit by hand. */
export function isYes(value: string | undefined): boolean {
  return value !== undefined && ['1', 'on', 'yes', 'true'].includes(value.toLowerCase())
}

/** @throws InvalidInputError when a value would break the line-based file: line ends and control characters */
export function assertOneLine(key: string, value: string): void {
  if (/[\p{Cc}\u2028\u2029]/u.test(value)) {
    throw new InvalidInputError(`'${key}' must not contain line ends or other control characters`, {[key]: 'holds a control character'})
  }
}
