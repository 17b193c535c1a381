/** PURE: the operations and shapes as an OpenAPI 3.1 document. */

import type { Parameter } from '../parameters.ts'
import { problems, type ProblemCode } from '../problem.ts'
import { UNLIMITED } from '../rate.ts'
import { operations, type Operation } from './operations.ts'
import { ref } from './schema.ts'
import { schemas } from './shapes.ts'

/** Whatever is asked for, before it is looked at. */
const ALWAYS: ProblemCode[] = ['ERR_HOST', 'ERR_ORIGIN', 'ERR_BODY', 'ERR_INTERNAL']

export function openApiDocument(version: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'seccomp-notifyd',
      version,
      summary: 'Calls that seccomp profiles deny, by container.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:9797', description: 'http.address; http.socket serves the same' }],
    paths: Object.fromEntries(pathsOf(operations).map(path => [template(path), pathItem(path)])),
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Of http.tokenFile, over TCP only.' } },
    },
  }
}

function pathsOf(all: readonly Operation[]): string[] {
  return [...new Set(all.map(({ path }) => path))]
}

/** `/v1/containers/{id}` */
function template(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}')
}

function pathItem(path: string): object {
  const found = operations.filter(operation => operation.path === path)
  return Object.fromEntries(found.map(operation => [operation.method, describe(operation)]))
}

function describe({ path, method, summary, parameters = {}, body, answer, problems: codes }: Operation): object {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => pathParameter(name))
  const inQuery = Object.entries(parameters).map(([name, parameter]) => queryParameter(name, parameter))
  const all = [...inPath, ...inQuery]
  return {
    operationId: `${method}${path.replaceAll(/[^a-z]+([a-z])?/g, (_, letter: string = '') => letter.toUpperCase())}`,
    summary,
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: ref(body) } } } }),
    responses: { 200: success(answer), ...failures([...codes, ...ALWAYS, ...limited(path)]) },
    ...(method === 'get' ? {} : { security: [{}, { token: [] }] }),
  }
}

function limited(path: string): ProblemCode[] {
  return UNLIMITED.includes(path) ? [] : ['ERR_TOO_MANY_REQUESTS']
}

const PATH_PARAMETERS: Record<string, string> = {
  id: "The runtime's id, its first four or more characters, or our key.",
  name: 'Of the annotation seccomp-notifyd.io/record.',
}

function pathParameter(name: string): object {
  const description = PATH_PARAMETERS[name]
  return { name, in: 'path', required: true, description, schema: { type: 'string' } }
}

function queryParameter(name: string, { text, schema, isList }: Parameter<unknown>): object {
  const value = isList ? { type: 'array', items: schema } : schema
  return { name, in: 'query', description: text, ...(isList ? { explode: true } : {}), schema: value }
}

function success({ type, schema, text }: Operation['answer']): object {
  const content = schema === undefined ? { type: type === 'application/json' ? 'object' : 'string' } : ref(schema)
  return { description: text, content: { [type]: { schema: content } } }
}

/** By status; each names its codes. */
function failures(codes: readonly ProblemCode[]): Record<string, object> {
  const statuses = [...new Set(codes.map(code => problems[code].status))].toSorted((a, b) => a - b)
  return Object.fromEntries(
    statuses.map(status => [status, failure(codes.filter(code => problems[code].status === status))]),
  )
}

function failure(codes: readonly ProblemCode[]): object {
  return { description: codes.join(', '), content: { 'application/problem+json': { schema: ref('Problem') } } }
}
