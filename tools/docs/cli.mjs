/** docs/cli.md: every command with its arguments, options, examples and exit codes, as the program defines them. */
import { examplesOf } from '../../dist/cli/examples.js'
import { COMMON_EXIT_CODES, RECORD_EXIT_CODES, RUN_EXIT_CODES, VERIFY_EXIT_CODES } from '../../dist/cli/exit-codes.js'
import { createProgram } from '../../dist/cli/program.js'
import { nameOf } from '../../dist/cli/usage-error.js'
import { block, code, generated, page, table } from './markdown.mjs'

/** Of commands that have a table of their own. */
const OWN_EXIT_CODES = { run: RUN_EXIT_CODES, verify: VERIFY_EXIT_CODES, record: RECORD_EXIT_CODES }

const INTRODUCTION = `\`seccomp-notifyd COMMAND [OPTION...]\`. Data goes to stdout; messages go to stderr, each line of ours
beginning with \`seccomp-notifyd: \`. Commands that print data print it as JSON with \`--json\`. A duration is a number with
\`ms\`, \`s\`, \`m\` or \`h\`, such as \`500ms\`, \`5s\` or \`2m\`. Times, sizes and addresses of the daemon are in
[configuration.md](configuration.md), errors in [troubleshooting.md](troubleshooting.md).`

export function renderCli() {
  const program = createProgram(() => {})
  const commands = program.commands.flatMap(withDescendants)
  return page([
    generated('ts/cli/'),
    '# Command line',
    INTRODUCTION,
    table(
      ['command', 'what it does'],
      commands.map(command => [
        `[${shortName(command)}](#${anchor(command)})`,
        command.summary() || command.description(),
      ]),
    ),
    ...commands.flatMap(renderCommand),
    '## Exit codes',
    'Of all commands but those that say otherwise above:',
    exitCodes(COMMON_EXIT_CODES),
  ])
}

function withDescendants(command) {
  return [command, ...command.commands.flatMap(withDescendants)]
}

/** `profile check` */
function shortName(command) {
  return nameOf(command).split(' ').slice(1).join(' ')
}

function anchor(command) {
  return shortName(command).replaceAll(' ', '-')
}

function renderCommand(command) {
  const examples = examplesOf(command)
  const own = OWN_EXIT_CODES[shortName(command)]
  return [
    `## ${shortName(command)}`,
    command.description(),
    block('', `${nameOf(command)} ${command.usage()}`),
    described(['argument', 'meaning'], command.registeredArguments.map(renderArgument)),
    described(
      ['option', 'accepted', 'default', 'meaning'],
      command.options.filter(option => !option.hidden).map(renderOption),
    ),
    ...examples.map(({ does, typed }) => `${upperFirst(does)}:\n\n${block('sh', typed)}`),
    own === undefined ? '' : `Exit codes:\n\n${exitCodes(own)}`,
  ]
}

function described(header, rows) {
  return rows.length === 0 ? '' : table(header, rows)
}

function renderArgument(argument) {
  return [code(argument.variadic ? `${argument.name()}...` : argument.name()), argument.description]
}

function renderOption({ flags, argChoices, defaultValue, defaultValueDescription, description }) {
  const byDefault = defaultValueDescription ?? defaultValue
  return [
    code(flags),
    argChoices?.map(code).join(', ') ?? '',
    byDefault === undefined ? '' : code(byDefault),
    description,
  ]
}

function exitCodes(codes) {
  return table(
    ['exit code', 'meaning'],
    codes.map(({ code: number, meaning }) => [number, meaning]),
  )
}

function upperFirst(text) {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
