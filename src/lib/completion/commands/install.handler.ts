// Links the completion scripts to where the shells look.
import {handleChange} from '../../tasks/index.ts'
import {completedTools, linksOf, refuseStrangers, shells, startUpLine} from '../script-places.ts'
import {spec} from './install.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({shell, system = false}, {places, host: {files}}) => {
    const tools = await completedTools(files)
    const wanted = (shell === undefined ? shells : [shell]).map((each) => ({each, links: linksOf(each, {isSystem: system, places, tools})}))
    const links = wanted.flatMap((entry) => entry.links)
    // All of them before the first is made.
    for (const {path} of links) await refuseStrangers(path, files)
    const notes = wanted.flatMap(({each, links: own}) => {
      const note = startUpLine(each, system, own[0]?.path ?? '')
      return note === undefined ? [] : [`${each}: ${note}`]
    })
    return {
      whenInterrupted: 'finish', result: notes,
      steps: links.map(({script, path}) => ({do: {kind: 'completion.link', script, path}})),
    }
  },
})
