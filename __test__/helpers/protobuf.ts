/** As much of protocol buffers as the mock of the kubelet needs. What a table of fields does not name is passed over. */

export type Kind = 'text' | 'number' | 'flag' | 'map' | Fields | readonly ['text'] | readonly [Fields]
/** Number and kind of each field of a message, by its name. */
export interface Fields {
  readonly [name: string]: readonly [number, Kind]
}
export type Message = Record<string, unknown>

const VARINT = 0
const BYTES = 2
const ENTRY: Fields = { key: [1, 'text'], value: [2, 'text'] }

export function encode(fields: Fields, message: Message): Buffer {
  const parts = Object.entries(message).map(([name, value]) => {
    const field = fields[name]
    if (field === undefined) throw new Error(`the message has no field ${name}`)
    return encodeField(field[0], field[1], value)
  })
  return Buffer.concat(parts)
}

function encodeField(number: number, kind: Kind, value: unknown): Buffer {
  if (kind === 'number' || kind === 'flag') return Buffer.concat([varint(number * 8 + VARINT), varint(Number(value))])
  if (kind === 'map') {
    const entries = Object.entries(value as Record<string, string>)
    return Buffer.concat(entries.map(([key, text]) => encodeField(number, ENTRY, { key, value: text })))
  }
  if (isList(kind)) return Buffer.concat((value as unknown[]).map(each => encodeField(number, kind[0], each)))
  const body = kind === 'text' ? Buffer.from(value as string) : encode(kind, value as Message)
  return Buffer.concat([varint(number * 8 + BYTES), varint(body.length), body])
}

function varint(value: number): Buffer {
  const bytes = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

/** Fields that the sender left out are missing: they have their zero value. */
export function decode(fields: Fields, bytes: Buffer): Message {
  const message: Message = {}
  let at = 0
  const next = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('the message is cut')
      value += (byte % 128) * factor
      if (byte < 128) return value
    }
  }
  while (at < bytes.length) {
    const tag = next()
    const value = next()
    const isVarint = tag % 8 === VARINT
    if (!isVarint && tag % 8 !== BYTES) throw new Error(`wire type ${tag % 8} is not expected`)
    const body = isVarint ? value : bytes.subarray(at, (at += value))
    const found = Object.entries(fields).find(([, [number]]) => number === Math.floor(tag / 8))
    if (found !== undefined) put(message, found[0], found[1][1], body)
  }
  return message
}

function put(message: Message, name: string, kind: Kind, value: number | Buffer): void {
  if (typeof value === 'number') message[name] = value
  else if (isList(kind)) message[name] = [...((message[name] as unknown[]) ?? []), decodeOne(kind[0], value)]
  else message[name] = decodeOne(kind, value)
}

function decodeOne(kind: Kind, bytes: Buffer): unknown {
  if (kind === 'text') return bytes.toString('utf8')
  if (typeof kind === 'string' || isList(kind)) throw new Error(`${JSON.stringify(kind)} is not decoded`)
  return decode(kind, bytes)
}

function isList(kind: Kind): kind is readonly ['text'] | readonly [Fields] {
  return Array.isArray(kind)
}
