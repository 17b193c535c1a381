/** PURE: every operation of the HTTP interface. A test compares them with the routes. */

import { filterParameters } from '../events/filter.ts'
import { listParameters } from '../listing.ts'
import type { Parameters } from '../parameters.ts'
import { profileParameters } from '../profile-parameters.ts'
import type { ProblemCode } from '../problem.ts'

export interface Operation {
  method: 'get' | 'post' | 'patch' | 'delete'
  /** As routes are written: `/v1/containers/:id`. */
  path: string
  summary: string
  parameters?: Parameters
  /** Names of schemas. */
  body?: string
  answer: { type: string; schema?: string; text: string }
  /** Beside those that every operation can answer with. */
  problems: ProblemCode[]
}

const NAMING: ProblemCode[] = ['ERR_BAD_QUERY', 'ERR_NO_CONTAINER', 'ERR_AMBIGUOUS']
const CHANGING: ProblemCode[] = [...NAMING, 'ERR_TOKEN', 'ERR_READ_ONLY', 'ERR_TOO_MANY_ATTEMPTS', 'ERR_NOT_RUNNING']

const RECORDING: ProblemCode[] = ['ERR_BAD_QUERY', 'ERR_NO_RECORDING']

const json = (schema: string, text: string) => ({ type: 'application/json', schema, text })
const text = (told: string) => ({ type: 'text/plain', text: told })

export const operations: readonly Operation[] = [
  { method: 'get', path: '/healthz', summary: 'Whether the process lives.', answer: text('It does.'), problems: [] },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether listeners are accepted.',
    answer: text('They are, and whether those that are served would survive a restart of the daemon.'),
    problems: ['ERR_NOT_READY'],
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'A scrape, in the text format of Prometheus or in OpenMetrics, as Accept prefers.',
    answer: text('The scrape.'),
    problems: [],
  },
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document.',
    answer: { type: 'application/json', text: 'The document.' },
    problems: [],
  },
  {
    method: 'get',
    path: '/v1/containers',
    summary: 'Containers, running and ended.',
    parameters: listParameters,
    answer: json('ContainerList', 'Those that were found.'),
    problems: ['ERR_BAD_QUERY'],
  },
  {
    method: 'get',
    path: '/v1/containers/:id',
    summary: 'One container.',
    answer: json('Container', 'Everything known of it.'),
    problems: NAMING,
  },
  {
    method: 'get',
    path: '/v1/containers/:id/profile',
    summary: 'The rules that its profile lacks for the calls seen.',
    answer: json('ProfilePatch', 'The rules, and what there is no rule for.'),
    problems: NAMING,
  },
  {
    method: 'get',
    path: '/v1/events',
    summary: 'Answered calls as they come. Events: `call` (schema Call) and `dropped` (schema Dropped).',
    parameters: filterParameters,
    answer: { type: 'text/event-stream', text: 'Server-sent events without end.' },
    problems: ['ERR_BAD_QUERY', 'ERR_TOO_MANY_STREAMS'],
  },
  {
    method: 'post',
    path: '/v1/containers/:id/stop',
    summary: 'Stops a container. Unix socket, or TCP with the token.',
    answer: json('Container', 'It is stopped.'),
    problems: [...CHANGING, 'ERR_NOT_STOPPABLE', 'ERR_STOP_FAILED'],
  },
  {
    method: 'patch',
    path: '/v1/containers/:id/policy',
    summary: 'Changes how a container is treated. Unix socket, or TCP with the token.',
    body: 'PolicyChange',
    answer: json('Container', 'It is treated so from now on.'),
    problems: [...CHANGING, 'ERR_POLICY', 'ERR_BAD_BODY', 'ERR_MEDIA_TYPE'],
  },
  {
    method: 'get',
    path: '/v1/recordings',
    summary: 'Recordings, by name.',
    answer: json('RecordingList', 'All of them.'),
    problems: ['ERR_BAD_QUERY'],
  },
  {
    method: 'get',
    path: '/v1/recordings/:name',
    summary: 'One recording: which calls were made, and in how many runs.',
    answer: json('Recording', 'Everything known of it.'),
    problems: RECORDING,
  },
  {
    method: 'get',
    path: '/v1/recordings/:name/profile',
    summary: 'The smallest profile that lets the recorded calls run, in the format of the OCI runtime specification.',
    parameters: profileParameters,
    answer: { type: 'application/json', text: 'The profile.' },
    problems: RECORDING,
  },
  {
    method: 'delete',
    path: '/v1/recordings/:name',
    summary: 'Forgets the runs that have ended. Unix socket, or TCP with the token.',
    answer: json('RecordingList', 'What is left.'),
    problems: [...RECORDING, 'ERR_TOKEN', 'ERR_READ_ONLY', 'ERR_TOO_MANY_ATTEMPTS'],
  },
]
