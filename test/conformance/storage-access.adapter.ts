// Suite storage-access: whether a user may use a volume in the name of a guest. What is no volume id counts as a path.
import {parseUserConfig} from '../../src/lib/access/index.ts'
import {loadStoragePlugin} from '../../src/lib/storage/plugins.ts'
import {parseStorageConfig} from '../../src/lib/storage/storage-config.ts'
import type {Content} from '../../src/lib/storage/storage.ts'
import {checkVolumeUse} from '../../src/lib/storage/volume-access.ts'
import {parseVolumeId} from '../../src/lib/storage/volume-id.ts'
import {Refusal, attempt, compareData, type Adapter} from './adapter.ts'

export const adapter: Adapter = {
  async answer(input, env) {
    const volume = String(input['volid'])
    const id = volume.includes(':') ? parseVolumeId(volume) : undefined
    const {sections} = parseStorageConfig(String(env['storage.cfg']))
    const plugin = await loadStoragePlugin(sections[id?.storage ?? '']?.type ?? 'dir')
    const answer = attempt(() => {
      const use = {user: String(input['user']), volume, vmid: input['vmid'] === undefined ? undefined : Number(input['vmid']), content: input['type'] as Content | undefined}
      checkVolumeUse(use, id === undefined ? undefined : {storage: id.storage, name: plugin.parseName(id.name)}, parseUserConfig(String(env['user.cfg'])), Date.now())
    })
    return {allowed: !(answer instanceof Refusal)}
  },
  differences: (answer, expect) => compareData(answer, expect),
}
