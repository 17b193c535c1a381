/** Prometheus' text format 0.0.4, read as strictly as promtool does; throws with the line that breaks a rule. */

import type { Sample } from './daemon-process.ts'

type Type = 'counter' | 'gauge' | 'histogram'

export interface Family {
  name: string
  help: string
  type: Type
  samples: Sample[]
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y
const VALUE = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]Inf|NaN)$/

/** The families by name. HELP and TYPE come first, samples of a family stand together, and none comes twice. */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, Family>()
  let current: Family | undefined
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue
    current = line.startsWith('#') ? readComment(line, current, families) : readSample(line, current)
  }
  for (const family of families.values()) checkFamily(family)
  return families
}

function readComment(line: string, current: Family | undefined, families: Map<string, Family>): Family {
  const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line)
  if (help !== null) {
    const [, name = '', words = ''] = help
    if (families.has(name)) throw new Error(`the family comes twice: ${line}`)
    const family: Family = { name, help: words, type: 'gauge', samples: [] }
    families.set(name, family)
    return family
  }
  const [, name, type] = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`).exec(line) ?? []
  if (current === undefined || name !== current.name || current.samples.length > 0)
    throw new Error(`misplaced: ${line}`)
  return Object.assign(current, { type: type as Type })
}

function readSample(line: string, family: Family | undefined): Family {
  const [, name = '', , labels = '', value = ''] = new RegExp(`^(${NAME})(\\{(.*)\\})? (\\S+)$`).exec(line) ?? []
  if (!VALUE.test(value)) throw new Error(`not a sample: ${line}`)
  const suffixes = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
  if (family === undefined || !suffixes.some(suffix => name === family.name + suffix)) {
    throw new Error(`of another family: ${line}`)
  }
  family.samples.push({ name, labels: readLabels(labels, line), value: Number(value.replace('Inf', 'Infinity')) })
  return family
}

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? []
    if (name === '' || name in labels) throw new Error(`not labels: ${line}`)
    labels[name] = value.replaceAll(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}

function checkFamily({ name, type, samples }: Family): void {
  const series = samples.map(sample => `${sample.name} ${labelsOf(sample)}`)
  if (new Set(series).size < series.length) throw new Error(`${name} has the same series twice`)
  if (type === 'counter' && !name.endsWith('_total')) throw new Error(`the counter ${name} does not end with _total`)
  if (type !== 'counter' && name.endsWith('_total')) throw new Error(`${name} is no counter`)
  if (type !== 'gauge' && samples.some(({ value }) => !(value >= 0))) throw new Error(`${name} is negative`)
  if (type === 'histogram') checkHistogram(name, samples)
}

function labelsOf({ labels }: Sample): string {
  const pairs = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(pairs)
}

function checkHistogram(name: string, samples: Sample[]): void {
  const buckets = samples.filter(sample => sample.name === `${name}_bucket`)
  const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('Inf', 'Infinity')))
  const rises = (values: number[]) => values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0))
  if (bounds.at(-1) !== Infinity || !rises(bounds)) throw new Error(`${name}: the bounds are ${bounds.join()}`)
  if (!rises(buckets.map(({ value }) => value))) throw new Error(`${name} is not cumulative`)
  const count = samples.find(sample => sample.name === `${name}_count`)?.value
  if (count !== buckets.at(-1)?.value) throw new Error(`${name}: the count is not that of +Inf`)
}
