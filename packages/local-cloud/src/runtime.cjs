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

async function invoke(handler, { event, context, deadline, trace }) {
  process.env._X_AMZN_TRACE_ID = trace
  const whole = {
    callbackWaitsForEmptyEventLoop: true,
    ...context,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
  try {
    const result = await handler(JSON.parse(event), whole)
    send({ result: JSON.stringify(result) ?? 'null' })
  } catch (error) {
    send({ error: errorOf(error) })
  }
}

load().then(
  (handler) => {
    let text = ''
    channel.setEncoding('utf8')
    channel.on('data', (chunk) => {
      text += chunk
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end)
        text = text.slice(end + 1)
        void invoke(handler, JSON.parse(line))
      }
    })
    send({ ready: true })
  },
  (error) => fail(errorOf(error)),
)
