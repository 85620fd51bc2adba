// Finds the adapter of a suite: <suite>.adapter.ts beside this file.
import fs from 'node:fs'
import type {Adapter} from './adapter.ts'

export async function adapterOf(suite: string): Promise<Adapter | undefined> {
  if (!/^[a-z0-9-]+$/.test(suite)) return undefined
  const url = new URL(`./${suite}.adapter.ts`, import.meta.url)
  if (!fs.existsSync(url)) return undefined
  const module = await import(url.href) as {adapter: Adapter}
  return module.adapter
}
