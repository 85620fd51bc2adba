// The case of the benchmark that asks how long TAB takes in bash: both sides run in one shell, one after the other, timed by its own clock.
import {spawnSync} from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import {projectRoot} from '../setup.mjs'

const target = 3
const guests = 5000

/** Prints a line `ours reference` in microseconds for each pair; the first is for warming up. */
const program = `
source "$1"; words=\${*:4}; line=$2; rounds=$3
micros() { local now=$EPOCHREALTIME; printf -v "$1" %s "\${now/[.,]/}"; }
read -ra COMP_WORDS <<<"$line"; [[ $line != *' ' ]] || COMP_WORDS+=('')
COMP_LINE=$line COMP_POINT=\${#line} COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 )) COMP_TYPE=9
for (( round = 0; round <= rounds; round++ )); do
  micros a; _corral; micros b; compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}" >/dev/null; micros c
  echo "$(( b - a )) $(( c - b )) \${#COMPREPLY[@]}"
done`

/** @param bench the table and its tools, as bench.mjs has them */
export function benchCompletion({rows, refuse, isWanted, median, pairs}) {
  for (const [name, line, count] of [['completion: TAB, 5,000 guests', 'qm start ', guests], ['completion: TAB behind 47', 'qm start 47', 110]]) {
    if (!isWanted(name)) continue
    const root = fs.mkdtempSync('/tmp/corral-bench-')
    try {
      const ids = Array.from({length: guests}, (_, index) => String(100 + index)).sort()
      fs.mkdirSync(path.join(root, 'lib/completion'), {recursive: true})
      fs.writeFileSync(path.join(root, 'lib/completion/guests'), ['#corral-names 1 1', ...ids.map((id) => `${id}\tguest-${id}\tqemu\tbench`), ''].join('\n'))
      const {stdout, stderr, status} = spawnSync('bash', ['--norc', '-c', program, 'bash', path.join(projectRoot, 'completions/corral.bash'), line, String(2 * pairs), ...ids],
        {encoding: 'utf8', env: {PATH: process.env.PATH, CORRAL_ROOT: root, HOME: root, LC_ALL: 'C.UTF-8'}})
      if (status !== 0) throw new Error(stderr)
      const samples = stdout.trim().split('\n').slice(1).map((sample) => sample.split(' ').map(Number))
      if (samples.some(([, , found]) => found !== count)) throw new Error(`TAB found ${samples[0]?.[2]} guests instead of ${count}`)
      const [ours, reference] = [0, 1].map((side) => median(samples.map((sample) => sample[side])) / 1000)
      rows.push({case: name, ours, reference, unit: 'ms', ratio: ours / reference, target: `<= ${target}`, met: ours / reference <= target})
    } catch (error) {
      refuse(name, 'ms', target, error)
    } finally {
      fs.rmSync(root, {recursive: true, force: true})
    }
  }
}
