// The keys of qm.conf that describe the guest and its life on the host, and the clock. Most have no device behind them.
import type {Params} from '../../../spec/index.ts'

export const generalParams = {
  name: {type: 'string', format: 'dns-name', optional: true, placeholder: 'name', description: 'The name of the guest.'},
  description: {type: 'string', maxLength: 8192, multiLine: true, optional: true, description: 'Notes on the guest, in Markdown.'},
  tags: {type: 'string', format: 'pve-tag-list', optional: true, placeholder: 'tags', description: 'Tags, separated by semicolons.'},
  onboot: {type: 'boolean', default: false, optional: true, description: 'Whether the guest is started when the host boots.'},
  startup: {
    type: 'string', format: 'pve-startup-order', optional: true, placeholder: '[[order=]\\d+] [,up=\\d+] [,down=\\d+]',
    description: 'The place of the guest when the host boots, and how many seconds to wait after its start (`up`) and for its shutdown (`down`).',
  },
  hookscript: {
    type: 'string', format: 'pve-volume-id', optional: true, completion: 'volume', placeholder: 'volume',
    description: 'A program among the snippets of a storage (`local:snippets/hook.sh`) that is run with the VMID and pre-start, post-start, pre-stop or post-stop. Only root may set it.',
  },
  protection: {type: 'boolean', default: false, optional: true, description: 'Whether the guest and its disks are kept from being removed.'},
  lock: {
    type: 'string', enum: ['backup', 'clone', 'create', 'migrate', 'rollback', 'snapshot', 'snapshot-delete', 'suspended', 'suspending'], optional: true,
    description: 'The work that keeps the guest locked. Set by that work; `qm unlock` takes it away.',
  },
  template: {type: 'boolean', default: false, optional: true, description: 'Whether this is a template. Its disks are read-only and it is not started.'},
  hotplug: {
    type: 'string', format: 'pve-hotplug-features', default: 'network,disk,usb', optional: true,
    description: 'What can be changed while the guest runs: network, disk, cpu, memory, usb, cloudinit; 1 for the default, 0 for nothing.',
  },
  freeze: {type: 'boolean', optional: true, description: 'Whether the CPUs wait for `c` in the monitor at the start.'},
  reboot: {type: 'boolean', default: true, optional: true, description: 'Whether the guest may reboot. 0 ends it instead.'},
  localtime: {type: 'boolean', optional: true, description: 'Whether the clock shows local time. On by default for Windows.'},
  startdate: {
    type: 'string', pattern: '(?:now|\\d{4}-\\d{1,2}-\\d{1,2}(?:T\\d{1,2}:\\d{1,2}:\\d{1,2})?)', default: 'now', optional: true,
    placeholder: '(now | YYYY-MM-DD | YYYY-MM-DDTHH:MM:SS)', description: 'What the clock shows at the start.',
  },
  tdf: {type: 'boolean', default: false, optional: true, description: 'Whether lost clock ticks are made up for. On by default for Windows with ACPI.'},
  autostart: {type: 'boolean', default: false, optional: true, description: 'Has no effect. Use `onboot`.'},
  migrate_downtime: {
    type: 'number', minimum: 0, default: 0.1, optional: true,
    description: 'Seconds for which the guest may stand still at the end of a live migration. Migration does not exist yet.',
  },
  migrate_speed: {type: 'integer', minimum: 0, default: 0, optional: true, description: 'The most MB a second for migrations; 0 for no limit. Migration does not exist yet.'},
  vmstatestorage: {
    type: 'string', format: 'pve-storage-id', optional: true, placeholder: 'storage-id', completion: 'storage',
    description: 'The storage for the state of the running guest, when it is kept.',
  },
  args: {
    type: 'string', maxLength: 4096, optional: true,
    description: 'Arguments put behind those of QEMU, split as a shell would. For experts, and only for root.',
  },
} as const satisfies Params

/** Keys that the tools write and users do not set. */
export const internalKeys: readonly string[] = [
  'meta', 'parent', 'snaptime', 'snapstate', 'vmstate', 'runningcpu', 'runningmachine', 'running-nets-host-mtu', 'digest',
]

export type HotplugFeature = 'network' | 'disk' | 'cpu' | 'memory' | 'usb' | 'cloudinit'

/** What may be changed while the guest runs. Words that are none are passed over: the schema has refused them. */
export function readHotplug(text: string | undefined): ReadonlySet<HotplugFeature> {
  const words = text === undefined || text === '1' ? generalParams.hotplug.default : text === '0' ? '' : text
  return new Set(words.split(/[,;\s]+/).filter((word): word is HotplugFeature => /^(?:network|disk|cpu|memory|usb|cloudinit)$/.test(word)))
}
