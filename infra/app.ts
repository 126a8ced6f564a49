import { App, Stack, Stage, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { bundle } from './bundle.ts'
import { PlatformStack } from './platform.ts'
import { services } from './services.ts'
import { stages } from './stages.ts'

await bundle()

const app = new App()
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))

for (const settings of stages) {
  const stage = new Stage(app, settings.name)
  const props = { terminationProtection: settings.keepData, tags: { project: 'wontanara', stage: settings.name } }
  const platform = new PlatformStack(stage, 'platform', settings, props)
  for (const [name, define] of Object.entries(services)) define(new Stack(stage, name, props), platform)
}

app.synth()
