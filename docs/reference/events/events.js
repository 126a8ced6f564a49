// Shows asyncapi.json. Text is set as text, never as HTML.

/** An element with text and elements in it. */
function element(name, attributes, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children.filter((child) => child !== undefined))
  return made
}

/** `code` and **strong** of Markdown. */
const inline = (text) =>
  text
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .map((part) =>
      part.startsWith('`')
        ? element('code', {}, part.slice(1, -1))
        : part.startsWith('**')
          ? element('strong', {}, part.slice(2, -2))
          : part,
    )

/** Paragraphs and lists of Markdown. */
const paragraphs = (text) =>
  text.split('\n\n').map((block) =>
    block.startsWith('- ')
      ? element(
          'ul',
          {},
          ...block
            .split(/^- /m)
            .slice(1)
            .map((item) => element('li', {}, ...inline(item.trim()))),
        )
      : element('p', {}, ...inline(block)),
  )

const table = (head, rows) =>
  element(
    'table',
    {},
    element('tr', {}, ...head.map((cell) => element('th', {}, cell))),
    ...rows.map((cells) => element('tr', {}, ...cells.map((cell) => element('td', {}, ...[cell].flat())))),
  )

const typeOf = (schema) => {
  if (schema.const !== undefined) return [element('code', {}, schema.const)]
  if (schema.type === 'array') return ['list of ', ...typeOf(schema.items)]
  if (schema['x-code-list']) return ['code of ', element('a', { href: `#list-${schema['x-code-list']}` }, schema['x-code-list'])]
  if (schema.enum) return schema.enum.flatMap((value, i) => [i === 0 ? '' : ', ', element('code', {}, value)])
  const shape = schema.format ?? schema.pattern
  return [schema.type ?? 'any', ...(shape ? [' ', element('code', {}, shape)] : [])]
}

/** The fields of an object, those of objects within it after it. */
const fields = (schema, prefix = '') =>
  Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    [
      element('code', {}, prefix + name),
      typeOf(field),
      (schema.required ?? []).includes(name) ? 'yes' : 'no',
      field['x-data-class'] ?? field.items?.['x-data-class'] ?? '',
      inline(field.description ?? ''),
    ],
    ...fields(field.items ?? field, `${prefix}${name}.`),
  ])
const fieldTable = (schema) => table(['Field', 'Type', 'Required', 'Class', ''], fields(schema))

function event(type, message, schema) {
  const { data, ...context } = schema.properties
  return element(
    'section',
    { id: type },
    element('h3', {}, message.title),
    element('p', {}, element('code', {}, type)),
    element('p', {}, message.summary),
    element(
      'p',
      { class: 'meta' },
      `Published by ${message['x-producer']}. Read by ${message['x-consumers'].join(', ') || 'no other service yet'}.`,
    ),
    fieldTable(data),
    element('details', {}, element('summary', {}, 'Envelope'), fieldTable({ properties: context, required: schema.required })),
    element('details', {}, element('summary', {}, 'Example'), element('pre', {}, JSON.stringify(message.examples[0].payload, null, 2))),
  )
}

/** An event as partners are told of it. */
const partnerEvent = ({ name, title, summary, examples }, schema, headers, source, onBus) =>
  element(
    'section',
    { id: name },
    element('h3', {}, title),
    element('p', {}, element('code', {}, name)),
    element('p', {}, summary),
    fieldTable(schema),
    element('details', {}, element('summary', {}, 'Headers of the webhook'), fieldTable(headers)),
    ...examples.map((example) =>
      element(
        'details',
        {},
        element('summary', {}, 'Example'),
        element(
          'pre',
          {},
          `${Object.entries(example.headers)
            .map(([header, value]) => `${header}: ${value}`)
            .join('\n')}\n\n${JSON.stringify(example.payload)}`,
        ),
      ),
    ),
    element(
      'details',
      {},
      element('summary', {}, 'Example on an EventBridge bus'),
      element('pre', {}, JSON.stringify({ 'detail-type': name, source, detail: onBus.examples[0].payload }, null, 2)),
    ),
  )

function codeList({ name, codes }) {
  const rows = codes.map(({ code, en, fr }) => [element('code', {}, code), en, fr])
  return element('section', { id: `list-${name}` }, element('h3', {}, name), table(['Code', 'English', 'Français'], rows))
}

const read = async (file) => {
  const response = await fetch(`/reference/${file}`)
  if (!response.ok) throw new Error(`${file}: ${response.status}`)
  return response.json()
}

async function show() {
  const [{ info, channels, components }, { codeLists }] = await Promise.all([read('asyncapi.json'), read('code-lists.json')])
  const published = Object.entries(components.messages).filter(([type]) => channels[type] !== undefined)
  const producers = Map.groupBy(published, ([, { 'x-producer': producer }]) => producer)
  const parts = [
    ...[...producers].map(([producer, messages]) => ({
      title: producer,
      entries: messages.map(([type, message]) => ({
        id: type,
        title: message.title,
        section: event(type, message, components.schemas[type]),
      })),
    })),
    {
      title: 'For partners',
      entries: Object.entries(components.messages)
        .filter(([name]) => channels[name] === undefined && !name.endsWith('.event-bridge'))
        .map(([name, message]) => ({
          id: name,
          title: message.title,
          section: partnerEvent(
            message,
            components.schemas[name],
            components.schemas['webhook-headers'],
            channels['partner-bus'].address,
            components.messages[`${name}.event-bridge`],
          ),
        })),
    },
    { title: 'Code lists', entries: codeLists.map((list) => ({ id: `list-${list.name}`, title: list.name, section: codeList(list) })) },
  ]
  document
    .getElementById('contents')
    .replaceChildren(
      ...parts.flatMap(({ title, entries }) => [
        element('h4', {}, title),
        ...entries.map((entry) => element('a', { href: `#${entry.id}` }, entry.title)),
      ]),
    )
  document
    .getElementById('reference')
    .replaceChildren(
      element('h1', {}, info.title),
      ...paragraphs(info.description),
      ...parts.flatMap(({ title, entries }) => [element('h2', {}, title), ...entries.map(({ section }) => section)]),
    )
  // The place that the address names exists only now.
  if (location.hash !== '') document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
}

show().catch((error) => {
  document.getElementById('reference').textContent = `The events could not be shown: ${error.message}`
})
