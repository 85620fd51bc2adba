// LIO, the iSCSI target of the Linux kernel, by targetcli. What it exports is read from the file in which targetcli keeps it, after each change
// and for the next boot.
import {ToolError} from '../../../base/index.ts'
import type {ZfsIscsiOptions} from '../options.ts'
import type {ExportedLun, LunProvider} from './provider.ts'

const savedConfig = '/etc/rtslib-fb-target/saveconfig.json'
const savedConfigElsewhere = '/etc/target/saveconfig.json'

interface Saved {
  readonly storage_objects?: readonly {readonly name?: unknown; readonly dev?: unknown; readonly plugin?: unknown}[]
  readonly targets?: readonly {
    readonly wwn?: unknown; readonly fabric?: unknown
    readonly tpgs?: readonly {readonly tag?: unknown; readonly luns?: readonly {readonly index?: unknown; readonly storage_object?: unknown}[]}[]
  }[]
}

export const lio: LunProvider = {
  luns: async (options, run) => parseSavedConfig(await readSaved(run), options),
  add: async (options, run, {lun, device, name, isReadOnly}) => {
    await run(['targetcli', '/backstores/block', 'create', `name=${name}`, `dev=${device}`, ...isReadOnly ? ['readonly=1'] : []])
    // Space that the guest gives back goes back to the pool. Read-only ones give none.
    if (!isReadOnly) await run(['targetcli', `/backstores/block/${name}`, 'set', 'attribute', 'emulate_tpu=1'])
    await run(['targetcli', `${groupPath(options)}/luns`, 'create', `/backstores/block/${name}`, String(lun)])
    await run(['targetcli', 'saveconfig'])
  },
  remove: async (_options, run, {unit}) => {
    // Its LUNs go with it.
    await run(['targetcli', '/backstores/block', 'delete', unit])
    await run(['targetcli', 'saveconfig'])
  },
  // The kernel asks the device for its size.
  resized: async () => undefined,
  shown: (options, change, {device, name}) => {
    if (change === 'resize') return []
    if (change === 'remove') return [['targetcli', '/backstores/block', 'delete', name], ['targetcli', 'saveconfig']]
    return [
      ['targetcli', '/backstores/block', 'create', `name=${name}`, `dev=${device}`], ['targetcli', `/backstores/block/${name}`, 'set', 'attribute', 'emulate_tpu=1'],
      ['targetcli', `${groupPath(options)}/luns`, 'create', `/backstores/block/${name}`, 'LUN'], ['targetcli', 'saveconfig'],
    ]
  },
}

function groupPath({target, portalGroup}: ZfsIscsiOptions): string {
  return `/iscsi/${target}/${portalGroup}`
}

/** Debian keeps the file in a folder of its own, others where targetcli's authors do. */
async function readSaved(run: (argv: readonly string[]) => Promise<string>): Promise<string> {
  try {
    return await run(['cat', savedConfig])
  } catch (error) {
    if (!(error instanceof ToolError) || !/No such file/.test(error.failure.stderr)) throw error
    return run(['cat', savedConfigElsewhere])
  }
}

/**
 * The LUNs of the portal group; undefined when there is no such target or group. Pure.
 * @throws ToolError when the text is not what targetcli saves
 */
export function parseSavedConfig(text: string, {target, portalGroup}: Pick<ZfsIscsiOptions, 'target' | 'portalGroup'>): readonly ExportedLun[] | undefined {
  const saved = readJson(text)
  try {
    const tag = Number(portalGroup.slice('tpg'.length))
    const group = saved.targets?.find(({wwn, fabric}) => wwn === target && fabric === 'iscsi')?.tpgs?.find((each) => each.tag === tag)
    if (group === undefined) return undefined
    const devices = new Map((saved.storage_objects ?? []).map(({name, dev, plugin}) => [`/backstores/${String(plugin)}/${String(name)}`, {name, dev}]))
    return (group.luns ?? []).flatMap(({index, storage_object: path}) => {
      const {name, dev} = devices.get(String(path)) ?? {}
      return Number.isSafeInteger(index) ? [{lun: Number(index), device: typeof dev === 'string' ? dev : '', unit: typeof name === 'string' ? name : ''}] : []
    })
  } catch (error) {
    throw strange(error)
  }
}

function readJson(text: string): Saved {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value
  } catch (error) {
    throw strange(error)
  }
  throw strange()
}

function strange(cause?: unknown): ToolError {
  return new ToolError("the server's saveconfig.json holds something that targetcli does not save", {host: 'the iSCSI server', argv: ['targetcli', 'saveconfig'], exitCode: 0, stderr: '', cause})
}
