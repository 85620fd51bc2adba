import {defineCommand} from '../../../spec/index.ts'

export const spec = defineCommand({
  id: 'corral disk list',
  summary: 'List the disks of a host and what takes them.',
  description: `Shows IDE, SATA, SAS, NVMe, virtio and Xen disks and those behind HP's Smart Array; disks of iSCSI targets, loop devices and optical drives are left out. USED says
what a disk is used for: LVM, ZFS, a file system, \`partitions\`, \`mounted\`, \`Device Mapper\`. A disk without a word there can be taken by \`corral disk lvm create\` and its like.

Health and wear are asked of the disks themselves by smartctl (smartmontools); \`--skipsmart\` leaves them asleep.`,
  api: {method: 'GET', path: '/nodes/{node}/disks/list'},
  params: {
    'include-partitions': {type: 'boolean', optional: true, default: false, description: 'List the partitions as well, each on a line of its own.'},
    skipsmart: {type: 'boolean', optional: true, default: false, description: 'Do not ask the disks for their health.'},
    type: {
      type: 'string', enum: ['unused', 'journal_disks'], optional: true,
      description: 'Only disks that nothing takes (unused), or that can take journals of OSDs: those that are unused, in LVM, or have a GPT.',
    },
  },
  args: [],
  returns: {
    type: 'array', description: 'The disks, sorted by name.',
    items: {
      type: 'object',
      properties: {
        devpath: {type: 'string', description: 'Its path.'},
        type: {type: 'string', description: 'hdd, ssd, nvme, usb, unknown or partition.'},
        size: {type: 'integer', description: 'Bytes.'},
        gpt: {type: 'integer', description: '1 when the disk has a GPT.'},
        used: {type: 'string', optional: true, description: 'What takes it; absent when nothing does.'},
        mounted: {type: 'integer', optional: true, description: '1 when it is mounted itself.'},
        osdid: {type: 'integer', description: 'The number of the OSD on it; -1 without one.'},
        'osdid-list': {type: 'array', optional: true, items: {type: 'integer'}, description: 'The numbers of all OSDs on it.'},
        bluestore: {type: 'integer', optional: true, description: '1 when the OSD is of type BlueStore.'},
        osdencrypted: {type: 'integer', optional: true, description: '1 when the OSD is encrypted.'},
        journals: {type: 'integer', optional: true, description: 'How many journals of OSDs it has.'},
        db: {type: 'integer', optional: true, description: 'How many databases of OSDs it has.'},
        wal: {type: 'integer', optional: true, description: 'How many write-ahead logs of OSDs it has.'},
        parent: {type: 'string', optional: true, description: 'Of a partition: its disk.'},
        rpm: {type: 'integer', optional: true, description: 'Turns a minute; 0 for solid state, -1 when it is not known.'},
        vendor: {type: 'string', optional: true, description: 'Its maker.'},
        model: {type: 'string', optional: true, description: 'Its model.'},
        serial: {type: 'string', optional: true, description: 'Its serial number.'},
        wwn: {type: 'string', optional: true, description: 'Its world-wide name.'},
        health: {type: 'string', optional: true, description: 'What SMART says of its health.'},
        wearout: {type: 'any', optional: true, description: 'What is left of the life of solid state in percent, or N/A.'},
        by_id_link: {type: 'string', optional: true, description: 'A path that stays the same when disks are added.'},
      },
    },
  },
  output: {
    as: 'table',
    columns: [
      {key: 'devpath', header: 'DEVICE', isKeptWhole: true}, {key: 'type', header: 'TYPE'}, {key: 'size', header: 'SIZE', unit: 'bytes', align: 'right'}, {key: 'used', header: 'USED', absent: '-'},
      {key: 'gpt', header: 'GPT'}, {key: 'health', header: 'HEALTH'}, {key: 'wearout', header: 'WEAROUT', align: 'right'}, {key: 'model', header: 'MODEL'}, {key: 'serial', header: 'SERIAL'},
    ],
  },
  kind: 'read',
  runsOn: 'node',
  needs: {path: '/', privilege: 'Sys.Audit'},
  examples: [
    {line: 'corral disk list', meaning: 'All disks of this host.'},
    {line: 'corral disk list --type unused', meaning: 'Those that a new storage can take.'},
    {line: 'corral disk list --include-partitions --skipsmart', meaning: 'With partitions, and without waking sleeping disks.'},
  ],
  seeAlso: ['corral disk smart', 'lsblk(8)'],
})
