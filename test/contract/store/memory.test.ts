import {systemClock} from '../../../src/lib/base/index.ts'
import type {Store} from '../../../src/lib/store/index.ts'
import {newMemoryStoreData, openMemoryStore} from '../../../src/lib/store/memory/index.ts'
import {storeContract} from './store-contract.ts'

storeContract('memory', async (settings = {}) => {
  const data = newMemoryStoreData()
  const opened: Store[] = []
  return {
    async open({node = 'h1'} = {}) {
      const store = openMemoryStore({node, clock: systemClock, data, ...settings})
      opened.push(store)
      return store
    },
    async remove() { await Promise.all(opened.map((store) => store.close())) },
  }
})
