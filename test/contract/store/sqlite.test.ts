import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {systemClock} from '../../../src/lib/base/index.ts'
import type {Store} from '../../../src/lib/store/index.ts'
import {openSqliteStore} from '../../../src/lib/store/sqlite/index.ts'
import {storeContract} from './store-contract.ts'

storeContract('sqlite', async (settings = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'corral-store-'))
  const opened: Store[] = []
  return {
    async open({node = 'h1'} = {}) {
      const store = await openSqliteStore({path: join(folder, 'store', 'config.db'), node, clock: systemClock, ...settings})
      opened.push(store)
      return store
    },
    async remove() {
      await Promise.all(opened.map((store) => store.close()))
      rmSync(folder, {recursive: true})
    },
  }
})
