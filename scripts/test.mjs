#!/usr/bin/env node
// `npm test`: sets the machine up, runs every check and test of the project, and ends with one line over all of them:
// `N passed, M failed, K skipped`. `npm test` leaves out the stages that take long by their nature (`npm run test:all` has them too);
// with arguments, runs only the named stages: `npm test -- types unit`. What needs hosts of the lab has a command of its own, `npm run test:lab`;
// with `--lab` it comes after the others, as in `.ci/run`.
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {ensureBuild, ensureDebianPackages, ensureNpmPackages, ensureSubordinateIds, projectRoot, setUp} from './setup.mjs'

const totals = {passed: 0, failed: 0, skipped: 0}
const skips = []
const failures = []
/** How long each file took, as [stage, file, seconds]: the longest are named at the end, as that is where time can be saved. */
const durations = []
/** Tests that failed at first, and passed when their file was run by itself. */
const secondTime = []
const mostFilesRunAgain = 4
const reportDir = fs.mkdtempSync(path.join(os.tmpdir(), 'corral-test-report-'))

const seed = process.env.CORRAL_TEST_SEED ?? String(Math.floor(Math.random() * 2 ** 31))
/** Stands in the environment of every process that this run starts, by which those are found that outlive their test. */
const runMark = `CORRAL_TEST_RUN=${path.basename(reportDir)}`
const env = {...process.env, CORRAL_TEST_RUN: path.basename(reportDir), CORRAL_TEST_SEED: seed, CORRAL_TEST_SCALE: process.env.CORRAL_TEST_SCALE ?? '1', FORCE_COLOR: '0'}
delete env.CORRAL_ROOT
delete env.CORRAL_NODE

function run(argv, added = {}) {
  return spawnSync(argv[0], argv.slice(1), {cwd: projectRoot, stdio: ['ignore', 'inherit', 'inherit'], env: {...env, ...added}}).status ?? 1
}

/** A check that passes or fails as a whole. */
function check(name, argv) {
  const isGood = run(argv) === 0
  totals[isGood ? 'passed' : 'failed']++
  if (!isGood) failures.push(name)
}

/**
 * A vitest run of these files (default: all), or with these other words of vitest, counted test by test. Files that fail are run once more, by themselves and one after the other: most tests
 * start real processes, and on a machine that has other work a wait can be too short. What passes only then is counted as passed and
 * named at the end, so that somebody looks into it. When more than a few files fail, it is not the machine.
 */
function vitest(name, configFile, files = [], added = {}) {
  const first = vitestOnce(name, configFile, files, added)
  if (first === undefined) return
  durations.push(...first.map(({file, seconds}) => [name, file, seconds]))
  const failed = first.filter(({problems}) => problems.length > 0)
  const again = failed.length > 0 && failed.length <= mostFilesRunAgain ? failed.map(({file}) => file) : []
  if (again.length > 0) console.log(`\n== ${name}: once more, by themselves: ${again.join(', ')}`)
  const second = again.length > 0 ? vitestOnce(`${name}-again`, configFile, [...again, '--no-file-parallelism'], added) ?? [] : []
  for (const one of first) {
    const other = second.find(({file}) => file === one.file)
    if (one.problems.length > 0 && other?.problems.length === 0) secondTime.push(...one.problems.map((problem) => `${name}: ${one.file}: ${problem}`))
    const result = other ?? one
    totals.passed += result.passed
    totals.failed += result.problems.length
    totals.skipped += result.skipped.length
    failures.push(...result.problems.map((problem) => `${name}: ${one.file}: ${problem}`))
    skips.push(...result.skipped.map((title) => `${one.file}: ${title}`))
  }
}

/** One run of vitest: of each file what passed, what was skipped and what is wrong; undefined when it came to nothing, which is noted as a failure. */
function vitestOnce(name, configFile, words, added) {
  const report = path.join(reportDir, `${name}.json`)
  const status = run([process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--config', configFile, '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`, ...words], added)
  if (!fs.existsSync(report)) {
    totals.failed++
    failures.push(`${name}: vitest ended with ${status} and wrote no report`)
    return undefined
  }
  const results = JSON.parse(fs.readFileSync(report, 'utf8')).testResults.map((suite) => {
    const titles = (wanted) => suite.assertionResults.filter(({status: its}) => wanted(its)).map(({fullName}) => fullName)
    const problems = titles((its) => its === 'failed')
    if (suite.status === 'failed' && problems.length === 0) problems.push((suite.message ?? '').split('\n')[0])
    return {file: path.relative(projectRoot, suite.name), seconds: (suite.endTime - suite.startTime) / 1000, passed: titles((its) => its === 'passed').length, skipped: titles((its) => its !== 'passed' && its !== 'failed'), problems}
  })
  if (status !== 0 && results.every(({problems}) => problems.length === 0)) {
    totals.failed++
    failures.push(`${name}: vitest ended with ${status} though no test failed`)
  }
  return results
}

/** What still runs of all that this run started, as [PID, command line]. The caches of built things are made by processes that end by themselves. */
function leftProcesses() {
  const left = []
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    try {
      if (!fs.readFileSync(`/proc/${name}/environ`, 'utf8').split('\0').includes(runMark)) continue
      left.push([Number(name), fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 200)])
    } catch {
      // It has ended meanwhile.
    }
  }
  return left
}

/** A stage leaves nothing running: an emulated machine that nobody ends takes time and memory from all that follows. */
function checkNothingIsLeft(name) {
  const deadline = Date.now() + 15_000
  while (leftProcesses().length > 0 && Date.now() < deadline) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  const left = leftProcesses()
  totals[left.length === 0 ? 'passed' : 'failed']++
  if (left.length > 0) failures.push(`${name}: ${left.length} processes outlive it: ${left.slice(0, 5).map(([pid, line]) => `${pid} ${line}`).join('; ')}`)
  for (const [pid] of left) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** The files of test/e2e for which something holds, as paths. */
function e2eFiles(holds) {
  return fs.readdirSync(path.join(projectRoot, 'test/e2e')).filter((name) => name.endsWith('.test.ts') && holds(name)).map((name) => `test/e2e/${name}`)
}

/** Those about hosts over SSH, which bring servers of their own. */
const isAboutSsh = (name) => name.startsWith('ssh-')

/**
 * The tests about hosts over SSH, and then the other end-to-end tests again against such hosts: every file that has an installation of its own to
 * type commands at. The others would do the same as before: they start QEMU without Corral.
 */
function e2eOverSsh() {
  vitest('e2e-about-ssh', 'vitest.e2e.config.ts', e2eFiles(isAboutSsh))
  const files = e2eFiles((name) => fs.readFileSync(path.join(projectRoot, 'test/e2e', name), 'utf8').includes('new Installation('))
  console.log(`files of test/e2e with "new Installation(": ${files.join(', ')}`)
  vitest('e2e-ssh', 'vitest.e2e.config.ts', files, {CORRAL_TEST_OVER_SSH: '1'})
}

/** Each takes the better part of a minute: they make a package twice, run servers of Ceph and GlusterFS, replace agents on hosts, kill many processes. */
const longUnitFiles = [
  'test/package/debian-package.test.ts', 'test/contract/storage/rbd.test.ts', 'test/contract/storage/glusterfs.test.ts', 'test/contract/storage/lvm.test.ts', 'test/contract/storage/repository.test.ts',
  'test/hostile/26-escape-sequences.test.ts', 'test/hostile/38-agent-versions.test.ts', 'test/unit/guest/lxc/commands/killed.test.ts', 'test/unit/guest/qemu/commands/killed.test.ts',
]

const stages = {
  types: () => check('types', [process.execPath, 'node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.test.json']),
  lint: () => check('lint', [process.execPath, 'node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']),
  imports: () => check('import directions', [process.execPath, 'scripts/check-imports.mjs']),
  generated: () => check('generated files', [process.execPath, 'scripts/generate.mjs', '--check']),
  unit: () => vitest('unit', 'vitest.config.ts', longUnitFiles.flatMap((file) => ['--exclude', file])),
  'unit-long': () => vitest('unit-long', 'vitest.config.ts', longUnitFiles),
  e2e: () => vitest('e2e', 'vitest.e2e.config.ts', e2eFiles((name) => !isAboutSsh(name))),
  'e2e-ssh': e2eOverSsh,
  'e2e-debian': () => vitest('e2e-debian', 'vitest.e2e-debian.config.ts'),
  lab: () => vitest('lab', 'vitest.lab.config.ts'),
}

/** What `npm test` alone leaves out, so that it stays quick enough to be run before every change. */
const longStages = ['unit-long', 'e2e-ssh', 'e2e-debian']
/** What boots hosts, and builds their image when there is none: apart from all others, by `npm run test:lab`. */
const labStages = ['lab']

/** Who waits for a whole run gives up at some time. The lab is not begun later than this after the start, so that what was found by then is told. */
const labBeginsWithinMinutes = 58

const startedAtMs = Date.now()
const options = new Set(process.argv.slice(2).filter((word) => word.startsWith('--')))
const words = process.argv.slice(2).filter((word) => !options.has(word))
const wanted = words.length > 0 ? words : Object.keys(stages).filter((name) => labStages.includes(name) ? options.has('--lab') : options.has('--all') || !longStages.includes(name))
const unknown = [...wanted.filter((name) => !(name in stages)), ...[...options].filter((option) => !['--all', '--lab'].includes(option))]
if (unknown.length > 0) {
  console.error(`unknown stage or option: ${unknown.join(', ')}; there are ${Object.keys(stages).join(', ')}, --all, --lab`)
  process.exit(2)
}

setUp(() => {
  ensureDebianPackages('build', 'run', 'guest-iso', 'debian-guest', 'package', 'test', ...wanted.some((name) => labStages.includes(name)) ? ['lab'] : [])
  if (wanted.includes('e2e')) ensureSubordinateIds()
  ensureNpmPackages()
  ensureBuild()
})
console.log(`seed ${seed}, scale ${env.CORRAL_TEST_SCALE} (repeat with CORRAL_TEST_SEED=${seed})`)

for (const [name, stage] of Object.entries(stages)) {
  if (!wanted.includes(name)) continue
  const startedAt = Date.now()
  const sinceMinutes = (startedAt - startedAtMs) / 60_000
  if (words.length === 0 && labStages.includes(name) && sinceMinutes > labBeginsWithinMinutes) {
    totals.skipped++
    skips.push(`the stage ${name}: it would begin ${sinceMinutes.toFixed(0)} minutes after the start, and ${labBeginsWithinMinutes} is the most`)
    continue
  }
  console.log(`\n== ${name}`)
  stage()
  checkNothingIsLeft(name)
  console.log(`== ${name}: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
}
fs.rmSync(reportDir, {recursive: true, force: true})

const left = words.length > 0 || options.has('--all') ? [] : longStages
if (left.length > 0) console.log(`\nNot run: ${left.join(', ')} (npm run test:all)`)
if (!wanted.some((name) => labStages.includes(name))) console.log(`\nNot run: ${labStages.join(', ')} (npm run test:lab)`)
const longest = durations.sort((a, b) => b[2] - a[2]).slice(0, 25)
if (longest.length > 0) console.log(`\nThe files that took longest:\n${longest.map(([name, file, seconds]) => `  ${seconds.toFixed(0).padStart(4)} s  ${name}: ${file}`).join('\n')}`)
if (skips.length > 0) console.log(`\nSkipped (each prints its reason where it runs):\n${skips.map((line) => `  ${line}`).join('\n')}`)
if (secondTime.length > 0) console.log(`\nPassed only when run again (not sure enough; find out why):\n${secondTime.map((line) => `  ${line}`).join('\n')}`)
if (failures.length > 0) console.log(`\nFailed:\n${failures.map((line) => `  ${line}`).join('\n')}`)
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0
