// The process of one function instance: loads the handler and runs one invocation at a time, as Lambda's Node.js runtime does.
// Plain JavaScript, so that it starts without a compiler. It talks to its parent on file descriptor 3, a JSON text per line.
const { Socket } = require('node:net')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

const channel = new Socket({ fd: 3 })
const send = (message) => channel.write(`${JSON.stringify(message)}\n`)
// Nothing outlives the local cloud: when the other end is gone, so is this process.
channel.on('close', () => process.exit())
channel.on('error', () => process.exit())

// The time of the local cloud, which may be ahead of the machine's. In place before the handler is loaded: it may keep hold of Date.now.
// What measures how long something takes (timers, performance.now, process.hrtime) stays with the machine.
const machineNow = Date.now
let offset = 0
const now = () => machineNow() + offset
globalThis.Date = new Proxy(Date, {
  construct: (date, values, newTarget) => Reflect.construct(date, values.length === 0 ? [now()] : values, newTarget),
  apply: () => new Date(now()).toString(),
})
Date.now = now
Date.prototype.constructor = Date
const { timeOrigin } = performance
Object.defineProperty(performance, 'timeOrigin', { get: () => timeOrigin + offset, enumerable: true, configurable: true })
// Without a date, these write the machine's.
const { format, formatToParts } = Object.getOwnPropertyDescriptors(Intl.DateTimeFormat.prototype)
Object.defineProperties(Intl.DateTimeFormat.prototype, {
  format: {
    ...format,
    get() {
      const formatDate = format.get.call(this)
      return (date = now()) => formatDate(date)
    },
  },
  formatToParts: {
    ...formatToParts,
    value(date = now()) {
      return formatToParts.value.call(this, date)
    },
  },
})

// Lambda sets these for what the function starts; they would change how this machine loads this process, so they come after its start.
process.env.LD_LIBRARY_PATH = '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib'
process.env.NODE_PATH = '/opt/nodejs/node24/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task'
process.env.NODE_EXTRA_CA_CERTS = '/var/runtime/ca-cert.pem'

const errorOf = (error) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] }

// Lambda's runtime ends the process on these; the invocation fails.
process.on('uncaughtException', (error) => fail({ ...errorOf(error), errorType: `Runtime.UncaughtException: ${errorOf(error).errorType}` }))
process.on('unhandledRejection', (error) => fail({ ...errorOf(error), errorType: 'Runtime.UnhandledPromiseRejection' }))
function fail(error) {
  channel.write(`${JSON.stringify({ error, fatal: true })}\n`, () => process.exit(1))
}

async function load() {
  const [file, name] = process.env._HANDLER.split(/\.(?=[^.]*$)/)
  const base = join(process.env.LAMBDA_TASK_ROOT, file)
  let loaded
  try {
    loaded = require(base)
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND' || !error.message.includes(base)) throw error
    loaded = await import(pathToFileURL(`${base}.mjs`).href)
  }
  const handler = loaded[name] ?? loaded.default?.[name]
  if (typeof handler !== 'function')
    throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' })
  return handler
}

async function invoke({ event, context, deadline, trace }) {
  process.env._X_AMZN_TRACE_ID = trace
  const whole = {
    callbackWaitsForEmptyEventLoop: true,
    ...context,
    getRemainingTimeInMillis: () => deadline - machineNow(),
  }
  try {
    const handle = await handler
    const result = await handle(JSON.parse(event), whole)
    send({ result: JSON.stringify(result) ?? 'null' })
  } catch (error) {
    send({ error: errorOf(error) })
  }
}

/** Loaded when it is known what time it is: that is said first, and again whenever time was let pass. */
let handler
function receive(message) {
  if (!('offset' in message)) return void invoke(message)
  offset = message.offset
  if (handler !== undefined) return
  handler = load()
  handler.then(
    () => send({ ready: true }),
    (error) => fail(errorOf(error)),
  )
}

let text = ''
channel.setEncoding('utf8')
channel.on('data', (chunk) => {
  text += chunk
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
    const line = text.slice(0, end)
    text = text.slice(end + 1)
    receive(JSON.parse(line))
  }
})
