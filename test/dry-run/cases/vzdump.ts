// Backups of guests. What a run will do is planned guest by guest when its turn comes, under names that hold the time: test/unit/backup/vzdump/run.test.ts compares
// what a dry run shows of it with what is done.
import type {DryRunCases} from '../support/case.ts'

export const cases: DryRunCases = {
  vzdump: [{
    about: 'the run that is under way, of which there is none',
    arrange: () => Promise.resolve(['vzdump', '--stop']),
    shows: /^Nothing would be changed/m,
  }],
}
