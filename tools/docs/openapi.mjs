/** docs/openapi.json: what the daemon serves at /openapi.json. */
import { openApiDocument } from '../../dist/http/openapi/document.js'
import { readVersion } from '../../dist/version.js'

export function renderOpenApi() {
  return `${JSON.stringify(openApiDocument(readVersion()), null, 2)}\n`
}
