// pveam available: what the fetched indexes have.
import {handleRead} from '../../../tasks/index.ts'
import {knownAppliances, locationOf} from '../fetched.ts'
import {spec} from './available.spec.ts'

export const handler = handleRead(spec, async ({section}, context) => {
  const key = (each: {readonly section: string; readonly template: string}) => `${each.section}\0${each.template}`
  return (await knownAppliances(context)).filter((each) => section === undefined || each.section === section).toSorted((a, b) => key(a) < key(b) ? -1 : 1)
    .map((each) => ({
      section: each.section, template: each.template, package: each.package, version: each.version, headline: each.headline, location: locationOf(each), source: each.index,
      ...(each.checksum === undefined ? {} : {[`${each.checksum.algorithm}sum`]: each.checksum.digest}),
    }))
}, (rows) => rows.map(({section, template}) => `${section.padEnd(15)} ${template}`))
