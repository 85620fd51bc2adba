import {defineCommand} from '../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral doctor',
  summary: 'Find and clear up what interrupted operations left behind.',
  description: `Looks for operations whose process was killed or lost its power, and undoes or finishes them; for tasks that are listed as running
though their process is gone; and for run files that nobody uses any more. Shows what it found and did. Whatever a repair cannot do is
reported with what you can do about it.

Nothing has to be run by hand as a rule: whoever works on a guest or a storage next clears up first. The doctor does it for all at once.`,
  params: {
    discard: {
      type: 'string', pattern: '[0-9a-z]{9,12}-[0-9a-f]{12}', optional: true, placeholder: 'journal',
      description: 'Give up the journal of an interrupted operation that can be neither undone nor finished. **What it left stays as it is.**',
    },
  },
  args: [],
  returns: {type: 'array', items: {type: 'string'}, description: 'What was found, a sentence each.'},
  output: {as: 'lines'},
  kind: 'change',
  runsOn: 'node',
  needs: 'root',
  exitStatus: [{code: 6, meaning: 'Something is left that could not be put right.'}],
  examples: [
    {line: 'corral doctor --dry-run', meaning: 'See what is wrong and what would be done about it.'},
    {line: 'corral doctor', meaning: 'Put it right.'},
  ],
  seeAlso: ['pvenode task list', 'corral task stop'],
})
