/**
 * Forbidden calls of one container over the last minutes. SVG of our own: one series of sixty bars needs no library, and
 * the smallest that does it would be most of what the page may weigh.
 */

import { el, setText, svg } from './dom.js'
import { BARS, BAR_MS, count, plural, timeline } from './format.js'

const WIDTH = 600
const HEIGHT = 80
const GAP = 2
const MINUTES = (BARS * BAR_MS) / 60_000

export function createTimeline() {
  const bars = Array.from({ length: BARS }, (_, at) =>
    svg('rect', { class: 'bar-of-calls', x: String((at * WIDTH) / BARS + GAP / 2), width: String(WIDTH / BARS - GAP) }),
  )
  const spans = svg('g')
  const picture = svg(
    'svg',
    { class: 'timeline', viewBox: `0 0 ${WIDTH} ${HEIGHT + 1}`, preserveAspectRatio: 'none', role: 'img' },
    spans,
    bars,
    svg('line', { class: 'axis', x1: '0', x2: String(WIDTH), y1: String(HEIGHT + 0.5), y2: String(HEIGHT + 0.5) }),
  )
  const told = el('p', { class: 'quiet' })
  const ends = el(
    'p',
    { class: 'ends', 'aria-hidden': 'true' },
    el('span', {}, `${MINUTES} min ago`),
    el('span', {}, 'now'),
  )
  const element = el(
    'section',
    { 'aria-labelledby': 'timeline-title' },
    el('h3', { id: 'timeline-title' }, 'Over time'),
    told,
    picture,
    ends,
  )

  /** `recent`: calls as the daemon has kept them, or null. */
  function draw(recent, incidents, nowMs) {
    const { heights, most, total, shaded } = timeline(recent, incidents, nowMs)
    heights.forEach((part, at) => {
      bars[at].setAttribute('height', String(part * HEIGHT))
      bars[at].setAttribute('y', String(HEIGHT - part * HEIGHT))
    })
    spans.replaceChildren(
      ...shaded.map(({ from, to, outcome }) =>
        svg('rect', {
          class: `span-of-incident ${outcome}`,
          x: String(from * WIDTH),
          width: String(Math.max(2, (to - from) * WIDTH)),
          y: '0',
          height: String(HEIGHT),
        }),
      ),
    )
    const words = `${plural(total, 'forbidden call')} in the last ${MINUTES} minutes, at most ${count(most)} in ${BAR_MS / 1000} s; ${plural(shaded.length, 'incident')}${shaded.length > 0 ? ', shaded' : ''}`
    setText(told, words)
    if (picture.getAttribute('aria-label') !== words) picture.setAttribute('aria-label', words)
  }

  return { element, draw }
}
