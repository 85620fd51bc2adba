// The command lines of ordinary machines, for the QEMU of Debian 12 and of Debian 13. UPDATE_GOLDEN=1 rewrites them; review the diff.
import fs from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {buildArguments} from '../../src/lib/guest/qemu/arguments/index.ts'
import {unsupportedKeys} from '../../src/lib/guest/qemu/config/index.ts'
import {formatArgv, goldenConfig, goldenFolder, goldenInput, goldenNames, goldenVersions} from '../support/golden-machines.ts'

describe('golden command lines', () => {
  it.each(goldenNames())('%s asks for nothing that is refused', name => {
    expect(unsupportedKeys({current: goldenConfig(name)})).toEqual([])
  })

  for (const [file, version] of Object.entries(goldenVersions)) {
    it.each(goldenNames())(`%s has the arguments of ${file}`, async name => {
      const text = formatArgv(buildArguments(await goldenInput(name, version)).argv)
      const golden = path.join(goldenFolder, name, file)
      if (process.env['UPDATE_GOLDEN'] === '1') fs.writeFileSync(golden, text)
      expect(text).toBe(fs.readFileSync(golden, 'utf8'))
    })
  }
})
