#!/usr/bin/env node
/**
 * Writes the pages of docs/ that repeat what the code says. `--check` writes and compiles nothing, and fails where a page
 * is not what would be written of `dist/`.
 *
 * node tools/generate-docs.mjs [--check] [--folder FOLDER]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { compileTypeScript, explain, root, say, StepFailure } from './setup.mjs'

/** The renderers import what is compiled, so they are loaded after that. */
async function renderPages() {
  const { renderCli } = await import('./docs/cli.mjs')
  const { renderConfiguration } = await import('./docs/configuration.mjs')
  const { renderOpenApi } = await import('./docs/openapi.mjs')
  return { 'cli.md': renderCli(), 'configuration.md': renderConfiguration(), 'openapi.json': renderOpenApi() }
}

function isCurrent(path, text) {
  return existsSync(path) && readFileSync(path, 'utf8') === text
}

async function main() {
  const options = {
    check: { type: 'boolean', default: false },
    folder: { type: 'string', default: join(root, 'docs') },
  }
  const { check, folder } = parseArgs({ options }).values
  if (!check) await compileTypeScript()
  const pages = Object.entries(await renderPages()).map(([name, text]) => ({ path: resolve(folder, name), text }))
  const stale = pages.filter(({ path, text }) => !isCurrent(path, text))
  if (check && stale.length > 0) {
    const names = stale.map(({ path }) => path).join(', ')
    throw new StepFailure(`not up to date: ${names}; \`npm run docs\` writes them`)
  }
  mkdirSync(folder, { recursive: true })
  for (const { path, text } of stale) {
    writeFileSync(path, text)
    say(`docs: wrote ${path}`)
  }
}

try {
  await main()
} catch (error) {
  explain(error)
  process.exitCode = 1
}
