// Lists the custom CPU models.
import {handleRead} from '../../../tasks/index.ts'
import {cpuModelsPath, parseCustomCpuModels} from '../facts/custom-cpu-models.ts'
import {spec} from './cpu-model-list.spec.ts'

export const handler = handleRead(spec, async (_, context) => {
  const models = parseCustomCpuModels((await context.store.read(cpuModelsPath))?.data ?? '')
  return Object.entries(models).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, values]) => ({cputype: `custom-${name}`, ...values}))
})
