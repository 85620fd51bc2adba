// A cron of our own: Debian's cron(8) in a mount namespace where its tables, its sendmail and its system log are files of a folder. It knows nothing of
// what is in the tables.
import {spawn, spawnSync} from 'node:child_process'
import type {ChildProcess} from 'node:child_process'
import {existsSync, readFileSync, readdirSync} from 'node:fs'
import {join} from 'node:path'
import {waitUntil} from './installation.ts'

/** Its arguments: the folder. What a file system shall hide is put together in the folder first, since it is made of what it hides. */
const setUp = String.raw`
set -e
cd "$1"
mkdir -p mail tables cron.d sbin run dev
: > crontab
printf '#!/bin/sh\nletter=%s/mail/$$\n{ echo "sendmail $*"; cat; } > "$letter.part"\nmv "$letter.part" "$letter.letter"\n' "$1" > sendmail
printf 'account required pam_permit.so\nauth required pam_permit.so\nsession required pam_permit.so\n' > pam
chmod 755 sendmail
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs dev
for name in null zero full random urandom tty; do : > "dev/$name"; mount --bind "/dev/$name" "dev/$name"; done
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs sbin
mkdir programs
mount --bind /usr/sbin programs
ln -s "$1"/programs/* sbin/
rm -f sbin/sendmail
ln -s "$1/sendmail" sbin/sendmail
mount --bind sbin /usr/sbin
mount --bind tables /var/spool/cron
mkdir tables/crontabs
mount --bind cron.d /etc/cron.d
mount --bind crontab /etc/crontab
mount --bind pam /etc/pam.d/cron
mount --bind run /run
mount --move dev /dev
# Cron looks at whole seconds: a table that comes within the second in which it began would never be read.
touch -d '2020-01-01 00:00' crontab cron.d tables/crontabs
socat -u UNIX-RECV:/dev/log OPEN:"$1/syslog",creat,append &
tries=0; while [ ! -S /dev/log ]; do tries=$((tries+1)); [ $tries -lt 300 ]; sleep 0.1; done
exec "$1/programs/cron" -f -L 7
`

/** Why there can be none here; undefined where there can. */
export function cronIsMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'cron needs root'
  for (const program of ['cron', 'socat']) if (![`/usr/sbin/${program}`, `/usr/bin/${program}`].some((path) => existsSync(path))) return `there is no ${program}`
  const probe = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'probe', '/mnt'], {encoding: 'utf8'})
  return probe.status === 0 ? undefined : `nothing can be mounted here: ${probe.stderr.trim()}`
}

export class PrivateCron {
  readonly #folder: string
  readonly #child: ChildProcess
  #stderr = ''

  /** @param folder empty and private; removed by whoever made it */
  private constructor(folder: string) {
    this.#folder = folder
    // A session of its own, so that socat ends with it.
    this.#child = spawn('unshare', ['--mount', 'sh', '-c', setUp, 'sh', folder], {
      detached: true, stdio: ['ignore', 'ignore', 'pipe'], env: {PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'},
    })
    this.#child.stderr?.on('data', (data: Buffer) => { this.#stderr += data.toString() })
  }

  static async start(folder: string): Promise<PrivateCron> {
    const cron = new PrivateCron(folder)
    try {
      await waitUntil('cron to be up', () => {
        if (cron.#child.exitCode !== null) throw new Error(`cron did not start: ${cron.#stderr}`)
        return cron.log().includes('(CRON) INFO')
      }, 60_000)
      return cron
    } catch (error) {
      await cron.stop()
      throw error
    }
  }

  /** Words before a command that is to see what cron sees. */
  get prefix(): string[] { return ['nsenter', `--mount=/proc/${this.#child.pid ?? 0}/ns/mnt`] }

  /** What went to the system log. */
  log(): string {
    const path = join(this.#folder, 'syslog')
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }

  /** The letters that were sent, the first line of each being how sendmail was called. */
  letters(): string[] {
    const folder = join(this.#folder, 'mail')
    return readdirSync(folder).filter((name) => name.endsWith('.letter')).sort().map((name) => readFileSync(join(folder, name), 'utf8'))
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.pid === undefined) return
    const ended = new Promise((resolve) => { this.#child.once('close', resolve) })
    process.kill(-this.#child.pid, 'SIGKILL')
    await ended
  }
}
