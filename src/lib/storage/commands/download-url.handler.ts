// corral storage download-url: a file from a web server becomes content of a storage.
import {handleChange} from '../../tasks/index.ts'
import {contentLock, contentPlan} from '../content/content-plan.ts'
import {checkUrl} from '../content/fetch-url.ts'
import {spec} from './download-url.spec.ts'

export const handler = handleChange(spec, {
  locks: (params) => [contentLock(params)],
  plan: async ({url, 'verify-certificates': verify, 'allow-private': mayBePrivate, ...wish}, context) => {
    checkUrl(url)
    return contentPlan(wish, {url, verifiesCertificates: verify !== false, mayBePrivate: mayBePrivate === true}, context)
  },
})
