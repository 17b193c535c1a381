/** PURE. Containers as rows, with the columns that any of them has something in. */

import type { ContainerSummary } from '../http/summary.ts'
import { escapeText, formatAge, formatTable } from './format.ts'

interface Column {
  title: string
  /** Left out where no container has it. */
  isOptional?: true
  cell(container: ContainerSummary, nowMs: number): string | number | null
}

const MOST_CHARS = 64
const COLUMNS: Column[] = [
  { title: 'KEY', cell: ({ key }) => key },
  // The name of a pod's container has namespace and pod once more.
  { title: 'NAME', cell: ({ podContainer, name }) => podContainer ?? name },
  { title: 'NAMESPACE', isOptional: true, cell: ({ namespace }) => namespace },
  { title: 'POD', isOptional: true, cell: ({ pod }) => pod },
  { title: 'IMAGE', isOptional: true, cell: ({ image }) => image },
  { title: 'ENGINE', isOptional: true, cell: ({ engine }) => engine },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'ACTION', cell: ({ action }) => action },
  { title: 'RECORDING', isOptional: true, cell: ({ recording }) => recording },
  { title: 'CALLS', cell: ({ calls }) => calls },
  { title: 'REASON', cell: ({ reason }) => reason },
  { title: 'AGE', cell: ({ startedAt }, nowMs) => formatAge(nowMs - Date.parse(startedAt)) },
]

export function containerTable(containers: readonly ContainerSummary[], nowMs: number): string {
  const columns = COLUMNS.filter(
    ({ isOptional, cell }) => isOptional !== true || containers.some(each => cell(each, nowMs) !== null),
  )
  return formatTable(
    columns.map(({ title }) => title),
    containers.map(each => columns.map(({ cell }) => escapeText(String(cell(each, nowMs) ?? ''), MOST_CHARS))),
  )
}
