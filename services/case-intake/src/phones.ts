import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min'

/** Whose numbers are written without a country: those of Guinea. */
const home = 'GN'

/**
 * A telephone number as people write it (`620 00 00 01`, `00224 620-00-00-01`, `+224 (620) 000001`), in E.164.
 * @param from country, ISO 3166-1, whose numbers are written without one
 * @returns undefined when it is none
 */
export function phoneOf(text: string, from: string = home): string | undefined {
  // 00 is how most of the world dials abroad.
  const number = parsePhoneNumberFromString(text.trim().replace(/^00/, '+'), isSupportedCountry(from) ? from : home)
  return number?.isPossible() ? number.number : undefined
}
