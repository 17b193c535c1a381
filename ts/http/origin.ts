/** PURE: requests that a web page of somebody else's made a browser send. */

/** What browsers add, and nobody else has to. */
const OF_BROWSERS = ['Origin', 'Sec-Fetch-Site']

export function isFromBrowser(headers: Headers): boolean {
  return OF_BROWSERS.some(name => headers.has(name))
}

/** A link that is followed reads and is allowed; whatever a foreign page sends or embeds is not. */
export function isForeign(headers: Headers): boolean {
  const origin = headers.get('Origin')
  if (origin !== null && !isOwn(origin, headers.get('Host'))) return true
  const isLink = headers.get('Sec-Fetch-Mode') === 'navigate'
  return !isLink && ['cross-site', 'same-site'].includes(headers.get('Sec-Fetch-Site') ?? '')
}

function isOwn(origin: string, host: string | null): boolean {
  return host !== null && [`http://${host}`, `https://${host}`].includes(origin.toLowerCase())
}
