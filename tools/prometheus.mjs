#!/usr/bin/env node
/**
 * Fetches Debian's Prometheus for the tests into `.cache/prometheus/`. It is unpacked, not installed: a build must not start
 * a server, nor need the packages of a web interface that nobody looks at.
 *
 * node tools/prometheus.mjs
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canInstall, explain, root, run, say, StepFailure, which } from './setup.mjs'

const folder = join(root, '.cache/prometheus')

/** Does nothing where there is one already. */
export async function fetchPrometheus() {
  if (which('prometheus') !== null && which('promtool') !== null) return
  if (existsSync(join(folder, 'usr/bin/promtool'))) return
  if (which('apt-get') === null || which('dpkg-deb') === null) throw new StepFailure('it is not installed')
  say('setup: fetching Prometheus for the tests')
  const fresh = `${folder}-${process.pid}`
  mkdirSync(fresh, { recursive: true })
  try {
    await unpack(fresh)
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

async function unpack(fresh) {
  await download(fresh)
  const file = readdirSync(fresh).find(name => name.endsWith('.deb'))
  if (file === undefined) throw new StepFailure('apt-get downloaded nothing')
  await run('dpkg-deb', ['--extract', join(fresh, file), fresh])
  rmSync(join(fresh, file))
}

/** The lists of packages may be missing or old; only root can renew them. */
async function download(cwd) {
  const fetch = () => run('apt-get', ['-qq', 'download', 'prometheus'], { cwd })
  try {
    await fetch()
  } catch (error) {
    if (!canInstall()) throw error
    await run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', 'update'])
    await fetch()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await fetchPrometheus()
  } catch (error) {
    explain(error)
    process.exitCode = 1
  }
}
