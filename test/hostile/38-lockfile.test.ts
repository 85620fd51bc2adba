// Entry 38, the part of the packages: what is installed is what was chosen. Every package of the lock file has its hash, comes from wherever
// the user's own client looks, and runs nothing when it is installed, but for three that are known to build a native module.
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, it} from 'vitest'
import {projectRoot} from './support/program.ts'

interface LockedPackage {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

const read = (name: string) => JSON.parse(readFileSync(join(projectRoot, name), 'utf8')) as Record<string, unknown>
const packages = Object.entries(read('package-lock.json')['packages'] as Record<string, LockedPackage>)
const [root, ...locked] = packages as [[string, LockedPackage], ...(typeof packages)]

/** They build an addon, or fetch one that was built for this Node. */
const withInstallScript = ['node_modules/cpu-features', 'node_modules/sqlite3', 'node_modules/ssh2']

describe('the lock file', () => {
  it('has a hash for every package that nobody can make another one for', () => {
    expect(root[0]).toBe('')
    expect(locked.length).toBeGreaterThan(100)
    expect(locked.filter(([, {integrity}]) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? '')).map(([name]) => name)).toEqual([])
  })

  it('names no registry, no folder and no address', () => {
    expect(locked.filter(([, {resolved, link}]) => resolved !== undefined || link === true).map(([name]) => name)).toEqual([])
    expect(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')).not.toMatch(/"(?:git\+|https?:|file:|ssh:)[^"]*(?:tgz|\.git)/)
    expect(readFileSync(join(projectRoot, '.npmrc'), 'utf8')).not.toMatch(/registry\s*=|_auth|token|ignore-scripts\s*=\s*false/i)
  })

  it('lets no other package run a program when it is installed', () => {
    expect(locked.filter(([, {hasInstallScript}]) => hasInstallScript === true).map(([name]) => name).filter((name) => !withInstallScript.includes(name) && !name.endsWith('/fsevents'))).toEqual([])
  })

  it('says what package.json says', () => {
    const {dependencies, devDependencies} = read('package.json') as LockedPackage
    expect(root[1].dependencies).toEqual(dependencies)
    expect(root[1].devDependencies).toEqual(devDependencies)
    for (const wish of Object.values({...dependencies, ...devDependencies})) expect(wish).toMatch(/^[\^~]?\d+\.\d+\.\d+$/)
  })
})
