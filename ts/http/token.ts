/** The token with which clients over TCP may change something. */

import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { NotifydError } from '../errors.ts'

/** Whether that is the token; takes as long for a wrong one as for the right one. */
export type CheckToken = (given: string) => boolean

/** What a random token of 128 bits has in base64. */
const LEAST_CHARS = 22
const MOST_CHARS = 4096
const OTHERS = 0o077

/** @throws NotifydError `ERR_TOKEN_FILE` */
export function readToken(path: string): CheckToken {
  const token = read(path).trim()
  if (!/^[\x21-\x7e]*$/.test(token) || token.length < LEAST_CHARS || token.length > MOST_CHARS) {
    const accepted = `accepted: one word of ${LEAST_CHARS} to ${MOST_CHARS} visible ASCII characters`
    throw unusable(
      `the token file ${path} holds no usable token; ${accepted}, such as \`openssl rand -base64 24\` prints`,
    )
  }
  const wanted = digest(token)
  return given => timingSafeEqual(digest(given), wanted)
}

function read(path: string): string {
  let mode: number
  let text: string
  try {
    mode = statSync(path).mode
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw unusable(`could not read the token file ${path}`, { cause })
  }
  if ((mode & OTHERS) === 0) return text
  throw unusable(`the token file ${path} is open to others (mode ${(mode & 0o777).toString(8)}); make it \`chmod 600\``)
}

/** Of one length, whatever is given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function unusable(text: string, options?: ErrorOptions): NotifydError {
  return new NotifydError('ERR_TOKEN_FILE', text, options)
}
