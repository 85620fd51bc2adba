// `npm run lab`: boots hosts as the tests have them, and keeps them until Ctrl-C. To look around, and to run tests again and again without a boot.
import {openLab, sharedHostName, spareDisks} from './lab.ts'

const count = Number(process.argv[2] ?? 1)
if (!Number.isInteger(count) || count < 1 || count > 3) {
  console.error('usage: npm run lab [-- 1|2|3]')
  process.exit(2)
}
const names = [sharedHostName, 'lab2', 'lab3'].slice(0, count)
const lab = await openLab({hosts: names, diskBytes: spareDisks})
console.log(`The lab is up. At another terminal:
${names.map((name) => `  ssh -F ${lab.home}/.ssh/config ${name}`).join('\n')}
  CORRAL_LAB_HOME=${lab.home} npx vitest run -c vitest.lab.config.ts
Ctrl-C ends it.`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { void lab.close().then(() => process.exit(0)) })
