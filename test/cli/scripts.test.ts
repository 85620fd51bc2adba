import {readdirSync} from 'node:fs'
import path from 'node:path'
import {test} from 'vitest'
import {runScript} from './script.ts'

const folder = path.join(import.meta.dirname, 'scripts')

test.each(readdirSync(folder).filter((name) => name.endsWith('.txt')).sort())('%s', (name) => {
  runScript(path.join(folder, name))
}, 120_000)
