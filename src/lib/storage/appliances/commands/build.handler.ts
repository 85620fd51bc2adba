// corral template build: a container template from the packages that the host's own apt gets.
import {InvalidInputError, NotFoundError} from '../../../base/index.ts'
import {handleChange} from '../../../tasks/index.ts'
import type {Context} from '../../../tasks/index.ts'
import {openStorage, storageConfig} from '../../open-storage.ts'
import {defaultStorageName} from '../../storage-config.ts'
import {requireBuilder} from '../actions/build-template.ts'
import type {BuildTemplate} from '../actions/build-template.ts'
import {archiveKeyring, indexTargetsArgv, mirrorsFor, parseIndexTargets, sourceLines, takesOldLists} from '../build/apt-sources.ts'
import {releases} from '../build/releases.ts'
import {spec} from './build.spec.ts'

export const handler = handleChange(spec, {
  locks: ({release, variant = 'standard'}) => [`template-build/${release}-${variant}`],
  plan: async ({release, storage: name = defaultStorageName, variant = 'standard', packages, ...wish}, context) => {
    const storage = await openStorage(name, context)
    if (!storage.traits.defaultContent.includes('vztmpl')) {
      throw new InvalidInputError(`storage '${name}' is not for container templates`, {storage: 'does not have the content vztmpl'}, {nextSteps: [`Allow them where its type can hold them: pvesm set ${name} --content …,vztmpl`]})
    }
    const {host, log, places, node} = context
    const mirrors = mirrorsFor(parseIndexTargets((await host.run(indexTargetsArgv)).stdout), {mirror: wish.mirror, securityMirror: wish['security-mirror']})
    await requireBuilder(context)
    await requireKeys(context)
    if (mirrors.security === undefined) log.warn('apt on this host knows no server of security updates, so the template has none; name one: --security-mirror')
    const system = `${release}-${variant}`
    const folder = storage.path({storage: name, name: 'vztmpl/x.tar.zst'}).replace(/\/[^/]*$/, '')
    const paths = {work: `${places.stateDir}/template-build-${system}`, part: `${folder}/.${system}.${node}.part`}
    const build: BuildTemplate = {
      kind: 'template.build', storage: name, folder, release, variant, extraPackages: packages?.split(',') ?? [], architecture: (await host.run(['dpkg', '--print-architecture'])).stdout.trim(),
      sources: sourceLines(releases[release].codename, mirrors), takesOldLists: takesOldLists((await host.run(['apt-config', 'dump'])).stdout), ...paths,
    }
    return {
      steps: [{do: {kind: 'storage.activate', config: await storageConfig(name, context)}}, {do: build, undo: {kind: 'template.discard-build', ...paths}}],
      whenInterrupted: 'undo', resultOfStep: 1,
    }
  },
})

async function requireKeys({host}: Pick<Context, 'host'>): Promise<void> {
  if (await host.files.stat(archiveKeyring, {followLinks: true}) === undefined) throw new NotFoundError("Debian's keys are not there, so packages cannot be checked", {nextSteps: ['apt-get install debian-archive-keyring']})
}
