// pvesm apiinfo: the version of the storage interface whose names, formats and streams Corral's storages have.
import {handleRead} from '../../tasks/index.ts'
import {spec} from './apiinfo.spec.ts'

/** Proxmox VE's of July 2026. */
const storageInterface = {apiver: 15, apiage: 6}

export const handler = handleRead(spec, async () => storageInterface, ({apiver, apiage}) => [`APIVER ${apiver}`, `APIAGE ${apiage}`])
