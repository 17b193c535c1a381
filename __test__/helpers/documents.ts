/** The Markdown documents of the repository, and what is found in them. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './project.ts'

export interface Block {
  /** What stands behind the opening fence: `sh bundle`. */
  info: string
  text: string
}

/** Paths of all documents, relative to the root. */
export function documentPaths(): string[] {
  const folders = [
    '.',
    'docs',
    'docs/engines',
    'bench',
    ...readdirSync(join(projectRoot, 'npm')).map(name => `npm/${name}`),
  ]
  return folders.flatMap(folder =>
    readdirSync(join(projectRoot, folder))
      .filter(name => name.endsWith('.md'))
      .map(name => join(folder, name)),
  )
}

export function readDocument(path: string): string {
  return readFileSync(join(projectRoot, path), 'utf8')
}

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(.*)\n([^]*?)^```$/gm)].map(([, info = '', body = '']) => ({ info, text: body }))
}

export function withoutBlocks(text: string): string {
  return text.replaceAll(/^```.*\n[^]*?^```$/gm, '')
}

/** Rows of the table below a header, as cells; of the first such table. */
export function tableOf(text: string, firstHeader: string): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex(line => line.startsWith(`| ${firstHeader} |`))
  const rows = start === -1 ? [] : lines.slice(start + 2)
  const end = rows.findIndex(line => !line.startsWith('|'))
  return rows.slice(0, end === -1 ? rows.length : end).map(cellsOf)
}

function cellsOf(row: string): string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map(cell => cell.trim())
}

/** Texts in code font. */
export function codesOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
}
