export {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
export { changeHandler } from './change-handler.ts'
export { downloadLinks } from './download-link.ts'
export { dynamoStore } from './dynamo-store.ts'
export { environmentList, serviceEnvironment } from './environment.ts'
export { eventHandler, queueHandler } from './event-handler.ts'
export { eventSender } from './event-sender.ts'
export { fileStore } from './file-store.ts'
export { findIndex } from './find-index.ts'
export { httpHandler } from './http-handler.ts'
export { type KeyVault, keyVault } from './key-vault.ts'
export { count, errorFields, logger } from './observability.ts'
export { queueSender } from './queue-sender.ts'
export { rateLimit } from './rate-limit.ts'
export { repository } from './repository.ts'
export { putOff } from './retry-later.ts'
export { bytes, bytesByName, number, type Table, text } from './table.ts'
