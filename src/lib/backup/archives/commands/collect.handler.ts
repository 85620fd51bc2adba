// corral backup collect: gives back the room of data that no backup in a repository needs.
import {InvalidInputError} from '../../../base/index.ts'
import {openStorage} from '../../../storage/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {collectWords} from '../actions/collect.ts'
import {spec} from './collect.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [],
  plan: async ({storage}, context) => {
    const {repository} = await openStorage(storage, context)
    if (repository === undefined) {
      throw new InvalidInputError(`storage '${storage}' is no repository: each backup there is a file, and its room is free once it is removed`, {storage: 'is of another type than restic'}, {nextSteps: [`See what takes the room: corral backup list --storage ${storage}`]})
    }
    return {steps: [{do: {kind: 'backup.collect', storage, argv: repository.restic(collectWords).argv}}], whenInterrupted: 'finish'}
  },
})
