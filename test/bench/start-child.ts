// Started by `bench start`: a fresh local cloud, one registration, the end.
import { join } from 'node:path'
import { openProgramme, people, register } from '@wontanara/examples'
import { startLocalCloud } from '@wontanara/local-cloud'

const cloud = await startLocalCloud({ assembly: join(import.meta.dirname, '../../cdk.out/assembly-local') })
try {
  const programme = await openProgramme(cloud.apiUrl, (request) => cloud.token(request), [])
  await register(programme, people.teacher)
  console.log('201')
} finally {
  await cloud.stop()
}
