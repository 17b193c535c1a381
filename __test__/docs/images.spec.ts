/** The pictures of the dashboard: each state at two widths, small, shown in the pages, and no other lies there. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { readDocument } from '../helpers/documents.ts'
import { projectRoot } from '../helpers/project.ts'

const folder = join(projectRoot, 'docs/images')
const states = ['empty', 'running', 'countdown', 'stopped', 'container', 'disconnected', 'overloaded']
const sizes = { wide: 1200, narrow: 400 }
const names = states.flatMap(state => Object.keys(sizes).map(width => `dashboard-${state}-${width}.png`))

test('each state has a picture of each width, of at most 64 KB, and there are no others', t => {
  t.deepEqual(readdirSync(folder).toSorted(), names.toSorted())
  for (const [width, pixels] of Object.entries(sizes)) {
    for (const name of names.filter(each => each.endsWith(`-${width}.png`))) {
      const picture = readFileSync(join(folder, name))
      t.is(picture.readUInt32BE(16), pixels, name)
      t.true(statSync(join(folder, name)).size < 65_536, name)
    }
  }
})

test('each picture is shown or linked in the page about the dashboard', t => {
  const page = readDocument('docs/dashboard.md')
  for (const name of names) t.true(page.includes(`(images/${name})`), name)
})
