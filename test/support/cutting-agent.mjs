// Stands before the agent of a host and cuts the SSH connection at one chosen moment of a request for a task; for tests. Its words: the agent, a
// file that says when, once (`before` the request arrives, `during` its work, or when the `answer` is on its way), and the agent's own words.
import {spawn} from 'node:child_process'
import {readFileSync, rmSync} from 'node:fs'

const [program, orderPath, ...words] = process.argv.slice(2)
const agent = spawn(program, words, {stdio: ['pipe', 'pipe', 'inherit']})
let moment

function takeOrder() {
  try {
    const order = readFileSync(orderPath, 'utf8').trim()
    rmSync(orderPath)
    return order
  } catch {
    return undefined
  }
}

/** Kills the process of sshd that serves this connection. */
function cut() {
  for (let pid = process.ppid; pid > 1;) {
    const [, name, parent] = /^\d+ \((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    if (name === 'sshd') { process.kill(pid, 'SIGKILL'); break }
    pid = Number(parent)
  }
  agent.stdin.end()
}

process.stdin.on('data', (chunk) => {
  if (moment === undefined && chunk.includes('"startTask"')) {
    moment = takeOrder()
    if (moment === 'before') { cut(); return }
    if (moment === 'during') setTimeout(cut, Math.random() * 200)
  }
  agent.stdin.write(chunk)
})
process.stdin.on('end', () => agent.stdin.end())
agent.stdin.on('error', () => undefined)
process.stdout.on('error', () => undefined)
agent.stdout.on('data', (chunk) => {
  if (moment === 'answer' && chunk.includes('UPID:')) { moment = 'cut'; cut(); return }
  process.stdout.write(chunk)
})
agent.on('exit', (code) => process.exit(code ?? 1))
