// Carries the state of a running machine between a socket of QEMU and a volume. QEMU 7.2 can write it to no file by itself, and Node cannot hand QEMU
// an open one.
//
//   node guest-state.mjs save SOCKET PATH     listens on SOCKET, says `ready`, writes what the one connection sends to PATH
//   node guest-state.mjs load SOCKET PATH     connects to SOCKET and sends what is in PATH
//
// The volume begins with a header of 4096 bytes, a line of text, that is wiped first and written last: a state that is not whole has none. PATH is there
// already, a file or a device; it is never made, and never cut.
import {open, unlink} from 'node:fs/promises'
import {connect, createServer} from 'node:net'

const headerBytes = 4096
const stepBytes = 1024 * 1024
/** For the peer to come. */
const peerLimitMs = 60_000
/** For the next bytes to come, or to be taken. */
const idleLimitMs = 120_000

const [what, ...words] = process.argv.slice(2)
try {
  if (what === 'save' && words.length === 2) await save(...words)
  else if (what === 'load' && words.length === 2) await load(...words)
  else throw new Error('usage: guest-state.mjs save|load SOCKET PATH')
} catch (error) {
  process.stderr.write(`${error.code === 'ENOSPC' ? 'there is no space left on the storage' : error.message}\n`)
  process.exitCode = 1
}

async function save(socketPath, path) {
  const file = await open(path, 'r+')
  const stream = await accept(socketPath)
  try {
    await writeAll(file, Buffer.alloc(headerBytes), 0)
    await file.datasync()
    let sizeBytes = 0
    for await (const chunk of stream) {
      await writeAll(file, chunk, headerBytes + sizeBytes)
      sizeBytes += chunk.length
    }
    // The data is safe before the header says that it is there.
    await file.datasync()
    await writeAll(file, header(sizeBytes), 0)
    await file.datasync()
    process.stdout.write(`saved ${sizeBytes}\n`)
  } finally {
    stream.destroy()
    await file.close()
  }
}

async function load(socketPath, path) {
  const file = await open(path, 'r')
  let stream
  try {
    const sizeBytes = await readHeader(file)
    stream = await connected(socketPath)
    let failure
    stream.on('error', (error) => { failure = error })
    const buffer = Buffer.alloc(stepBytes)
    for (let sentBytes = 0; sentBytes < sizeBytes;) {
      const {bytesRead} = await file.read(buffer, 0, Math.min(stepBytes, sizeBytes - sentBytes), headerBytes + sentBytes)
      if (bytesRead === 0) throw new Error('the state ends too early')
      if (failure !== undefined || stream.destroyed) throw new Error('QEMU did not take all of the state')
      // The stream keeps what it is given until it is sent.
      if (!stream.write(Buffer.from(buffer.subarray(0, bytesRead)))) await drained(stream)
      sentBytes += bytesRead
    }
    await new Promise((resolve) => { stream.end(resolve) })
    if (failure !== undefined) throw new Error('QEMU did not take all of the state')
    process.stdout.write(`loaded ${sizeBytes}\n`)
  } finally {
    stream?.destroy()
    await file.close()
  }
}

function header(sizeBytes) {
  const block = Buffer.alloc(headerBytes)
  block.write(`corral-guest-state 1 ${sizeBytes}\n`, 'latin1')
  return block
}

async function readHeader(file) {
  const block = Buffer.alloc(headerBytes)
  await file.read(block, 0, headerBytes, 0)
  const match = /^corral-guest-state 1 (\d{1,15})\n/.exec(block.toString('latin1'))
  if (match === null) throw new Error('there is no whole state of a machine in it')
  return Number(match[1])
}

async function writeAll(file, data, position) {
  for (let written = 0; written < data.length;) {
    const {bytesWritten} = await file.write(data, written, data.length - written, position + written)
    if (bytesWritten === 0) throw new Error('the volume is full')
    written += bytesWritten
  }
}

/** The one connection that comes; the socket is gone then. */
async function accept(socketPath) {
  await unlink(socketPath).catch(() => undefined)
  return new Promise((resolve, reject) => {
    const server = createServer({highWaterMark: stepBytes}, (stream) => {
      clearTimeout(timer)
      server.close()
      stream.setTimeout(idleLimitMs, () => stream.destroy(new Error('QEMU sends nothing any more')))
      resolve(stream)
    })
    const timer = setTimeout(() => { server.close(); reject(new Error('QEMU did not come to the socket')) }, peerLimitMs)
    server.maxConnections = 1
    server.on('error', (error) => { clearTimeout(timer); reject(error) })
    server.listen(socketPath, () => process.stdout.write('ready\n'))
  })
}

function connected(socketPath) {
  return new Promise((resolve, reject) => {
    const stream = connect(socketPath)
    stream.setTimeout(idleLimitMs, () => stream.destroy(new Error('QEMU takes nothing any more')))
    stream.once('error', reject)
    stream.once('connect', () => { stream.off('error', reject); resolve(stream) })
  })
}

function drained(stream) {
  return new Promise((resolve) => {
    const done = () => { stream.off('drain', done); stream.off('close', done); resolve() }
    stream.on('drain', done)
    stream.on('close', done)
  })
}
