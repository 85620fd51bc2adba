#!/usr/bin/env node
// `npm run package:deb [-- FOLDER]`: makes the Debian package corral_VERSION_ARCHITECTURE.deb, by default in dist/. Same input, same bytes: times are
// SOURCE_DATE_EPOCH, or the time of the last commit. Needs no network: npm packages that are missing are only fetched by the set-up (scripts/setup.mjs).
import fs from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {ensureBuild, ensureDebianPackages, ensureNpmPackages, projectRoot, setUp} from './setup.mjs'

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp(() => {
    ensureDebianPackages('build', 'package')
    ensureNpmPackages()
    ensureBuild()
  })
  // Loaded here, because the npm packages that it needs may just have come.
  const {buildDebianPackage} = await import('./package-deb/build.mjs')
  const folder = path.resolve(process.argv[2] ?? path.join(projectRoot, 'dist'))
  fs.mkdirSync(folder, {recursive: true})
  const {file, installedKiB} = await buildDebianPackage({root: projectRoot, folder})
  console.log(`${file}: ${(fs.statSync(file).size / 1e6).toFixed(2)} MB, installed ${(installedKiB / 1024).toFixed(1)} MiB`)
}
