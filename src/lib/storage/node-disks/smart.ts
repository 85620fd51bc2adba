// What smartctl says of a disk: `-H` its health, `-A -f brief` the attributes of ATA disks or the text that NVMe and SAS disks have instead. Pure.

export interface SmartAttribute {
  /** Three characters, as smartctl writes it. */
  readonly id: string
  readonly name: string
  readonly flags: string
  readonly value: number
  /** The same as `value`; Proxmox VE has it under both names. */
  readonly normalized: number
  readonly worst: number
  /** 0 where there is none. */
  readonly threshold: number
  readonly fail: string
  readonly raw: string
}

export interface SmartData {
  /** `PASSED`, `OK`, `FAILED!`, or `UNKNOWN` where smartctl could not say. */
  readonly health: string
  readonly type?: 'ata' | 'text'
  readonly attributes?: readonly SmartAttribute[]
  readonly text?: string
  /** How much of its life is left in percent, where the text says it. */
  readonly wearout?: number
}

const section = /^=== START OF (?:READ )?SMART DATA SECTION ===$/m
const healthLine = /^SMART (?:overall-health self-assessment test result|Health Status): ([^\n]*)\n?/m
const attributeLine = /^([ \d]{2}\d) ([^\s]+) +([A-Z-]{6}) +(\d{1,3}) +(\d{1,3}) +(\d{1,3}|---) +(\S+) +(\S.*)$/

/** More attributes than any disk has. */
const maxAttributes = 256

/** Attributes whose normalized value is what is left of the life of an SSD in percent, by the names of smartmontools' drive database; the first that is there counts. */
const lifeLeftNames = [
  'Media_Wearout_Indicator', 'SSD_Life_Left', 'Wear_Leveling_Count', 'Perc_Write/Erase_Ct_BC', 'Perc_Rated_Life_Remain', 'Remaining_Lifetime_Perc',
  'Percent_Lifetime_Remain', 'Lifetime_Left', 'PCT_Life_Remaining', 'Lifetime_Remaining', 'Percent_Life_Remaining', 'Percent_Lifetime_Used', 'Perc_Rated_Life_Used',
] as const

/** Anything that is not the output of smartctl is a disk of which nothing is known. */
export function parseSmart(output: string): SmartData {
  const start = section.exec(output)
  if (start === null) return {health: 'UNKNOWN'}
  const data = output.slice(start.index + start[0].length + 1)
  const found = healthLine.exec(data)
  const health = found?.[1]?.trim() || 'UNKNOWN'
  if (/^ID# +ATTRIBUTE_NAME /m.test(data)) return {health, type: 'ata', attributes: attributesIn(data)}
  const text = found === null ? data : data.slice(found.index + found[0].length)
  if (text.trim() === '') return {health}
  const used = /^Percentage used(?: endurance indicator)?: {1,40}(\d{1,3}(?:\.\d{1,3})?)%/im.exec(text)
  return {health, type: 'text', text, ...(used === null ? {} : {wearout: 100 - Number(used[1])})}
}

function attributesIn(data: string): SmartAttribute[] {
  return data.split('\n').flatMap((line) => {
    const [, id, name, flags, value, worst, threshold, fail, raw] = attributeLine.exec(line) ?? []
    if (id === undefined || name === undefined || flags === undefined || fail === undefined || raw === undefined) return []
    const numbers = {value: Number(value), normalized: Number(value), worst: Number(worst), threshold: threshold === '---' ? 0 : Number(threshold)}
    return [{id, name, flags, ...numbers, fail, raw: raw.trimEnd()}]
  }).slice(0, maxAttributes)
}

/** What is left of the life of an SSD in percent; undefined where it does not tell. */
export function lifeLeftPercent({wearout, attributes = []}: SmartData): number | undefined {
  if (wearout !== undefined) return wearout
  for (const name of lifeLeftNames) {
    const attribute = attributes.find((each) => each.name.includes(name))
    if (attribute !== undefined) return attribute.value
  }
  return undefined
}
