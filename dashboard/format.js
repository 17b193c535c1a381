/** PURE. Values as people read them. Ids, names and messages are hostile text: escaped here, and only ever set as text. */

/** Controls, marks that turn the direction of writing, halves of pairs, private use: what one does not see or must not obey. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu

export function visible(text, most = 200) {
  const cut = Array.from(String(text)).slice(0, most + 1)
  const shown = cut
    .slice(0, most)
    .join('')
    .replace(UNSEEN, mark => `\\u{${mark.codePointAt(0).toString(16)}}`)
  return cut.length > most ? `${shown}…` : shown
}

const numbers = new Intl.NumberFormat('en')

export function count(number) {
  return numbers.format(number)
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
]

/** `3 s`, `12 min`: the largest unit alone, rounded down. */
export function duration(ms) {
  const [unit, size] = UNITS.find(([, least]) => ms >= least) ?? ['s', 1000]
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`
}

/** Time of day of an ISO date, in the reader's zone. */
export function timeOf(iso) {
  const date = new Date(iso)
  return `${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}.${part(date.getMilliseconds(), 3)}`
}

function part(value, digits = 2) {
  return String(value).padStart(digits, '0')
}

/** Whole seconds until then, at least 0. */
export function secondsUntil(iso, nowMs) {
  return Math.max(0, Math.ceil((Date.parse(iso) - nowMs) / 1000))
}

/** What the caller of a call got. */
export function answerOf({ continued, errno }) {
  if (continued) return 'ran'
  return errno ?? 'ended'
}

/** Who made a call, as far as the daemon has looked: lines of text, the most telling first. */
export function madeBy({ tid, detail }) {
  const { pid, comm, exe, cmdline = [] } = detail ?? {}
  const name = comm ? `${comm} (${pid ?? tid})` : ''
  const lines = [name, exe, cmdline.join(' ')].filter(Boolean)
  return lines.length === 0 ? [`thread ${tid}`] : lines
}

/** What they say where the daemon has looked, else the registers. */
export function argumentsOf({ args, detail }) {
  return detail?.args?.length > 0 ? detail.args.join(', ') : args.join(' ')
}

const MOST_FRAMES = 64

/** Where a call was made: the active functions, the innermost first. */
export function frameLines({ frames }) {
  const lines = frames.slice(0, MOST_FRAMES).map(frameText)
  return frames.length > MOST_FRAMES ? [...lines, `and ${frames.length - MOST_FRAMES} more`] : lines
}

/** ` [site 1 of 3, 2 calls]`; a count that is not known is not guessed. */
export function siteNote({ count: calls, looks }, number, of) {
  return ` [site ${number} of ${of}, ${calls === null ? `${plural(looks, 'call')} looked at` : plural(calls, 'call')}]`
}

/** `main (/src/app.c:23)`, `chroot (/lib/libc.so.6+0xf1c7)`, `/app/server+0x1c3a` */
function frameText({ module, offset, function: name, file, line, inlined, found }) {
  const code = `${module}+${offset}`
  const place = file === null ? code : line === null ? file : `${file}:${line}`
  const where = name === null && file === null ? code : `${name ?? '?'} (${place})`
  const notes = [...(inlined ? ['inlined'] : []), ...(found === 'search' ? ['guessed'] : [])]
  return notes.length === 0 ? where : `${where} [${notes.join(', ')}]`
}

/** Where a stop has written its message beforehand, and why not elsewhere; null before a stop. */
export function toldText(told) {
  if (told.length === 0) return null
  return told.map(({ place, problem }) => (problem === null ? place : `not to ${place}: ${problem}`)).join('; ')
}

/** The chart of a container: so many bars, each of so many milliseconds. */
export const BARS = 60
export const BAR_MS = 5000

/** Calls in each of so many bars up to now, the newest last. `recent`: numbers of a container and since when, or null. */
export function recentBars(recent, bars, nowMs) {
  const values = Array.from({ length: bars }, () => 0)
  const { startedAt, intervalMs, counts } = recent ?? { counts: [] }
  const before = Math.floor(nowMs / BAR_MS) - bars + 1
  counts.forEach((calls, at) => {
    const bar = Math.floor((Date.parse(startedAt) + at * intervalMs) / BAR_MS) - before
    // Where this clock is behind the daemon's, the newest calls are of now.
    if (bar >= 0) values[Math.min(bar, bars - 1)] += calls
  })
  return values
}

/** Heights of the bars from 0 to 1, the newest last, and the incidents among them as parts of the width. */
export function timeline(recent, incidents, nowMs) {
  const last = Math.floor(nowMs / BAR_MS)
  const values = recentBars(recent, BARS, nowMs)
  const most = Math.max(...values)
  const [startMs, widthMs] = [(last - BARS + 1) * BAR_MS, BARS * BAR_MS]
  const place = iso => Math.min(1, Math.max(0, ((iso === undefined ? nowMs : Date.parse(iso)) - startMs) / widthMs))
  return {
    heights: values.map(value => (most === 0 ? 0 : value / most)),
    most,
    total: values.reduce((sum, value) => sum + value, 0),
    shaded: incidents
      .map(({ startedAt, endedAt, outcome }) => ({ from: place(startedAt), to: place(endedAt), outcome }))
      .filter(({ to }) => to > 0),
  }
}

/** Where a container is from, as far as its engine tells: `prod/shop-0, nginx:1.27`. */
export function originOf({ namespace, pod, image }) {
  const place = [namespace, pod].filter(Boolean).join('/')
  return [place, image].filter(Boolean).join(', ')
}

/** When a container is stopped if nothing else comes; undefined where that is not pending. */
export function stopDue({ state, action, openIncident }) {
  return state === 'running' && action === 'stop' ? openIncident?.dueAt : undefined
}

/** The rules of a patch as JSON to put into a profile. */
export function patchText({ syscalls, architectures }) {
  return JSON.stringify(architectures.length > 0 ? { architectures, syscalls } : { syscalls }, null, 2)
}

/** Points of a polyline that is `width` wide and `height` high; the largest value touches the top. */
export function sparkPoints(values, width, height) {
  const most = Math.max(1, ...values)
  const step = values.length > 1 ? width / (values.length - 1) : 0
  return values.map((value, at) => `${round(at * step)},${round(height - (value / most) * height)}`).join(' ')
}

function round(number) {
  return Math.round(number * 10) / 10
}
