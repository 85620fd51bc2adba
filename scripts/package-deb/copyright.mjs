// debian/copyright: Corral's licence, and that of each npm package that is in the bundles or lies beside them, with its own words.
import fs from 'node:fs'
import path from 'node:path'

const head = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Corral
Comment: Packages of npm are parts of the program: some are in its bundles in
 /usr/lib/corral/dist/run, the others in /usr/lib/corral/node_modules, and
 most of both in /usr/lib/corral/agent/corral-agent.mjs. SQLite, in
 node_sqlite3.node, is in the public domain.

Files: *
Copyright: The authors of Corral
License: AGPL-3.0-or-later
 Corral is free software: you can redistribute it and/or modify it under the
 terms of the GNU Affero General Public License as published by the Free
 Software Foundation, either version 3 of the License, or (at your option) any
 later version. It is distributed without any warranty; without even the
 implied warranty of merchantability or fitness for a particular purpose.
 .
 The whole license follows.
 .
`

/** @returns the text of debian/copyright. @throws Error for a package without a licence */
export function copyright({root, npm: {copied, bundled}}) {
  const beside = copied.filter((file) => file.endsWith('/package.json')).map((file) => path.dirname(file))
  const packages = [...new Set([...bundled, ...beside])].toSorted()
  const own = indented(fs.readFileSync(path.join(root, 'LICENSE'), 'utf8'))
  return `${head}${own}\n${packages.map((name) => paragraph(path.join(root, 'node_modules', name), name, beside.includes(name))).join('\n')}`
}

function paragraph(folder, name, isBeside) {
  const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  if (file === undefined) throw new Error(`the npm package ${name} has no licence`)
  const text = fs.readFileSync(path.join(folder, file), 'utf8')
  const {version} = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const holders = text.split('\n').map((line) => line.trim()).filter((line) => /^(?:\(c\) )?copyright/i.test(line) && /\d{4}|\(c\)/i.test(line))
  const where = isBeside ? `usr/lib/corral/node_modules/${name}/*` : `usr/lib/corral/dist/run/*`
  return `Files: ${where}\nCopyright: ${(holders.length === 0 ? ['see below'] : holders).map((line) => line.replace(/^copyright\s*/i, '')).join('\n ')}\nComment: ${name} ${version}\nLicense: npm-${name.replaceAll(/[@/]+/g, '-').replace(/^-/, '')}\n${indented(isApache(text) ? apache : text)}`
}

/** Debian has the whole text of it (Policy, 12.5). */
const apache = 'Licensed under the Apache License, Version 2.0, which is in\n/usr/share/common-licenses/Apache-2.0 on Debian systems.'

function isApache(text) {
  return /Apache License/.test(text) && /TERMS AND CONDITIONS FOR USE/.test(text)
}

function indented(text) {
  return `${text.trim().split(/\r?\n/).map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`)).join('\n')}\n`
}
