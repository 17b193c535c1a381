/** PURE: the natively counted latency buckets in the shape in which prom-client writes a histogram. */

import type { Stats } from './native.ts'

export function latencyHistogram(name: string, stats: () => Stats) {
  const help = 'From receiving a notification to its answer.'
  const get = () => Promise.resolve({ name, help, type: 'histogram', values: samples(name, stats()) })
  return { name, help, type: 'histogram', reset() {}, get }
}

/** The native counts are per bucket, the format's are cumulative. */
function samples(name: string, { latencyBounds, latencyCounts, latencySumSeconds }: Stats) {
  let sum = 0
  const buckets = latencyCounts.map((count, index) => {
    sum += count
    return { metricName: `${name}_bucket`, labels: { le: latencyBounds[index] ?? '+Inf' }, value: sum }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels: {}, value: latencySumSeconds },
    { metricName: `${name}_count`, labels: {}, value: sum },
  ]
}
