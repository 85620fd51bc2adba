// An incremental backup into a repository: `vzdump` of a running machine of whose disk 1 % was written to since the last one, against the first backup, which reads all. The machine has
// nothing to boot: its disk is written through its own device. CORRAL_BENCH_DISK_GIB: the size of the disk (4), half of which holds a file system's content.
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {performance} from 'node:perf_hooks'

const name = 'backup: incremental after 1 % change'
const target = 0.05
const vmid = '9004'
const sizeBytes = Number(process.env.CORRAL_BENCH_DISK_GIB ?? 4) * 1024 ** 3
const contentBytes = sizeBytes / 2
const rounds = Number(process.env.CORRAL_BENCH_INCREMENTAL_ROUNDS ?? 5)
/** As a machine writes: some files here and there. */
const runs = 4

function must(argv, env = process.env, input = '') {
  const result = spawnSync(argv[0], argv.slice(1), {env, encoding: 'utf8', maxBuffer: 2 ** 26, input})
  if (result.status !== 0) throw new Error(`'${argv.join(' ')}' ended with ${result.status}: ${result.stderr}`)
  return result.stdout
}

/** What is typed at the monitor to write to 1 % of the disk. */
function writes(round) {
  const runBytes = Math.floor(sizeBytes / 100 / runs / 4096) * 4096
  return Array.from({length: runs}, (_, run) => {
    const at = Math.floor(contentBytes / runs / 4096) * 4096 * run + round * 8 * 1024 ** 2
    return `qemu-io -d /machine/peripheral/scsi0 "write -q -P ${10 * round + run + 1} ${at} ${runBytes}"\n`
  })
}

export async function benchIncrementalBackup({rows, refuse, isWanted, median, bin, env, root}) {
  if (!isWanted(name)) return
  const folder = fs.mkdtempSync('/var/tmp/corral-bench-')
  try {
    const content = path.join(folder, 'content.raw')
    must(['sh', '-c', 'while :; do tar -C /usr -cf - lib bin share 2>/dev/null || exit 0; done | head -c "$1" >"$2"', 'sh', String(contentBytes), content])
    must([bin('pvesm'), 'add', 'restic', 'bench-kept', '--path', path.join(folder, 'repository'), '--password', 'bench'], env)
    must([bin('qm'), 'create', vmid, '--memory', '64', '--kvm', '0', '--vga', 'none', '--scsi0', `local:${sizeBytes / 1024 ** 3},format=qcow2`], env)
    must(['qemu-img', 'convert', '-n', '-S', '0', '-f', 'raw', '-O', 'qcow2', content, path.join(root, `lib/vz/images/${vmid}/vm-${vmid}-disk-0.qcow2`)])
    must([bin('qm'), 'start', vmid], env)
    const backUp = () => {
      const startedAt = performance.now()
      must([bin('vzdump'), vmid, '--storage', 'bench-kept', '--mode', 'snapshot'], env)
      return performance.now() - startedAt
    }
    const fullMs = backUp()
    const changedMs = []
    for (let round = 0; round < rounds; round++) {
      must([bin('qm'), 'monitor', vmid], env, writes(round).join(''))
      changedMs.push(backUp())
    }
    const ours = median(changedMs)
    rows.push({case: name, ours, reference: fullMs, unit: 'ms', ratio: ours / fullMs, target: `<= ${target}`, met: ours / fullMs <= target})
  } catch (error) {
    refuse(name, 'ms', target, error)
  } finally {
    spawnSync(bin('qm'), ['stop', vmid], {env})
    spawnSync(bin('qm'), ['destroy', vmid, '--purge'], {env})
    fs.rmSync(folder, {recursive: true, force: true})
  }
}
