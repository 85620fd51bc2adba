// Says how to switch completion on.
import {handleRead} from '../../tasks/index.ts'
import {linksOf, scriptOf, shells, startUpLine} from '../script-places.ts'
import {spec} from './autocomplete.spec.ts'

export const handler = handleRead(spec, async ({shell}, {places}) => (shell === undefined ? shells : [shell]).map((each) => {
  const [first] = linksOf(each, {isSystem: places.userDataDir === undefined, places, tools: ['corral']})
  const path = first?.path ?? ''
  const note = startUpLine(each, false, path)
  return {shell: each, script: scriptOf(each), path, ...(note === undefined ? {} : {note})}
}), (entries) => entries.flatMap(({shell, script, note}) => [
  `${shell}:`,
  `  for you:         corral autocomplete install ${shell}`,
  `  for all users:   corral autocomplete install ${shell} --system    (as root)`,
  ...(note === undefined ? [] : [`  ${note}`]),
  `  the script:      ${script}`,
]))
