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

export const services = [
  {
    ...everywhere,
    serviceId: 'svc-ecoute-kankan',
    organisationId: 'org-sante-solidaire',
    name: 'Écoute et appui psychosocial',
    type: 'psychosocial',
  },
  { ...everywhere, serviceId: 'svc-ecoute-droit', organisationId: 'org-toit-et-droit', name: 'Groupe de parole', type: 'psychosocial' },
  { ...everywhere, serviceId: 'svc-abri', organisationId: 'org-toit-et-droit', name: 'Hébergement sûr', type: 'safe-shelter' },
  {
    ...everywhere,
    serviceId: 'svc-mecanique',
    organisationId: 'org-metiers-avenir',
    name: 'Formation en mécanique moto',
    type: 'vocational-training',
    minimumAge: 16,
  },
] as const
export type ServiceId = (typeof services)[number]['serviceId']
