// What `corral doctor` looks at of streams: the folders of sockets (transfer/disk-bytes.ts) whose process was killed.
import {leftoversIn} from '../host/index.ts'
import type {Context, DoctorCheck, Finding} from '../tasks/index.ts'
import {monitorName, socketFolders, socketName} from './transfer/disk-bytes.ts'

export const nbdLeftoversCheck: DoctorCheck = {
  name: 'sockets of streams',
  find: async (context) => {
    const findings: Finding[] = []
    for (const path of await leftoversIn(socketFolders, context.host)) {
      if (!await isOwnFolder(path, context)) continue
      // Whatever else lies in it keeps it, since nothing of ours does.
      findings.push({what: `The folder ${path} is left of a stream whose process is gone.`, repair: [...[socketName, monitorName].map((name) => ({kind: 'file.remove', path: `${path}/${name}`})), {kind: 'file.remove', path}]})
    }
    return findings
  },
}

/** Anybody may make a folder by such a name there. */
async function isOwnFolder(path: string, {host, places}: Context): Promise<boolean> {
  const [stat, own] = [await host.files.stat(path), await host.files.stat(places.stateDir)]
  return stat?.kind === 'directory' && stat.uid === own?.uid
}
