#!/usr/bin/env node
// `npm run quickstart`: from a fresh checkout to a virtual machine that boots, with everything it makes under one folder.
// `npm run quickstart -- --clean` removes all of it. It types the commands that a user would type, and shows them.
import {spawn, spawnSync} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {ensureBuild, ensureDebianPackages, ensureNpmPackages, projectRoot, setUp} from './setup.mjs'

const vmid = '100'
const bootLine = /Corral guest ready.*/
const bootTimeoutMs = 120_000
const kvmTrialMs = 15_000

const args = process.argv.slice(2)
const unknown = args.filter((word) => word !== '--clean')
if (unknown.length > 0) {
  console.error(`quickstart: unknown option ${unknown[0]}; there is only --clean`)
  process.exit(2)
}

/** Short, because the sockets of the machine lie below it. */
function chooseRoot() {
  const home = os.homedir()
  return home !== '/' && Buffer.byteLength(home) <= 40 ? path.join(home, '.corral-quickstart') : `/var/tmp/corral-quickstart-${process.getuid()}`
}
const root = chooseRoot()
const env = {...process.env, CORRAL_ROOT: root}
const storageDir = path.join(root, 'storage')
const isoPath = path.join(storageDir, 'template/iso/corral-guest.iso')

/** Prints and runs a command of ours; ends the quickstart when it fails. */
function type(tool, ...words) {
  console.log(`\n$ ${[tool, ...words].join(' ')}`)
  const result = spawnSync(path.join(projectRoot, 'bin', tool), words, {env, stdio: ['ignore', 'inherit', 'inherit']})
  if (result.status !== 0) throw new Error(`'${[tool, ...words].join(' ')}' failed with exit code ${result.status}`)
}

function quietly(tool, ...words) {
  return spawnSync(path.join(projectRoot, 'bin', tool), words, {env, encoding: 'utf8'})
}

/** The folder is ours alone, or it is not touched. */
function checkRoot() {
  const found = fs.lstatSync(root, {throwIfNoEntry: false})
  if (!found) return false
  if (!found.isDirectory() || found.uid !== process.getuid()) throw new Error(`${root} is not a folder of yours; it was left alone`)
  return true
}

function clean() {
  if (!checkRoot()) {
    console.log(`Nothing to remove: ${root} does not exist.`)
    return
  }
  if (fs.existsSync(path.join(projectRoot, 'dist'))) {
    const listed = quietly('qm', 'list', '--output-format', 'json')
    const guests = listed.status === 0 ? JSON.parse(listed.stdout) : []
    for (const guest of guests) {
      if (guest.status === 'running') type('qm', 'stop', String(guest.vmid))
      type('qm', 'destroy', String(guest.vmid))
    }
  }
  fs.rmSync(root, {recursive: true, force: true})
  console.log(`Removed ${root}.`)
}

/** Boots the ISO bare under KVM and looks for its boot line: an openable /dev/kvm does not mean that a kernel runs under it. */
function kvmBoots() {
  try {
    fs.accessSync('/dev/kvm', fs.constants.R_OK | fs.constants.W_OK)
  } catch {
    return Promise.resolve(false)
  }
  return new Promise((resolve) => {
    const child = spawn('qemu-system-x86_64', [
      '-accel', 'kvm', '-m', '256', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio', '-cdrom', isoPath,
    ], {stdio: ['ignore', 'pipe', 'ignore']})
    let seen = ''
    const finish = (answer) => { clearTimeout(timer); child.kill('SIGKILL'); resolve(answer) }
    const timer = setTimeout(() => finish(false), kvmTrialMs)
    child.stdout.on('data', (chunk) => {
      seen = (seen + chunk).slice(-4096)
      if (bootLine.test(seen)) finish(true)
    })
    child.on('error', () => finish(false))
    child.on('exit', () => finish(false))
  })
}

/** Follows the serial console through `qm terminal` until the guest says that it is up; gives its line. */
function waitForBootLine() {
  console.log(`\n$ qm terminal ${vmid}`)
  return new Promise((resolve, reject) => {
    const child = spawn(path.join(projectRoot, 'bin/qm'), ['terminal', vmid], {env, stdio: ['pipe', 'pipe', 'inherit']})
    let seen = ''
    let outcome
    const finish = (error, line) => {
      if (outcome) return
      outcome = () => (error ? reject(error) : resolve(line))
      clearTimeout(timer)
      clearInterval(knock)
      // The end of its input lets the terminal leave in order; the next command is typed when it is gone.
      child.stdin.end()
      setTimeout(() => child.kill('SIGKILL'), 5000).unref()
    }
    const timer = setTimeout(() => finish(new Error(`the guest did not say that it is up within ${bootTimeoutMs / 1000} s`)), bootTimeoutMs)
    // The guest answers an empty line with its boot line, in case it was up before we looked.
    const knock = setInterval(() => child.stdin.write('\n'), 2000)
    child.stdin.on('error', () => {})
    child.stdout.on('data', (chunk) => {
      seen = (seen + chunk).slice(-16_384)
      const found = bootLine.exec(seen)
      if (found) finish(undefined, found[0].trim())
    })
    child.on('error', (error) => { finish(error); outcome() })
    child.on('exit', (code) => { finish(new Error(`qm terminal ended with ${code} before the guest was up`)); outcome() })
  })
}

async function quickstart() {
  setUp(() => {
    ensureDebianPackages('build', 'run', 'guest-iso')
    ensureNpmPackages()
    ensureBuild()
  })
  if (!checkRoot()) fs.mkdirSync(root, {mode: 0o700})
  console.log(`Everything that the quickstart makes lies in ${root}.`)

  fs.mkdirSync(path.dirname(isoPath), {recursive: true})
  if (!fs.existsSync(isoPath)) {
    console.log("\nBuilding a bootable ISO from Debian's cloud kernel and busybox …")
    const built = spawnSync(path.join(projectRoot, 'scripts/build-guest-iso.sh'), [`${isoPath}.new`], {stdio: ['ignore', 2, 2]})
    if (built.status !== 0) throw new Error('the ISO could not be built; the lines above say why')
    fs.renameSync(`${isoPath}.new`, isoPath)
  }

  if (!/^quickstart\s/m.test(quietly('pvesm', 'status').stdout ?? '')) {
    type('pvesm', 'add', 'dir', 'quickstart', '--path', storageDir, '--content', 'images,iso')
  }
  type('pvesm', 'status')
  const known = quietly('qm', 'status', vmid)
  if (known.status === 0) {
    if (known.stdout.includes('running')) type('qm', 'stop', vmid)
    type('qm', 'destroy', vmid)
  }

  const isKvmUsable = await kvmBoots()
  console.log(isKvmUsable ? '\nKVM boots a kernel here: the machine runs under it.' : '\nNo kernel boots under KVM here: the machine is emulated (kvm: 0).')
  type('qm', 'create', vmid, '--name', 'first', '--memory', '256', '--cores', '1', '--ostype', 'l26', '--kvm', isKvmUsable ? '1' : '0',
    '--scsihw', 'virtio-scsi-pci', '--scsi0', 'quickstart:1,format=qcow2', '--ide2', 'quickstart:iso/corral-guest.iso,media=cdrom', '--net0', 'virtio',
    '--serial0', 'socket', '--boot', 'order=ide2')
  type('qm', 'start', vmid)
  console.log(await waitForBootLine())
  type('qm', 'list')
  type('qm', 'status', vmid, '--verbose')
  type('qm', 'config', vmid)

  console.log(`
The machine runs. To go on by hand:
  export CORRAL_ROOT="${root}" PATH="${path.join(projectRoot, 'bin')}:$PATH"
  qm terminal ${vmid}          its serial console; Ctrl-O leaves it
  qm monitor ${vmid}           QEMU's monitor
  qm shutdown ${vmid}          presses its power button
  qm create 101 --dry-run 1 --memory 512 --net0 virtio    shows what would be done, does nothing
  man qm
Remove all of it with: npm run quickstart -- --clean
`)
  type('qm', 'status', vmid)
}

try {
  if (args.includes('--clean')) clean()
  else await quickstart()
} catch (error) {
  console.error(`\nquickstart: ${error.message}`)
  process.exitCode = 1
}
