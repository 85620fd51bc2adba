// Every reader of a text in the product, with examples of what it reads and, where there is one, its writer. complete.test.ts sees that none
// is missing.
import {readNamesText} from '../../src/lib/completion/name-files.ts'
import {decodeOutput, readExecPid, readExecStatus} from '../../src/lib/guest/qemu/agent/exec-status.ts'
import {parseMark} from '../../src/lib/guest/qemu/agent/freeze-mark.ts'
import {readInterfaces} from '../../src/lib/guest/qemu/agent/guest-facts.ts'
import {parseMeminfo} from '../../src/lib/guest/qemu/ballooning/balloon-round.ts'
import {readCloudInitSettings, readHostDns} from '../../src/lib/guest/qemu/cloud-init/settings.ts'
import {readCpu, readCpuSet} from '../../src/lib/guest/qemu/config/cpu.ts'
import {readSev, readTdx} from '../../src/lib/guest/qemu/config/encryption.ts'
import {readHostPci} from '../../src/lib/guest/qemu/config/host-devices.ts'
import {readUsbHost} from '../../src/lib/guest/qemu/config/ports.ts'
import {readVirtiofs} from '../../src/lib/guest/qemu/config/virtiofs.ts'
import {parseDirectoryMappings} from '../../src/lib/guest/qemu/facts/directory-mappings.ts'
import {parseSevCapabilities} from '../../src/lib/guest/qemu/facts/encryption.ts'
import {parsePciMappings, parseUsbMappings} from '../../src/lib/guest/qemu/host-devices/mappings.ts'
import {parseKeys} from '../../src/lib/guest/qemu/runtime/key-names.ts'
import {parseStartup} from '../../src/lib/guest/startup-order.ts'
import {parseTable} from '../../src/lib/storage/dir/qcow2-snapshots.ts'
import {formatUpid, parseUpid, printableLines, upidWord, taskStatusOfLog} from '../../src/lib/base/index.ts'
import {readOvf} from '../../src/lib/guest/qemu/ovf/manifest.ts'
import {parseXml} from '../../src/lib/guest/qemu/ovf/xml.ts'
import {ovfManifest} from '../support/ovf-manifest.ts'
import {readBootOrder, formatBootOrder} from '../../src/lib/guest/qemu/boot-order.ts'
import {
  formatPendingDelete, formatQemuConfig, parsePendingDelete, parseQemuConfig, readAgent, readAudio, readBoot, readDrive, readFlag, readHotplug, readIvshmem, readMachine,
  readMemoryMib, readNic, readRng, readSmbios, readSpiceEnhancements, readUsb, readVga, readWatchdog, readWholeNumber, splitArguments,
} from '../../src/lib/guest/qemu/config/index.ts'
import {readFloat, readProperties} from '../../src/lib/guest/read-properties.ts'
import {netFormat} from '../../src/lib/guest/qemu/config/nets.ts'
import {scsiFormat} from '../../src/lib/guest/qemu/config/drives.ts'
import {
  formatLxcConfig, formatRange, idMapOf, parseLxcConfig, readDevice, readMountPoint, readNet, readRawLine,
} from '../../src/lib/guest/lxc/config/index.ts'
import {parseGroupMounts} from '../../src/lib/guest/control-groups/mounts.ts'
import {formatCpuList, parseCpuList} from '../../src/lib/guest/cpu-set.ts'
import {parseOwnGroups} from '../../src/lib/guest/lxc/runtime/control-groups.ts'
import {parseDeviceNumbers} from '../../src/lib/guest/lxc/facts/devices.ts'
import {parseTrunks} from '../../src/lib/network/index.ts'
import {parseSubordinateIds} from '../../src/lib/guest/lxc/facts/subordinate-ids.ts'
import {parseOsRelease} from '../../src/lib/guest/lxc/setup/detect.ts'
import {readHostDns as readContainerDns} from '../../src/lib/guest/lxc/setup/host-dns.ts'
import {readDriveSource} from '../../src/lib/guest/qemu/drives/drive-source.ts'
import {readOption} from '../../src/lib/guest/qemu/hotplug/option-values.ts'
import {readImportWish} from '../../src/lib/guest/qemu/drives/import-source.ts'
import {formatDriveText, parseDriveText} from '../../src/lib/guest/qemu/drives/drive-text.ts'
import {readDrivePosition, readFilterRoots, readNodeSizes} from '../../src/lib/guest/qemu/backup/backup-nodes.ts'
import {readBitmaps} from '../../src/lib/guest/qemu/backup/dirty-bitmaps.ts'
import {readJobs} from '../../src/lib/guest/qemu/block-jobs/job-state.ts'
import {readNodeNames, readRunningDrive} from '../../src/lib/guest/qemu/block-jobs/nodes.ts'
import {readBlockNodes} from '../../src/lib/guest/qemu/snapshots/chains/nodes.ts'
import {readSignatureLists, formatSignatureLists} from '../../src/lib/guest/qemu/efi-vars/signature-lists.ts'
import {formatVariableStore, readVariableStore} from '../../src/lib/guest/qemu/efi-vars/variable-store.ts'
import {efiRecord, efiStore} from '../support/efi-store.ts'
import {parseCpuInfo} from '../../src/lib/guest/qemu/facts/cpu-info.ts'
import {parseCustomCpuModels} from '../../src/lib/guest/qemu/facts/custom-cpu-models.ts'
import {parseEmulatorVersion} from '../../src/lib/guest/qemu/facts/emulator.ts'
import {macAddressesIn, macPrefix} from '../../src/lib/guest/mac-address.ts'
import {textWithoutGuest} from '../../src/lib/guest/qemu/purge-references.ts'
import {MessageReader} from '../../src/lib/guest/qemu/qmp/message-reader.ts'
import {parseNetworkCounters} from '../../src/lib/guest/qemu/running-details.ts'
import {parseRunRecord} from '../../src/lib/guest/qemu/runtime/record.ts'
import {escapeByte} from '../../src/lib/guest/qemu/runtime/serial-terminal.ts'
import {parsePidFile} from '../../src/lib/guest/qemu/runtime/status.ts'
import {readDownloadUrl} from '../../src/lib/host/download/fetch.ts'
import {temporaryName, writerOf} from '../../src/lib/host/leftovers.ts'
import {parseProcStat} from '../../src/lib/host/local/processes.ts'
import {decodeError, encodeError} from '../../src/lib/host/protocol/error-payload.ts'
import {FrameReader, encodeFrame, greeting} from '../../src/lib/host/protocol/frames.ts'
import {decodeObject, encodeJson} from '../../src/lib/host/protocol/json-payload.ts'
import {readConfigLine} from '../../src/lib/host/ssh/config-words.ts'
import {formatKnownHost, readKnownHosts} from '../../src/lib/host/ssh/known-hosts.ts'
import {readSshConfig} from '../../src/lib/host/ssh/ssh-config.ts'
import {formatSshTarget, parseSshTarget} from '../../src/lib/host/ssh/target.ts'
import {parseContexts, withCurrent, withHost} from '../../src/lib/hosts/contexts.ts'
import {parseBridge} from '../../src/lib/network/bridges.ts'
import {parseTapName, tapName} from '../../src/lib/network/taps.ts'
import {splitList} from '../../src/lib/spec/formats.ts'
import {parseKernelVersion} from '../../src/lib/spec/kernel-version.ts'
import {formatPropertyString, parsePropertyString} from '../../src/lib/spec/property-string.ts'
import {readBoolean, readInteger, readNumber} from '../../src/lib/spec/read-value.ts'
import {formatSectionConfig, parseSectionConfig} from '../../src/lib/spec/section-config.ts'
import {shellJoin, shellSplit} from '../../src/lib/spec/shell-words.ts'
import {formatSize, parseSize} from '../../src/lib/spec/size.ts'
import {parseArchiveName} from '../../src/lib/storage/archive-name.ts'
import {parseIndexTargets} from '../../src/lib/storage/appliances/build/apt-sources.ts'
import {parseDebianVersion} from '../../src/lib/storage/appliances/build/template-name.ts'
import {parseIndex as parseTemplateIndex} from '../../src/lib/storage/appliances/index-file.ts'
import {formatIndexSettings, parseIndexSettings} from '../../src/lib/storage/appliances/settings.ts'
import {parseSubvolume} from '../../src/lib/storage/btrfs/snapshots.ts'
import {readContentList} from '../../src/lib/storage/content.ts'
import {readConvertProgress} from '../../src/lib/storage/convert-image.ts'
import {formatOfEnding, formatOfHead} from '../../src/lib/storage/image-file-source.ts'
import {parseDiscovery} from '../../src/lib/storage/iscsi/discovery.ts'
import {parseScsiVolumeName, scsiName, formatScsiName} from '../../src/lib/storage/iscsi/naming.ts'
import {asPortal} from '../../src/lib/storage/iscsi-target.ts'
import {lunOf, parseLunName} from '../../src/lib/storage/iscsidirect/naming.ts'
import {parseCapacity, parseTargets} from '../../src/lib/storage/iscsidirect/report.ts'
import {parseSizeHeader, sizeHeader} from '../../src/lib/storage/transfer/index.ts'
import {parseImageHeader} from '../../src/lib/storage/dir/image-header.ts'
import {parseDigests} from '../../src/lib/storage/import/digests.ts'
import {parseTarBlock} from '../../src/lib/storage/archive/tar-beginning.ts'
import {readDescriptor, readDiffIds, readImageConfig, readJson, readSavedImages} from '../../src/lib/guest/lxc/templates/oci/image-json.ts'
import {parsePaxRecords, parseTarHeader} from '../../src/lib/storage/import/tar-header.ts'
import {paxRecord, tarArchive} from '../support/tar-archive.ts'
import {isMountPoint} from '../../src/lib/storage/dir/mounts.ts'
import {groupOfDisk, signaturesOfDisk} from '../../src/lib/storage/lvm/base-disk.ts'
import {parseLvmVolumeName} from '../../src/lib/storage/lvm/naming.ts'
import {parseLogicalVolumes, parseVolumeGroup} from '../../src/lib/storage/lvm/report.ts'
import {parseFlatName, parseFlatNameOrNothing} from '../../src/lib/storage/flat-naming.ts'
import {parseThinName} from '../../src/lib/storage/lvmthin/naming.ts'
import {parseThinVolumes} from '../../src/lib/storage/lvmthin/report.ts'
import {
  parseCephVolumes, parseLsblk, parseMounts, parsePartitionNumbers, parsePartitionType, parsePhysicalVolumes, parsePoolDevices, parseSignatures, parseSwaps, parseTableGuid, parseUdevDatabase, parseUdevRecord, parseZfsComment,
} from '../../src/lib/storage/node-disks/facts/tool-answers.ts'
import {formatMountUnit, parseFstab, parseMountUnit} from '../../src/lib/storage/node-disks/directories/mounted-directory.ts'
import {parsePoolStatus} from '../../src/lib/storage/node-disks/zfs/pool-status.ts'
import {parseDatasets, parsePools} from '../../src/lib/storage/node-disks/zfs/pools.ts'
import {parseSmart} from '../../src/lib/storage/node-disks/smart.ts'
import {parseFolderVolumeName, volumeNameOfPath} from '../../src/lib/storage/naming.ts'
import {splitWords} from '../../src/lib/storage/option-values.ts'
import {parseRbdName} from '../../src/lib/storage/rbd/naming.ts'
import {parseImage, parseImages, parseNamespaces, parsePoolSpace, parseSnapshots} from '../../src/lib/storage/rbd/report.ts'
import {formatStorageConfig, parseStorageConfig, sectionTypes} from '../../src/lib/storage/storage-config.ts'
import {formatVolumeId, parseVolumeId} from '../../src/lib/storage/volume-id.ts'
import {formatIndex as formatBlobIndex, parseIndex as parseBlobIndex} from '../../src/lib/storage/repository/index-file.ts'
import {parseObject} from '../../src/lib/storage/repository/json-records.ts'
import {readKeyOwner} from '../../src/lib/storage/repository/key-file.ts'
import {formatLock, parseLock} from '../../src/lib/storage/repository/locks.ts'
import {backupName, parseBackupName, readBackupName} from '../../src/lib/storage/repository/backup-name.ts'
import {parsePackList} from '../../src/lib/storage/repository/pack.ts'
import {loadSealing, newSealKey, seal} from '../../src/lib/storage/repository/seal.ts'
import {formatSnapshot, parseSnapshot} from '../../src/lib/storage/repository/snapshot-record.ts'
import {formatTree, parseTree} from '../../src/lib/storage/repository/tree.ts'
import {parseUserConfig} from '../../src/lib/access/index.ts'
import {parseVmaHeader} from '../../src/lib/storage/archive/vma-header.ts'
import {vmaHeader} from '../support/vma-archive.ts'
import {parseMachinePath} from '../../src/lib/backup/archives/files/machine-path.ts'
import {readExcludePattern} from '../../src/lib/guest/backup/exclude-path.ts'
import {parseVzdumpConf} from '../../src/lib/backup/vzdump/vzdump-conf.ts'
import {parseRetention} from '../../src/lib/storage/prune/retention.ts'
import {parseCronJobs} from '../../src/lib/backup/jobs/cron-jobs.ts'
import {formatJobs, parseJobs} from '../../src/lib/backup/jobs/job-config.ts'
import {formatJobStates, parseJobStates} from '../../src/lib/backup/schedule/job-states.ts'
import {parseCalendarEvent} from '../../src/lib/spec/calendar/calendar-event.ts'
import {nextEvent} from '../../src/lib/spec/calendar/next-event.ts'
import {parseShares} from '../../src/lib/storage/scan/cifs.ts'
import {parseExports} from '../../src/lib/storage/scan/nfs.ts'
import {parsePlaces} from '../../src/lib/storage/scan/zfs.ts'
import {parseLunProperties} from '../../src/lib/storage/zfs/exported-volumes.ts'
import {parseZfsIscsiName} from '../../src/lib/storage/zfs/naming.ts'
import {parseUnits, parseView} from '../../src/lib/storage/zfs/providers/comstar.ts'
import {parseSavedConfig} from '../../src/lib/storage/zfs/providers/lio.ts'
import {parseTgtTargets} from '../../src/lib/storage/zfs/providers/tgt.ts'
import {parseZfsName} from '../../src/lib/storage/zfspool/naming.ts'
import {parseSnapshots as parseZfsSnapshots, parseSpace, parseVolumes} from '../../src/lib/storage/zfspool/report.ts'
import {maskSecrets} from '../../src/lib/tasks/actions/mask-secrets.ts'
import {readRefusal} from '../../src/lib/tasks/refusal.ts'
import {indexLine, parseIndex} from '../../src/lib/tasks/task-files.ts'
import {progressLine, progressOfLine} from '../../src/lib/tasks/task-log.ts'

export interface Format {
  /** The functions that it tries, as `folder/file.ts name`. */
  readonly of: readonly string[]
  /** What it reads. */
  readonly examples: readonly string[]
  readonly read: (text: string) => unknown
  /** Writes what was read, when it was anything. What it writes is read as the same, and is written the same again. */
  readonly write?: (value: never) => string
  /** Kinds of errors beside invalid-input. */
  readonly kinds?: readonly string[]
  /** Texts that are read and cannot be written, which the writer has to refuse. */
  readonly writerMayRefuse?: boolean
  /** The longest text to try, where another format tries longer ones with the same parser. */
  readonly longest?: number
}

/** Keeps the type of the value between the reader and the writer. */
function format<T>(of: readonly string[], examples: readonly string[], read: (text: string) => T, write?: (value: NonNullable<Awaited<T>>) => string, more: Pick<Format, 'kinds' | 'writerMayRefuse' | 'longest'> = {}): Format {
  return {of, examples, read, ...(write === undefined ? {} : {write: write}), ...more}
}

const upid = 'UPID:h1:0000C346:165A0CE4:68D7279C:qmstart:100:root@pam:'
const storageCfg = 'dir: local\n\tpath /srv/vz\n\tcontent iso,images\n\tshared 1\n\n# a note\nnfs: far\n\tserver 192.0.2.1\n\tdisable\n\n'
const qmConf = '#two%3A words\nname: web\nnet0: virtio=BC:24:11:00:00:01,bridge=vmbr0\nscsi0: local:100/vm-100-disk-0.raw,size=32G\n\n[PENDING]\ndelete: net1,!scsi2\nmemory: 1024\n\n[special:cloudinit]\nname: x\n\n[before]\n#a\nmemory: 512\n'
const sshConfig = 'Host web*\n HostName 10.0.0.9\n User "a b"\n Port=2222\n ProxyJump a,b:22\nMatch host web user ann\n ConnectTimeout 1m30s\nInclude more\n'
const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIGZvb2JhcmZvb2JhcmZvb2JhcmZvb2JhcmZvb2JhcmZvb2Jh'
const contexts = 'current: home\ncontexts:\n  home:\n    hosts:\n      - name: h1\n        ssh: root@h1:22\n      - name: h2\n        ssh: local\n'
const noDns = {nameservers: [], searchDomains: []}
const bytes = (text: string) => Buffer.from(text, 'latin1')
const qcow2 = `QFI\u00fb\0\0\0\u0003${'\0'.repeat(16)}\0\0\0\0\u0040\0\0\0${'\0'.repeat(68)}\0\0\0\u0068${'\0'.repeat(8)}`
const vmdk = `KDMV\u0001\0\0\0\u0003\0\0\0\0\0\u0008\0\0\0\0\0${'\0'.repeat(492)}# Disk DescriptorFile\nparentFileNameHint="base.vmdk"\n`

const pctConf = '#notes\nenv: A=b\0C=d\nhostname: web\nmp0: local:100/vm-100-disk-1.raw,mp=/srv\nnet0: name=eth0,bridge=vmbr0,ip=dhcp\nrootfs: local:100/vm-100-disk-0.raw,size=8G\nlxc.idmap: u 0 100000 65536\nlxc.idmap = g 0 100000 65536\n\n[pve:pending]\ndelete: net1\nmemory: 1024\n\n[before]\n#a\nmemory: 512\nlxc.cap.drop: mknod\n'

const blobId = '0123456789abcdef'.repeat(4)
await loadSealing()
const sealKey = newSealKey()
const sealedList = Buffer.concat([seal(sealKey, Buffer.concat([Buffer.from([0, 40, 0, 0, 0]), Buffer.from(blobId, 'hex')])), Buffer.alloc(4)])

export const formats: Readonly<Record<string, Format>> = {
  'pct.conf': format(['guest/lxc/config/config-file.ts parseLxcConfig', 'guest/lxc/config/config-file.ts formatLxcConfig', 'guest/config-file.ts parseGuestConfig', 'guest/config-file.ts formatGuestConfig'],
    [pctConf], text => parseLxcConfig(text), formatLxcConfig, {writerMayRefuse: true}),
  'subordinate ids': format(['guest/lxc/facts/subordinate-ids.ts parseSubordinateIds'], ['root:100000:65536\njoe:1:2\n'], text => parseSubordinateIds(text, 'root')),
  'patterns of files to leave out': format(['guest/backup/exclude-path.ts readExcludePattern'], ['/var/cache', '*.iso', './a/'], readExcludePattern),
  'paths in backups of machines': format(['backup/archives/files/machine-path.ts parseMachinePath'], ['scsi0/1/etc/hosts', 'drive-virtio1/raw'], parseMachinePath),
  'os-release': format(['guest/lxc/setup/detect.ts parseOsRelease'], ['ID=debian\nVERSION_ID="13"\nNAME=\'x y\'\n'], parseOsRelease),
  'name servers for containers': format(['guest/lxc/setup/host-dns.ts readHostDns'], ['nameserver 192.0.2.1 # x\nsearch a b\n'], readContainerDns),
  'mounts of control groups': format(['guest/control-groups/mounts.ts parseGroupMounts'], ['30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n31 24 0:27 /a /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n'], text => parseGroupMounts(text)),
  'control groups of containers': format(['guest/lxc/runtime/control-groups.ts parseOwnGroups'], ['4:memory:/lxc.payload.200/init.scope\n0::/a/lxc.payload.200-1/x\n'], text => parseOwnGroups(text, 200)),
  'numbers of devices': format(['guest/lxc/facts/devices.ts parseDeviceNumbers'], ['character special file|a|e5\n', 'block special file|7|0'], text => parseDeviceNumbers(text)),
  'trunks': format(['network/vlans.ts parseTrunks'], ['2;7;4094'], text => parseTrunks(text)),
  'lists of processors': format(['guest/cpu-set.ts parseCpuList', 'guest/cpu-set.ts formatCpuList'], ['0-3,8\n', '5'], text => parseCpuList(text), formatCpuList),
  'raw lines': format(['guest/lxc/config/raw-lines.ts readRawLine'], ['lxc.idmap = u 0 100000 65536', 'lxc.cap.drop: mknod'], readRawLine),
  'id maps': format(['guest/lxc/config/id-map.ts formatRange'], ['u 0 100000 65536', 'g 5 5 1'], text => idMapOf({values: {}, raw: [['lxc.idmap', text]]})[0], formatRange),
  'mount points': format(['guest/lxc/config/mounts.ts readMountPoint'], ['local:100/vm-100-disk-1.raw,mp=/srv/data,size=8G,mountoptions=noatime;nosuid', '/srv,mp=/srv,ro=1'], text => readMountPoint('mp0', text)),
  'interfaces of containers': format(['guest/lxc/config/nets.ts readNet'], ['name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=192.0.2.5/24,gw=192.0.2.1,ip6=auto'], text => readNet('net0', text)),
  'devices of containers': format(['guest/lxc/config/devices.ts readDevice'], ['/dev/ttyUSB0,uid=0,mode=0660', 'path=/dev/fuse'], text => readDevice('dev0', text)),
  'task ids': format(['base/upid.ts parseUpid', 'base/upid.ts formatUpid'], [upid], parseUpid, formatUpid),
  'words of task ids': format(['base/upid.ts upidWord'], ['local:100/x'], upidWord),
  'ends of task logs': format(['base/upid.ts taskStatusOfLog'], ['a\nTASK OK\n', 'TASK ERROR: x', 'TASK WARNINGS: 3'], taskStatusOfLog),
  'printable lines': format(['base/printable.ts printableLines'], ['a\u001b[2Jb\nc'], printableLines, text => text),
  'the index of tasks': format(['tasks/task-files.ts parseIndex', 'tasks/task-files.ts indexLine'], [`${upid} 68D727A0 OK\n`, `${upid} 68D727A0 it failed: x\n${upid} 68D727A1 OK\n`], parseIndex,
    entries => entries.map(({upid: id, endtime, status}) => indexLine(id, endtime, status)).join('')),
  'progress': format(['tasks/task-log.ts progressOfLine'], ['moved disk scsi0: 42%'], progressOfLine, progressLine),
  'DNS settings of the host': format(['guest/qemu/cloud-init/settings.ts readHostDns'], ['nameserver 192.0.2.1\nsearch a.example b.example\n'], readHostDns),
  'keys for cloud-init': format(['guest/qemu/cloud-init/settings.ts readCloudInitSettings'], ['ssh-ed25519%20AAAA%20joe%0A', '%'], text => readCloudInitSettings(100, {sshkeys: text}, noDns).keys),
  'names for cloud-init': format(['guest/qemu/cloud-init/settings.ts readCloudInitSettings'], ['web', 'web.example.org', '192.0.2.1'],
    text => readCloudInitSettings(100, {name: text, searchdomain: text, nameserver: text}, noDns)),
  'refusals of workers': format(['tasks/refusal.ts readRefusal'], ['{"refused":{"kind":"not-found","sentences":["there is no guest 100","why"],"nextSteps":["x"],"data":{}}}\n'], readRefusal),
  'masked lines': format(['tasks/actions/mask-secrets.ts maskSecrets'], ['+a: b,password=x', ' token x'], text => maskSecrets('storage.cfg', ['---', '+++', text.split('\n')[0] ?? ''])),
  'property strings of cards': format(['spec/property-string.ts parsePropertyString', 'spec/property-string.ts formatPropertyString'], ['virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=0', 'e1000,tag=5'],
    text => parsePropertyString(text, netFormat), values => formatPropertyString(values, netFormat)),
  'property strings of disks': format(['guest/read-properties.ts readProperties'], ['local:100/vm-100-disk-0.raw,size=32G,ssd=1,serial=a%20b', 'none,media=cdrom'],
    text => readProperties('scsi0', text, scsiFormat), values => formatPropertyString(values, scsiFormat)),
  'sections': format(['spec/section-config.ts parseSectionConfig', 'spec/section-config.ts formatSectionConfig'], [storageCfg, 'dir: a\n  path /x\n  nodes a,b\n'],
    text => parseSectionConfig(text, sectionTypes, {allowUnknown: true}), config => formatSectionConfig(config, sectionTypes), {writerMayRefuse: true}),
  'storage.cfg': format(['storage/storage-config.ts parseStorageConfig', 'storage/storage-config.ts formatStorageConfig'], [storageCfg], parseStorageConfig,
    ({sections, problems}) => formatStorageConfig({problems}, Object.values(sections)), {writerMayRefuse: true}),
  'sizes': format(['spec/size.ts parseSize', 'spec/size.ts formatSize'], ['32G', '4.5M', '1024', '8191T'], parseSize, formatSize),
  'shell words': format(['spec/shell-words.ts shellSplit'], [`-a 'b c' "d\\e" f\\ g ''`], shellSplit, shellJoin, {writerMayRefuse: true}),
  'lists': format(['spec/formats.ts splitList'], ['a,b;c d', 'a\0b'], splitList),
  'booleans': format(['spec/read-value.ts readBoolean'], ['yes', '0', 'On'], readBoolean, value => value ? '1' : '0'),
  'whole numbers': format(['spec/read-value.ts readInteger'], ['0', '-5', '9007199254740991'], readInteger, String),
  'numbers': format(['spec/read-value.ts readNumber'], ['0.5', '-5', '1000000.25'], readNumber),
  'kernel versions': format(['spec/kernel-version.ts parseKernelVersion'], ['Linux version 5.3.10-1-pve (build@x) #1 SMP'], parseKernelVersion),
  'volume ids': format(['storage/volume-id.ts parseVolumeId', 'storage/volume-id.ts formatVolumeId'], ['local:100/vm-100-disk-0.raw', 'local:iso/a b.iso'], parseVolumeId, formatVolumeId),
  'names of volumes': format(['storage/naming.ts parseFolderVolumeName'], ['100/vm-100-disk-0.qcow2', '9000/base-9000-disk-0.qcow2/100/vm-100-disk-0.qcow2', 'iso/debian.iso', 'import/x.ova/disk.vmdk'], parseFolderVolumeName),
  'paths of volumes': format(['storage/naming.ts volumeNameOfPath'], ['/srv/x/template/iso/a.iso', '/srv/x/images/100/vm-100-disk-0.raw//'], text => volumeNameOfPath({path: '/srv/x'}, text)),
  'names of logical volumes': format(['storage/lvm/naming.ts parseLvmVolumeName'], ['vm-100-disk-0', 'base-9000-disk-1', 'vm-100-disk-0.qcow2', 'snap_vm-100-disk-0_before.qcow2'], parseLvmVolumeName),
  'reports of lvs': format(['storage/lvm/report.ts parseLogicalVolumes'], ['{"report":[{"lv":[{"lv_name":"vm-100-disk-0","lv_size":"4194304","lv_tags":"a,b","lv_attr":"-wi-ao----","lv_time":"2026-01-01 00:00:00 +0000"}]}]}', '{"report":[{"lv":[null]}]}'],
    text => parseLogicalVolumes(text, {host: 'h1', argv: ['lvs']}), undefined, {kinds: ['tool']}),
  'reports of vgs': format(['storage/lvm/report.ts parseVolumeGroup'], ['{"report":[{"vg":[{"vg_size":"8388608","vg_free":"4194304","vg_extent_size":"4194304"}]}]}', '{"report":[{"vg":[5]}]}'],
    text => parseVolumeGroup(text, {host: 'h1', argv: ['vgs']}), undefined, {kinds: ['tool']}),
  'names of archives': format(['storage/archive-name.ts parseArchiveName'], ['vzdump-qemu-100-2025_01_31-12_00_00.vma.zst', 'vzdump-lxc-1-x.tgz'], parseArchiveName),
  'contents': format(['storage/content.ts readContentList'], ['iso,images', 'none'], text => readContentList(text, 'local')),
  'words of options': format(['storage/option-values.ts splitWords'], ['a,b c'], splitWords, words => words.join(',')),
  'variables of the firmware': format(['guest/qemu/efi-vars/variable-store.ts readVariableStore', 'guest/qemu/efi-vars/variable-store.ts formatVariableStore'],
    [efiStore([{name: 'Boot0000', data: Buffer.from('one')}, {name: 'Gone', state: 0x3C}], 32 * 1024).toString('latin1'), efiRecord({name: 'x'}).toString('latin1')],
    text => readVariableStore(bytes(text)), store => formatVariableStore(store, store.variables).toString('latin1'), {writerMayRefuse: true}),
  'lists of keys': format(['guest/qemu/efi-vars/signature-lists.ts readSignatureLists', 'guest/qemu/efi-vars/signature-lists.ts formatSignatureLists'],
    [formatSignatureLists([{type: 'ab'.repeat(16), header: Buffer.from('h'), signatures: [{owner: '01'.repeat(16), data: Buffer.from('key')}, {owner: '02'.repeat(16), data: Buffer.from('yek')}]}]).toString('latin1')],
    text => readSignatureLists(bytes(text)), lists => formatSignatureLists(lists).toString('latin1')),
  'qcow2 headers': format(['storage/dir/image-header.ts parseImageHeader'], [qcow2], text => parseImageHeader('qcow2', bytes(text))),
  'endings of images': format(['storage/image-file-source.ts formatOfEnding'], ['/srv/disk.vmdk', 'a.VHD'], formatOfEnding),
  'first bytes of images': format(['storage/image-file-source.ts formatOfHead'], [qcow2, vmdk, 'vhdxfile', 'conectix'], text => formatOfHead(bytes(text))),
  'progress of qemu-img': format(['storage/convert-image.ts readConvertProgress'], ['    (12.50/100%)'], readConvertProgress),
  'VMDK headers': format([], [vmdk], text => parseImageHeader('vmdk', bytes(text))),
  'sizes before streams': format(['storage/transfer/size-header.ts parseSizeHeader'], ['\u0001\0\0\0\0\0\0\0', '\0\0\0\0\u0004\0\0\0'], text => parseSizeHeader(bytes(text)), (size: number) => sizeHeader(size).toString('latin1')),
  'headers of tar': format(['storage/import/tar-header.ts parseTarHeader'], [tarArchive([{name: 'a.ovf'}]).toString('latin1', 0, 512)], text => parseTarHeader(bytes(text)), undefined, {kinds: ['unsupported']}),
  'blocks of tar': format(['storage/archive/tar-beginning.ts parseTarBlock'], [tarArchive([{name: 'blobs/sha256/x'}]).toString('latin1', 0, 512)], text => parseTarBlock(bytes(text))),
  'documents of images': format(['guest/lxc/templates/oci/image-json.ts readJson', 'guest/lxc/templates/oci/image-json.ts readDescriptor', 'guest/lxc/templates/oci/image-json.ts readImageConfig'],
    [`{"mediaType":"x","digest":"sha256:${'0'.repeat(64)}","size":5,"platform":{"os":"linux","architecture":"amd64"},"config":{"Cmd":["x"]}}`],
    text => { const json = readJson(Buffer.from(text), 'x'); return [readImageConfig(json), readDescriptor(json, 'x')] }),
  'documents of images that Docker saved': format(['guest/lxc/templates/oci/image-json.ts readSavedImages', 'guest/lxc/templates/oci/image-json.ts readDiffIds'],
    [`[{"Config":"${'0'.repeat(64)}.json","RepoTags":null,"Layers":["x/layer.tar"]}]`, `{"rootfs":{"type":"layers","diff_ids":["sha256:${'0'.repeat(64)}"]}}`],
    text => text.startsWith('[') ? readSavedImages(Buffer.from(text)) : readDiffIds(readJson(Buffer.from(text), 'x'))),
  'records of pax': format(['storage/import/tar-header.ts parsePaxRecords'], [paxRecord('mtime', '1.5') + paxRecord('size', '99999999999')], text => parsePaxRecords(Buffer.from(text)), undefined, {kinds: ['unsupported']}),
  'digests of files': format(['storage/import/digests.ts parseDigests'], [`SHA256(a b.vmdk)= ${'aB'.repeat(32)}\r\nSHA1 (x.ovf) = ${'0'.repeat(40)}\n`], text => parseDigests(text)),
  'names of volumes without folders': format(['storage/flat-naming.ts parseFlatName', 'storage/flat-naming.ts parseFlatNameOrNothing', 'storage/rbd/naming.ts parseRbdName', 'storage/lvmthin/naming.ts parseThinName', 'storage/zfspool/naming.ts parseZfsName'], ['vm-100-disk-0', 'base-900-disk-0/vm-100-disk-0', 'subvol-100-disk-1'],
    text => [parseFlatNameOrNothing(text, {what: 'a volume', hasSubvolumes: false}), parseFlatName(text, {what: 'a volume', hasSubvolumes: true}), parseZfsName(text), parseRbdName(text), parseThinName(text)]),
  'reports of rbd': format(['storage/rbd/report.ts parseImages', 'storage/rbd/report.ts parseImage', 'storage/rbd/report.ts parseSnapshots', 'storage/rbd/report.ts parseNamespaces', 'storage/rbd/report.ts parsePoolSpace'],
    ['[{"image":"a","size":1,"parent":{"image":"b","snapshot":"c"}}]', '{"name":"a","size":1}', '[{"id":1,"name":"a","timestamp":"Mon Nov 23 00:58:48 2026"}]', '{"pools":[{"name":"p","stats":{"stored":1,"max_avail":2}}]}'],
    (text) => {
      const call = {host: 'h1', argv: ['rbd']}
      const readers = [parseImages, parseImage, parseSnapshots, parseNamespaces, (each: string) => parsePoolSpace(each, 'p', call)]
      const errors = readers.flatMap((read) => {
        try {
          read(text, call)
          return []
        } catch (error) {
          return [error]
        }
      })
      if (errors.length === readers.length) throw errors[0]
    }, undefined, {kinds: ['tool']}),
  'reports of thin pools': format(['storage/lvmthin/report.ts parseThinVolumes'], ['{"report":[{"lv":[{"lv_name":"vm-100-disk-0","lv_size":"4194304","lv_attr":"Vri-a-tz--","pool_lv":"data","data_percent":"12.50"}]}]}', '{"report":[{}]}'],
    text => parseThinVolumes(text, {host: 'h1', argv: ['lvs']}), undefined, {kinds: ['tool']}),
  'volumes of zfs': format(['storage/zfspool/report.ts parseVolumes'], ['p/vm-100-disk-0\tvolume\t8388608\t-\t4096\tp/base-9-disk-0@__base__\t1700000000\n'], text => parseVolumes(text, 'p', {host: 'h1', argv: ['zfs']}), undefined, {kinds: ['tool']}),
  'addresses of files': format(['host/download/fetch.ts readDownloadUrl'], ['https://example.org/a/b.tar.zst?x=1', 'http://[2001:db8::1]:8080/x'], readDownloadUrl),
  'indexes of templates': format(['storage/appliances/index-file.ts parseIndex'], ['Package: x\nVersion: 1\nSection: system\nLocation: a/x_1_amd64.tar.gz\nmd5sum: 0123456789abcdef0123456789abcdef\nDescription: a\n b\n\nPackage: y\n'], parseTemplateIndex),
  'what apt gets indexes of': format(['storage/appliances/build/apt-sources.ts parseIndexTargets'], ['Debian|Debian|http://deb.example.org/debian|trixie|main\n'], parseIndexTargets),
  'versions of Debian': format(['storage/appliances/build/template-name.ts parseDebianVersion'], ['13.1\n'], parseDebianVersion),
  'where indexes of templates are': format(['storage/appliances/settings.ts parseIndexSettings', 'storage/appliances/settings.ts formatIndexSettings'], ['index: https://example.org/a\nindex: /srv/b\nkeyring: /k\n'], parseIndexSettings, formatIndexSettings),
  'records of udev': format(['storage/node-disks/facts/tool-answers.ts parseUdevRecord'], ['P: /devices/x/block/sda\nE: DEVNAME=/dev/sda\nE: ID_SERIAL_SHORT=a b\n'], parseUdevRecord),
  'the database of udev': format(['storage/node-disks/facts/tool-answers.ts parseUdevDatabase'], ['E: DEVPATH=/devices/x/block/sda\nE: SUBSYSTEM=block\n\nE: SUBSYSTEM=net\n\n'], parseUdevDatabase),
  'lsblk': format(['storage/node-disks/facts/tool-answers.ts parseLsblk'], ['{"blockdevices": [{"path": "/dev/sda1", "fstype": "ext4", "parttype": null, "mountpoints": [null, "/"]}]}'], parseLsblk),
  'numbers of partitions': format(['storage/node-disks/facts/tool-answers.ts parsePartitionNumbers'], [' 1\n12\n'], parsePartitionNumbers),
  'types of partitions': format(['storage/node-disks/facts/tool-answers.ts parsePartitionType'], [' 1 gpt 0fc63daf-8483-4772-8e79-3d69d8477de4\n 2 dos 0x8e\n'], text => parsePartitionType(text, 1)),
  'GUIDs of tables': format(['storage/node-disks/facts/tool-answers.ts parseTableGuid'], ['Disk identifier (GUID): 01234567-89AB-CDEF-0123-456789ABCDEF\n'], parseTableGuid),
  'labels of ZFS': format(['storage/node-disks/facts/tool-answers.ts parseZfsComment'], ["    name: 'tank'\n    comment: 'corral-0123456789abcdef'\n"], parseZfsComment),
  'mount units': format(['storage/node-disks/directories/mounted-directory.ts parseMountUnit', 'storage/node-disks/directories/mounted-directory.ts formatMountUnit'],
    ['[Mount]\nWhere=/mnt/pve/a\nWhat=/dev/disk/by-uuid/1\nType=ext4\nOptions=defaults\n', formatMountUnit({name: 'a', uuid: '1', type: 'xfs'})], text => parseMountUnit(text, '/etc/systemd/system/x.mount')),
  'fstab': format(['storage/node-disks/directories/mounted-directory.ts parseFstab'], ['UUID=1 /mnt/pve/a ext4 defaults,nofail 0 2\n/dev/sda1 / ext4 defaults 0 1\n'], parseFstab),
  'the status of pools': format(['storage/node-disks/zfs/pool-status.ts parsePoolStatus'],
    ['  pool: tank\n state: DEGRADED\nstatus: One or\n\tmore.\nconfig:\n\n\tNAME        STATE     READ WRITE CKSUM\n\ttank        DEGRADED     0     0     0\n\t  mirror-0  DEGRADED     0     0     0\n\t    sda     FAULTED      3     1     0  too many errors\n\tspares\n\t  sdb       AVAIL\n\nerrors: No known data errors\n'], parsePoolStatus),
  'pools': format(['storage/node-disks/zfs/pools.ts parsePools'], ['tank\t301989888\t491520\t301498368\t5\t1.00\tONLINE\t4542647154167908723\t-\n'], parsePools),
  'datasets of pools': format(['storage/node-disks/zfs/pools.ts parseDatasets'], ['tank\tfilesystem\t380928\tyes\t/tank\n'], parseDatasets),
  'signatures': format(['storage/node-disks/facts/tool-answers.ts parseSignatures'], ['{"signatures": [{"device": "sda1", "type": "ext4", "label": null, "usage": "filesystem"}]}'], text => parseSignatures(text, ['/dev/sda', '/dev/sda1'])),
  'pvs': format(['storage/node-disks/facts/tool-answers.ts parsePhysicalVolumes'], ['  /dev/sda;vg0\n  /dev/sdb;\n'], parsePhysicalVolumes),
  'lvs of Ceph': format(['storage/node-disks/facts/tool-answers.ts parseCephVolumes'], ['  /dev/sda(0),/dev/sdb(12);osd-block-1;ceph.osd_id=3,ceph.encrypted=1\n'], parseCephVolumes),
  'zpool list': format(['storage/node-disks/facts/tool-answers.ts parsePoolDevices'], ['tank\t1T\t1G\t1T\t-\t-\t0%\t0%\t1.00x\tONLINE\t-\n\t/dev/sda1\t1T\t-\n'], parsePoolDevices),
  'mounted devices': format(['storage/node-disks/facts/tool-answers.ts parseMounts'], ['/dev/sda1 /mnt/a\\040b ext4 rw 0 0\n'], parseMounts),
  'swapped devices': format(['storage/node-disks/facts/tool-answers.ts parseSwaps'], ['Filename\tType\n/dev/sda2 partition 1 0 -2\n'], parseSwaps),
  'SMART data': format(['storage/node-disks/smart.ts parseSmart'], ['=== START OF READ SMART DATA SECTION ===\nSMART overall-health self-assessment test result: PASSED\nID# ATTRIBUTE_NAME          FLAGS    VALUE WORST THRESH FAIL RAW_VALUE\n  1 Raw_Read_Error_Rate     POSR--   117   099   006    -    158983656\n',
    '=== START OF SMART DATA SECTION ===\nSMART Health Status: OK\n\nPercentage Used:     31%\n'], parseSmart),
  'snapshots of zfs': format(['storage/zfspool/report.ts parseSnapshots'], ['p/vm-100-disk-0@before\t1700000000\n'], text => parseZfsSnapshots(text, {host: 'h1', argv: ['zfs']}), undefined, {kinds: ['tool']}),
  'space of zfs': format(['storage/zfspool/report.ts parseSpace'], ['available\t100\nused\t50\n'], text => parseSpace(text, {host: 'h1', argv: ['zfs']}), undefined, {kinds: ['tool']}),
  'names of SCSI disks': format(['storage/iscsi/naming.ts parseScsiVolumeName', 'storage/iscsi/naming.ts formatScsiName'], ['0.0.1.scsi-360000000000000000e00000000010001'], text => {
    parseScsiVolumeName(text)
    return scsiName(text)
  }, formatScsiName),
  'kinds of what is on disks': format([], ['{"signatures":[{"type":"ext4"}]}'], signaturesOfDisk, undefined, {kinds: ['tool']}),
  'groups of disks': format([], ['{"report":[{"pv":[{"vg_name":"a"}]}]}'], groupOfDisk, undefined, {kinds: ['tool']}),
  'names of LUNs': format(['storage/iscsidirect/naming.ts parseLunName'], ['lun0', 'lun16383'], parseLunName),
  'numbers of LUNs': format([], ['lun1'], lunOf),
  'iSCSI portals': format([], ['192.0.2.10:3260', '2001:db8::1', '[::1]:3260'], asPortal),
  'reports of iscsi-ls': format(['storage/iscsidirect/report.ts parseTargets'], ['Target:iqn.2003-01.org.example:disks Portal:192.0.2.10:3260,1\nLun:0    Type:STORAGE_ARRAY_CONTROLLER\nLun:1    Type:DIRECT_ACCESS (Size:15M)\n'], parseTargets),
  'sizes of LUNs': format(['storage/iscsidirect/report.ts parseCapacity'], ['41943040\n'], parseCapacity),
  'reports of iscsiadm': format(['storage/iscsi/discovery.ts parseDiscovery'], ['192.0.2.10:3260,1 iqn.2003-01.org.example:disks\n[2001:db8::1]:3260,1 eui.0123456789abcdef\n'], parseDiscovery),
  'user.cfg': format(['access/user-config.ts parseUserConfig'], ['user:joe@pve:1:0::::::\ngroup:ops:joe@pve::\nrole:look:VM.Audit:\npool:p:c:100:local:\nacl:1:/vms/100:@ops,joe@pve:look:\ntoken:joe@pve!t:0:1::\n'], parseUserConfig),
  'headers of VMA': format(['storage/archive/vma-header.ts parseVmaHeader'], [vmaHeader({configs: [{name: 'qemu-server.conf', text: 'cores: 1\n'}]}).toString('latin1')], text => parseVmaHeader(bytes(text))),
  'indexes of a repository': format(['storage/repository/index-file.ts parseIndex', 'storage/repository/index-file.ts formatIndex', 'storage/repository/json-records.ts parseObject'],
    [`{"packs":[{"id":"${blobId}","blobs":[{"id":"${blobId}","type":"data","offset":0,"length":40},{"id":"${blobId}","type":"tree","offset":40,"length":50,"uncompressed_length":90}]}]}`],
    text => (parseObject(Buffer.from(text), 'an index'), parseBlobIndex(Buffer.from(text))), value => formatBlobIndex(value).toString()),
  'locks of a repository': format(['storage/repository/locks.ts parseLock', 'storage/repository/locks.ts formatLock'],
    ['{"time":"2026-03-29T01:30:00Z","exclusive":false,"hostname":"h1","username":"root","pid":4711,"uid":0}'], text => parseLock(Buffer.from(text)), value => formatLock(value).toString(), {writerMayRefuse: true}),
  'names of backups in a repository': format(['storage/repository/backup-name.ts readBackupName', 'storage/repository/backup-name.ts parseBackupName'],
    ['backup/vm/100/2026-11-23T15:00:00Z', 'backup/ct/101/2026-11-23T15:00:00Z'], text => (parseBackupName(text), readBackupName(text)), value => value === undefined ? '' : backupName(value)),
  'snapshots of a repository': format(['storage/repository/snapshot-record.ts parseSnapshot', 'storage/repository/snapshot-record.ts formatSnapshot'],
    [`{"time":"2026-03-29T01:30:00Z","tree":"${blobId}","paths":["/qemu/100"],"hostname":"h1","username":"root","tags":["corral"],"parent":"${blobId}"}`], text => parseSnapshot(Buffer.from(text)), value => formatSnapshot(value).toString(), {writerMayRefuse: true}),
  'trees of a repository': format(['storage/repository/tree.ts parseTree', 'storage/repository/tree.ts formatTree'],
    [`{"nodes":[{"name":"drive-scsi0.raw","type":"file","mode":384,"mtime":"2026-03-29T01:30:00Z","size":9,"content":["${blobId}"]},{"name":"sub","type":"dir","mode":2147484096,"mtime":"2026-03-29T01:30:00Z","subtree":"${blobId}"},{"name":"l","type":"symlink"}]}\n`],
    text => parseTree(Buffer.from(text)), value => formatTree(value).toString(), {writerMayRefuse: true}),
  'keys of a repository': format(['storage/repository/key-file.ts readKeyOwner'], ['{"created":"2026-03-29T01:30:00Z","username":"root","hostname":"h1","kdf":"scrypt","N":32768,"r":8,"p":1,"salt":"AA==","data":"AA=="}'], text => readKeyOwner(Buffer.from(text))),
  'lists of packs': format(['storage/repository/pack.ts parsePackList'], [sealedList.toString('latin1')], text => parsePackList(sealKey, bytes(text), bytes(text).length + 40)),
  'exports of an NFS server': format(['storage/scan/nfs.ts parseExports'], ['/srv/vm 192.0.2.0/24,10.0.0.1\n/srv/my disks (everyone)\n'], parseExports),
  'shares of an SMB server': format(['storage/scan/cifs.ts parseShares'], ['Disk|vms|a | b\nIPC|IPC$|x\n'], parseShares),
  'pools of zfs': format(['storage/scan/zfs.ts parsePlaces'], ['rpool\nrpool/data/subvol-101-disk-0\n'], parsePlaces),
  'vzdump.conf': format(['backup/vzdump/vzdump-conf.ts parseVzdumpConf'], ['compress: zstd\nmailto: root@pam, ops@example.com\n', '# all\nexclude-path: /a "/b c"\nprune-backups: keep-last=3\nionice: 8\n'], parseVzdumpConf),
  'calendar events': format(['spec/calendar/calendar-event.ts parseCalendarEvent'], ['mon..fri 22:30', '*-*-1..7 8..17,22:0/15:30 UTC', '*/15'], (text) => nextEvent(parseCalendarEvent(text), 1e12)),
  'vzdump.cron': format(['backup/jobs/cron-jobs.ts parseCronJobs'], ['PATH="/usr/bin"\n0 2 * * 6 root vzdump 100 101 --mode snapshot --quiet 1\n#30 23 * * mon-fri,0 root /usr/sbin/vzdump --all 1 --storage nas\n'], (text) => parseCronJobs(text)),
  'jobs.cfg': format(['backup/jobs/job-config.ts parseJobs', 'backup/jobs/job-config.ts formatJobs'], ['vzdump: a\n\tschedule 22:30\n\tall 1\n\texclude-path /a\n\texclude-path /b\n\nsnapshot: b\n\tschedule */15\n\tvmid 100,101\n\tkeep-last 3\n\nrealm-sync: c\n\tx y\n\n'],
    (text) => parseJobs(text).sections, (sections) => formatJobs({problems: []}, sections), {writerMayRefuse: true}),
  'states of jobs': format(['backup/schedule/job-states.ts parseJobStates', 'backup/schedule/job-states.ts formatJobStates'], ['{"lookedMs":5,"jobs":{"a":{"schedule":"daily","sinceMs":3,"last":{"endedMs":4,"status":"OK"}}}}'], parseJobStates, formatJobStates),
  'rules for keeping backups': format(['storage/prune/retention.ts parseRetention'], ['keep-last=3,keep-daily=7', 'keep-all=1'], parseRetention),
  'names behind iSCSI targets': format(['storage/zfs/naming.ts parseZfsIscsiName'], ['vm-100-disk-0', 'base-900-disk-0/vm-100-disk-0'], parseZfsIscsiName),
  'numbers that volumes remember': format(['storage/zfs/exported-volumes.ts parseLunProperties'], ['p/vm-100-disk-0\t3\n'], text => parseLunProperties(text, 'p')),
  'targets of LIO': format(['storage/zfs/providers/lio.ts parseSavedConfig'], ['{"storage_objects":[{"plugin":"block","name":"a","dev":"/dev/a"}],"targets":[{"fabric":"iscsi","wwn":"iqn.a","tpgs":[{"tag":1,"luns":[{"index":1,"storage_object":"/backstores/block/a"}]}]}]}', '{"targets":5}'],
    text => parseSavedConfig(text, {target: 'iqn.a', portalGroup: 'tpg1'}), undefined, {kinds: ['tool']}),
  'targets of tgt': format(['storage/zfs/providers/tgt.ts parseTgtTargets'], ['Target 1: iqn.a\n        LUN: 1\n            Backing store path: /dev/a\n'], parseTgtTargets),
  'units of COMSTAR': format(['storage/zfs/providers/comstar.ts parseUnits'], ['LU Name: 600A\n    Data File         : /dev/a\n'], parseUnits),
  'views of COMSTAR': format(['storage/zfs/providers/comstar.ts parseView'], ['    LUN          : 3\n'], parseView),
  'subvolumes': format(['storage/btrfs/snapshots.ts parseSubvolume'], ['x\n\tCreation time: \t2026-11-23 01:44:00 +0100\n\tGen at creation: \t12\n'], parseSubvolume),
  'mounts': format(['storage/dir/mounts.ts isMountPoint'], ['36 35 98:0 / /mnt\\0401 rw - ext4 /dev/x rw\n'], text => isMountPoint(text, '/mnt 1')),
  'XML': format(['guest/qemu/ovf/xml.ts parseXml'], ['<?xml version="1.0"?><a:b xmlns:a="urn:a" a:c="&lt;&#65;">d<![CDATA[e]]><!-- f --><g/></a:b>', '<a>'.repeat(40)], parseXml),
  'manifests of machines': format(['guest/qemu/ovf/manifest.ts readOvf'], [ovfManifest()], readOvf, undefined, {kinds: ['unsupported']}),
  'qm.conf': format(['guest/qemu/config/config-file.ts parseQemuConfig', 'guest/qemu/config/config-file.ts formatQemuConfig', 'guest/config-file.ts encodeText'], [qmConf], text => parseQemuConfig(text), formatQemuConfig),
  'qm.conf with warnings': format([], [qmConf, 'a\nb: c\nb: d\n[x y]\ne: f\n'], text => parseQemuConfig(text, {warn: () => undefined}), formatQemuConfig),
  'keys to be deleted': format(['guest/config-file.ts parsePendingDelete', 'guest/config-file.ts formatPendingDelete'], ['net1,!scsi2'], parsePendingDelete, formatPendingDelete),
  'stored drives': format(['guest/qemu/drives/drive-text.ts parseDriveText', 'guest/qemu/drives/drive-text.ts formatDriveText'], ['local:100/vm-100-disk-0.raw,size=32G', 'file=/a=b,x=y=z', '__proto__=1,none'], parseDriveText, formatDriveText),
  'sources of drives': format(['guest/qemu/drives/drive-source.ts readDriveSource'], ['local:32', 'local:0.5', '/dev/x', 'none', 'local:iso/x.iso'], text => readDriveSource('scsi0', text)),
  'drives': format(['guest/qemu/config/drives.ts readDrive'], ['local:100/vm-100-disk-0.raw,size=32G,cache=writeback,mbps=5', 'file=none,media=cdrom'], text => readDrive('ide2', text)),
  "QEMU's option strings": format(['guest/qemu/hotplug/option-values.ts readOption'], ['scsi-hd,bus=scsihw0.0,lun=1,id=a,,b', '{"qom-type":"iothread","id":"x"}', 'size=512M,mq=on'], readOption),
  'efidisk': format([], ['local:100/vm-100-disk-0.raw,efitype=4m,size=4M'], text => readDrive('efidisk0', text)),
  'boot orders': format(['guest/qemu/boot-order.ts readBootOrder', 'guest/qemu/boot-order.ts formatBootOrder'], ['order=scsi0;ide2;net0', ''], readBootOrder, formatBootOrder),
  'boot': format(['guest/qemu/config/firmware.ts readBoot'], ['order=scsi0;net0', 'cdn', 'legacy=c'], text => readBoot(text, 'scsi0')),
  'smbios1': format(['guest/qemu/config/firmware.ts readSmbios'], ['uuid=6bd5c1e0-6f5b-4b5c-8d2f-0d3f1c3b5a77,serial=YQ==,base64=1'], readSmbios),
  'network cards': format(['guest/qemu/config/nets.ts readNic'], ['virtio=BC:24:11:00:00:01,bridge=vmbr0,mtu=1400,rate=5.5', 'e1000'], text => readNic('net0', text)),
  'cpu': format(['guest/qemu/config/cpu.ts readCpu'], ['host,flags=+aes;-pcid,hidden=1', 'custom-x'], readCpu),
  'memory': format(['guest/qemu/config/memory.ts readMemoryMib'], ['512', 'current=1024'], readMemoryMib),
  'ivshmem': format(['guest/qemu/config/memory.ts readIvshmem'], ['size=32,name=x'], readIvshmem),
  'vga': format(['guest/qemu/config/display.ts readVga'], ['qxl2,memory=32', 'std'], readVga),
  'audio': format(['guest/qemu/config/display.ts readAudio'], ['device=ich9-intel-hda,driver=none'], readAudio),
  'SPICE': format(['guest/qemu/config/display.ts readSpiceEnhancements'], ['foldersharing=1,videostreaming=all'], readSpiceEnhancements),
  'machine': format(['guest/qemu/config/machine.ts readMachine'], ['pc-q35-7.2+pve1,viommu=intel', 'q35'], readMachine),
  'watchdog': format(['guest/qemu/config/machine.ts readWatchdog'], ['i6300esb,action=reset'], readWatchdog),
  'hotplug': format(['guest/qemu/config/general.ts readHotplug'], ['network,disk', '1'], readHotplug),
  'agent': format(['guest/qemu/config/ports.ts readAgent'], ['1,fstrim_cloned_disks=1', 'enabled=0'], readAgent),
  'rng': format(['guest/qemu/config/ports.ts readRng'], ['source=/dev/urandom,max_bytes=1024,period=1000'], readRng),
  'usb': format(['guest/qemu/config/ports.ts readUsb'], ['host=1234:abcd,usb3=1', 'spice', '1-2.3'], text => readUsb('usb0', text)),
  'flags': format(['guest/read-properties.ts readFlag'], ['1', 'on'], readFlag),
  'whole numbers of keys': format(['guest/read-properties.ts readWholeNumber'], ['5', '0'], text => readWholeNumber('cores', text), String),
  'args': format(['guest/qemu/config/split-arguments.ts splitArguments'], [`-device 'x,y z' -name "a\\"b"`], splitArguments, shellJoin),
  'numbers of processors': format(['guest/qemu/config/cpu.ts readCpuSet'], ['0-99999', '0,5,8-11'], readCpuSet),
  'amd-sev': format(['guest/qemu/config/encryption.ts readSev'], ['std,no-debug=1', 'type=es'], readSev),
  'intel-tdx': format(['guest/qemu/config/encryption.ts readTdx'], ['type=tdx', 'tdx,attestation=0'], readTdx),
  'hostpci': format(['guest/qemu/config/host-devices.ts readHostPci'], ['01:00.0;01:00.1,pcie=1', 'mapping=nic'], text => readHostPci('hostpci0', text)),
  'hosts of usb': format(['guest/qemu/config/ports.ts readUsbHost'], ['1234:abcd', '1-2.3', 'spice'], text => readUsbHost('usb0', text)),
  'numbers of keys': format(['guest/read-properties.ts readFloat'], ['0.5', '100'], text => readFloat('cpulimit', text)),
  'virtiofs': format(['guest/qemu/config/virtiofs.ts readVirtiofs'], ['docs,cache=always', 'dirid=docs'], text => readVirtiofs('virtiofs0', text)),
  'mapped folders': format(['guest/qemu/facts/directory-mappings.ts parseDirectoryMappings'], ['docs\n\tmap node=h1,path=/srv/docs\n\nmusic\n\tmap node=h2,path=/srv/music\n'], text => parseDirectoryMappings(text, 'h1')),
  'mapped PCI devices': format(['guest/qemu/host-devices/mappings.ts parsePciMappings'], ['nic\n\tmap id=8086:10d3,node=h1,path=0000:01:00.0\n\tmdev 0\n'], parsePciMappings),
  'mapped USB devices': format(['guest/qemu/host-devices/mappings.ts parseUsbMappings'], ['stick\n\tmap id=1234:abcd,node=h1\n'], parseUsbMappings),
  'abilities of SEV': format(['guest/qemu/facts/encryption.ts parseSevCapabilities'], ['{"QMP":{}}\n{"return":{"cbitpos":51,"reduced-phys-bits":1}}\n', 'null\n{"return":null}\n'], parseSevCapabilities),
  'keys that are pressed': format(['guest/qemu/runtime/key-names.ts parseKeys'], ['ctrl-alt-delete', '0x1d-5'], parseKeys),
  'orders of starting': format(['guest/startup-order.ts parseStartup'], ['order=1,up=30,down=60', '5'], parseStartup),
  'names for completion': format(['completion/name-files.ts readNamesText'], ['#corral-names 1 5\n100\tweb\n'], text => readNamesText('guests', text)),
  'tables of snapshots': format(['storage/dir/qcow2-snapshots.ts parseTable'], [`${'\0'.repeat(12)}\0\u0001\0\u0001${'\0'.repeat(24)}1a`], text => parseTable(bytes(text), 3)),
  'facts of processors': format(['guest/qemu/facts/cpu-info.ts parseCpuInfo'], ['processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\naddress sizes\t: 39 bits physical, 48 bits virtual\n'], parseCpuInfo),
  'models of processors': format(['guest/qemu/facts/custom-cpu-models.ts parseCustomCpuModels'], ['cpu-model: x\n\tflags +aes;-pcid\n\thidden 1\n'], parseCustomCpuModels),
  'versions of QEMU': format(['guest/qemu/facts/emulator.ts parseEmulatorVersion'], ['QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)'], parseEmulatorVersion),
  'MAC prefixes': format(['guest/mac-address.ts macPrefix'], ['mac_prefix: BC:24:11\n'], macPrefix),
  'MAC addresses': format(['guest/mac-address.ts macAddressesIn'], ['net0: virtio=BC:24:11:00:00:01'], text => macAddressesIn([text])),
  'references to guests': format(['guest/qemu/purge-references.ts textWithoutGuest'], ['vzdump: a\n\tvmid 100,101\n\tschedule x\n\nvzdump: b\n\tvmid 100\n'], text => textWithoutGuest('jobs.cfg', text, 100), text => text),
  'counters of cards': format(['guest/qemu/running-details.ts parseNetworkCounters'], ['  tap100i0: 1 2 3 4 5 6 7 8 9 10\n'], text => parseNetworkCounters(100, text)),
  'marks of frozen guests': format(['guest/qemu/agent/freeze-mark.ts parseMark'], ['{"owner":{"pid":5,"startTime":"7"},"untilMs":3,"state":"held"}'], parseMark, value => JSON.stringify(value)),
  'answers of a guest agent': format(
    ['guest/qemu/agent/exec-status.ts readExecStatus', 'guest/qemu/agent/exec-status.ts readExecPid', 'guest/qemu/agent/exec-status.ts decodeOutput', 'guest/qemu/agent/guest-facts.ts readInterfaces'],
    ['{"exited":true,"exitcode":0,"out-data":"aGk="}', '{"pid":5}', '[{"name":"eth0","ip-addresses":[{"ip-address":"192.0.2.1","prefix":24}]}]'],
    text => {
      const told = JSON.parse(text) as unknown
      decodeOutput(text)
      readInterfaces(told)
      return typeof told === 'object' && told !== null && 'pid' in told ? readExecPid(told) : readExecStatus(told)
    }, undefined, {kinds: ['tool', 'syntax']}),
  'the memory of a host': format(['guest/qemu/ballooning/balloon-round.ts parseMeminfo'], ['MemTotal: 1024 kB\nMemAvailable: 5 kB\n'], parseMeminfo, undefined, {kinds: ['internal']}),
  'records of running guests': format(['guest/qemu/runtime/record.ts parseRunRecord'], ['{"process":{"pid":5,"startTime":"7"},"machine":"pc","qemuVersion":"7.2","startedAtMs":3}'], parseRunRecord, value => JSON.stringify(value)),
  'escape keys': format(['guest/qemu/runtime/serial-terminal.ts escapeByte'], ['^O', '0x1d', '15', 'none'], escapeByte, byte => `0x${byte.toString(16)}`),
  'PID files': format(['guest/qemu/runtime/status.ts parsePidFile'], ['4711\n'], parsePidFile, String),
  'messages of QEMU': format(['guest/qemu/qmp/message-reader.ts MessageReader'], ['{"return":{}}\n{"event":"STOP","data":{"a":[1,"\\"]"]}}\n'], text => [...new MessageReader(1024 * 1024).push(Buffer.from(text))],
    messages => messages.map(message => `${JSON.stringify(message)}\n`).join(''), {kinds: ['unavailable']}),
  'temporary names': format(['host/leftovers.ts writerOf'], ['.corral-12-345-0af.tmp'], writerOf, writer => temporaryName(writer, '0af')),
  '/proc/PID/stat': format(['host/local/processes.ts parseProcStat'], [`5 (a) b) R ${'1 '.repeat(30)}`], parseProcStat),
  'JSON of the protocol': format(['host/protocol/json-payload.ts decodeObject', 'host/protocol/json-payload.ts encodeJson'], ['{"a":[1,{"b":null}],"__proto__":5}'], text => decodeObject(Buffer.from(text), 'x'), value => encodeJson(value).toString(), {kinds: ['tool']}),
  'images to be imported': format(['guest/qemu/drives/import-source.ts readImportWish'], ['local:0,import-from=/x.qcow2,format=raw', 'import-from=local:import/x.raw,file=local:0'], text => readImportWish('scsi0', text)),
  'jobs of QEMU': format(['guest/qemu/block-jobs/job-state.ts readJobs'], ['[{"id":"mirror-scsi0","status":"ready","current-progress":1,"total-progress":2,"error":"x"}]'], text => readJobs(JSON.parse(text) as unknown), undefined, {kinds: ['syntax']}),
  'images of QEMU': format(['guest/qemu/snapshots/chains/nodes.ts readBlockNodes'], ['[{"node-name":"co-scsi0-00ff00","drv":"qcow2","ro":false,"file":"json:{\\"file\\":{\\"filename\\":\\"/a\\"}}"}]'], text => readBlockNodes(JSON.parse(text) as unknown), undefined, {kinds: ['syntax']}),
  'dirty bitmaps': format(['guest/qemu/backup/dirty-bitmaps.ts readBitmaps'], ['[{"node-name":"a","dirty-bitmaps":[{"name":"corral-0123456789abcdef-1795446000","recording":true,"busy":false,"granularity":4194304}]}]'], text => readBitmaps(JSON.parse(text)), undefined, {kinds: ['syntax']}),
  'nodes of backups': format(['guest/qemu/backup/backup-nodes.ts readDrivePosition', 'guest/qemu/backup/backup-nodes.ts readFilterRoots', 'guest/qemu/backup/backup-nodes.ts readNodeSizes'], ['[{"device":"drive-scsi0","qdev":"scsi0","inserted":{"node-name":"x","image":{"virtual-size":1}},"node-name":"y","image":{"virtual-size":2}}]', '{"nodes":[{"id":1,"name":"bc-scsi0"},{"id":2,"name":"a"}],"edges":[{"parent":1,"child":2,"name":"file"}]}'], (text) => {
    const answer: unknown = JSON.parse(text)
    return [readDrivePosition(answer, 'scsi0'), [...readFilterRoots(answer)], [...readNodeSizes(answer)]]
  }, undefined, {kinds: ['syntax']}),
  'nodes of QEMU': format(['guest/qemu/block-jobs/nodes.ts readNodeNames', 'guest/qemu/block-jobs/nodes.ts readRunningDrive'], ['[{"device":"drive-scsi0","inserted":{"node-name":"x","image":{"virtual-size":1}},"node-name":"y"}]'], (text) => {
    const answer = JSON.parse(text) as unknown
    return [readNodeNames(answer), readRunningDrive(answer, 'drive-scsi0')]
  }, undefined, {kinds: ['syntax']}),
  'errors of the protocol': format(['host/protocol/error-payload.ts decodeError', 'host/protocol/error-payload.ts encodeError'], ['{"kind":"conflict","message":"x","causes":["y"],"nextSteps":["z"],"data":{"__proto__":{"a":1}},"fields":{"a":"b"}}'], text => encodeError(decodeError(JSON.parse(text) as unknown)), payload => JSON.stringify(payload), {kinds: ['syntax']}),
  'frames': format(['host/protocol/frames.ts FrameReader', 'host/protocol/frames.ts encodeFrame'], ['corral/1\n\0\0\0\u0002\u0001\0\0\0\u0005{}'], text => [...new FrameReader().push(bytes(text))],
    frames => Buffer.concat([greeting, ...frames.map(({type, id, payload}) => encodeFrame(type, id, payload))]).toString('latin1'), {kinds: ['tool', 'unsupported']}),
  'lines of ssh_config': format(['host/ssh/config-words.ts readConfigLine'], [...sshConfig.split('\n')], readConfigLine),
  'ssh_config': format(['host/ssh/ssh-config.ts readSshConfig'], [sshConfig], text => readSshConfig({host: 'web1', localUser: 'ann', include: () => []}, [{path: '/c', kind: 'user', text}]), undefined, {kinds: ['unsupported']}),
  'known_hosts': format(['host/ssh/known-hosts.ts readKnownHosts'], [`web,10.0.0.* ssh-ed25519 ${key}\n@revoked * ssh-ed25519 ${key}\n|1|aaaa|bbbb ssh-ed25519 ${key}\n`], text => readKnownHosts({path: '/k', text})),
  'keys of hosts': format(['host/ssh/known-hosts.ts formatKnownHost'], [`[h1]:22 ssh-ed25519 ${key}\n`], text => readKnownHosts({path: '/k', text}).filter(({marker}) => marker === undefined).map(({hosts, key: known}) => ({hosts, known})),
    lines => lines.map(({hosts, known}) => formatKnownHost(hosts, known, false)).join('')),
  'targets of SSH': format(['host/ssh/target.ts parseSshTarget', 'host/ssh/target.ts formatSshTarget'], ['root@h1:22', '[fe80::1]:2222', 'ssh://a@b/', 'fe80::1'], parseSshTarget, formatSshTarget),
  'contexts.yaml': format(['hosts/contexts.ts parseContexts'], [contexts, 'a: &x [1]\nb: *x\n', '? [[[[a]]]]\n: b\n', '? '.repeat(300), '['.repeat(20_000), '{a: ['.repeat(9), ' - '.repeat(300), '%YAML 1.1\n---\n!!set {a, b}\n'], async text => parseContexts(text, '/c')),
  'changed contexts.yaml': format(['hosts/contexts.ts withHost', 'hosts/contexts.ts withCurrent'], [contexts], async text => withCurrent(await withHost(text, 'home', {name: 'h3', ssh: 'h3'}, '/c'), 'home', '/c'), text => text, {longest: 1024}),
  'answers of ip': format(['network/bridges.ts parseBridge'], ['[{"ifname":"vmbr0","mtu":1500}]', '[{}]'], text => parseBridge(text, 'h1'), undefined, {kinds: ['tool']}),
  'names of taps': format(['network/taps.ts parseTapName'], ['tap100i0', 'tap999999999i31'], parseTapName, ({vmid, index}) => tapName(vmid, index)),
}

/** Functions that look like readers of texts and have no format of their own, with the reason. */
export const exceptions: Readonly<Record<string, string>> = {
  'storage/archive/vma-writer.ts formatVmaHeader': 'Writes bytes, which test/unit/storage/archive/vma-writer.test.ts has read by two readers.',
  'spec/formats.ts formatHint': 'Looks for a word like a wrong one, of a value that was checked for its length before.',
  'guest/qemu/drives/tpm-state.ts formatTpmState': 'Makes a step of a plan: it formats a disk, no text.',
  'store/sqlite/pmxcfs-database.ts readPmxcfsDatabase': 'Reads a file, which test/unit/guest/pve-import/import-pve.test.ts damages at random.',
  'network/taps.ts formatTapSettings': 'Only the tap script reads it: test/hostile/02-shell-metacharacters.test.ts and test/unit/network/taps.test.ts.',
  'spec/read-value.ts readAs': 'Chooses among readBoolean, readInteger and readNumber, which are tried.',
  'guest/lxc/volumes.ts formatForContainers': 'Chooses a format of volumes; it writes no text.',
  'guest/pending.ts readKey': 'Looks a key up in what was read.',
  'host/ssh/config-files.ts readSmallFile': 'Reads a file as bytes; the readers of its text are tried.',
}
