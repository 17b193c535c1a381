/** PURE. A screenshot with 256 colours at most, which is a third of what a browser writes; no library is needed for that. */

import { deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const COLORS = 256

/** `png`: as Chromium writes them, of eight bits, with or without alpha, not interlaced. */
export function shrinkPng(png) {
  const { width, height, pixels } = decode(png)
  const palette = frequent(pixels)
  const places = new Map(palette.map((color, at) => [color, at]))
  const lines = Buffer.alloc(height * (width + 1))
  pixels.forEach((color, at) => {
    if (!places.has(color)) places.set(color, nearest(palette, color))
    // Each line begins with its filter: none.
    lines[at + Math.floor(at / width) + 1] = places.get(color)
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 3, 0, 0, 0], 8)
  const colors = Buffer.from(palette.flatMap(color => [color >> 16, (color >> 8) & 0xff, color & 0xff]))
  const data = deflateSync(lines, { level: 9, memLevel: 9 })
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', colors),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc(body))
  return Buffer.concat([length, body, sum])
}

/** CRC-32 as the PNG specification has it. */
function crc(bytes) {
  let value = 0xffffffff
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  }
  return (value ^ 0xffffffff) >>> 0
}

function decode(png) {
  if (!png.subarray(0, 8).equals(SIGNATURE)) throw new Error('this is no PNG')
  const [width, height, depth, type] = [png.readUInt32BE(16), png.readUInt32BE(20), png[24], png[25]]
  if (depth !== 8 || (type !== 2 && type !== 6) || png[28] !== 0) throw new Error('accepted: eight bits, RGB or RGBA')
  const parts = []
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  const size = type === 2 ? 3 : 4
  const bytes = unfilter(inflateSync(Buffer.concat(parts)), width * size, height, size)
  const pixels = Array.from({ length: width * height }, (_, at) => bytes.readUIntBE(at * size, 3))
  return { width, height, pixels }
}

function unfilter(filtered, stride, height, size) {
  const bytes = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (stride + 1)]
    for (let x = 0; x < stride; x++) {
      const at = y * stride + x
      const left = x < size ? 0 : bytes[at - size]
      const up = y === 0 ? 0 : bytes[at - stride]
      const corner = x < size || y === 0 ? 0 : bytes[at - stride - size]
      bytes[at] = filtered[y * (stride + 1) + 1 + x] + guess(filter, left, up, corner)
    }
  }
  return bytes
}

function guess(filter, left, up, corner) {
  if (filter === 0) return 0
  if (filter === 1) return left
  if (filter === 2) return up
  if (filter === 3) return (left + up) >> 1
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)]
  return a <= b && a <= c ? left : b <= c ? up : corner
}

function frequent(pixels) {
  const counts = new Map()
  for (const color of pixels) counts.set(color, (counts.get(color) ?? 0) + 1)
  return [...counts]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, COLORS)
    .map(([color]) => color)
}

function nearest(palette, color) {
  const distance = other =>
    [16, 8, 0].reduce((sum, shift) => sum + (((color >> shift) & 0xff) - ((other >> shift) & 0xff)) ** 2, 0)
  return palette.reduce((best, other, at) => (distance(other) < distance(palette[best]) ? at : best), 0)
}
