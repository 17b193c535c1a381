/**
 * PURE: a scrape in OpenMetrics 1.0 instead of the text format, where the client prefers it. prom-client has a mode for
 * that which renames its metrics for good, so that a registry can be read in one format only.
 */

export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** By the quality values of the Accept header; what names neither format gets the text format. */
export function prefersOpenMetrics(accept = ''): boolean {
  const ranges = accept.split(',').map(parseRange)
  const quality = (type: string) => Math.max(0, ...ranges.filter(range => range.type === type).map(range => range.q))
  return quality('application/openmetrics-text') > quality('text/plain')
}

function parseRange(range: string): { type: string; q: number } {
  const [type = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
  const given = parameters.find(parameter => parameter.startsWith('q='))
  const q = given === undefined ? 1 : Number(given.slice(2))
  return { type, q: Number.isFinite(q) ? q : 0 }
}

/** A family of counters is named without `_total`, which its samples have; there are no empty lines, and there is an end. */
export function toOpenMetrics(text: string): string {
  const lines = text.split('\n').filter(line => line !== '')
  const counters = new Set(lines.flatMap(line => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []))
  return `${[...lines.map(line => toLine(line, counters)), '# EOF'].join('\n')}\n`
}

function toLine(line: string, counters: ReadonlySet<string>): string {
  const [, word, name = '', rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? []
  if (word === undefined || rest === undefined) return line
  const family = name.replace(/_total$/, '')
  const told = word === 'HELP' ? rest.replaceAll('"', '\\"') : rest
  return `# ${word} ${counters.has(family) ? family : name} ${told}`
}
