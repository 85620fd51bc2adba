// The processes that a test left behind: a machine whose command was killed outlives its test, and an emulated one goes on to grow.
import {readFile, readdir} from 'node:fs/promises'

/** Ends the processes whose command line names something in this folder, which only those that a test started there do. */
export async function endProcessesOf(folder: string): Promise<void> {
  const names = await readdir('/proc')
  await Promise.all(names.filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).map(async (name) => {
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (!commandLine.includes(`${folder}/`)) return
    try {
      process.kill(Number(name), 'SIGKILL')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }))
}
