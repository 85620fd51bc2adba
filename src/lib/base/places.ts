// Where an installation keeps its files on a host. CORRAL_ROOT moves everything under one folder, which is how the
// quickstart, the tests and several hosts on one machine keep apart.
import {InvalidInputError} from './errors.ts'

export interface Places {
  /** What survives a reboot: the store, templates, generated keys. */
  stateDir: string
  /** Sockets, PID files, per-boot state. Short, because socket paths are limited to 107 bytes (unix(7)). */
  runDir: string
  /** Task logs. */
  logDir: string
  /** The folder given by CORRAL_ROOT, when it is a private installation. */
  root: string | undefined
  /** The calling user's own configuration, `~/.config/corral`; for what runs on the user's machine only. */
  userConfigDir?: string | undefined
  /** `~/.cache/corral`: what may be lost; for what runs on the user's machine only. */
  userCacheDir?: string | undefined
  /** `~/.local/share/corral`; beside it lies what shells look for of the user's own. */
  userDataDir?: string | undefined
}

/** @throws InvalidInputError when CORRAL_ROOT is not a short absolute path of a folder of its own. */
export function placesFromEnvironment(env: Readonly<Record<string, string | undefined>>): Places {
  const root = env['CORRAL_ROOT']
  if (root === undefined || root === '') {
    return {stateDir: '/var/lib/corral', runDir: '/run/corral', logDir: '/var/log/corral', root: undefined, userConfigDir: userConfigDir(env), userCacheDir: userCacheDir(env), userDataDir: userDir(env['XDG_DATA_HOME'], env['HOME'], '.local/share')}
  }
  if (!root.startsWith('/') || root.includes('\0') || root.includes('\n')) {
    throw new InvalidInputError(`CORRAL_ROOT must be an absolute path, not '${root}'`)
  }
  const trimmed = withoutSlashesAtEnd(root)
  if (trimmed === '') throw new InvalidInputError("CORRAL_ROOT must be a folder of its own, not '/'")
  if (Buffer.byteLength(trimmed) > 60) {
    throw new InvalidInputError(`CORRAL_ROOT is too long for the sockets below it (at most 60 bytes): '${root}'`)
  }
  return {stateDir: `${trimmed}/lib`, runDir: `${trimmed}/run`, logDir: `${trimmed}/log`, root: trimmed, userConfigDir: userConfigDir(env), userCacheDir: userCacheDir(env), userDataDir: userDir(env['XDG_DATA_HOME'], env['HOME'], '.local/share')}
}

/** `$XDG_CONFIG_HOME/corral`, by default below `~/.config`; undefined for a caller without a home. */
export function userConfigDir(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return userDir(env['XDG_CONFIG_HOME'], env['HOME'], '.config')
}

/** `$XDG_CACHE_HOME/corral`, by default below `~/.cache`; undefined for a caller without a home. */
export function userCacheDir(env: Readonly<Record<string, string | undefined>>): string | undefined {
  return userDir(env['XDG_CACHE_HOME'], env['HOME'], '.cache')
}

function userDir(given: string | undefined, homeDir: string | undefined, below: string): string | undefined {
  // The XDG base directory specification says that a relative path is to be ignored.
  const absolute = (path: string | undefined) => (path?.startsWith('/') === true ? withoutSlashesAtEnd(path) : undefined)
  const home = absolute(homeDir)
  const base = absolute(given) ?? (home === undefined ? undefined : `${home}/${below}`)
  return base === undefined ? undefined : `${base}/corral`
}

/** `/srv/x//` is `/srv/x`; of the root nothing is left. Without a pattern, which would look at every slash of the path anew. */
export function withoutSlashesAtEnd(path: string): string {
  let end = path.length
  while (path[end - 1] === '/') end--
  return path.slice(0, end)
}
