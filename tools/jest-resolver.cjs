// jest resolves as require() does. A package that ships ES modules only may name no entry for require: then its import entry is taken
// (jest.config.mjs has it compiled).
module.exports = (request, options) => {
  try {
    return options.defaultResolver(request, options)
  } catch (error) {
    if (/^[./]/.test(request)) throw error
    return options.defaultResolver(request, { ...options, conditions: [...(options.conditions ?? []), 'import'] })
  }
}
