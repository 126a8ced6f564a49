import { httpHandler } from '@wontanara/aws'
import { api } from './api.ts'
import { httpPorts, routes } from './app.ts'
import { records } from './records.dynamo.ts'

const ports = records()

export const handler = httpHandler(api, routes(ports), httpPorts(ports))
