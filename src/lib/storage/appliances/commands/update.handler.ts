// pveam update: fetches the indexes, and keeps their addresses once all of them were there.
import {handleChange, storeCommitStep} from '../../../tasks/index.ts'
import {splitWords} from '../../option-values.ts'
import {fetchedPath, noIndex} from '../fetched.ts'
import {checkIndex, formatIndexSettings, readIndexSettings, settingsPath} from '../settings.ts'
import {spec} from './update.spec.ts'

export const handler = handleChange(spec, {
  locks: () => [settingsPath],
  plan: async (params, context) => {
    const {file, settings} = await readIndexSettings(context.store)
    const indexes = params.index === undefined ? settings.indexes : splitWords(params.index).map(checkIndex)
    const keyring = params.keyring === undefined ? settings.keyring : params.keyring === '' ? undefined : params.keyring
    if (indexes.length === 0 && params.index === undefined) throw noIndex()
    const wanted = {indexes, ...(keyring === undefined ? {} : {keyring})}
    const text = formatIndexSettings(wanted)
    const steps = indexes.map((index) => ({do: {kind: 'aplinfo.fetch', index, path: fetchedPath(context, index), ...(keyring === undefined ? {} : {keyring})}}))
    if (keyring === undefined && indexes.length > 0) context.log.notice?.('signatures are not checked, as no keyring is set')
    const commit = text === (file?.data ?? '') ? [] : [storeCommitStep([{path: settingsPath, was: file, text: text === '' ? undefined : text}])]
    return {steps: [...steps, ...commit], whenInterrupted: 'undo', result: null}
  },
})
