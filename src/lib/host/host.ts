// The interface through which everything on a machine is done: processes, files, sockets. Implementations: local/ (this machine),
// fake/ (tests); ssh/ comes later. Nothing above this folder may start a process or touch a file by other means.
import type {Duplex, Readable, Writable} from 'node:stream'
import type {DownloadRequest, Downloaded} from './download/request.ts'

export interface RunOptions {
  /** Ends the program after this long; the error is UnavailableError. Default 60,000. */
  timeoutMs?: number
  signal?: AbortSignal
  /** Written to its standard input; the way for secrets. */
  input?: string | Buffer
  /** Its standard input, in place of `input`: as fast as the program takes it, and no more in memory than a pipe holds. A failure of the stream ends the program and is thrown. */
  inputStream?: Readable
  /** Takes its standard output, which `stdout` then does not hold, as fast as it can; it stays open. A failure of the stream ends the program and is thrown. */
  outputStream?: Writable
  /** A file that is there and takes its standard output from the file's beginning on, without passing through us. When the program has ended well, all of it is on disk. Neither `outputStream` nor `input` then. */
  outputPath?: string
  /** Added to the environment; LC_ALL=C and PATH are always set. */
  env?: Readonly<Record<string, string>>
  cwd?: string
  /** Exit codes that are answers, not failures. Default [0]. */
  okExitCodes?: readonly number[]
  /** Called for each line of stdout and stderr as it comes, for task logs. */
  onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Bound on what is kept of each stream; what is beyond it is dropped from the front. Default 4 MiB. */
  maxOutputBytes?: number
  /**
   * The kernel kills the program when our process dies, be it by SIGKILL. For programs that make something which an undo takes back: a
   * survivor would make it again after the undo. Not its children.
   */
  diesWithUs?: boolean
  /** Positions in argv whose values are masked in errors, logs and plans. */
  secretArgs?: readonly number[]
}

export interface RunResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'block' | 'character' | 'socket' | 'fifo'
  readonly sizeBytes: number
  /** Space taken on disk. */
  readonly allocatedBytes: number
  readonly mtimeMs: number
  readonly mode: number
  readonly uid: number
}

export interface WriteOptions {
  /** Default 0o600. The file never exists with wider permissions than this. */
  mode?: number
  /** false: refuse an existing file (ConflictError). Default true. */
  overwrite?: boolean
  /** Sync the file and its folder, so that it survives power loss. Default true. */
  durable?: boolean
}

export interface HostFiles {
  /** @throws NotFoundError; InvalidInputError when it is larger than maxBytes (default 1 MiB). */
  read(path: string, maxBytes?: number): Promise<Buffer>
  readText(path: string, maxBytes?: number): Promise<string>
  /** At most `maxBytes` from byte `offset` on; empty beyond the end. For files that grow and are followed. @throws NotFoundError */
  readAt(path: string, offset: number, maxBytes: number): Promise<Buffer>
  /** Its bytes from the beginning, as fast as they are taken; a failure is the stream's. */
  readStream(path: string): Readable
  /** Whole or not at all: a private temporary file beside it, then rename. */
  write(path: string, data: string | Buffer, options?: WriteOptions): Promise<void>
  append(path: string, data: string | Buffer): Promise<void>
  /**
   * Writes to a file that is there, as it stands and at once: files of the kernel (/sys, /proc, control groups) take what is written as an
   * order. Never makes a file. @throws NotFoundError; the kernel's refusals as they come
   */
  writeInPlace(path: string, text: string): Promise<void>
  /** undefined when nothing is there. Does not follow a link at the end unless asked. */
  stat(path: string, options?: {followLinks?: boolean}): Promise<FileStat | undefined>
  /** Names in the folder, sorted; empty when it does not exist. */
  list(path: string): Promise<string[]>
  makeDirectory(path: string, mode?: number): Promise<void>
  rename(from: string, to: string): Promise<void>
  /** Removes a file or an empty folder; says whether it was there. */
  remove(path: string): Promise<boolean>
  /** Removes a folder with all in it. */
  removeTree(path: string): Promise<void>
  symlink(target: string, path: string): Promise<void>
  /** The path with all links resolved. @throws NotFoundError */
  realPath(path: string): Promise<string>
  /** Size and free space of the file system under the path. */
  space(path: string): Promise<{totalBytes: number; usedBytes: number; availableBytes: number}>
}

/** Whose a new file or folder is; nobody in particular: ours. */
export interface TreeOwner {
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
}

/** A file that is copied into or out of a tree. */
export interface TreeCopy extends TreeOwner {
  readonly signal?: AbortSignal
  /** What the copy is called in the folder until it is whole; a name of chance otherwise. For those who take back what was killed. */
  readonly temporaryName?: string
}

/**
 * Files below a folder whose content is somebody else's: a container's root file system. Links in it lead nowhere but to other places in it, also
 * while somebody renames its folders. Paths are those within; a link at the end is followed by what reads.
 */
export interface FileTree {
  /** undefined when nothing is there. */
  stat(path: string, options?: {followLinks?: boolean}): Promise<(FileStat & {readonly gid: number}) | undefined>
  /** undefined when nothing is there. @throws ConflictError for what is no plain file; InvalidInputError when it is larger than maxBytes (default 1 MiB) */
  read(path: string, maxBytes?: number): Promise<Buffer | undefined>
  readText(path: string, maxBytes?: number): Promise<string | undefined>
  /** Where a link says that it leads; undefined for everything else. */
  readLink(path: string): Promise<string | undefined>
  /** Names in the folder, sorted; empty when it does not exist. */
  list(path: string): Promise<string[]>
  /** Whole or not at all. What is there, be it a link, is replaced. Default mode 0o644. @throws NotFoundError when the folder is missing */
  write(path: string, data: string | Buffer, owner?: TreeOwner): Promise<void>
  symlink(target: string, path: string): Promise<void>
  /**
   * Copies a file, pipe or terminal of the host into the tree, of any size. Whole or not at all; a link in its place is replaced. Owner and mode of the
   * file that was there stay where no others are given, then the mode of the source. Gives the number of bytes.
   * @throws NotFoundError when the source or the folder is missing; ConflictError when a folder is in the place
   */
  copyIn(source: string, path: string, copy?: TreeCopy): Promise<number>
  /**
   * Copies a plain file of the tree to the host: as much as it holds when it is opened, so that nobody makes it grow without end. Whole or not at all, but for
   * what is below /dev, which is written to. Owner and mode as with copyIn.
   */
  copyOut(path: string, target: string, copy?: TreeCopy): Promise<number>
  /** While `use` runs, the path that it is given leads other programs to just this folder, whatever becomes of its name. @throws NotFoundError, ConflictError */
  withFolder<T>(path: string, use: (place: string) => Promise<T>): Promise<T>
  /** With those above it. Default mode 0o755. */
  makeDirectory(path: string, owner?: TreeOwner): Promise<void>
  /** A file, a link or an empty folder; says whether it was there. */
  remove(path: string): Promise<boolean>
  close(): void
}

/** A mount namespace of its own: nobody else sees what is mounted in it, and the kernel unmounts it with the last process in there. */
export interface MountSpace {
  /** Runs a program in it, as Host.run does. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>
  /** Where we find a path of it. For openTree. */
  pathOf(path: string): string
  /** Ends what holds it. Programs that were started in it and went on keep it. */
  close(): Promise<void>
}

/** A file without a name, of mode 0600: gone when it is closed or our process ends, however that ends. What nobody has written reads as zeros and takes no room. */
export interface ScratchFile {
  /** Where programs that we start find it, as long as it is open. */
  readonly path: string
  /** @throws UnavailableError when the file system is full */
  write(offset: number, data: Buffer): Promise<void>
  /** Fewer bytes at its end. */
  read(offset: number, lengthBytes: number): Promise<Buffer>
  setSize(sizeBytes: number): Promise<void>
  close(): Promise<void>
}

/** A process that was started and left alone. Its start time tells it from a later process with the same number. */
export interface ProcessId {
  readonly pid: number
  /** Field 22 of /proc/PID/stat, as text. */
  readonly startTime: string
}

export interface SpawnOptions {
  input?: string | Buffer
  /** A program that has not read its input by then is killed; the error is UnavailableError. Default 30,000. */
  inputTimeoutMs?: number
  env?: Readonly<Record<string, string>>
  cwd?: string
  /** Files that take its output; the default is /dev/null. Created with mode 0600. */
  stdoutPath?: string
  stderrPath?: string
}

/** A stream that may be read without a `data` event for each of its parts. */
export interface DirectStream {
  /**
   * Before it flows for the first time.
   * @param reader `room`: where the next bytes go, if it is known already. `came`: so many came there, or else to `elsewhere`, which holds them until it returns.
   */
  readInto(reader: {readonly room: () => Buffer | undefined; readonly came: (count: number, elsewhere: Buffer | undefined) => void}): void
}

export interface Host {
  readonly name: string
  readonly files: HostFiles
  /**
   * Runs a program to its end. argv is never given to a shell.
   * @throws ToolError (exit code not in okExitCodes), NotFoundError (no such program), UnavailableError (timeout), CancelledError
   */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>
  /** Starts a program in a session of its own that outlives us. */
  spawnDetached(argv: readonly string[], options?: SpawnOptions): Promise<ProcessId>
  /** The identity of a running process, or undefined. A zombie does not run. */
  process(pid: number): Promise<ProcessId | undefined>
  /** Sends a signal only if that very process still lives; says whether it did. */
  kill(process: ProcessId, signal: 'SIGTERM' | 'SIGKILL' | 'SIGINT'): Promise<boolean>
  /** Connects to a unix socket. @throws UnavailableError */
  connect(socketPath: string, timeoutMs?: number): Promise<Duplex>
  /**
   * Listens on a unix socket that is not there yet, in a folder that is ours alone, so that nobody else connects. What is given stops it.
   * @throws ForbiddenError for a folder that others may look into, ConflictError when somebody listens there
   */
  listen(socketPath: string, onConnection: (stream: Duplex & Partial<DirectStream>) => void): Promise<{close(): Promise<void>}>
  /** Fetches a file from a web server, within bounds and never over another file (download/fetch.ts says what it throws). */
  download(request: DownloadRequest): Promise<Downloaded>
  /** @throws NotFoundError when the folder is not there */
  openTree(root: string): Promise<FileTree>
  /** @throws NotFoundError when the folder is not there, ForbiddenError */
  openScratchFile(folder: string): Promise<ScratchFile>
  /**
   * It ends with our own process, however that ends.
   * @param like a process whose mounts it begins with, in the place of our own
   * @throws ForbiddenError without the rights of root
   */
  openMountSpace(like?: ProcessId): Promise<MountSpace>
  /**
   * Runs a program on our own standard streams, so that it owns the terminal, and gives its exit code: 128 and the signal when one ended it.
   * @throws NotFoundError (no such program), CancelledError
   */
  runInForeground(argv: readonly string[], options?: {readonly signal?: AbortSignal; readonly env?: Readonly<Record<string, string>>}): Promise<number>
  /** The path of a program in PATH, or undefined. */
  which(program: string): Promise<string | undefined>
}
