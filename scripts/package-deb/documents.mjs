// What people and shells read: man pages with their other names, completion scripts where each shell looks, and the pages for users.
import fs from 'node:fs'
import path from 'node:path'
import {commandNames} from './programs.mjs'

/** Pages of docs that are for people who use Corral. */
const userPages = ['README.md', 'docs/package.md', 'docs/several-hosts.md', 'docs/from-proxmox-ve.md', 'docs/proxmox-ve.md']

export function installDocuments({root, tree}) {
  installManPages(root, path.join(tree, 'usr/share/man'))
  installCompletions(root, tree)
  const folder = path.join(tree, 'usr/share/doc/corral')
  fs.mkdirSync(folder, {recursive: true})
  for (const page of userPages) fs.copyFileSync(path.join(root, page), path.join(folder, path.basename(page)))
}

function installManPages(root, to) {
  for (const section of fs.readdirSync(path.join(root, 'man')).filter((name) => /^man\d$/.test(name)).sort()) {
    fs.mkdirSync(path.join(to, section), {recursive: true})
    for (const page of fs.readdirSync(path.join(root, 'man', section))) fs.copyFileSync(path.join(root, 'man', section, page), path.join(to, section, page))
  }
  for (const [alias, command] of Object.entries(otherNames(root))) {
    const [page, target] = [alias, command].map((id) => `man1/${id.replaceAll(' ', '-')}.1`)
    if (!fs.existsSync(path.join(to, page))) fs.writeFileSync(path.join(to, page), `.so ${target}\n`)
  }
}

/** The other names of commands: src/lib/cli/aliases.ts, as it was compiled. */
function otherNames(root) {
  const text = fs.readFileSync(path.join(root, 'src/lib/cli/aliases.ts'), 'utf8')
  return Object.fromEntries([...text.matchAll(/^ {2}'([^']+)': '([^']+)',$/gm)].map(([, alias, command]) => [alias, command]))
}

/** bash and fish load the script of the program that is typed; zsh's says itself for which programs it is. */
function installCompletions(root, tree) {
  const tools = commandNames(root)
  const scripts = path.join(tree, 'usr/lib/corral/completions')
  fs.mkdirSync(scripts, {recursive: true})
  const install = (script, folder, name, others = []) => {
    fs.mkdirSync(path.join(tree, folder), {recursive: true})
    fs.copyFileSync(path.join(root, 'completions', script), path.join(tree, folder, name))
    fs.symlinkSync(path.relative('usr/lib/corral/completions', path.join(folder, name)), path.join(scripts, script))
    for (const other of others) fs.symlinkSync(name, path.join(tree, folder, other))
  }
  const others = tools.filter((tool) => tool !== 'corral')
  install('corral.bash', 'usr/share/bash-completion/completions', 'corral', others)
  install('_corral', 'usr/share/zsh/vendor-completions', '_corral')
  install('corral.fish', 'usr/share/fish/vendor_completions.d', 'corral.fish', others.map((tool) => `${tool}.fish`))
}
