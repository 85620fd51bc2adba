// A storage whose every operation that touches its file system waits for a look first, whether the file system is there and answers.
import {UnavailableError} from '../base/index.ts'
import type {OpenChains, Storage, Usage, VolumeSnapshots, VolumeTemplates} from './storage.ts'

const noUsage: Usage = {totalBytes: 0, usedBytes: 0, availableBytes: 0, isActive: false}

/** Every operation that touches the file system waits for `ready` first; those that look at names only do not. */
export function guarded(inner: Storage, ready: () => Promise<void>): Storage {
  const after = async <R>(work: () => Promise<R>): Promise<R> => {
    await ready()
    return work()
  }
  const {snapshots, openChains, templates} = inner
  return {
    ...inner,
    activate: () => after(() => inner.activate()),
    usage: usageAfter(inner, ready),
    list: (content, vmid, tell) => after(() => inner.list(content, vmid, tell)),
    volume: (id) => after(() => inner.volume(id)),
    nextName: (vmid, format, taken) => after(() => inner.nextName(vmid, format, taken)),
    exists: (id) => after(() => inner.exists(id)),
    create: (want) => after(() => inner.create(want)),
    checkRemovable: (id) => after(() => inner.checkRemovable(id)),
    remove: (id) => after(() => inner.remove(id)),
    resize: (id, sizeBytes) => after(() => inner.resize(id, sizeBytes)),
    rename: (from, to) => after(() => inner.rename(from, to)),
    leftovers: () => after(() => inner.leftovers()),
    attach: (id, snapshot) => after(() => inner.attach(id, snapshot)),
    ...(snapshots === undefined ? {} : {snapshots: guardedSnapshots(snapshots, after)}),
    ...(openChains === undefined ? {} : {openChains: guardedChains(openChains, after)}),
    ...(templates === undefined ? {} : {templates: guardedTemplates(templates, after)}),
  }
}

type After = <R>(work: () => Promise<R>) => Promise<R>

function guardedSnapshots(inner: VolumeSnapshots, after: After): VolumeSnapshots {
  return {
    list: (id) => after(() => inner.list(id)),
    checkRollback: (id, name) => after(async () => inner.checkRollback?.(id, name)),
    create: (id, name) => after(() => inner.create(id, name)),
    rollback: (id, name) => after(() => inner.rollback(id, name)),
    remove: (id, name) => after(() => inner.remove(id, name)),
  }
}

function guardedChains(inner: OpenChains, after: After): OpenChains {
  return {
    files: (id, name) => inner.files(id, name),
    prepare: (id, name) => after(() => inner.prepare(id, name)),
    settle: (id) => after(() => inner.settle(id)),
    forget: (id, name) => after(() => inner.forget(id, name)),
    place: (id, name) => after(() => inner.place(id, name)),
  }
}

function guardedTemplates(inner: VolumeTemplates, after: After): VolumeTemplates {
  return {
    baseOf: (id) => inner.baseOf(id),
    makeBase: (id) => after(() => inner.makeBase(id)),
    unmakeBase: (id) => after(() => inner.unmakeBase(id)),
    nextClone: (base, vmid, taken) => after(() => inner.nextClone(base, vmid, taken)),
    clone: (base, id) => after(() => inner.clone(base, id)),
  }
}

function usageAfter(inner: Storage, ready: () => Promise<void>): () => Promise<Usage> {
  return async () => {
    try {
      await ready()
    } catch (error) {
      if (error instanceof UnavailableError) return {...noUsage, reason: error.message}
      throw error
    }
    return inner.usage()
  }
}
