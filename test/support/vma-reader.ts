// Whether an archive is whole, as the reader of another origin (vma-reader.py) sees it.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** @param archive without compression */
export function isWholeVma(archive: Buffer): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'corral-vma-'))
  try {
    const path = join(folder, 'archive.vma')
    writeFileSync(path, archive)
    return spawnSync('python3', [join(import.meta.dirname, 'vma-reader.py'), path, folder]).status === 0
  } finally {
    rmSync(folder, {recursive: true, force: true})
  }
}
