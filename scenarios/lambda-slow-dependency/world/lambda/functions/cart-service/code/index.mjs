import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';

const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const TableName = process.env.CARTS_TABLE;

export const handler = async ({ routeKey, pathParameters: { cart }, body }) => {
  if (routeKey.startsWith('PUT')) {
    const { items } = JSON.parse(body);
    await table.send(new PutCommand({ TableName, Item: { cart, items, expires: Math.floor(Date.now() / 1000) + 604800 } }));
    console.log(`cart ${cart} has ${items.length} items`);
    return { statusCode: 204 };
  }
  const { Item } = await table.send(new GetCommand({ TableName, Key: { cart } }));
  return { statusCode: Item ? 200 : 404, body: JSON.stringify(Item ?? {}) };
};
