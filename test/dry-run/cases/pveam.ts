// Container templates, from an index that is a file.
import {createHash} from 'node:crypto'
import {mkdirSync, rmSync, writeFileSync} from 'node:fs'
import {onTestFinished} from 'vitest'
import {writeTemplateTools} from '../../support/template-tools.ts'
import type {DryRunCases} from '../support/case.ts'
import type {World} from '../support/world.ts'

const name = 'x_1_amd64.tar.gz'

function indexFile({root}: World): string {
  mkdirSync(`${root}/templates`)
  writeFileSync(`${root}/templates/${name}`, 'a template')
  const digest = createHash('sha512').update('a template').digest('hex')
  writeFileSync(`${root}/templates/aplinfo.dat`, `Package: x\nVersion: 1\nSection: system\nLocation: ${name}\nsha512sum: ${digest}\n`)
  return `${root}/templates/aplinfo.dat`
}

const updated = async (world: World) => { await world.before('pveam', 'update', '--index', indexFile(world)) }

export const cases: DryRunCases = {
  'pveam update': [{arrange: async (world) => ['pveam', 'update', '--index', indexFile(world)], shows: /^\+index: \/.*aplinfo\.dat$/m}],
  'pveam download': [{
    arrange: async (world) => {
      await updated(world)
      return ['pveam', 'download', 'local', name]
    },
    shows: /^cp '?--sparse=never'? -- .*x_1_amd64\.tar\.gz /m,
  }],
  'corral template build': [{
    arrange: async ({root}) => {
      const path = process.env['PATH'] ?? ''
      process.env['PATH'] = `${writeTemplateTools(`${root}-tools`)}:${path}`
      onTestFinished(() => {
        process.env['PATH'] = path
        rmSync(`${root}-tools`, {recursive: true})
      })
      return ['corral', 'template', 'build', 'debian-13']
    },
    shows: /^env .* mmdebstrap .* trixie .*\/tree 'deb .* http:\/\/deb\.example\.org\/debian trixie main' /m,
    secrets: ['hunter2'],
  }],
  'pveam remove': [{
    arrange: async (world) => {
      await updated(world)
      await world.before('pveam', 'download', 'local', name)
      return ['pveam', 'remove', `local:vztmpl/${name}`]
    },
    shows: /^rm -f -- .*x_1_amd64\.tar\.gz$/m,
  }],
}
