// A process that looks like a guest's QEMU to qmeventd: the PID file in its command line, a connection to the event socket, answers to
// a few commands. What it is told on standard input it does: an event to send, raw bytes, its end.
// usage: node fake-qemu.mjs EVENT-SOCKET QMP-PATH STATUS -pidfile PATH
import {renameSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {createInterface} from 'node:readline'

const [eventSocket, qmpPath, initialStatus, , pidPath] = process.argv.slice(2)
let status = initialStatus
let ignoresQuit = false
// Whole or not at all: a look at an empty PID file would find a guest that is gone.
writeFileSync(`${pidPath}.new`, `${process.pid}\n`)
renameSync(`${pidPath}.new`, pidPath)
const socket = connect(eventSocket)
socket.on('error', () => process.exit(3))
socket.on('close', () => { if (!ignoresQuit) process.stdout.write('disconnected\n') })
const send = (message) => socket.write(`${JSON.stringify(message)}\r\n`)
send({QMP: {version: {qemu: {major: 7, minor: 2, micro: 22}, package: ''}, capabilities: []}})
createInterface({input: socket}).on('line', (line) => {
  const {execute, id} = JSON.parse(line)
  if (execute === 'query-chardev') send({id, return: [{label: 'serial0', filename: 'pty:/dev/pts/1'}, {label: 'qmp', filename: `disconnected:unix:${qmpPath},server=on`}]})
  else if (execute === 'query-status') { send({id, return: {status, running: status === 'running'}}); process.stdout.write('asked\n') }
  else send({id, return: {}})
  if (execute === 'quit' && !ignoresQuit) socket.end(() => process.exit(0))
})
createInterface({input: process.stdin}).on('line', (line) => {
  const {event, raw, ignoreQuit, setStatus} = JSON.parse(line)
  if (setStatus !== undefined) status = setStatus
  if (ignoreQuit === true) { ignoresQuit = true; process.on('SIGTERM', () => undefined) }
  if (event !== undefined) send({event: event.name, data: event.data, timestamp: {seconds: 1, microseconds: 0}})
  if (raw !== undefined) socket.write(raw)
})
