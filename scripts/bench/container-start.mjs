// The start of a container: `pct start` until its first process runs, against lxc-start of the same configuration on a root file system that is mounted already. It is
// a privileged one with a shell for its first process, so that neither ranges of users nor a distribution take part.
import {spawn, spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {once} from 'node:events'

const name = 'container start: until init runs'
const target = 1.6

function must(argv, env = process.env) {
  const result = spawnSync(argv[0], argv.slice(1), {env, encoding: 'utf8'})
  if (result.status !== 0) throw new Error(`'${argv.join(' ')}' ended with ${result.status}: ${result.stderr}`)
  return result.stdout
}

function writeTemplate(file) {
  const tree = fs.mkdtempSync('/tmp/corral-bench-')
  for (const folder of ['bin', 'sbin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'run']) fs.mkdirSync(path.join(tree, folder))
  fs.copyFileSync('/bin/busybox', path.join(tree, 'bin/busybox'))
  fs.symlinkSync('busybox', path.join(tree, 'bin/sh'))
  fs.writeFileSync(path.join(tree, 'sbin/init'), '#!/bin/sh\ntrap "exit 0" PWR TERM\nwhile :; do /bin/busybox sleep 1 & wait; done\n', {mode: 0o755})
  fs.writeFileSync(path.join(tree, 'etc/debian_version'), '12.4\n')
  fs.mkdirSync(path.dirname(file), {recursive: true})
  must(['tar', '-C', tree, '-cf', file, '.'])
  fs.rmSync(tree, {recursive: true, force: true})
}

/** A process that holds a mount namespace in which the root file system is where the configuration says. */
async function holdMounts(rootfs, folder) {
  const lines = 'mount -t tmpfs -o mode=755 tmpfs /var/lib/lxc && mkdir -p "$1" && mount --bind "$2" "$1" && echo ready && exec cat'
  const holder = spawn('unshare', ['--mount', '--propagation', 'slave', 'sh', '-c', lines, 'sh', rootfs, folder], {stdio: ['pipe', 'pipe', 'inherit']})
  const ready = await Promise.race([once(holder.stdout, 'data').then(() => true), once(holder, 'exit').then(() => false)])
  if (!ready) throw new Error('the mounts of the reference could not be made')
  return holder
}

export async function benchContainerStart({compare, refuse, isWanted, timeProgram, bareNode, bin, env, root}) {
  if (!isWanted(name)) return
  let holder
  try {
    writeTemplate(path.join(root, 'lib/vz/template/cache/bench.tar'))
    must([bin('pct'), 'create', '9001', 'local:vztmpl/bench.tar', '--rootfs', 'local:0', '--unprivileged', '0'], env)
    must([bin('pct'), 'start', '9001'], env)
    const config = path.join(root, 'bench.config')
    fs.copyFileSync(path.join(root, 'run/lxc/9001.config'), config)
    must([bin('pct'), 'stop', '9001'], env)
    const rootfs = /^lxc\.rootfs\.path\s*=\s*(?:dir:)?(.+)$/m.exec(fs.readFileSync(config, 'utf8'))?.[1]
    if (rootfs === undefined) throw new Error('the configuration names no root file system')
    const lxcPath = path.dirname(path.dirname(rootfs))
    holder = await holdMounts(rootfs, path.join(root, 'lib/vz/images/9001/subvol-9001-disk-0.subvol'))
    const inside = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, '--']
    await compare(name, 'ms', target, () => {
      const elapsedMs = timeProgram([bin('pct'), 'start', '9001'])
      timeProgram([bin('pct'), 'stop', '9001'])
      return elapsedMs
    }, () => {
      const nodes = bareNode() + bareNode()
      const bareMs = timeProgram([...inside, 'lxc-start', '-P', lxcPath, '-n', '9001', '-f', config, '-d'])
      timeProgram([...inside, 'lxc-stop', '-P', lxcPath, '-n', '9001', '--kill'])
      return nodes + bareMs
    }, {count: 10})
  } catch (error) {
    refuse(name, 'ms', target, error)
  } finally {
    spawnSync(bin('pct'), ['stop', '9001'], {env})
    spawnSync(bin('pct'), ['destroy', '9001'], {env})
    holder?.kill('SIGKILL')
  }
}
