// Shows what is generated for cloud-init; changes nothing.
import {handleRead} from '../../../tasks/index.ts'
import {readGuest} from '../guest-files.ts'
import {spec} from './cloudinit-dump.spec.ts'

export const handler = handleRead(spec, async ({vmid, type}, context): Promise<string> => {
  const {config} = await readGuest(vmid, context)
  const [{cloudInitSettings}, {generatedText}, {loadYamlWriter}] = await Promise.all([
    import('../cloud-init/generate.ts'), import('../cloud-init/drive-files.ts'), import('../cloud-init/user-data.ts'),
  ])
  return generatedText(await cloudInitSettings(vmid, config.current.values, context), type, await loadYamlWriter())
}, text => text.replace(/\n$/, '').split('\n'))
