/** The region of each prefecture, ISO 3166-2:GN: a service for a region serves its prefectures. Conakry is a region without prefectures. */
const regionOf: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'GN-B': 'BF BK FR GA KN',
    'GN-D': 'CO DU FO KD TE',
    'GN-F': 'DB DI FA KS',
    'GN-K': 'KA KE KO MD SI',
    'GN-L': 'KB LA LE ML TO',
    'GN-M': 'DL MM PI',
    'GN-N': 'BE GU LO MC NZ YO',
  }).flatMap(([region, prefectures]) => prefectures.split(' ').map((prefecture) => [`GN-${prefecture}`, region])),
)

/** A point on the earth in decimal degrees, WGS 84, as HSDS writes a location. */
export interface Point {
  readonly latitude: number
  readonly longitude: number
}

/**
 * The chief town of each prefecture, to a tenth of a degree (about ten kilometres): near enough to tell which service is the nearer one.
 * After GeoNames (CC BY 4.0). A region is where its chief town is, which bears its name.
 */
const towns: Readonly<Record<string, readonly [latitude: number, longitude: number]>> = {
  'GN-B': [10.9, -14.3],
  'GN-C': [9.6, -13.6],
  'GN-D': [10.1, -12.9],
  'GN-F': [10.0, -10.7],
  'GN-K': [10.4, -9.3],
  'GN-L': [11.3, -12.3],
  'GN-M': [10.4, -12.1],
  'GN-N': [7.8, -8.8],
  'GN-BE': [8.7, -8.6],
  'GN-BF': [10.2, -14.0],
  'GN-BK': [10.9, -14.3],
  'GN-CO': [9.7, -13.4],
  'GN-DB': [10.8, -11.1],
  'GN-DI': [11.3, -10.7],
  'GN-DL': [10.7, -12.2],
  'GN-DU': [9.8, -13.5],
  'GN-FA': [10.0, -10.7],
  'GN-FO': [9.4, -13.1],
  'GN-FR': [10.4, -13.6],
  'GN-GA': [11.8, -13.2],
  'GN-GU': [8.6, -10.1],
  'GN-KA': [10.4, -9.3],
  'GN-KB': [11.6, -11.9],
  'GN-KD': [10.1, -12.9],
  'GN-KE': [9.3, -9.0],
  'GN-KN': [12.5, -13.3],
  'GN-KO': [10.6, -9.9],
  'GN-KS': [9.2, -10.1],
  'GN-LA': [11.3, -12.3],
  'GN-LE': [11.4, -12.7],
  'GN-LO': [7.8, -8.5],
  'GN-MC': [8.5, -9.5],
  'GN-MD': [10.6, -8.7],
  'GN-ML': [12.1, -12.3],
  'GN-MM': [10.4, -12.1],
  'GN-NZ': [7.8, -8.8],
  'GN-PI': [11.1, -12.4],
  'GN-SI': [11.4, -9.2],
  'GN-TE': [10.9, -13.0],
  'GN-TO': [11.4, -11.7],
  'GN-YO': [7.6, -9.3],
}

/** Whether what serves an area (a region, a prefecture, or `GN` for the whole country) serves a place. */
export const isWithin = (place: string, area: string): boolean => area === 'GN' || area === place || regionOf.get(place) === area

/** Where a place of Guinea lies; undefined for a code that ISO 3166-2:GN does not have. */
export function pointOf(place: string): Point | undefined {
  const town = towns[place]
  return town === undefined ? undefined : { latitude: town[0], longitude: town[1] }
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180
/** Mean radius of the earth in kilometres (IUGG). */
const earthRadius = 6371

/** Great-circle distance in kilometres (haversine). The road is longer, by about a half in Guinea: it serves to compare. */
export function kilometres(from: Point, to: Point): number {
  const [a, b] = [radians(from.latitude), radians(to.latitude)]
  const h = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(radians(to.longitude - from.longitude) / 2) ** 2
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(h)))
}
