// Shows the settings for cloud-init with those that are not on the guest's drive yet.
import {handleRead} from '../../../tasks/index.ts'
import {cloudInitEntries} from '../cloud-init/index.ts'
import {shownValue} from '../config-view.ts'
import {readGuest} from '../guest-files.ts'
import {spec} from './cloudinit-pending.spec.ts'

interface Entry {
  readonly key: string
  readonly value?: string
  readonly pending?: string
  readonly delete?: 1
}

export const handler = handleRead(spec, async ({vmid}, context): Promise<Entry[]> => {
  const {config} = await readGuest(vmid, context)
  return cloudInitEntries(config).map(({key, value, pending, isDeleted}): Entry => ({
    key,
    ...(value === undefined ? {} : {value: String(shownValue(key, value))}),
    ...(pending === undefined ? {} : {pending: String(shownValue(key, pending))}),
    ...(isDeleted === true ? {delete: 1} : {}),
  }))
}, entries => entries.flatMap(({key, value, pending, delete: isDeleted}) => [
  ...(value === undefined ? [] : [`${isDeleted === 1 ? 'del' : 'cur'} ${key}: ${value}`]),
  ...(pending === undefined ? [] : [`new ${key}: ${pending}`]),
]))
