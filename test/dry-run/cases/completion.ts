// Completion in shells.
import type {DryRunCases} from '../support/case.ts'

export const cases: DryRunCases = {
  'corral autocomplete install': [{arrange: async () => ['corral', 'autocomplete', 'install', 'bash'], shows: /^ln -sfn -- .*corral\.bash .*\/qm$/m}],
}
