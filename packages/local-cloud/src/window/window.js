/*
 * Shows what the local cloud tells: one picture of its state after the other (the shape is `State` in control-api.ts).
 */

import words from './words.json' with { type: 'json' }

const $ = (id) => document.getElementById(id)
const language = document.documentElement.lang
/** With the habits of the reader's region, where the browser tells them. */
const locale = navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language
const still = matchMedia('(prefers-reduced-motion: reduce)')
/** Without a picture for so long, the local cloud is said to be lost. */
const patience = 5_000

const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format
const plural = new Intl.PluralRules(locale)
const list = new Intl.ListFormat(locale, { type: 'conjunction' })
const length = new Intl.DurationFormat(locale, { style: 'long' })
const time = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format
const dayAndTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }).format
const whole = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }).format

/** The words of a key; what is said of several follows a `|`. */
function say(key, values = {}) {
  const [one, other = one] = words[key][language].split('|')
  const form = values.n === undefined || plural.select(values.n) === 'one' ? one : other
  return form.replace(/\{(\w+)\}/g, (_, name) => (name === 'n' ? number(values.n) : values[name]))
}

/** USD: a run on one machine costs thousandths of a cent. */
const dollars = new Intl.NumberFormat(locale, { minimumFractionDigits: 6, maximumFractionDigits: 6 }).format
const roughly = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 }).format

const units = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
  ['seconds', 1_000],
]
/** A length of time by its two largest units. @example 259_260_000 -> "3 days and 1 minute" */
function lasting(milliseconds) {
  let rest = Math.round(milliseconds / 1000) * 1000
  const parts = units.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? [] : [[unit, count]]
  })
  return parts.length === 0 ? length.format({ seconds: 0 }) || `0 s` : length.format(Object.fromEntries(parts.slice(0, 2)))
}

/** `case-intake/Service/api` -> `case-intake / api` */
const named = (path) =>
  path
    .split('/')
    .filter((part) => part !== 'Service')
    .join(' / ')

/** Changes a text, and shows briefly that it did. */
function put(element, text, moves = false) {
  if (element.textContent === text) return
  element.textContent = text
  if (moves && seen && !still.matches) element.animate([{ backgroundColor: 'var(--flash)' }, { backgroundColor: 'transparent' }], 900)
}

/** Makes the rows of a table what they should be, keeping those that are there. The first cell is the row's heading. */
function fill(id, rows, empty = 'nothingYet') {
  const body = $(id).tBodies[0]
  const known = new Map([...body.rows].map((row) => [row.dataset.key, row]))
  const columns = $(id).tHead.rows[0].cells.length
  const wanted = rows.length > 0 ? rows : [{ key: '', cells: [{ text: say(empty), type: 'empty' }] }]
  for (const [i, { key, cells }] of wanted.entries()) {
    const row = known.get(key) ?? made(key, cells, columns)
    known.delete(key)
    for (const [j, { text, type, level, sign }] of cells.entries()) {
      const cell = row.cells[j]
      if (type === 'badge') mark(cell.firstElementChild, level, sign, text)
      else put(cell, text, type === 'number')
    }
    if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null)
  }
  for (const row of known.values()) row.remove()
}

function made(key, cells, columns) {
  const row = document.createElement('tr')
  row.dataset.key = key
  for (const [i, { type = '' }] of cells.entries()) {
    const cell = document.createElement(i === 0 && type !== 'empty' ? 'th' : 'td')
    if (cell.tagName === 'TH') cell.scope = 'row'
    if (type === 'empty') cell.colSpan = columns
    if (type === 'badge') cell.append($('badge').content.cloneNode(true))
    else cell.className = type
    row.append(cell)
  }
  return row
}

/** A badge: a colour, a sign and words. */
function mark(badge, level, sign, words) {
  badge.dataset.level = level
  badge.querySelector('use').setAttribute('href', `#sign-${sign}`)
  put(badge.querySelector('span'), words)
}

const text = (text) => ({ text })
const code = (text) => ({ text, type: 'code' })
const count = (value) => ({ text: number(value), type: 'number' })
const age = (milliseconds) => ({ text: milliseconds === undefined ? '–' : lasting(milliseconds), type: 'number' })

const outcomes = {
  waiting: ['outcomeWaiting', 'other', 'waits'],
  done: ['outcomeDone', 'works', 'works'],
  failed: ['outcomeFailed', 'waits', 'again'],
  'given-up': ['outcomeGivenUp', 'failed', 'failed'],
  nobody: ['outcomeNobody', 'other', 'other'],
}
/** Where what is counted is smaller than what people speak of: GB-s and MB. */
const scales = { 'lambda.arm64': 1_024_000, 'lambda.x86_64': 1_024_000, 'eventbridge.archived': 1_000_000, 'logs.ingested': 1_000_000 }

/** The last picture, and when it came. */
let seen
let heard = 0
let paused = false

/** What the state of things is, in one sentence, and what that means. */
function headline({ status, queues }) {
  const { level, deadLetters, waiting, oldest, stuck } = status
  const late = [
    ...(waiting > 0 && oldest >= patience ? [say('waitingMessages', { n: waiting, age: lasting(oldest) })] : []),
    ...(stuck.length > 0 ? [say('waitingChanges', { tables: list.format(stuck.map(named)) })] : []),
  ]
  if (level === 'failed') {
    const where = queues
      .filter((queue) => queue.deadLetters && depth(queue) > 0)
      .map((queue) => say('where', { n: depth(queue), queue: named(queue.path) }))
    return [say('failed', { n: deadLetters }), [say('failedMeans', { where: list.format(where) }), ...late].join(' ')]
  }
  if (level === 'waits') return [say('waits'), late.join(' ')]
  return [say('works'), waiting > 0 ? say('busy', { n: waiting }) : say('quiet')]
}
const depth = ({ visible, inFlight, delayed }) => visible + inFlight + delayed

function show(level, title, detail) {
  $('hero').dataset.level = level
  $('glyph').setAttribute('href', `#sign-${level}`)
  put($('status'), title)
  put($('detail'), detail)
  document.title = `${title} · ${say('title')}`
}

function render(state) {
  show(state.status.level, ...headline(state))
  put($('heartbeat'), say('heartbeat', { time: time(heard) }))
  if (!still.matches) $('dot').animate([{ transform: 'scale(1.6)' }, { transform: 'scale(1)' }], 500)
  pulse(state.activity)

  put($('figure-requests'), number(state.totals.requests), true)
  put($('figure-events'), number(state.totals.events), true)
  put($('figure-invocations'), number(state.totals.invocations), true)
  put($('figure-waiting'), number(state.status.waiting), true)
  put($('figure-deadLetters'), number(state.status.deadLetters), true)
  put($('figure-cost'), roughly(state.usage.reduce((sum, { usd }) => sum + usd, 0)), true)

  const now = new Date(state.time.now)
  put($('now'), whole(now))
  $('now').dateTime = state.time.now
  put($('ahead'), state.time.offset === 0 ? say('notMoved') : say('moved', { ahead: lasting(state.time.offset) }))
  $('ahead').className = state.time.offset === 0 ? '' : 'ahead'
  const when = (iso) => (new Date(iso).toDateString() === now.toDateString() ? time : dayAndTime)(new Date(iso))

  fill(
    'schedules',
    state.schedules.map(({ path, next }) => ({
      key: path,
      cells: [text(named(path)), text(next === undefined ? say('never') : when(next))],
    })),
  )
  const tables = new Set(state.tables.map(({ path }) => path))
  fill(
    'news',
    state.news.map(({ at, type, id, from, consumer, outcome, attempt }) => {
      const [word, level, sign] = outcomes[outcome]
      return {
        key: `${id} ${consumer}`,
        cells: [
          text(when(at)),
          { text: say(word), type: 'badge', level, sign },
          { text: attempt === 0 ? '–' : number(attempt), type: 'number' },
          type === undefined ? text(say(tables.has(from) ? 'change' : 'message', { from: named(from) })) : code(type),
          text(consumer === undefined ? '–' : named(consumer)),
          code(id),
        ],
      }
    }),
  )
  fill(
    'functions',
    state.functions.map(({ path, invocations, errors, active, instances, coldStarts, last }) => ({
      key: path,
      cells: [
        text(named(path)),
        count(invocations),
        count(errors),
        count(active),
        count(instances),
        count(coldStarts),
        { text: last === undefined ? '–' : `${number(last.milliseconds)} ms`, type: 'number' },
      ],
    })),
  )
  fill(
    'queues',
    state.queues
      .filter(({ deadLetters }) => !deadLetters)
      .map(({ path, visible, inFlight, delayed, oldest }) => ({
        key: path,
        cells: [text(named(path)), count(visible), count(inFlight), count(delayed), age(oldest)],
      })),
  )
  fill(
    'deadLetters',
    state.queues
      .filter(({ deadLetters }) => deadLetters)
      .map((queue) => ({ key: queue.path, cells: [text(named(queue.path)), count(depth(queue)), age(queue.oldest)] })),
  )
  fill(
    'tables',
    state.tables.map(({ path, items }) => ({ key: path, cells: [text(named(path)), count(items)] })),
  )
  fill(
    'usage',
    state.usage.map(({ line, quantity, usd }) => ({
      key: line,
      cells: [
        text(words[`line ${line}`]?.[language] ?? line),
        count(quantity / (scales[line] ?? 1)),
        { text: dollars(usd), type: 'number' },
      ],
    })),
  )
  fill(
    'faults',
    state.faults.map(({ function: where, at, how, hits }, i) => ({
      key: String(i),
      cells: [text(where ?? '–'), code(`${at} ${how}`), count(hits)],
    })),
    'noFaults',
  )
  for (const region of document.querySelectorAll('.scroll')) reachable(region)
  seen = state
}

/** What scrolls can be reached by keyboard and has a name; what does not is no stop on the way. */
function reachable(region) {
  const scrolls = region.scrollWidth > region.clientWidth || region.scrollHeight > region.clientHeight
  if (!scrolls && document.activeElement === region) return
  const attributes = { tabindex: '0', role: 'group', 'aria-labelledby': region.querySelector('caption').id }
  for (const [name, value] of Object.entries(attributes)) {
    if (scrolls) region.setAttribute(name, value)
    else region.removeAttribute(name)
  }
}

const svg = 'http://www.w3.org/2000/svg'
const bars = Array.from({ length: 60 }, (_, i) => {
  const bar = document.createElementNS(svg, 'rect')
  for (const [name, value] of Object.entries({ x: i * 3, width: 2, rx: 0.5 })) bar.setAttribute(name, value)
  return bar
})
$('pulse').append(...bars)
/** What happened in each second of the last minute, the newest at the right. */
function pulse(activity) {
  const highest = Math.max(8, ...activity)
  for (const [i, bar] of bars.entries()) {
    const height = 1 + (35 * activity[i]) / highest
    bar.setAttribute('y', 36 - height)
    bar.setAttribute('height', height)
  }
  put($('activity'), say('activity', { n: activity.reduce((sum, n) => sum + n, 0) }))
}

document.querySelector(`nav [hreflang=${language}]`).setAttribute('aria-current', 'true')

let source
function connect() {
  source?.close()
  source = new EventSource('events')
  source.onerror = lost
  source.onmessage = ({ data }) => {
    heard = Date.now()
    render(JSON.parse(data))
  }
}

function lost() {
  if (seen !== undefined) show('lost', say('lost'), say('lostMeans', { time: time(heard) }))
}

// It reconnects by itself after a broken connection, not after a refusal or when the other end is silent: this does.
let tried = Date.now()
setInterval(() => {
  if (paused || Date.now() - heard < patience) return
  lost()
  if (Date.now() - tried < patience) return
  tried = Date.now()
  connect()
}, 1_000)

$('pause').addEventListener('click', () => {
  paused = !paused
  put($('pause'), say(paused ? 'resume' : 'pause'))
  if (!paused) return connect()
  source.close()
  show('paused', say('paused'), say('pausedMeans', { time: time(heard) }))
})

for (const button of document.querySelectorAll('[data-advance]')) {
  button.addEventListener('click', async () => {
    const body = JSON.stringify({ advance: button.dataset.advance })
    try {
      const answer = await fetch('time', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      if (!answer.ok) throw new Error(answer.statusText)
      const { now } = await answer.json()
      put($('advanced'), say('advanced', { time: whole(new Date(now)) }))
    } catch {
      put($('advanced'), say('notAdvanced'))
    }
  })
}

addEventListener('resize', () => {
  for (const region of document.querySelectorAll('.scroll')) reachable(region)
})
connect()
