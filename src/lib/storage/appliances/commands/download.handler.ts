// pveam download: a template of the index comes to a storage.
import {AppError, ConflictError, InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import {openStorage, storageConfig} from '../../open-storage.ts'
import {compare} from '../actions/download-template.ts'
import {knownAppliances, locationOf} from '../fetched.ts'
import {spec} from './download.spec.ts'

export const handler = handleChange(spec, {
  locks: ({storage, template}) => [`download/${storage}/${template.replace(/[^a-zA-Z0-9_.-]/g, '_')}`],
  plan: async ({storage: name, template}, context) => {
    const storage = await openStorage(name, context)
    if (!storage.traits.defaultContent.includes('vztmpl')) {
      throw new InvalidInputError(`storage '${name}' is not for container templates`, {storage: 'does not have the content vztmpl'}, {nextSteps: [`Allow them where its type can hold them: pvesm set ${name} --content …,vztmpl`]})
    }
    const found = (await knownAppliances(context)).find((each) => each.template === template)
    if (found === undefined) throw new NotFoundError(`the index has no template '${template}'`, {nextSteps: ['See which there are: pveam available', 'Fetch the index anew: pveam update']})
    const id = {storage: name, name: `vztmpl/${template}`}
    const [volume, path, {checksum}] = [`${name}:${id.name}`, storage.path(id), found]
    if (await storage.exists(id)) {
      if (checksum !== undefined && await isSame(path)) {
        context.log.info(`'${volume}' is there already`)
        return {steps: [], whenInterrupted: 'undo', result: null}
      }
      throw new ConflictError(`there is a template ${volume} already${checksum === undefined ? '' : ', and it is another one than that of the index'}`, {nextSteps: [`When it is not needed any more: pveam remove ${volume}`]})
    }
    if (checksum === undefined) context.log.warn(`the index has no checksum of '${template}', so that it is not checked`)
    const activate = {do: {kind: 'storage.activate', config: await storageConfig(name, context)}}
    const download = {do: {kind: 'template.download', volume, from: locationOf(found), path, ...(checksum === undefined ? {} : {checksum})}}
    return {steps: [activate, download], whenInterrupted: 'undo', result: null}

    async function isSame(file: string): Promise<boolean> {
      try {
        if (checksum !== undefined) await compare(context.host, file, checksum)
        return true
      } catch (error) {
        if (error instanceof AppError && error.kind === 'invalid-input') return false
        throw error
      }
    }
  },
})
