// What a dry run printed beside what was then done. A printed line is a host command, a command for QEMU, a change of a file as diff(1)
// shows it, or a note (`# …`); each but the notes must have happened, and nothing may happen that was not printed.
import {maskText} from '../../../src/lib/tasks/actions/mask-secrets.ts'
import {applyDiff} from './apply-diff.ts'
import type {Deed} from './recording-host.ts'
import type {State} from './world.ts'

interface Printed {
  /** Host commands, without the remark behind them. */
  readonly commands: readonly string[]
  /** What QEMU or the guest agent is told, as it would be noted; `isCertain`: without a `when` behind it. */
  readonly monitor: readonly {readonly text: string; readonly isCertain: boolean}[]
  readonly diff: readonly string[]
}

/** What was done between two states. */
export interface Done {
  readonly deeds: readonly Deed[]
  /** What the shell of a host over SSH was told, as FakeServer notes it. */
  readonly remote: readonly string[]
  readonly before: State
  readonly after: State
  /** Folders whose files come and go without being printed. */
  readonly runFolders: readonly string[]
}

function readPrinted(text: string): Printed {
  const commands: string[] = []
  const monitor: {text: string; isCertain: boolean}[] = []
  const diff: string[] = []
  let isDiff = false
  for (const line of text.replace(/\n$/, '').split('\n')) {
    isDiff = /^--- /.test(line) || (isDiff && /^(?:\+\+\+ |@@ |[ +-])/.test(line))
    if (isDiff) diff.push(line)
    else if (/^# (?:QMP|guest agent): /.test(line)) monitor.push({text: line.replace(/, when .*$/, ''), isCertain: !/, when /.test(line)})
    else if (!/^(?:#|$|Nothing would be changed\.$)/.test(line)) commands.push(line.replace(/ # .*$/, ''))
  }
  return {commands, monitor, diff}
}

/** Numbers and times that each planning makes anew. */
export function withoutChance(text: string): string {
  return text.replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID').replace(/ctime=\d+/g, 'ctime=TIME').replace(/snaptime: \d+/g, 'snaptime: TIME')
    .replace(/comment=corral-[0-9a-f]{16}|"corral-[0-9a-f]{16}"/g, 'COMMENT').replace(/[0-9a-zA-Z]{6}(?:-[0-9a-zA-Z]{4}){5}-[0-9a-zA-Z]{6}/g, 'PVUUID')
}

/** Sentences about what was printed and not done, or done and not printed; none when both agree. */
export function differences(text: string, done: Done): string[] {
  const printed = readPrinted(withoutChance(text))
  const {remote} = done
  const deeds = done.deeds.map((deed) => ({...deed, text: withoutChance(deed.text)}))
  const texts = new Set(deeds.map((deed) => deed.text))
  const written = deeds.flatMap(({kind, path}) => kind === 'write' && path !== undefined ? [path] : [])
  const wasDone = (command: string) => texts.has(command) || remote.some((deed) => tells(command, deed)) || (command.startsWith('cp ') && written.some((path) => command.endsWith(` ${path}`)))
  const isTold = (deed: Deed) => {
    switch (deed.kind) {
      case 'program':
      case 'signal':
      case 'task': return printed.commands.includes(deed.text) || unprinted.some((pattern) => pattern.test(deed.text))
      case 'monitor': return printed.monitor.some((each) => each.text === deed.text)
      case 'write':
      case 'remove': return done.runFolders.some((folder) => deed.path?.startsWith(`${folder}/`)) || text.includes(deed.path ?? '') || unprinted.some((pattern) => pattern.test(deed.text))
    }
  }
  return [
    ...printed.commands.filter((command) => !wasDone(command)).map((command) => `printed, but not done: ${command}`),
    ...printed.monitor.filter((each) => each.isCertain && !texts.has(each.text)).map((each) => `printed, but not done: ${each.text}`),
    ...deeds.filter((deed) => !isTold(deed)).map((deed) => `done, but not printed: ${deed.text}`),
    ...remote.filter((deed) => !printed.commands.some((command) => tells(command, deed))).map((deed) => `done on the other host, but not printed: ${deed}`),
    ...configurationDifferences(printed.diff, text, done),
  ]
}

/** Programs that belong to how another one is called, not to what it does. */
const unprinted: readonly RegExp[] = [/^sync -- \//,
  // What a template is called is known when it is built.
  /^mv -- \S+\.part \S+\/template\/cache\/debian-13-standard_13\.4-1_amd64\.tar\.zst$/,
  // How a stream gets into an image; how large that is, stands in the stream.
  /^qemu-nbd '--socket=\/tmp\/\.corral-/, /^rm -rf -- \/tmp\/\.corral-[0-9a-f-]+\.tmp$/, /^qemu-img create -q -f raw .*\/vm-100-disk-0\.raw 4096$/,
]

/** Whether a printed command stands for what the other host noted: `upload PATH`, `update`, `install PACKAGES`, `ranges KIND RANGE`, `remove FOLDER HOW-MANY`. */
function tells(command: string, deed: string): boolean {
  const [verb, object = ''] = deed.split(/ (.*)/)
  switch (verb) {
    case 'upload': return command.startsWith('scp ') && command.endsWith(`:${object}`)
    case 'install': return /^ssh \S+ apt-get /.test(command) && command.endsWith(` install ${object}`)
    case 'update': return /^ssh \S+ apt-get -y update$/.test(command)
    case 'ranges': return /^ssh \S+ usermod /.test(command) && command.includes(` --add-${object} `)
    case 'remove': return /^ssh \S+ rm -f /.test(command) && command.includes(` ${object.split(' ')[0] ?? ''}/`)
    default: return false
  }
}

/** The printed diffs, carried out on the files as they were, must give the files as they are. Secrets are masked in all of them. */
function configurationDifferences(diff: readonly string[], text: string, {before, after}: Done): string[] {
  const files = shownFiles(before)
  try {
    applyDiff(withoutChance(diff.join('\n')).split('\n').filter((line) => line !== ''), files)
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
  const really = shownFiles(after)
  return [...new Set([...files.keys(), ...really.keys()])].sort().flatMap((path) => {
    // What is not known before it is done is announced in words.
    if (files.get(path) === really.get(path) || text.includes(`# ${path}: `)) return []
    return [`${path} would be ${JSON.stringify(files.get(path))} and is ${JSON.stringify(really.get(path))}`]
  })
}

function shownFiles({stored}: State): Map<string, string> {
  return new Map(Object.entries(stored).map(([path, data]) => [path, withoutChance(maskText(path, data))]))
}
