/*
 * A synthetic partner directory in HSDS terms: no such organisation exists. The ids are those that infra/stages.ts gives machine clients.
 */
export const organisations = [
  { organisationId: 'org-sante-solidaire', name: 'Santé Solidaire (exemple)', type: 'health-service', status: 'active' },
  { organisationId: 'org-toit-et-droit', name: 'Toit et Droit (exemple)', type: 'ngo', status: 'active' },
  { organisationId: 'org-metiers-avenir', name: "Métiers d'Avenir (exemple)", type: 'school-or-college', status: 'active' },
] as const
export type OrganisationId = (typeof organisations)[number]['organisationId']

const everywhere = { status: 'active', serviceAreas: ['GN'], languages: [], requiredDocuments: [] } as const
/** When the entries were checked, and are to be checked again. */
const checked = { assuredOn: '2026-01-12', reviewBy: '2027-01-12' } as const
const workdays = ['MO', 'TU', 'WE', 'TH', 'FR'] as const

export const services = [
  {
    ...everywhere,
    ...checked,
    serviceId: 'svc-ecoute-kankan',
    organisationId: 'org-sante-solidaire',
    name: 'Écoute et appui psychosocial',
    type: 'psychosocial',
    locations: [
      {
        locationId: 'loc-sante-kankan',
        name: 'Centre de Kankan (exemple)',
        place: 'GN-KA',
        coordinates: { latitude: 10.385, longitude: -9.306 },
        accessibility: ["Rampe d'accès à l'entrée"],
      },
    ],
    schedules: [
      { weekdays: workdays, opens: '08:00', closes: '17:00' },
      { weekdays: ['SA'], opens: '09:00', closes: '13:00' },
    ],
    costs: [],
    capacity: { available: 12, maximum: 20 },
  },
  {
    ...everywhere,
    ...checked,
    serviceId: 'svc-ecoute-droit',
    organisationId: 'org-toit-et-droit',
    name: 'Groupe de parole',
    type: 'psychosocial',
    locations: [
      { locationId: 'loc-toit-conakry', name: 'Maison de Conakry (exemple)', place: 'GN-C', accessibility: [] },
      { locationId: 'loc-toit-mamou', name: 'Antenne de Mamou (exemple)', place: 'GN-MM', accessibility: ['Rez-de-chaussée'] },
    ],
    schedules: [{ weekdays: ['TU', 'TH'], opens: '15:00', closes: '18:00' }],
    costs: [],
  },
  {
    ...everywhere,
    ...checked,
    serviceId: 'svc-ecoute-femmes',
    organisationId: 'org-toit-et-droit',
    name: 'Cercle des femmes',
    type: 'psychosocial',
    serviceAreas: ['GN-C', 'GN-D'],
    languages: ['sus', 'fuf'],
    sexes: ['female'],
    minimumAge: 15,
    locations: [{ locationId: 'loc-toit-femmes', name: 'Maison de Conakry (exemple)', place: 'GN-C', accessibility: [] }],
    schedules: [{ weekdays: ['MO', 'WE', 'FR'], opens: '10:00', closes: '16:00' }],
    costs: [],
  },
  // Where a safe shelter lies is never in the directory.
  {
    ...everywhere,
    ...checked,
    serviceId: 'svc-abri',
    organisationId: 'org-toit-et-droit',
    name: 'Hébergement sûr',
    type: 'safe-shelter',
    schedules: [{ weekdays: [...workdays, 'SA', 'SU'], opens: '00:00', closes: '24:00' }],
    costs: [],
  },
  {
    ...everywhere,
    ...checked,
    serviceId: 'svc-mecanique',
    organisationId: 'org-metiers-avenir',
    name: 'Formation en mécanique moto',
    type: 'vocational-training',
    minimumAge: 16,
    requiredDocuments: ["Carte d'identité ou extrait d'acte de naissance"],
    locations: [{ locationId: 'loc-metiers-labe', name: 'Atelier de Labé (exemple)', place: 'GN-LA', accessibility: [] }],
    schedules: [{ weekdays: workdays, opens: '08:30', closes: '16:00' }],
    costs: [{ amount: 50_000, currency: 'GNF', option: "Frais d'inscription" }],
  },
] as const
export type ServiceId = (typeof services)[number]['serviceId']
