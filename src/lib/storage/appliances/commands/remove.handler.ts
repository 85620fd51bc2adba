// pveam remove: deletes one template, and nothing that is no template.
import {InvalidInputError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {openStorage} from '../../open-storage.ts'
import {parseVolumeId} from '../../volume-id.ts'
import {removeVolumeStep, storageLock} from '../../volume-steps.ts'
import {spec} from './remove.spec.ts'

export const handler = handleChange(spec, {
  locks: ({template_path: text}) => [storageLock(parseVolumeId(text).storage)],
  plan: async ({template_path: text}, context) => {
    const id = parseVolumeId(text)
    const storage = await openStorage(id.storage, context)
    if (storage.parseName(id.name).content !== 'vztmpl') throw new InvalidInputError(`'${text}' is no container template`, {template_path: 'must be like local:vztmpl/debian.tar.zst'})
    await storage.volume(id)
    await storage.checkRemovable(id)
    return {steps: [removeVolumeStep(storage, id)], whenInterrupted: 'finish', result: null}
  },
})
