// corral storage upload: a file of the host, or standard input, becomes content of a storage.
import {InvalidInputError} from '../../base/index.ts'
import {handleChange} from '../../tasks/index.ts'
import {contentLock, contentPlan} from '../content/content-plan.ts'
import {checkStreamPlace} from '../transfer/stream-places.ts'
import {spec} from './upload.spec.ts'

export const handler = handleChange(spec, {
  locks: (params) => [contentLock({...params, filename: nameOf(params)})],
  plan: async ({file, ...wish}, context) => {
    checkStreamPlace(file)
    return contentPlan({...wish, filename: nameOf({file, ...wish})}, {file}, context)
  },
  text: (id) => [`successfully uploaded '${String(id)}'`],
})

function nameOf({file, filename}: {readonly file: string; readonly filename?: string | undefined}): string {
  if (filename !== undefined) return filename
  if (file === '-') throw new InvalidInputError('what comes through standard input has no name of its own', {filename: 'is missing'})
  return file.slice(file.lastIndexOf('/') + 1)
}
