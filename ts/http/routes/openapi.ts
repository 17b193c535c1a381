/** The interface as a document; made when it is asked for. */

import { Hono } from 'hono'
import { readVersion } from '../../version.ts'

export function openApiRoutes(): Hono {
  return new Hono().get('/openapi.json', async c => {
    const { openApiDocument } = await import('../openapi/document.ts')
    return c.json(openApiDocument(readVersion()))
  })
}
