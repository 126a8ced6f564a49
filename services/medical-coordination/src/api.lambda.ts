import { httpHandler, repository } from '@wontanara/aws'
import { airTravelRules } from './air-travel.ts'
import { api } from './api.ts'
import { httpPorts, routes } from './app.ts'
import { fitness } from './fitness.ts'

const ports = { assessments: repository(fitness), rules: airTravelRules }

export const handler = httpHandler(api, routes(ports), httpPorts(ports))
