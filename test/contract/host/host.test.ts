import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fakeHost} from '../../../src/lib/host/fake/index.ts'
import {localHost} from '../../../src/lib/host/local/index.ts'
import {hostContract, programAnswers} from './host-contract.ts'

hostContract('this machine', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'corral-host-'))
  return {host: localHost('h1'), folder, close: () => rm(folder, {recursive: true, force: true})}
})

hostContract('the fake', async () => {
  const host = fakeHost({files: {'/work/folder/': ''}, answers: programAnswers})
  return {host, folder: '/work/folder', close: async () => host.assertAllUsed()}
})
